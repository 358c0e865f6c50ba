//! What goes over a session's connection, and over the socket of its events.

use serde::{Deserialize, Serialize};

use super::{Hidden, Job, Portrait};
use crate::frame::{Pace, Raster};
use crate::policy::{Cause, Factor, Factors, Freshness, Purpose};
use crate::service::Refusal;
use crate::session::{
    Coarse, EnrolmentFailure, Event, Guidance, Need, Outcome, PinTrouble, ReviewReason, WatchEvent,
};
use crate::store::Profile;

/// What a session's connection asks for. [`SessionRequest::Begin`] is the first, and comes once.
#[derive(Debug, Serialize, Deserialize)]
pub enum SessionRequest {
    /// Begins. The answer brings the socket of its events.
    Begin(Box<Begin>),
    /// One end of the lane that pictures go through, each end once. It comes with the answer.
    Lane(LaneEnd),
    /// A picture: its bytes come through the lane.
    Push(Picture),
    /// No picture follows any more.
    FramesOver,
    /// A card that the host has read, as `KIND:HEX`; without one it was taken away.
    Card(Option<Hidden>),
    /// Something typed. Of a password of the system only that it was typed: the system judges it.
    Secret(Factor, Option<Hidden>),
    /// The PIN of the card, and whether the person consents to its last try.
    Pin(Hidden, bool),
    /// Somebody typed who they are.
    Claim(String),
    /// One of the alternatives of the last need; no factor takes the choice back.
    Choose(Factors),
    /// Calls it off. What was presented still counts.
    Cancel,
    /// The newest small picture of an enrolment, if one was made since the last that was given, its longer side so many px.
    /// Only with the first question is any made.
    Preview(u32),
    /// How it ended.
    Result,
    /// The grant that came of it, once.
    Grant,
    /// In place of [`SessionRequest::Begin`]: work that takes its time. The answers are [`JobReply`](super::JobReply).
    Work(Box<Job>),
}

/// What begins.
#[derive(Debug, Serialize, Deserialize)]
pub struct Begin {
    /// Which kind of session.
    pub what: Beginning,
    /// When to call it off, ms from its beginning; without a time the policy alone says.
    pub timeout_ms: Option<u64>,
}

/// The kinds of sessions.
#[derive(Debug, Serialize, Deserialize)]
pub enum Beginning {
    /// Somebody wants to be let in.
    Authenticate(Authenticate),
    /// Somebody is enrolled.
    Enrol(Enrol),
    /// A grant is watched over.
    Watch(Watch),
}

/// Where frames come from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum FrameOrigin {
    /// From nowhere.
    #[default]
    None,
    /// From the service's camera; without a name its first, or the one that the policy names.
    Camera(Option<String>),
    /// From the host, which pushes them. For that the policy must list it.
    Host(Pace),
}

/// Where the card comes from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum CardOrigin {
    /// From nowhere.
    #[default]
    None,
    /// From the service's reader; without a name its first, or the one that the policy names.
    Reader(Option<String>),
    /// From the host, which tells of it. For that the policy must list it.
    Host,
}

/// What is asked for by whoever wants somebody to be let in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authenticate {
    /// What the grant is for.
    pub purpose: Purpose,
    /// One of the policies that the site offers for it; without a name the first.
    pub policy: Option<String>,
    /// The application to be opened.
    pub application: Option<String>,
    /// The host account to be opened.
    pub account: Option<String>,
    /// The id that the person typed, if they did so before.
    pub claim: Option<String>,
    /// Where the card comes from.
    pub cards: CardOrigin,
    /// The card of [`SessionEvent::OtherCard`], which needs to be tapped no more; with cards from the reader only.
    pub tapped: Option<u64>,
    /// Where the frames come from.
    pub frames: FrameOrigin,
    /// The secrets that the host can ask the person for.
    pub secrets: Factors,
    /// The other computer from which the person asks.
    pub origin: Option<String>,
    /// The grant that a success takes the place of.
    pub replaces: Option<u64>,
    /// Why an emergency code is used, or let in without one in a disaster.
    pub reason: Option<String>,
}

impl Authenticate {
    /// Somebody wants to be let in for `purpose`, by nothing yet.
    #[must_use]
    pub fn new(purpose: Purpose) -> Authenticate {
        Authenticate {
            purpose,
            policy: None,
            application: None,
            account: None,
            claim: None,
            cards: CardOrigin::None,
            tapped: None,
            frames: FrameOrigin::None,
            secrets: Factors::NONE,
            origin: None,
            replaces: None,
            reason: None,
        }
    }
}

/// Who is to be enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Enrol {
    /// The grant of the administrator; without one only where none is needed.
    pub by: Option<u64>,
    /// The person's id.
    pub person: String,
    /// What is to be written down of a person who is not in the store yet.
    pub profile: Option<Profile>,
    /// How many pictures to take, where the policy's number is not wanted.
    pub samples: Option<u32>,
    /// Where the frames come from.
    pub frames: FrameOrigin,
    /// Where the person's own card comes from.
    pub cards: CardOrigin,
    /// What the card is called when it is bound.
    pub label: Option<String>,
}

/// What is watched over.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Watch {
    /// The grant.
    pub grant: u64,
    /// Where the frames come from.
    pub frames: FrameOrigin,
    /// Where the card comes from.
    pub cards: CardOrigin,
}

/// The ends of the lane that a host's pictures go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum LaneEnd {
    /// Where the host puts them in.
    Entrance,
    /// Where they come out. The host keeps it and reads nothing: a pipe that nobody can read any more ends whoever writes.
    Exit,
}

/// A picture that comes through the lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// How its bytes lie.
    pub raster: Raster,
    /// How many bytes come.
    pub length: u64,
    /// When it was taken on the host's steady clock, µs; without a time, when it came.
    pub time_us: Option<u64>,
}

/// An answer in a session.
#[derive(Debug, Serialize, Deserialize)]
pub enum SessionReply {
    /// It has begun. The socket of its events comes with the message.
    Begun,
    /// Done, and no more to say.
    Done,
    /// To [`SessionRequest::Lane`].
    Lane,
    /// To [`SessionRequest::Push`].
    Pushed(Taken),
    /// JPEG, or none yet.
    Preview(Option<Portrait>),
    /// How it ended.
    Result(SessionResult),
    /// The number of the grant.
    Grant(u64),
    /// It was not done.
    Refused(Refusal),
}

/// What became of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Whether it will be looked at. If not, there was no room: push it again in a moment.
    pub queued: bool,
    /// How many older ones were let go in this session, because newer ones came.
    pub dropped: u64,
}

/// What happens in a session.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum SessionEvent {
    /// A step was taken.
    Step(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// What would help now: each alternative, the preferred first.
    Need(Vec<Need>),
    /// The terminal is not up to date.
    Late(Freshness),
    /// The attempt turned to what stands in for the ordinary factors, because of a device or of what the camera sees.
    Turn(Cause),
    /// The card did not take its PIN; so many tries are left, where it says so.
    Pin(PinTrouble, Option<u8>),
    /// Of an enrolment: so many samples of so many.
    Sample {
        /// Samples taken.
        taken: u32,
        /// Samples wanted.
        of: u32,
    },
    /// Of a watch.
    Watch(WatchEvent),
    /// Of a watch: another card than the grant's was tapped on the service's reader. Its number is good for one
    /// [`Authenticate`] over the same connection, begun within ten seconds, and until the next is tapped.
    OtherCard(u64),
    /// The end.
    Done(SessionResult),
    /// The end: nothing could be judged.
    Failed(Refusal),
}

/// How a session ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionResult {
    /// It is still under way.
    Pending,
    /// Of an authentication.
    Authenticated(Told),
    /// Of an enrolment.
    Enrolled(EnrolmentEnd),
    /// Of a watch: it is over.
    Watched,
    /// Nothing could be judged.
    Failed(Refusal),
}

/// What a host is told of an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// How it ended.
    pub outcome: Outcome,
    /// What may be shown of the reason.
    pub reason: Coarse,
    /// Granted, but the operating system has yet to judge its password.
    pub provisional: bool,
    /// When it makes sense to try again, s.
    pub retry_after_s: Option<u64>,
    /// Whether only an administrator can make it make sense again.
    pub stopped: bool,
    /// Of a grant: the combination that gave it.
    pub factors: Factors,
    /// Of a grant: the person.
    pub subject: Option<String>,
}

/// How an enrolment ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnrolmentEnd {
    /// Whether the face counts from now on.
    pub enrolled: bool,
    /// Why not.
    pub failure: Option<EnrolmentFailure>,
    /// Why somebody else has to look at it before it counts.
    pub review: Option<ReviewReason>,
    /// Samples taken.
    pub samples: u32,
}
