//! What goes over a connection: requests, answers and events, encoded with postcard.
//!
//! Words are encoded by their place in their vocabulary, so both ends must be of one [`PROTOCOL`]. Whoever connects says
//! first which one it speaks; that message alone stays as it is for ever.
//!
//! Not in it: scores, the exact reason of a refusal, the names of people who were not let in, identifiers of cards.

mod administration;
mod entries;
mod hidden;
mod job;
mod session;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use self::administration::{Act, Acted, EmergencyAct, LockedOut, LockoutKey, PeerAct};
pub use self::entries::{
    CardEntry, CheckpointEntry, CodeEntry, GrantEntry, Introduced, LogEntry, LoginEntry, PeerEntry,
    PendingEntry, PersonEntry, UseEntry,
};
pub use self::hidden::{Hidden, Portrait};
pub use self::job::{
    BindOrder, BundleOrder, ExportOrder, ExportedLog, Imported, Job, JobReply, Report, ReviewOrder, Task,
    Verified,
};
pub use self::session::{
    Authenticate, Begin, Beginning, CardOrigin, Enrol, EnrolmentEnd, FrameOrigin, LaneEnd, Picture,
    SessionEvent, SessionReply, SessionRequest, SessionResult, Taken, Told, Watch,
};
use super::error::Refusal;

use crate::policy::{Factors, Freshness, Purpose};

/// The version of what stands here. It changes with every change of a message or of a vocabulary that is in one.
pub const PROTOCOL: u32 = 3;

/// The first message of every connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL`] of whoever connects.
    pub version: u32,
    /// What the host calls itself. Only root and the service's own user are believed.
    pub name: Option<String>,
    /// Of a connection for a session: the handle that it belongs to. Its [`SessionRequest::Begin`] follows at once, before the
    /// answer.
    pub session_of: Option<u64>,
}

/// The answer to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Welcome {
    /// What follows are [`Request`]s. The number stands for this connection.
    Handle(u64),
    /// What follows are [`SessionRequest`]s.
    Session,
    /// Nothing follows.
    Refused(Refusal),
}

/// A message and its number: the answer has that of its request.
#[derive(Debug, Serialize, Deserialize)]
pub struct Numbered<T> {
    /// The number.
    pub number: u32,
    /// The message.
    pub body: T,
}

/// What a handle asks for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Request {
    /// What this service is.
    Info,
    /// Cameras and readers of this terminal.
    Devices,
    /// Something done by a grant, by its number.
    Grant(u64, GrantUse),
    /// The grant that a log-in host left for the user of whoever asks.
    Claim,
    /// Something that an administrator does.
    Act {
        /// The administrator's grant.
        by: Option<u64>,
        /// What.
        act: Box<Act>,
    },
    /// Appoints the first administrator, by the one-time token that was shown when the store was made.
    SetUp {
        /// The token.
        token: Hidden,
        /// The administrator's id.
        id: String,
        /// Their name.
        name: String,
        /// Their password.
        password: Hidden,
    },
    /// Somebody changes their own password.
    ChangePassword {
        /// Who.
        person: String,
        /// The one they have.
        old: Hidden,
        /// The one they want.
        new: Hidden,
    },
    /// How the terminal stands: its clock, its peers, whether there is a disaster.
    State,
    /// The keys that assertions are verified by, as a JSON Web Key Set.
    Keys,
    /// This terminal, as it shows itself to others.
    Introduce,
    /// Opens store, pack and runtime anew for what is asked from now on.
    Reload,
}

/// What is done by a grant.
#[derive(Debug, Serialize, Deserialize)]
pub enum GrantUse {
    /// What it says, if it is still good.
    Examine,
    /// Whether it opens this application.
    Covers(String),
    /// The person's login for this application.
    Login(String),
    /// Whether the application took it.
    ReportLogin {
        /// The application.
        application: String,
        /// Whether it took the login.
        took: bool,
    },
    /// Writes down what the host did under it.
    Report {
        /// The host's word for it.
        word: String,
        /// To what.
        object: Option<String>,
    },
    /// Whether the operating system took the password that it rests on.
    Confirm(bool),
    /// Leaves it for the account that was opened.
    Keep,
    /// The host needs the number no more. Nobody is logged off.
    Close,
    /// The person logged off.
    End,
    /// A signed assertion for a host that speaks OpenID Connect.
    Assertion {
        /// For whom.
        audience: String,
        /// What they drew.
        nonce: String,
    },
    /// The person's own login for an application that it opens, in the place of the one that there was.
    PutLogin {
        /// The application.
        application: String,
        /// Who the person is there.
        user: String,
        /// The password there.
        secret: Hidden,
        /// What else is typed, by name.
        fields: Vec<(String, Hidden)>,
    },
}

/// An answer.
#[derive(Debug, Serialize, Deserialize)]
pub enum Reply {
    /// To [`Request::Info`].
    Info(Info),
    /// To [`Request::Devices`].
    Devices(Vec<DeviceName>),
    /// Done, and no more to say.
    Done,
    /// The number of a grant.
    Grant(u64),
    /// To [`GrantUse::Examine`].
    GrantInfo(GrantInfo),
    /// To [`GrantUse::Covers`].
    Covers(bool),
    /// To [`GrantUse::Login`].
    Login(LoginWords),
    /// The number of a record in the log.
    Record(u64),
    /// To [`GrantUse::Assertion`].
    Assertion(String),
    /// To [`Request::Act`].
    Acted(Acted),
    /// It was not done.
    Refused(Refusal),
    /// To [`Request::State`].
    State(State),
    /// To [`Request::Keys`].
    Keys(String),
    /// To [`Request::Introduce`].
    Introduced(Introduced),
}

/// How a terminal stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    /// What its clock shows, UTC.
    pub now: Timestamp,
    /// Whether the clock stands before a time that it has already shown: then everything that ends is refused.
    pub clock_behind: bool,
    /// Until when a disaster is in force, UTC.
    pub disaster_until: Option<Timestamp>,
    /// Whether it is up to date with others; none where the policy expects no bundles.
    pub freshness: Option<Freshness>,
    /// How old its newest whole bundle is, s; none where nobody knows.
    pub sync_age_s: Option<u64>,
    /// The public key that the log began with, as a verification takes it.
    pub log_key: String,
}

/// What a service is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Info {
    /// The version of the product.
    pub version: String,
    /// What the terminal is called.
    pub terminal: String,
    /// Whether the store was made for trials.
    pub trial: bool,
    /// Whether the nets are loaded: without them no face is looked at.
    pub nets: bool,
    /// Whether the engine runs in the host's own process.
    pub in_process: bool,
}

/// A camera or a reader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceName {
    /// Which of both.
    pub kind: DeviceKind,
    /// By what it is asked for.
    pub name: String,
}

/// Which device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    /// Gives frames.
    Camera,
    /// Reads cards.
    Reader,
}

/// What a grant says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantInfo {
    /// The person, by id.
    pub subject: String,
    /// Their name.
    pub name: String,
    /// The account of the host that was opened.
    pub account: Option<String>,
    /// What it was asked for.
    pub purpose: Purpose,
    /// The application that it was asked for.
    pub application: Option<String>,
    /// The factors that were given.
    pub factors: Factors,
    /// When it was given, UTC.
    pub issued: Timestamp,
    /// How much of its life is left, ms.
    pub left_ms: u64,
    /// Whether it rests on a claim that nothing proves.
    pub claimed: bool,
    /// The number under which the log knows what was done by it.
    pub session: String,
}

/// What is typed into an application.
#[derive(Debug, Serialize, Deserialize)]
pub struct LoginWords {
    /// The user name.
    pub user: String,
    /// The password.
    pub secret: Hidden,
    /// The other fields, by name.
    pub fields: Vec<(String, Hidden)>,
}
