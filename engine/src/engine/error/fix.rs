//! What an operator can do about each error.

use super::Error;
use crate::matching::MatchError;
use crate::policy::Locked;

impl Error {
    /// What to do about it, in a few words; empty where the message says it all.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        match self {
            Error::Store(error) => error.fix(),
            Error::Key(error) => error.fix(),
            Error::Reader(error) => error.fix(),
            Error::Camera(error) => error.fix(),
            Error::Secret(error) => error.fix(),
            Error::Terminal(error) => error.fix(),
            Error::Bundle(error) => error.fix(),
            Error::BundleRejected { .. } => {
                "settle each of them at one of the two terminals, or take the rest: --skip-rejected"
            }
            Error::WrongPassword => "try again, or ask an administrator to set a new one",
            Error::LockedOut { locked: Locked::For(_) } => "wait, or ask an administrator to clear it",
            Error::LockedOut { locked: Locked::Stopped } => "ask an administrator to clear it",
            Error::Roster(_) => {
                "save the list as CSV with the columns that mabataki person import --help names"
            }
            Error::ListRefused { .. } => "mend the rows that were refused, then take in the whole list again",
            Error::Oneself { .. } => "ask another administrator",
            Error::ChangedMeanwhile { .. } => "look at it, then try again",
            Error::Installation(error) => error.fix(),
            Error::Pack(_) => "install the pack: mabataki models install, or cargo xtask setup in a checkout",
            Error::Inference(_) | Error::Family { .. } => match self.code() {
                "no_runtime" => {
                    "name ONNX Runtime 1.24 to 1.28 with --runtime, or run cargo xtask setup in a checkout"
                }
                _ => "use a pack whose manifest describes its models: mabataki models verify",
            },
            Error::NotPinned => "look at it with mabataki pin show, then: mabataki --admin ID pin set",
            Error::OtherPack { .. } | Error::OtherRuntime { .. } => {
                "find out who changed it; if it was meant to be: mabataki --admin ID pin set"
            }
            Error::BackupWithoutAdministrator { .. } => {
                "restore a newer backup; if there is none, whoever administers the machine takes state and witness folder away and sets it up anew"
            }
            Error::NoRotation => "bring the state folder back from a backup, or make a new store",
            Error::Match(MatchError::OtherRotation { .. })
            | Error::Template { cause: MatchError::OtherRotation { .. }, .. } => {
                "enrol the person again here"
            }
            Error::Match(MatchError::OtherModel { .. })
            | Error::Template { cause: MatchError::OtherModel { .. }, .. } => {
                "enrol the person again with the pack in use"
            }
            Error::NotPermitted { .. } => "use the camera and the reader, or a store made with init --open",
            Error::NoPerson { .. } | Error::NoFace { .. } => {
                "see the ids, and who is enrolled, with mabataki person list"
            }
            Error::NoCode { .. } => "see the handles with mabataki emergency list",
            Error::NoUse { .. } => "see the handles with mabataki emergency reviews",
            Error::NoAdministrator { .. } => "name an administrator with --admin ID",
            Error::SetUpToken => {
                "it is the one that mabataki init showed; if it is lost, appoint the first administrator on the terminal \
                 itself: mabataki person add"
            }
            Error::NoRight { .. } => {
                "ask an administrator whose role has it; mabataki policy show lists the roles"
            }
            Error::GrantEnded { .. } => "authenticate again",
            Error::LogNotKept => "start it again; if it ends again, it is a fault of this program: report it",
            Error::NoAudience { .. } => "list it under [[assertions]] in the policy",
            Error::LastAdministrator => "appoint another administrator first",
            Error::BadPolicy { .. } => {
                "mend these lines; mabataki policy check FILE says whether all is well"
            }
            Error::GrantProvisional | Error::NoGrant { .. } | Error::Invalid { .. } => "",
            Error::CardNeeded => "name the reader with --reader, or let the policy enrol without cards",
            Error::AskAgain { .. } => "begin an attempt with the purpose application",
            Error::OnlyClaimed => "authenticate with what proves who it is: card, face, password",
            Error::NoLogin { .. } | Error::LoginSuspended { .. } => "put it: mabataki login put ID APP",
            Error::NothingPending { .. } => "see them with mabataki enrolment list",
            Error::NotWritten { .. } => "make room, or choose another place",
            Error::NoClock { .. } => "mount /proc; containers have it by default",
            Error::Frame(_)
            | Error::Match(_)
            | Error::Template { .. }
            | Error::Claim(_)
            | Error::Policy(_)
            | Error::Remote { .. }
            | Error::Pinned { .. } => "",
        }
    }
}
