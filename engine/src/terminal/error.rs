//! Why terminals do not get to know each other, each with its stable word and its remedy.

use super::MOST_STEPS;
use super::introduction::MOST_BYTES;

/// Why another terminal was not taken for what it says it is.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TerminalError {
    /// The file is no introduction.
    #[error(
        "this is no terminal's introduction: expected a file of at most {MOST_BYTES} bytes from mabataki terminal \
         show --out, found {found}"
    )]
    NotAnIntroduction {
        /// What is wrong with it, without its content.
        found: String,
    },
    /// A newer version's introduction.
    #[error("the introduction is of format {found}: expected format {expected}")]
    Format {
        /// The format that this version reads.
        expected: u32,
        /// The format that was found.
        found: u32,
    },
    /// It was not signed by the keys that it names.
    #[error("the introduction of {terminal:?} is not signed by the keys that it names: it was changed")]
    Signature {
        /// The terminal that it speaks of.
        terminal: String,
    },
    /// What was typed in is no fingerprint.
    #[error(
        "this is no fingerprint: expected four groups of five letters and digits such as 7KQM3-W9XHT-4CNAR-D0Z2S"
    )]
    Mistyped,
    /// What was typed in is another terminal's fingerprint. The right one is not told: it is to be heard from a person.
    #[error("the fingerprint is not that of the terminal which the file introduces as {terminal:?}")]
    OtherFingerprint {
        /// The name in the file.
        terminal: String,
    },
    /// What may be sent or taken is beyond its limits.
    #[error(
        "{what} of a scope do not fit: expected at most 64 names, or beginnings of names with one * at their end"
    )]
    Scope {
        /// Wards or applications.
        what: &'static str,
    },
    /// A pairing by which nothing may be sent and nothing taken.
    #[error("the pairing is for nothing: expected something that may be sent or taken")]
    ForNothing,
    /// The introduction is this terminal's own.
    #[error("{terminal:?} is this terminal: expected another one's introduction")]
    Itself {
        /// Its name.
        terminal: String,
    },
    /// There is a peer of that name, or the same terminal is one under another name.
    #[error("this terminal is paired with {terminal:?} already")]
    Paired {
        /// The name of the peer.
        terminal: String,
    },
    /// No peer has that name.
    #[error("this terminal is not paired with {terminal:?}")]
    NotPaired {
        /// The name asked for.
        terminal: String,
    },
    /// The keys do not follow from those that are pinned.
    #[error(
        "key pair {found} of {terminal:?} does not follow from key pair {pinned}, which is pinned: expected a later \
         one, at most {MOST_STEPS} rotations on, signed by each in between"
    )]
    NotASuccessor {
        /// The peer.
        terminal: String,
        /// The number of the pinned key pair.
        pinned: u32,
        /// The number of the one in the file.
        found: u32,
    },
}

impl TerminalError {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotAnIntroduction { .. } => "not_an_introduction",
            Self::Format { .. } => "introduction_format",
            Self::Signature { .. } => "introduction_signature",
            Self::Mistyped => "fingerprint_mistyped",
            Self::OtherFingerprint { .. } => "other_fingerprint",
            Self::Scope { .. } => "bad_scope",
            Self::ForNothing => "pairing_for_nothing",
            Self::Itself { .. } => "terminal_itself",
            Self::Paired { .. } => "terminal_paired",
            Self::NotPaired { .. } => "not_paired",
            Self::NotASuccessor { .. } => "not_a_successor",
        }
    }

    /// What to do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::NotAnIntroduction { .. } | Self::Signature { .. } => {
                "carry the file over again: mabataki terminal show --out FILE on the other terminal"
            }
            Self::Format { .. } => "bring both terminals to the same version",
            Self::Mistyped => "type it again as it was read out",
            Self::OtherFingerprint { .. } => {
                "have it read out again from the other terminal's own screen; if it differs again, the file is not from there"
            }
            Self::Scope { .. } => "name wards and applications as the policy does",
            Self::ForNothing => "name wards, applications or the policy with --send-… or --take-…",
            Self::Itself { .. } => "take the file of the other terminal",
            Self::Paired { .. } => {
                "after a rotation of its keys: mabataki terminal renew FILE; to pair anew: mabataki terminal unpair NAME"
            }
            Self::NotPaired { .. } => "see the names with mabataki terminal list",
            Self::NotASuccessor { .. } => {
                "have both people compare the fingerprint: mabataki terminal unpair NAME, then mabataki terminal pair FILE"
            }
        }
    }
}
