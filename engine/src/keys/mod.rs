//! Keys: where the store key is kept, and how a store is opened when it is lost.
//!
//! A store's records are sealed under its data key, which lies in the store under the *store key*. That key is kept at a
//! [`KeyPlace`]: a small private file outside the state folder that holds it, or that says which [`Keeper`] has it: the
//! TPM, the operating system's keystore. A host can hand it in instead. Beside it there can be a [`RecoveryKey`], split
//! among administrators.
//!
//! ```text
//!   KeySource ─► KeyPlace ─► KeyProvider: in the file │ kernel, Secret Service │ TPM     StoreKey ─► store: key slot
//!   RecoveryKey ─► Share (k of n, on paper)      RecoveryKey ─► StoreKey, Escrow (the log's keys are sealed to it)
//! ```

mod agreement;
mod error;
mod escrow;
mod field;
mod filesystem;
mod keeper;
mod keystore;
#[expect(unsafe_code, reason = "memory is mapped and locked through the kernel's own calls")]
mod locked;
mod place;
mod record;
mod recovery;
mod shamir;
mod share;
mod source;
mod store_key;
#[cfg(feature = "tpm")]
pub mod tpm;

use std::io;

pub use agreement::AgreementSecret;
pub use error::KeyError;
pub use escrow::{ESCROWED, Escrow, EscrowSecret};
pub use keeper::{Keeper, Kept, KeyProvider};
pub(crate) use locked::Locked;
pub use locked::memory_locks;
pub use place::KeyPlace;
pub use record::RecoveryRecord;
pub use recovery::{RecoveryError, RecoveryKey};
pub use share::{SetId, Share};
pub use source::KeySource;
pub use store_key::StoreKey;

use crate::store::StoreError;

/// Fills with random bytes of the operating system.
fn random(bytes: &mut [u8]) -> Result<(), KeyError> {
    let failed = |error| StoreError::NoRandom(io::Error::other(error));
    getrandom::fill(bytes).map_err(|error| failed(error).into())
}
