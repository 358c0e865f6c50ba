//! What can go wrong with a store key, each with its stable word and its remedy. None of these tells anything of a key.

use std::path::PathBuf;

use super::{Keeper, RecoveryError};
use crate::store::StoreError;

/// Why a key could not be had, kept or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key's file, or its folder, is not as it must be.
    #[error(transparent)]
    File(#[from] StoreError),
    /// Shares of a recovery key.
    #[error(transparent)]
    Recovery(#[from] RecoveryError),
    /// There is no key file.
    #[error("no store key at {}: expected the file that was made with the store", path.display())]
    NoKey {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The key file does not hold a key.
    #[error("{} is not a store key: expected {expected}, found {found}", path.display())]
    BadKey {
        /// The file.
        path: PathBuf,
        /// What it must hold.
        expected: &'static str,
        /// What it holds, without its content.
        found: String,
    },
    /// The key file lies on a share of the network.
    #[error("{} lies on a share of the network ({found}): expected a disk of this machine", path.display())]
    NetworkShare {
        /// The file, or the folder that it was to be made in.
        path: PathBuf,
        /// The file system's name.
        found: String,
    },
    /// This program was built without what keeps the key.
    #[error("{} is kept by {keeper}: expected a program that was built with it", path.display())]
    NotBuilt {
        /// The key's file.
        path: PathBuf,
        /// Who keeps the key.
        keeper: Keeper,
    },
    /// The keeper of the key cannot be had.
    #[error("the {keeper} does not answer: {cause}")]
    Unavailable {
        /// Who keeps the key.
        keeper: Keeper,
        /// What it, or the system, said.
        cause: String,
    },
    /// The keeper has no key under this name, or does not take this one for its own.
    #[error("the {keeper} does not have the key that {} names: {cause}", path.display())]
    NotKept {
        /// The key's file.
        path: PathBuf,
        /// Who should keep the key.
        keeper: Keeper,
        /// What it said.
        cause: String,
    },
    /// The key is handed in by the host at each start, so nothing here can keep another.
    #[error("the host hands the key in: expected a key that is kept on this machine")]
    HandedIn,
    /// Bytes to which a key was to be sealed are nobody's public key.
    #[error("these bytes are no public key to seal to")]
    NoEscrow,
}

impl KeyError {
    /// The stable word for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::File(error) => error.code(),
            Self::Recovery(error) => error.code(),
            Self::NoKey { .. } => "no_key",
            Self::BadKey { .. } => "bad_key",
            Self::NetworkShare { .. } => "network_share",
            Self::NotBuilt { .. } => "not_built",
            Self::Unavailable { .. } => "no_keeper",
            Self::NotKept { .. } => "not_kept",
            Self::HandedIn => "handed_in",
            Self::NoEscrow => "no_escrow",
        }
    }

    /// What the operator can do about it.
    #[must_use]
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::File(error) => error.fix(),
            Self::Recovery(error) => error.fix(),
            Self::NoKey { .. } => {
                "put the key file back from its backup, or use the recovery key: mabataki key recovery use"
            }
            Self::BadKey { .. } => "put back the key file that was made with this store",
            Self::NetworkShare { .. } => "move the key to a disk of this machine, or keep it in the TPM",
            Self::NotBuilt { .. } => "build it with the feature that the manual's page on keys names",
            Self::Unavailable { keeper: Keeper::Tpm, .. } => {
                "see that the TPM is switched on and that this user may use /dev/tpmrm0 (group tss)"
            }
            Self::Unavailable { .. } => "unlock the keystore, or begin the session that it belongs to",
            Self::NotKept { .. } => "use the recovery key: mabataki key recovery use",
            Self::HandedIn => "replace it where the host keeps it",
            Self::NoEscrow => "make a new recovery key: mabataki key recovery make",
        }
    }
}
