//! Why the engine could not do what was asked: not a refusal, which is an outcome.

mod class;
mod code;
mod fix;

use std::path::PathBuf;

use mabataki_models::{Digest, PackError, Role};
use thiserror::Error;

pub use class::Class;

use super::{BundleReport, InstallationError, ListReport};
use crate::bundle::BundleError;
use crate::camera::CameraError;
use crate::card::{ClaimError, ReaderError};
use crate::face::FaceError;
use crate::frame::FrameError;
use crate::grant::Ending;
use crate::inference::InferenceError;
use crate::keys::KeyError;
use crate::matching::MatchError;
use crate::policy::{Faults, Locked, NoPolicy, Right};
use crate::roster::RosterError;
use crate::secret::SecretError;
use crate::store::StoreError;
use crate::terminal::TerminalError;

/// The engine's error.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum Error {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The store's key, or a share of its recovery key.
    #[error(transparent)]
    Key(KeyError),
    /// The file that says where everything is.
    #[error(transparent)]
    Installation(#[from] InstallationError),
    /// The model pack.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The runtime or a net.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Reading frames.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The camera.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// The card reader.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// A card told by the host.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// Templates.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// A person's template is of no use.
    #[error("the template of {person:?} cannot be used")]
    Template {
        /// Whose it is.
        person: String,
        /// Why.
        #[source]
        cause: MatchError,
    },
    /// The store holds no rotation of embeddings: it was damaged, or made by something else.
    #[error("the store holds no rotation of embeddings, so no face can be compared with its templates")]
    NoRotation,
    /// A password, a code or a login.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The password is not the person's, or there is no such person: which of both is not told.
    #[error("the password is not this person's")]
    WrongPassword,
    /// It was tried too often.
    #[error("too many failed tries: {locked}")]
    LockedOut {
        /// Until when.
        locked: Locked,
    },
    /// Another terminal.
    #[error(transparent)]
    Terminal(#[from] TerminalError),
    /// A list of people that is none.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// Some of a list's rows were refused, so nothing of it was taken in.
    #[error("{} of the list's rows were refused: nothing of it was taken in", report.refused())]
    ListRefused {
        /// What became, or would have become, of each row.
        report: ListReport,
    },
    /// A bundle.
    #[error(transparent)]
    Bundle(#[from] BundleError),
    /// Some of a bundle's records were rejected, so nothing of it was taken in.
    #[error("{} of the bundle's records were rejected: nothing of it was taken in", report.rejected.len())]
    BundleRejected {
        /// What became, or would have become, of its records.
        report: Box<BundleReport>,
    },
    /// What nobody may do for themselves.
    #[error("{what} is not permitted for oneself: expected another administrator")]
    Oneself {
        /// What was asked for.
        what: &'static str,
    },
    /// No emergency code of this handle is open.
    #[error("no open emergency code {handle:?} in the store")]
    NoCode {
        /// The handle asked for.
        handle: String,
    },
    /// No emergency of this handle waits for review.
    #[error("no emergency {handle:?} waits for review")]
    NoUse {
        /// The handle asked for.
        handle: String,
    },
    /// Another process changed it while this one judged it.
    #[error("{what} was changed by somebody else meanwhile")]
    ChangedMeanwhile {
        /// What.
        what: &'static str,
    },
    /// The model pack is not the one that the store has pinned.
    #[error("the model pack is not the pinned one: expected {expected}, found {found}")]
    OtherPack {
        /// The digest that is pinned.
        expected: Digest,
        /// The digest of the pack that is installed.
        found: Digest,
    },
    /// The runtime library is not the one that the store has pinned.
    #[error("the runtime library is not the pinned one: expected {expected}, found {found}")]
    OtherRuntime {
        /// The digest that is pinned.
        expected: Digest,
        /// The digest of the library that is installed.
        found: Digest,
    },
    /// Nothing is pinned, and there are administrators who could.
    #[error(
        "the store has pinned no model pack and no runtime, and has administrators: nothing is loaded by itself"
    )]
    NotPinned,
    /// A model of the pack is of a family that this version cannot read.
    #[error("the pack's {role} model {file} is of a family that this version cannot read")]
    Family {
        /// What the model is for.
        role: Role,
        /// Its file in the pack.
        file: String,
    },
    /// The store does not allow it.
    #[error("{what} is not permitted in the store {store}: it was not made for trials", store = store.display())]
    NotPermitted {
        /// What was asked for.
        what: &'static str,
        /// The state folder.
        store: PathBuf,
    },
    /// The backup is from before anybody in it could restore it, and the witness knows of an administrator.
    #[error(
        "nobody in the backup {backup} may restore it, and this terminal had an administrator: expected a backup that was \
         taken since",
        backup = backup.display()
    )]
    BackupWithoutAdministrator {
        /// The backup.
        backup: PathBuf,
    },
    /// The grant is good for nothing any more.
    #[error("the grant has ended: {}", why.text(crate::text::Lang::En))]
    GrantEnded {
        /// Why.
        why: Ending,
    },
    /// The grant rests on a password that the operating system has not judged yet.
    #[error("the grant is provisional until the host has confirmed the system's password")]
    GrantProvisional,
    /// No grant of that session number.
    #[error("no live grant with the session number {session:?}")]
    NoGrant {
        /// The number.
        session: String,
    },
    /// The policy names no such audience for assertions.
    #[error("no assertions are signed for {audience:?}: the policy does not list it")]
    NoAudience {
        /// The audience.
        audience: String,
    },
    /// Whoever kept the log ended without having been told to, and left no reason.
    #[error("the log is not kept any more: whoever kept it ended without a reason")]
    LogNotKept,
    /// An act that only an administrator may do.
    #[error("the right {right} is needed, and nobody is named: expected an administrator")]
    NoAdministrator {
        /// What it takes.
        right: Right,
    },
    /// It is not the token that was shown when the store was made, or there is an administrator already.
    #[error(
        "expected the set-up token of a terminal without an administrator; it is another, or there is one"
    )]
    SetUpToken,
    /// The administrator's role does not give this right.
    #[error("{person} does not have the right {right}")]
    NoRight {
        /// Who asked.
        person: String,
        /// What it takes.
        right: Right,
    },
    /// After this nobody could appoint administrators any more.
    #[error(
        "the last administrator must stay: expected another one who may change people, policy and passwords"
    )]
    LastAdministrator,
    /// The policy is not one.
    #[error("the policy is refused: {faults}")]
    BadPolicy {
        /// Every fault, with its line.
        faults: Faults,
    },
    /// A text or a number beyond its limits.
    #[error("{what} does not fit: expected {expected}, found {found}")]
    Invalid {
        /// What was given.
        what: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it was, without its content.
        found: String,
    },
    /// An enrolment without the person's card, where the policy wants it.
    #[error("the policy enrols nobody without their own card on the reader, and no reader was named")]
    CardNeeded,
    /// The grant does not open this application: the person is asked again.
    #[error("the grant does not open {application:?}: the person must authenticate for it")]
    AskAgain {
        /// The application.
        application: String,
    },
    /// The grant rests on a claim: nothing of the person's own is handed out for it, or changed by it.
    #[error("an emergency's grant proves nobody, so it opens no application login")]
    OnlyClaimed,
    /// The person has no login for this application.
    #[error("no login is stored for {application:?}")]
    NoLogin {
        /// The application.
        application: String,
    },
    /// The application did not take the login the last time.
    #[error("the login for {application:?} is suspended: the application did not take it")]
    LoginSuspended {
        /// The application.
        application: String,
    },
    /// No enrolment of this person waits.
    #[error("no enrolment of {person:?} waits to be looked at")]
    NothingPending {
        /// The person's id.
        person: String,
    },
    /// Nothing of this person's face is kept.
    #[error("no face of {person:?} is enrolled, and none waits to be")]
    NoFace {
        /// The person's id.
        person: String,
    },
    /// What was to be written out could not be.
    #[error("what was to be exported could not be written")]
    NotWritten {
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// The machine does not tell which start of it this is, so nothing can be timed that must outlast a restart.
    #[error("cannot read which start of the machine this is")]
    NoClock {
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// Nobody of that id.
    #[error("no person {id:?} in the store")]
    NoPerson {
        /// The id.
        id: String,
    },
    /// The policy lets nobody do this here, or not so.
    #[error(transparent)]
    Policy(#[from] NoPolicy),
    /// Somebody asked from another computer.
    #[error("terminal {terminal} lets nobody in from another computer: the policy does not allow it")]
    Remote {
        /// The terminal.
        terminal: String,
    },
    /// Another device than the policy names.
    #[error("the policy takes no other {what} than {expected:?}, found {found:?}")]
    Pinned {
        /// Camera or reader.
        what: &'static str,
        /// The one that the policy names.
        expected: String,
        /// The one that was asked for.
        found: String,
    },
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Error {
        match error {
            KeyError::File(error) => error.into(),
            other => Error::Key(other),
        }
    }
}

impl From<FaceError> for Error {
    fn from(error: FaceError) -> Error {
        match error {
            FaceError::Pack(error) => error.into(),
            FaceError::Inference(error) => error.into(),
            FaceError::Frame(error) => error.into(),
            FaceError::Family { role, file } => Error::Family { role, file },
        }
    }
}
