//! Another terminal, as this one knows it.

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::{Identity, Scope, TerminalError};
use crate::store::Document;

/// What two terminals are paired for, as one of them sees it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pairing {
    /// What may be sent to the other; none: nothing.
    pub sends: Option<Scope>,
    /// What may be taken from the other; none: nothing.
    pub takes: Option<Scope>,
}

impl Pairing {
    /// Whether nothing passes.
    #[must_use]
    pub fn is_for_nothing(&self) -> bool {
        [&self.sends, &self.takes].into_iter().flatten().all(Scope::is_empty)
    }
}

/// A peer: kept from its pairing on. It stays when the pairing ends, for as long as the store does: else the bundles that
/// were taken already could be taken once more after another pairing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeerRecord {
    /// Who it is: the keys that people compared, or that followed from those.
    pub identity: Identity,
    /// What may pass between the two.
    pub pairing: Pairing,
    /// When they were paired last, UTC.
    pub paired: Timestamp,
    /// The administrator who compared the fingerprint; none where nobody is needed.
    pub paired_by: Option<String>,
    /// When the pairing was ended, UTC. Then nothing passes.
    pub ended: Option<Timestamp>,
    /// The revision of the last bundle that was made for it; 0 before the first.
    pub sent: u64,
    /// The last bundle that was taken from it.
    pub taken: Option<Taken>,
    /// As of when all that passes is here, UTC: when the newest whole bundle was made of which no record was rejected, or
    /// when it came, if its sender's clock was ahead. None before the first.
    pub complete: Option<Timestamp>,
}

/// The last bundle of a peer that was taken in. Revisions count for each key pair of the sender: what an earlier one
/// signed is not taken any more anyway.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taken {
    /// The key pair that signed it ([`Identity::number`]).
    pub number: u32,
    /// Its revision: the highest of this key pair.
    pub revision: u64,
    /// What its signature covers.
    pub digest: Digest,
    /// When the sender made it, UTC, by its own clock.
    pub made: Timestamp,
    /// When it was taken in, UTC.
    pub taken: Timestamp,
}

impl Document for PeerRecord {
    const KIND: &'static str = "peer";
}

impl PeerRecord {
    /// A peer from now on.
    #[must_use]
    pub fn new(
        identity: Identity,
        pairing: Pairing,
        paired: Timestamp,
        paired_by: Option<String>,
    ) -> PeerRecord {
        PeerRecord { identity, pairing, paired, paired_by, ended: None, sent: 0, taken: None, complete: None }
    }

    /// The key of a terminal's record in the store: its own store's id, which stays when its name or its keys change.
    #[must_use]
    pub fn key_of(store: &[u8; 16]) -> String {
        format!("{:032x}", u128::from_be_bytes(*store))
    }

    /// The record's key in the store.
    #[must_use]
    pub fn key(&self) -> String {
        PeerRecord::key_of(&self.identity.store)
    }

    /// Whether anything may pass.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.ended.is_none()
    }

    /// As of when this terminal knows what the peer knew: the time at which the newest whole bundle was made, and not the
    /// one at which it was carried over; or of their pairing.
    #[must_use]
    pub fn heard(&self) -> Timestamp {
        self.complete.map_or(self.paired, |complete| complete.max(self.paired))
    }

    /// The same, with nothing heard later than at this time: what seems so was noted while the clock was wrong.
    #[must_use]
    pub fn heard_by(self, latest: Timestamp) -> PeerRecord {
        let complete = self.complete.map(|complete| complete.min(latest));
        PeerRecord { paired: self.paired.min(latest), complete, ..self }
    }

    /// The same after an earlier pairing: what was sent and taken then still counts.
    ///
    /// # Errors
    /// [`TerminalError::NotASuccessor`] for keys that were replaced before.
    pub fn after(self, former: &PeerRecord) -> Result<PeerRecord, TerminalError> {
        let (pinned, found) = (former.identity.number, self.identity.number);
        if found < pinned {
            return Err(TerminalError::NotASuccessor { terminal: self.identity.terminal, pinned, found });
        }
        Ok(PeerRecord { sent: former.sent, taken: former.taken, complete: former.complete, ..self })
    }
}
