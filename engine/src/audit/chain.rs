//! The chain: each record is tied to the one before it, and authenticated by a key that is gone right after.
//!
//! `mac[i] = HMAC(K[i], tag ‖ link[i-1] ‖ record[i])`, `link[i] = SHA-256(tag ‖ link[i-1] ‖ record[i] ‖ mac[i])`,
//! `K[i+1] = HMAC(K[i], tag)`. Who takes the machine has the next key and none before it (Bellare and Yee, *Forward integrity
//! for secure audit logs*, 1997). Links need no key: what they prove is order, and what they rest on is a signed checkpoint.

use std::{fmt, str::FromStr};

use hmac::{Hmac, KeyInit, Mac};
use mabataki_models::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use super::{Canonical, PublicKey};
use crate::text::UnknownWord;

const GENESIS: &[u8] = b"mabataki log genesis 1\0";
const MAC: &[u8] = b"mabataki log mac 1\0";
const LINK: &[u8] = b"mabataki log link 1\0";
const NEXT: &[u8] = b"mabataki log key 1\0";

/// Which log a record or a checkpoint is of: the id of the store that it was written in. 32 lower-case hex digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LogId(pub(super) [u8; 16]);

impl LogId {
    /// The log of the store with this id.
    #[must_use]
    pub const fn of_store(id: [u8; 16]) -> LogId {
        LogId(id)
    }
}

/// A record's place in the chain, as it is kept beside the record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// HMAC-SHA256 under a key that is gone.
    pub mac: Digest,
    /// What the next record is tied to.
    pub link: Digest,
}

/// The key for the next record. Wiped on drop, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MacKey([u8; 32]);

impl MacKey {
    /// A key of these bytes, which must be random.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> MacKey {
        MacKey(bytes)
    }

    /// A key that `draw` fills with random bytes, in its place.
    ///
    /// # Errors
    /// What `draw` gives.
    pub fn drawn<E>(draw: impl FnOnce(&mut [u8]) -> Result<(), E>) -> Result<MacKey, E> {
        let mut key = MacKey([0; 32]);
        draw(&mut key.0)?;
        Ok(key)
    }

    /// The key as bytes, to be sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Ties a record to the chain that has come to `link`. The key moves on.
    pub(super) fn extend(&mut self, link: &Digest, record: &Canonical) -> Place {
        let mac = self.mac(link, record);
        self.advance();
        Place { mac, link: next_link(link, record, &mac) }
    }

    /// Whether this is the record's MAC. The key moves on.
    pub(super) fn accepts(&mut self, link: &Digest, record: &Canonical, mac: &Digest) -> bool {
        let expected = self.mac(link, record);
        self.advance();
        expected.as_bytes().ct_eq(mac.as_bytes()).into()
    }

    fn mac(&self, link: &Digest, record: &Canonical) -> Digest {
        let mut mac = self.keyed();
        mac.update(MAC);
        mac.update(link.as_bytes());
        record.feed(|bytes| mac.update(bytes));
        Digest::from_bytes(mac.finalize().into_bytes().into())
    }

    fn advance(&mut self) {
        let mut next = self.keyed();
        next.update(NEXT);
        self.0 = next.finalize().into_bytes().into();
    }

    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    fn keyed(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.0).expect("a key of 32 bytes")
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

/// What the first record of a log is tied to: the log and the first key that signs its checkpoints.
pub(super) fn genesis(log: LogId, key: &PublicKey) -> Digest {
    let digest = Sha256::new().chain_update(GENESIS).chain_update(log.0).chain_update(key.as_bytes());
    Digest::from_bytes(digest.finalize().into())
}

/// What the record after this one is tied to.
pub(super) fn next_link(link: &Digest, record: &Canonical, mac: &Digest) -> Digest {
    let mut digest = Sha256::new().chain_update(LINK).chain_update(link.as_bytes());
    record.feed(|bytes| digest.update(bytes));
    Digest::from_bytes(digest.chain_update(mac.as_bytes()).finalize().into())
}

impl fmt::Display for LogId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

impl FromStr for LogId {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let id = u128::from_str_radix(text, 16).ok().filter(|_| fits);
        id.map(|id| LogId(id.to_be_bytes())).ok_or_else(|| UnknownWord::new("a log's id", text))
    }
}

impl Serialize for LogId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for LogId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::fixture;

    proptest! {
        #[test]
        fn a_logs_id_reads_back_as_it_is_written(bytes: [u8; 16], other in ".{0,40}") {
            prop_assert_eq!(LogId(bytes).to_string().parse(), Ok(LogId(bytes)));
            if let Ok(id) = other.parse::<LogId>() {
                prop_assert_eq!(id.to_string(), other);
            }
        }
    }

    #[test]
    fn a_key_accepts_the_record_that_it_was_used_for_in_its_place_and_no_other() {
        let (record, other) = (fixture::canonical(1), fixture::canonical(2));
        let (start, elsewhere) = (Digest::of(b"start"), Digest::of(b"elsewhere"));
        let place = MacKey::from_bytes([7; 32]).extend(&start, &record);
        let accepts = |link, record, byte| MacKey::from_bytes([byte; 32]).accepts(link, record, &place.mac);
        assert!(accepts(&start, &record, 7));
        assert!(!accepts(&start, &other, 7));
        assert!(!accepts(&elsewhere, &record, 7));
        assert!(!accepts(&start, &record, 8));
    }

    #[test]
    fn a_key_that_was_used_is_another_one() {
        let record = fixture::canonical(1);
        let mut key = MacKey::from_bytes([7; 32]);
        let first = key.extend(&Digest::of(b"start"), &record);
        let second = key.extend(&Digest::of(b"start"), &record);
        assert_ne!(first.mac, second.mac);
        assert_eq!(format!("{key:?}"), "MacKey(…)");
    }
}
