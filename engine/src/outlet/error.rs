//! Why an outlet did not accept something, each with its stable word and its remedy.

use std::path::PathBuf;
use std::{fmt, io};

use super::DEADLINE;

/// Why a delivery failed. Nothing of what was to be delivered is in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutletError {
    /// Nobody listens there, or the machine cannot be reached.
    #[error("{to} cannot be reached: {cause}")]
    Unreachable {
        /// Where to, as the policy has it.
        to: String,
        /// What the system said.
        cause: io::Error,
    },
    /// The other side did not prove that it is the one that the policy names. Nothing was sent.
    #[error("{to} did not prove who it is: {cause}")]
    Untrusted {
        /// Where to, as the policy has it.
        to: String,
        /// What was wrong.
        cause: rustls::Error,
    },
    /// The other side went away before it had taken everything.
    #[error("{to} broke off: {cause}")]
    Broken {
        /// Where to, as the policy has it.
        to: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Everything was sent, and nothing that only the collector can say tells that it was read.
    #[error("{to} did not confirm that it had read everything: expected its close_notify, found {found}")]
    Unconfirmed {
        /// Where to, as the policy has it.
        to: String,
        /// What there was in its place.
        found: Unanswered,
    },
    /// A certificate or its key cannot be used.
    #[error("{}: expected {expected}, found {found}", path.display())]
    BadFile {
        /// The file.
        path: PathBuf,
        /// What it must be.
        expected: &'static str,
        /// What it is, without its content.
        found: String,
    },
    /// The copy cannot be written.
    #[error("{} cannot be written: {cause}", path.display())]
    NotWritten {
        /// The folder or the file in it.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The folder of the copy is there, and the copy is not: another disk, or none in its place.
    #[error("{}: expected the copy with the checkpoints before {number}, found none", path.display())]
    NoCopy {
        /// The file in the folder.
        path: PathBuf,
        /// The first checkpoint that it does not have yet.
        number: u64,
    },
    /// It takes longer than anything should.
    #[error("{to} has not answered for {seconds} s")]
    Stuck {
        /// Where to, as the policy has it.
        to: String,
        /// For how long, s.
        seconds: u64,
    },
}

/// What there was in the place of a collector's `close_notify`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// The connection ended.
    Ended,
    /// Nothing came in time.
    Silent,
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended => f.write_str("the end of the connection"),
            Self::Silent => write!(f, "none within {} s", DEADLINE.as_secs()),
        }
    }
}

impl OutletError {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "outlet_unreachable",
            Self::Untrusted { .. } => "outlet_untrusted",
            Self::Broken { .. } => "outlet_broken",
            Self::Unconfirmed { .. } => "outlet_unconfirmed",
            Self::BadFile { .. } => "outlet_bad_file",
            Self::NotWritten { .. } => "outlet_not_written",
            Self::NoCopy { .. } => "outlet_no_copy",
            Self::Stuck { .. } => "outlet_stuck",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => {
                "see that the collector listens there and the network lets it through"
            }
            Self::Untrusted { .. } => {
                "compare the collector's certificate with `ca` in [log.syslog]: its authority, its name, its days; one that \
                 signed itself must be made with basicConstraints=CA:FALSE"
            }
            Self::Broken { .. } => {
                "look into the collector's own log: it may not take this terminal's certificate"
            }
            Self::Unconfirmed { .. } => {
                "see whether the collector wrote the messages down; if not, somebody on the way may keep them back. If it did and \
                 never answers a close_notify, such as rsyslog with the driver `gtls`, use one that does, such as its `ossl`; \
                 `require_close_notify = false` in [log.syslog] goes without"
            }
            Self::BadFile { .. } => "name the right file in [log.syslog]; the key's with mode 0600",
            Self::NotWritten { .. } => {
                "see that the folder is there, is a folder, may be written and has room"
            }
            Self::NoCopy { .. } => {
                "mount the disk that has the copy; if there is a new one, name a new folder on it as `copy` in the policy: it \
                 gets every checkpoint"
            }
            Self::Stuck { .. } => "see whether the disk or the machine behind it is still there",
        }
    }
}
