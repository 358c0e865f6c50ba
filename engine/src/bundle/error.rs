//! Why a bundle is not made or not taken, each with its stable word and its remedy.

use std::io;

use jiff::Timestamp;

use crate::sealing::StreamError;

/// Why a bundle could not be made, read or taken in. Nothing of it was taken then.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The file is no bundle.
    #[error("this is no bundle: expected a file from mabataki bundle export, found {found}")]
    Foreign {
        /// What it is instead, without its content.
        found: String,
    },
    /// It was not signed by the terminal that it names, or was changed since.
    #[error("the bundle is not as {terminal:?} signed it: it was changed, cut, or made by somebody else")]
    Signature {
        /// Who it says that it is from.
        terminal: String,
    },
    /// It is from a terminal that this one is not paired with.
    #[error("the bundle is from {terminal:?}, which this terminal is not paired with")]
    UnknownSigner {
        /// Who it says that it is from.
        terminal: String,
    },
    /// It is signed by other keys than those that were pinned.
    #[error(
        "the bundle is signed by key pair {found} of {terminal:?}: expected key pair {pinned}, which is pinned"
    )]
    OtherKeys {
        /// Who it says that it is from.
        terminal: String,
        /// The pinned key pair.
        pinned: u32,
        /// The one that signed.
        found: u32,
    },
    /// It is for another terminal, or for keys that this one has no more.
    #[error(
        "the bundle is for key pair {number} of {terminal:?}: expected one for this terminal and keys that it has"
    )]
    Recipient {
        /// Who it is for.
        terminal: String,
        /// By which of its key pairs.
        number: u32,
    },
    /// A newer one was taken already.
    #[error("the bundle is an old one: expected revision {taken} or later, found {found}")]
    RolledBack {
        /// The revision that was taken last.
        taken: u64,
        /// The bundle's.
        found: u64,
    },
    /// There are two bundles of this revision, so the sender's store was put back or is there twice.
    #[error(
        "another bundle of revision {revision} was taken already: the sender made two of the same number"
    )]
    Forked {
        /// The revision.
        revision: u64,
    },
    /// It is over.
    #[error("the bundle was good until {not_after}: expected one that is good still")]
    Expired {
        /// Until when it was good, UTC.
        not_after: Timestamp,
    },
    /// It was made at a time that is to come.
    #[error("the bundle says that it was made at {made}, which is to come: one of the two clocks is wrong")]
    Early {
        /// When it says that it was made, UTC.
        made: Timestamp,
    },
    /// The clock cannot be believed, so nobody can tell whether it is over.
    #[error(
        "the clock is behind a time that it has shown already, so it cannot be told whether the bundle is over"
    )]
    ClockBehind,
    /// It carries more than the pairing lets through.
    #[error("the bundle's scope is wider than the pairing with {terminal:?} lets through: {what}")]
    Scope {
        /// The other terminal.
        terminal: String,
        /// What there is too much of.
        what: &'static str,
    },
    /// It was signed, and is not what this version knows.
    #[error("record {number} of the bundle cannot be read: {why}")]
    Malformed {
        /// Which, from 1 on.
        number: u64,
        /// Why, without its content.
        why: &'static str,
    },
    /// What was to be carried is too long.
    #[error("{what} is too long for a bundle: expected at most {most}")]
    TooLong {
        /// What.
        what: &'static str,
        /// How long it may be.
        most: &'static str,
    },
    /// It was not said for how long it is to be good, or for too long.
    #[error("a bundle is good for a minute to 90 days: expected a time between, found {found}")]
    Validity {
        /// What was asked for.
        found: String,
    },
    /// This terminal has no keys yet, so nobody could tell who made the bundle.
    #[error("{terminal:?} cannot know this terminal, which has introduced itself to nobody yet")]
    Introduced {
        /// The peer.
        terminal: String,
    },
    /// What the peer's key comes to with any other is the same: it is nobody's.
    #[error("nothing can be sealed to the keys of {terminal:?}: they are nobody's")]
    NoKey {
        /// The peer.
        terminal: String,
    },
    /// The file could not be read or written.
    #[error("{doing} the bundle failed")]
    Io {
        /// What was done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        cause: io::Error,
    },
}

impl BundleError {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Foreign { .. } => "bundle_foreign",
            Self::Signature { .. } => "bundle_signature",
            Self::UnknownSigner { .. } => "unknown_signer",
            Self::OtherKeys { .. } => "signer_replaced",
            Self::Recipient { .. } => "bundle_recipient",
            Self::RolledBack { .. } => "bundle_rolled_back",
            Self::Forked { .. } => "bundle_forked",
            Self::Expired { .. } => "bundle_expired",
            Self::Early { .. } => "bundle_early",
            Self::ClockBehind => "clock_behind",
            Self::Scope { .. } => "bundle_scope",
            Self::Malformed { .. } => "bundle_malformed",
            Self::TooLong { .. } => "bundle_too_long",
            Self::Validity { .. } => "invalid",
            Self::Introduced { .. } => "not_introduced",
            Self::NoKey { .. } => "bundle_no_key",
            Self::Io { .. } => "bundle_io",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::Foreign { .. } | Self::Signature { .. } => {
                "carry the file over again, or have another one made"
            }
            Self::UnknownSigner { .. } => "pair the two: mabataki terminal pair FILE",
            Self::OtherKeys { .. } => "take its new keys first: mabataki terminal renew FILE",
            Self::Recipient { .. } => {
                "have one made for this terminal; mabataki terminal show tells who it is"
            }
            Self::RolledBack { .. } => "take the newest one",
            Self::Forked { .. } => {
                "find out whether the sender's store was put back or copied; after mabataki terminal rotate there its bundles count anew"
            }
            Self::Expired { .. } => "have another one made",
            Self::Early { .. } | Self::ClockBehind => "see to the clocks: mabataki clock show",
            Self::Scope { .. } => "ask for less, or pair the two anew for more",
            Self::Malformed { .. } => {
                "bring both terminals to the same version, and have the bundle made anew"
            }
            Self::TooLong { .. } => "carry fewer wards at a time",
            Self::Validity { .. } => "say for how long, such as 30d",
            Self::Introduced { .. } => {
                "carry over this terminal's own introduction: mabataki terminal show --out FILE"
            }
            Self::NoKey { .. } => "pair the two anew",
            Self::Io { .. } => "",
        }
    }

    pub(super) fn reading(cause: io::Error) -> BundleError {
        BundleError::Io { doing: "reading", cause }
    }

    pub(super) fn writing(cause: io::Error) -> BundleError {
        BundleError::Io { doing: "writing", cause }
    }
}

impl From<StreamError> for BundleError {
    fn from(error: StreamError) -> BundleError {
        match error {
            StreamError::Read(cause) => BundleError::reading(cause),
            StreamError::Write(cause) => BundleError::writing(cause),
            StreamError::TooLong => BundleError::TooLong { what: "the body", most: "1 GiB" },
            StreamError::Forged => BundleError::Malformed {
                number: 0,
                why: "the body does not open: it is not what the header speaks of",
            },
        }
    }
}
