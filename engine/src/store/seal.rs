//! The keys of a store and the seal on each of its records.
//!
//! HKDF-SHA256 (RFC 5869) turns the store key, with the store's id as salt, into one key for each use. A
//! record is sealed with XChaCha20-Poly1305 under a nonce of its own, drawn at random: 192 bits make a
//! repetition out of the question. Table, key and revision are associated data, so a record does not open in
//! another row, in another table, or under another revision.

use std::io;

use chacha20poly1305::{
    XChaCha20Poly1305, XNonce,
    aead::{Aead, KeyInit, Payload},
};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{StoreError, StoreKey};
use crate::card::CardIdentity;

/// Length of a nonce, bytes.
const NONCE: usize = 24;
/// Length of an authentication tag, bytes.
const TAG: usize = 16;

/// What a sealed record is longer than its content, bytes.
pub(super) const OVERHEAD: usize = NONCE + TAG;

/// Where a record stands. Authenticated with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) table: &'static str,
    pub(super) key: &'a str,
    pub(super) revision: u64,
}

/// The keys for one store, derived from its store key.
pub(super) struct Keys {
    seal: XChaCha20Poly1305,
    card_index: Zeroizing<[u8; 32]>,
    check: [u8; 32],
}

impl Keys {
    /// Derives the keys for the store with this id.
    pub(super) fn derive(key: &StoreKey, store_id: &[u8; 16]) -> Self {
        let root = Hkdf::<Sha256>::new(Some(store_id), key.as_bytes());
        let seal = expand(&root, b"mabataki store 1: seal");
        Self {
            seal: XChaCha20Poly1305::new((&*seal).into()),
            card_index: expand(&root, b"mabataki store 1: card index"),
            check: *expand(&root, b"mabataki store 1: key check"),
        }
    }

    /// The value kept in the store to tell whether a key fits. It tells nothing of the key.
    pub(super) fn check(&self) -> &[u8; 32] {
        &self.check
    }

    /// Seals `content` for `place`.
    pub(super) fn seal(&self, place: Place<'_>, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = vec![0; NONCE];
        fill_random(&mut sealed)?;
        let nonce = nonce(&sealed).ok_or_else(unsealable)?;
        let aad = associated(place);
        let body =
            self.seal.encrypt(&nonce, Payload { msg: content, aad: &aad }).map_err(|_| unsealable())?;
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what was sealed for `place`; `None` when it is anything else.
    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = nonce(sealed)?;
        let aad = associated(place);
        self.seal.decrypt(&nonce, Payload { msg: sealed.get(NONCE..)?, aad: &aad }).ok().map(Zeroizing::new)
    }

    /// What a card is found by: HMAC-SHA256 over what the identifier is and the identifier. Without the key
    /// it cannot be computed, so a copied store does not tell which card is in it.
    pub(super) fn card_lookup(&self, identity: &CardIdentity) -> [u8; 32] {
        #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(&*self.card_index).expect("a key of 32 bytes");
        #[expect(clippy::expect_used, reason = "two words are always JSON")]
        let meaning = serde_json::to_vec(&(identity.kind, identity.id_kind)).expect("two words");
        for part in [&meaning, &*identity.id] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Fills with random bytes of the operating system.
pub(super) fn fill_random(bytes: &mut [u8]) -> Result<(), StoreError> {
    getrandom::fill(bytes).map_err(|error| StoreError::NoRandom(io::Error::other(error)))
}

fn expand(root: &Hkdf<Sha256>, info: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0; 32]);
    #[expect(clippy::expect_used, reason = "HKDF-SHA256 gives up to 8,160 bytes")]
    root.expand(info, &mut *key).expect("32 bytes");
    key
}

fn nonce(sealed: &[u8]) -> Option<XNonce> {
    sealed.first_chunk::<NONCE>().map(|nonce| (*nonce).into())
}

fn unsealable() -> StoreError {
    StoreError::Invalid { what: "a record's length", expected: "less than 256 GiB", found: "more".to_owned() }
}

/// Table, key and revision, each with its length, so that no two places look alike.
fn associated(place: Place<'_>) -> Vec<u8> {
    let mut data = Vec::with_capacity(32 + place.table.len() + place.key.len());
    for part in [place.table, place.key] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data.extend_from_slice(&place.revision.to_be_bytes());
    data
}
