//! The stable word of each error.

use std::io::ErrorKind;

use mabataki_models::PackError;

use super::Error;
use crate::frame::FrameError;
use crate::inference::InferenceError;
use crate::matching::MatchError;

impl Error {
    /// The stable word that programs rely on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Error::Store(error) => error.code(),
            Error::Key(error) => error.code(),
            Error::Camera(error) => error.code(),
            Error::Reader(error) => error.code(),
            Error::Installation(error) => error.code(),
            Error::Pack(error) => match error {
                PackError::NoManifest { .. } | PackError::NoModel { .. } => "no_model",
                PackError::Io { cause, .. } if cause.kind() == ErrorKind::NotFound => "no_model",
                PackError::WrongHash { .. } | PackError::WrongLength { .. } => "wrong_hash",
                PackError::Io { .. } => "model_unreadable",
                _ => "bad_manifest",
            },
            Error::Inference(error) => match error {
                InferenceError::LibraryMissing { .. }
                | InferenceError::NotALibrary { .. }
                | InferenceError::ForeignLibrary { .. }
                | InferenceError::LibraryTooOld { .. }
                | InferenceError::OtherLibrary { .. }
                | InferenceError::Start { .. } => "no_runtime",
                InferenceError::NotFinite { .. } => "not_a_number",
                _ => "bad_model",
            },
            Error::OtherPack { .. } => "other_pack",
            Error::OtherRuntime { .. } => "other_runtime",
            Error::NotPinned => "not_pinned",
            Error::Family { .. } => "bad_model",
            Error::Frame(error) => frame_code(error),
            Error::Match(error) | Error::Template { cause: error, .. } => match error {
                MatchError::OtherModel { .. } => "other_model",
                MatchError::OtherRotation { .. } => "other_rotation",
                MatchError::Uncalibrated { .. } => "not_calibrated",
                _ => "bad_template",
            },
            Error::NoRotation => "no_rotation",
            Error::Claim(_) => "bad_card",
            Error::Secret(error) => error.code(),
            Error::Terminal(error) => error.code(),
            Error::Bundle(error) => error.code(),
            Error::BundleRejected { .. } => "bundle_rejected",
            Error::WrongPassword => "wrong_password",
            Error::LockedOut { .. } => "locked",
            Error::Roster(_) => "bad_list",
            Error::ListRefused { .. } => "list_refused",
            Error::Oneself { .. } => "not_for_oneself",
            Error::ChangedMeanwhile { .. } => "changed_meanwhile",
            Error::NotPermitted { .. } => "not_permitted",
            Error::LogNotKept => "log_not_kept",
            Error::GrantEnded { .. } => "grant_ended",
            Error::GrantProvisional => "grant_provisional",
            Error::NoGrant { .. } => "no_grant",
            Error::NoAudience { .. } => "no_audience",
            Error::NoAdministrator { .. } | Error::NoRight { .. } => "no_right",
            Error::SetUpToken => "set_up_token",
            Error::LastAdministrator => "last_administrator",
            Error::BackupWithoutAdministrator { .. } => "no_administrator_in_backup",
            Error::BadPolicy { .. } => "bad_policy",
            Error::Invalid { .. } => "invalid",
            Error::CardNeeded => "card_needed",
            Error::AskAgain { .. } => "ask_again",
            Error::OnlyClaimed => "only_claimed",
            Error::NoLogin { .. } => "no_login",
            Error::LoginSuspended { .. } => "login_suspended",
            Error::NoClock { .. } => "no_clock",
            Error::NotWritten { .. } => "not_written",
            Error::NoPerson { .. }
            | Error::NoCode { .. }
            | Error::NoUse { .. }
            | Error::NothingPending { .. }
            | Error::NoFace { .. } => "not_found",
            Error::Policy(_) => "no_policy",
            Error::Remote { .. } => "not_remote",
            Error::Pinned { .. } => "other_device",
        }
    }
}

fn frame_code(error: &FrameError) -> &'static str {
    match error {
        FrameError::Io { cause, .. } if cause.kind() == ErrorKind::InvalidData => "bad_picture",
        FrameError::Io { .. } => "unreadable",
        FrameError::Still { cause, .. } | FrameError::InFile { cause, .. } => frame_code(cause),
        FrameError::Rate { .. } => "bad_rate",
        FrameError::Time { .. } => "bad_time",
        _ => "bad_picture",
    }
}
