//! Why a secret was not taken. None of these tells anything of the secret itself.

use std::io;

use super::text::SECRET_BYTES;
use crate::policy::PasswordFault;

/// Why a secret could not be taken, kept or judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretError {
    /// It is empty or too long.
    #[error("a secret does not fit: expected 1 to {SECRET_BYTES} bytes, found {found}")]
    Length {
        /// Its length, bytes.
        found: usize,
    },
    /// It is not a line of text.
    #[error(
        "a secret does not fit: expected one line of text, found control characters or bytes that are no UTF-8"
    )]
    Text,
    /// An emergency code was mistyped: it is no code at all, so no try is counted.
    #[error("this is no emergency code: a character is wrong, missing or in another's place")]
    Mistyped,
    /// A reason or a note is missing or too long.
    #[error("a reason does not fit: expected 1 to 200 characters on one line, not blank, found {found}")]
    Remark {
        /// Its length, characters.
        found: usize,
    },
    /// It is against the site's rules for passwords.
    #[error("the password is against the rules: {}", codes(.faults))]
    Weak {
        /// Everything that is wrong with it.
        faults: Vec<PasswordFault>,
    },
    /// The person had this password before.
    #[error("the person had this password before: expected none of the last {remembered}")]
    Remembered {
        /// How many are remembered.
        remembered: u32,
    },
    /// One of the person's logins has this secret.
    #[error("the person's login to {app} has this secret: expected one that is used for nothing else")]
    SameAsLogin {
        /// The application.
        app: String,
    },
    /// It is the person's password, or one that they had before.
    #[error("a login's secret is or was the person's password: expected one that is used for nothing else")]
    SameAsPassword,
    /// Something of a login is beyond its limits.
    #[error("{what} of a login does not fit: expected {expected}")]
    Login {
        /// What.
        what: &'static str,
        /// What it may be.
        expected: &'static str,
    },
    /// What is kept as a hash is none.
    #[error("a password's hash is not one of ours: expected Argon2id within the limits")]
    BadHash,
    /// There is not enough memory to hash with.
    #[error("no memory to hash a password: expected {kib} KiB to be free")]
    NoMemory {
        /// What is needed, KiB.
        kib: usize,
    },
    /// The system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    NoRandom(#[source] io::Error),
}

fn codes(faults: &[PasswordFault]) -> String {
    faults.iter().map(|fault| fault.code()).collect::<Vec<_>>().join(", ")
}

impl SecretError {
    pub(super) fn no_random(error: getrandom::Error) -> SecretError {
        SecretError::NoRandom(io::Error::other(error))
    }

    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::Text => "bad_secret",
            Self::Mistyped => "code_mistyped",
            Self::Remark { .. } => "bad_reason",
            Self::Weak { .. } => "weak_password",
            Self::Login { .. } => "bad_login",
            Self::Remembered { .. } | Self::SameAsLogin { .. } | Self::SameAsPassword => "password_reused",
            Self::BadHash => "store_corrupt",
            Self::NoMemory { .. } => "no_memory",
            Self::NoRandom(_) => "no_random",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Length { .. } | Self::Text => "give it as one line of text",
            Self::Mistyped => "read it again from the paper: four groups of four characters",
            Self::Remark { .. } => "say in a few words why",
            Self::Weak { .. } => "choose another; mabataki policy show tells the rules",
            Self::Login { .. } => "keep to the limit",
            Self::Remembered { .. } | Self::SameAsLogin { .. } | Self::SameAsPassword => "choose another",
            Self::BadHash => "set the password anew",
            Self::NoMemory { .. } => "close other programs, then try again",
            Self::NoRandom(_) => "try again once the system has started up",
        }
    }
}
