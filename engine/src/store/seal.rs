//! The keys of a store and the seal on each of its records.
//!
//! The data key is drawn when the store is made and lies in it under the store key (see `slots`). HKDF-SHA256 (RFC 5869)
//! turns it, with the store's id as salt, into one key for each use. A record is sealed with XChaCha20-Poly1305 under a nonce of its own, drawn at random: 192 bits make a
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

use super::StoreError;
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
    pub(super) table: &'a str,
    pub(super) key: &'a str,
    pub(super) revision: u64,
}

/// The keys for one store, derived from its data key.
pub(super) struct Keys {
    seal: Sealer,
    card_index: Zeroizing<[u8; 32]>,
    root: Hmac<Sha256>,
    witness: Hmac<Sha256>,
}

impl Keys {
    /// Derives the keys for the store with this id.
    pub(super) fn derive(data_key: &[u8; 32], store_id: &[u8; 16]) -> Self {
        let from = Hkdf::<Sha256>::new(Some(store_id), data_key);
        Self {
            seal: Sealer::new(&expand(&from, b"mabataki store 2: seal")),
            card_index: expand(&from, b"mabataki store 2: card index"),
            root: keyed(&expand(&from, b"mabataki store 2: root")),
            witness: keyed(&expand(&from, b"mabataki store 2: witness")),
        }
    }

    /// The keys as format 3 derived them, from the store key itself, and the value by which it told whether a key fits:
    /// for taking its stores over.
    pub(super) fn derive_format_3(store_key: &[u8; 32], store_id: &[u8; 16]) -> (Self, [u8; 32]) {
        let from = Hkdf::<Sha256>::new(Some(store_id), store_key);
        let seal = Sealer::new(&expand(&from, b"mabataki store 1: seal"));
        let card_index = expand(&from, b"mabataki store 1: card index");
        let keys = Self { seal, card_index, ..Self::derive(store_key, store_id) };
        (keys, *expand(&from, b"mabataki store 1: key check"))
    }

    /// What a record at this place adds to the root.
    pub(super) fn root_term(&self, table: &str, key: &str, revision: u64) -> [u8; 32] {
        let mut mac = self.root.clone();
        mac.update(&associated(table, key, revision));
        mac.finalize().into_bytes().into()
    }

    /// What tells this store's anchor from others.
    pub(super) fn witness_mac(&self, body: &[u8]) -> [u8; 32] {
        let mut mac = self.witness.clone();
        mac.update(body);
        mac.finalize().into_bytes().into()
    }

    /// Seals `content` for `place`.
    pub(super) fn seal(&self, place: Place<'_>, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        self.seal.seal(place, content)
    }

    /// Opens what was sealed for `place`; `None` when it is anything else.
    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        self.seal.open(place, sealed)
    }

    /// What a card is found by: HMAC-SHA256 over what the identifier is and the identifier. Without the key
    /// it cannot be computed, so a copied store does not tell which card is in it.
    pub(super) fn card_lookup(&self, identity: &CardIdentity) -> [u8; 32] {
        let mut mac = keyed(&self.card_index);
        #[expect(clippy::expect_used, reason = "two words are always JSON")]
        let meaning = serde_json::to_vec(&(identity.kind, identity.id_kind)).expect("two words");
        for part in [&meaning, &*identity.id] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// Seals records under one key.
pub(super) struct Sealer(XChaCha20Poly1305);

impl Sealer {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// What seals a data key under `key`: a store key, or whatever else may open the store with this id.
    pub(super) fn for_slots(key: &[u8; 32], store_id: &[u8; 16]) -> Self {
        Self::new(&expand(&Hkdf::<Sha256>::new(Some(store_id), key), b"mabataki store 2: key slot"))
    }

    /// Seals `content` for `place`.
    pub(super) fn seal(&self, place: Place<'_>, content: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut sealed = vec![0; NONCE];
        fill_random(&mut sealed)?;
        let nonce = nonce(&sealed).ok_or_else(unsealable)?;
        let aad = associated(place.table, place.key, place.revision);
        let body = self.0.encrypt(&nonce, Payload { msg: content, aad: &aad }).map_err(|_| unsealable())?;
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }

    /// Opens what was sealed for `place`; `None` when it is anything else.
    pub(super) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let nonce = nonce(sealed)?;
        let aad = associated(place.table, place.key, place.revision);
        self.0.decrypt(&nonce, Payload { msg: sealed.get(NONCE..)?, aad: &aad }).ok().map(Zeroizing::new)
    }
}

/// The key of the backup with this salt.
pub(super) fn backup_key(data_key: &[u8; 32], salt: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    expand(&Hkdf::<Sha256>::new(Some(salt), data_key), b"mabataki store 2: backup")
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

/// HMAC-SHA256 under this key.
fn keyed(key: &[u8; 32]) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    Hmac::<Sha256>::new_from_slice(key).expect("a key of 32 bytes")
}

/// Table, key and revision, each with its length, so that no two places look alike.
fn associated(table: &str, key: &str, revision: u64) -> Vec<u8> {
    let mut data = Vec::with_capacity(32 + table.len() + key.len());
    for part in [table, key] {
        data.extend_from_slice(&(part.len() as u64).to_be_bytes());
        data.extend_from_slice(part.as_bytes());
    }
    data.extend_from_slice(&revision.to_be_bytes());
    data
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::card::{Assurance, CardKind, IdKind};

    fn keys(key: u8, store: u8) -> Keys {
        Keys::derive(&[key; 32], &[store; 16])
    }

    fn place(key: &str) -> Place<'_> {
        Place { table: "person", key, revision: 1 }
    }

    fn card(kind: CardKind, id: &[u8]) -> CardIdentity {
        CardIdentity {
            kind,
            id_kind: IdKind::Uid,
            assurance: Assurance::Proved,
            id: Zeroizing::new(id.to_vec()),
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_and_in_no_other(
            content in prop::collection::vec(any::<u8>(), 0..300), key in ".{0,20}", other in ".{0,20}", revision: u64,
        ) {
            let keys = keys(1, 1);
            let here = Place { table: "person", key: &key, revision };
            let sealed = keys.seal(here, &content).unwrap();
            prop_assert_eq!(sealed.len(), content.len() + OVERHEAD);
            prop_assert_eq!(&**keys.open(here, &sealed).unwrap(), &content[..]);
            for elsewhere in [Place { table: "card", ..here }, Place { revision: revision ^ 1, ..here }] {
                prop_assert!(keys.open(elsewhere, &sealed).is_none());
            }
            prop_assert_eq!(keys.open(Place { key: &other, ..here }, &sealed).is_some(), key == other);
        }

        #[test]
        fn nothing_else_opens(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(keys(1, 1).open(place("a"), &bytes).is_none());
        }
    }

    #[test]
    fn another_key_or_another_store_opens_nothing() {
        let sealed = keys(1, 1).seal(place("a"), b"content").unwrap();
        assert!(keys(1, 1).open(place("a"), &sealed).is_some());
        assert!(keys(2, 1).open(place("a"), &sealed).is_none());
        assert!(keys(1, 2).open(place("a"), &sealed).is_none());
    }

    #[test]
    fn the_same_content_is_never_sealed_alike() {
        let keys = keys(1, 1);
        let one = keys.seal(place("a"), b"content").unwrap();
        let two = keys.seal(place("a"), b"content").unwrap();
        assert_ne!(one[..NONCE], two[..NONCE]);
        assert_ne!(one[NONCE..], two[NONCE..]);
    }

    #[test]
    fn a_card_is_looked_up_by_key_kind_and_identifier_and_not_by_assurance() {
        let known = keys(1, 1).card_lookup(&card(CardKind::TypeA, &[1, 2, 3, 4]));
        assert_eq!(known, keys(1, 1).card_lookup(&card(CardKind::TypeA, &[1, 2, 3, 4])));
        let weaker =
            CardIdentity { assurance: Assurance::IdentifierOnly, ..card(CardKind::TypeA, &[1, 2, 3, 4]) };
        assert_eq!(known, keys(1, 1).card_lookup(&weaker));
        for (keys, identity) in [
            (keys(2, 1), card(CardKind::TypeA, &[1, 2, 3, 4])),
            (keys(1, 2), card(CardKind::TypeA, &[1, 2, 3, 4])),
            (keys(1, 1), card(CardKind::Desfire, &[1, 2, 3, 4])),
            (keys(1, 1), card(CardKind::TypeA, &[1, 2, 3, 5])),
            (keys(1, 1), card(CardKind::TypeA, &[1, 2, 3, 4, 0])),
        ] {
            assert_ne!(known, keys.card_lookup(&identity));
        }
    }

    #[test]
    fn each_use_has_a_key_of_its_own() {
        let keys = keys(1, 1);
        let card = CardIdentity { kind: CardKind::TypeA, ..card(CardKind::TypeA, &[1]) };
        let macs = [keys.card_lookup(&card), keys.witness_mac(b"body"), keys.root_term("body", "", 0)];
        assert!(macs.iter().enumerate().all(|(at, mac)| !macs[..at].contains(mac)));
        let sealed = keys.seal(place("a"), b"content").unwrap();
        assert!(Sealer::for_slots(&[1; 32], &[1; 16]).open(place("a"), &sealed).is_none());
        assert!(Keys::derive_format_3(&[1; 32], &[1; 16]).0.open(place("a"), &sealed).is_none());
    }
}
