//! Checkpoints: statements, signed and sent out, of how far a log had come.
//!
//! Each names the key that will sign the next one, and the key that signed is forgotten at once: who takes the machine can
//! sign neither an earlier checkpoint nor another history. The first key of all is the log's identity, which people keep
//! elsewhere. What is signed has one form as bytes ([`Head::to_bytes`]); how it is written in files is in `line`.

use std::{fmt, str::FromStr};

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use jiff::Timestamp;
use mabataki_models::{Digest, DigestError};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{LogId, RecordDigest};

/// What a head begins with.
const HEAD: &[u8] = b"mabataki log checkpoint 1\0";
/// What the list of the records' digests begins with.
const LIST: &[u8] = b"mabataki log digests 1\0";

/// Most records that one checkpoint covers.
pub const MOST_COVERED: usize = 1024;

/// Length of a key that was sealed for whoever has the recovery key, bytes: an X25519 key, the key, a tag.
pub const ESCROW: usize = 80;

/// The public half of a key that signs a checkpoint (Ed25519, RFC 8032). 64 hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PublicKey(Digest);

/// A key that signs one checkpoint. Wiped on drop, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CheckpointKey([u8; 32]);

/// What a checkpoint states.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// The log.
    pub log: LogId,
    /// The terminal whose log it is: 64 bytes at most.
    pub terminal: String,
    /// Its number: 1 for the log's first.
    pub number: u64,
    /// The first record that it covers and the one before it does not.
    pub first: u64,
    /// The last record that it covers.
    pub last: u64,
    /// What the record after the last is tied to.
    pub link: Digest,
    /// When it was made, UTC: the time of its last record, to the microsecond.
    pub time: Timestamp,
    /// The digest of the head before it; of the log's beginning for the first.
    pub previous: Digest,
    /// Whose signature it bears.
    pub key: PublicKey,
    /// Whose signature the next one will bear.
    pub next_key: PublicKey,
    /// How often the store was put back from a copy.
    pub generation: u64,
    /// The digest of the digests of its records.
    pub digests: Digest,
    /// The key of the records that follow, sealed for whoever has the recovery key; none where there is no such key.
    pub escrow: Option<[u8; ESCROW]>,
}

/// A checkpoint as it is kept and sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// What it states.
    pub head: Head,
    /// Ed25519 over [`Head::to_bytes`].
    pub signature: [u8; 64],
    /// The digests of its records, in order. What was changed can be told only where they are kept.
    pub records: Option<Vec<RecordDigest>>,
}

impl Head {
    /// What is signed: a tag, then the fields one after the other; numbers big-endian, texts and the escrow with their
    /// lengths.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(448);
        bytes.extend_from_slice(HEAD);
        bytes.extend_from_slice(&self.log.0);
        bytes.extend_from_slice(&(self.terminal.len() as u64).to_be_bytes());
        bytes.extend_from_slice(self.terminal.as_bytes());
        for number in [self.number, self.first, self.last] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(self.link.as_bytes());
        bytes.extend_from_slice(&self.time.as_microsecond().to_be_bytes());
        for digest in [&self.previous, &self.key.0, &self.next_key.0] {
            bytes.extend_from_slice(digest.as_bytes());
        }
        bytes.extend_from_slice(&self.generation.to_be_bytes());
        bytes.extend_from_slice(self.digests.as_bytes());
        let escrow = self.escrow.as_ref().map_or(&[][..], |sealed| sealed);
        bytes.extend_from_slice(&(escrow.len() as u64).to_be_bytes());
        bytes.extend_from_slice(escrow);
        bytes
    }

    /// What the next head names as its previous.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// How many records it covers.
    #[must_use]
    pub fn records(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1)
    }

    /// The checkpoint, signed.
    pub(super) fn sign(self, key: &CheckpointKey, records: Vec<RecordDigest>) -> Checkpoint {
        let signature = SigningKey::from_bytes(&key.0).sign(&self.to_bytes()).to_bytes();
        Checkpoint { head: self, signature, records: Some(records) }
    }
}

impl Checkpoint {
    /// Whether `key` signed it.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        let Ok(verifying) = VerifyingKey::from_bytes(key.as_bytes()) else { return false };
        let signature = Signature::from_bytes(&self.signature);
        self.head.key == *key && verifying.verify_strict(&self.head.to_bytes(), &signature).is_ok()
    }

    /// The digests of its records, if they are kept and are those that were signed.
    pub(super) fn list(&self) -> Option<&[RecordDigest]> {
        let list = self.records.as_deref()?;
        (list.len() as u64 == self.head.records() && digest_of(list) == self.head.digests).then_some(list)
    }
}

/// The digest of a list of digests.
pub(super) fn digest_of(list: &[RecordDigest]) -> Digest {
    let mut digest = Sha256::new().chain_update(LIST);
    for record in list {
        digest.update(record.0);
    }
    Digest::from_bytes(digest.finalize().into())
}

impl PublicKey {
    /// The key as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for PublicKey {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, DigestError> {
        text.parse().map(PublicKey)
    }
}

impl CheckpointKey {
    /// The key of this seed, which must be random.
    #[cfg(test)]
    pub(crate) fn from_seed(seed: [u8; 32]) -> CheckpointKey {
        CheckpointKey(seed)
    }

    /// A key whose seed `draw` fills with random bytes, in its place.
    ///
    /// # Errors
    /// What `draw` gives.
    pub fn drawn<E>(draw: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<CheckpointKey, E> {
        let mut key = CheckpointKey([0; 32]);
        draw(&mut key.0)?;
        Ok(key)
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(Digest::from_bytes(SigningKey::from_bytes(&self.0).verifying_key().to_bytes()))
    }
}

impl fmt::Debug for CheckpointKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CheckpointKey({})", self.public())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture;

    #[test]
    fn a_checkpoint_is_signed_by_its_key_and_no_other_and_nothing_of_it_can_be_changed() {
        let (key, other) = (CheckpointKey::from_seed([1; 32]), CheckpointKey::from_seed([2; 32]));
        let good = fixture::head(&key).sign(&key, Vec::new());
        assert!(good.is_signed_by(&key.public()));
        assert!(!good.is_signed_by(&other.public()));
        let changes: [fn(&mut Head); 14] = [
            |h| h.log.0[0] ^= 1,
            |h| h.terminal.push('b'),
            |h| h.number += 1,
            |h| h.first += 1,
            |h| h.last += 1,
            |h| h.link = Digest::of(b"other"),
            |h| h.time += jiff::SignedDuration::from_micros(1),
            |h| h.previous = Digest::of(b"other"),
            |h| h.key = CheckpointKey::from_seed([2; 32]).public(),
            |h| h.next_key = CheckpointKey::from_seed([4; 32]).public(),
            |h| h.generation += 1,
            |h| h.digests = Digest::of(b"other"),
            |h| h.escrow = None,
            |h| h.escrow.as_mut().unwrap()[79] ^= 1,
        ];
        for (index, change) in changes.into_iter().enumerate() {
            let mut changed = good.clone();
            change(&mut changed.head);
            assert!(!changed.is_signed_by(&key.public()), "change {index}");
            assert!(!changed.is_signed_by(&other.public()), "change {index}");
        }
    }

    #[test]
    fn a_head_has_a_fixed_size_but_for_its_terminal_and_the_escrow() {
        let key = CheckpointKey::from_seed([1; 32]);
        let head = fixture::head(&key);
        let bare = Head { terminal: String::new(), escrow: None, ..head.clone() };
        assert_eq!(head.to_bytes().len(), bare.to_bytes().len() + head.terminal.len() + ESCROW);
    }

    #[test]
    fn a_list_of_digests_is_the_one_that_was_signed_or_none() {
        let key = CheckpointKey::from_seed([1; 32]);
        let list = vec![RecordDigest([1; 16]), RecordDigest([2; 16])];
        let head = Head { first: 4, last: 5, digests: digest_of(&list), ..fixture::head(&key) };
        let good = head.sign(&key, list.clone());
        assert_eq!(good.list(), Some(&list[..]));
        for records in [None, Some(vec![list[1], list[0]]), Some(list[..1].to_vec())] {
            assert_eq!(Checkpoint { records, ..good.clone() }.list(), None);
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        let key = CheckpointKey::from_seed([0xab; 32]);
        assert!(!format!("{key:?}").contains("abab"));
    }
}
