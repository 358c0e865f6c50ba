//! What a terminal keeps to write its log on: the keys for the next record and the next checkpoint, and no earlier ones.

use jiff::{SignedDuration, Timestamp};
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::chain::{LogId, MacKey, Place, genesis};
use super::checkpoint::{Checkpoint, CheckpointKey, ESCROW, Head, MOST_COVERED, PublicKey, digest_of};
use super::lines::Digests;
use super::{Canonical, NameProof, Record};

/// Where a log stands. Its keys are wiped on drop; whoever keeps it seals it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogState {
    log: LogId,
    /// The number of the last record.
    last: u64,
    /// What the next record is tied to.
    link: Digest,
    key: MacKey,
    signer: CheckpointKey,
    /// The number of the last checkpoint.
    checkpoint: u64,
    /// The digest of the last checkpoint's head; of the log's beginning before the first.
    head: Digest,
    /// The digests of the records since.
    unsigned: Digests,
    /// The times of the first and the last of them.
    since: Option<(Timestamp, Timestamp)>,
    /// The keys that the log went on with where nobody had the one that the last checkpoint named.
    #[serde(default)]
    renewed: Vec<PublicKey>,
}

/// Keys drawn for what follows a checkpoint. They must be random.
#[derive(Debug)]
pub struct NextKeys {
    /// For the records after it.
    pub records: MacKey,
    /// For the next checkpoint.
    pub checkpoint: CheckpointKey,
    /// `records`, sealed for whoever has the recovery key.
    pub escrow: Option<[u8; ESCROW]>,
}

impl LogState {
    /// The beginning of a log. The public half of `keys.checkpoint` is its identity.
    #[must_use]
    pub fn begin(log: LogId, keys: NextKeys) -> LogState {
        let head = genesis(log, &keys.checkpoint.public());
        LogState {
            log,
            last: 0,
            link: head,
            key: keys.records,
            signer: keys.checkpoint,
            checkpoint: 0,
            head,
            unsigned: Digests::default(),
            since: None,
            renewed: Vec::new(),
        }
    }

    /// Which log it is.
    #[must_use]
    pub fn log(&self) -> LogId {
        self.log
    }

    /// The number of the last record.
    #[must_use]
    pub fn last(&self) -> u64 {
        self.last
    }

    /// What the next record is tied to.
    #[must_use]
    pub fn link(&self) -> Digest {
        self.link
    }

    /// The number of the last checkpoint; 0 before the first.
    #[must_use]
    pub fn checkpoint(&self) -> u64 {
        self.checkpoint
    }

    /// The digest of the last checkpoint's head; of the log's beginning before the first.
    #[must_use]
    pub fn head(&self) -> Digest {
        self.head
    }

    /// Whose signature the next checkpoint will bear.
    #[must_use]
    pub fn signer(&self) -> PublicKey {
        self.signer.public()
    }

    /// How many records no checkpoint covers yet.
    #[must_use]
    pub fn unsigned(&self) -> usize {
        self.unsigned.0.len()
    }

    /// The keys that the log went on with where nobody had the one that the last checkpoint named: whoever verifies the log
    /// must know them beside the one that it began with.
    #[must_use]
    pub fn renewed(&self) -> &[PublicKey] {
        &self.renewed
    }

    /// Lets this key sign the next checkpoint, and not the one that the last checkpoint names: that one is gone. It takes a
    /// higher generation to be believed, and somebody who knows the key. A log without a checkpoint is known by its key, and
    /// keeps it.
    pub fn renew_signer(&mut self, signer: CheckpointKey) {
        if self.checkpoint > 0 {
            self.renewed.push(signer.public());
            self.signer = signer;
        }
    }

    /// Forgets the key that signs next. What is left can be read and gone on with by [`LogState::renew_signer`], and signs
    /// nothing that anybody believes.
    pub fn forget_signer(&mut self, nobodys: CheckpointKey) {
        if self.checkpoint > 0 {
            self.signer = nobodys;
        }
    }

    /// Takes the next record into the chain. Its number is [`LogState::last`] + 1, whatever it says itself.
    pub fn extend(&mut self, record: &Record, name: Option<&NameProof>) -> Place {
        let canonical = Canonical::of(record, name);
        let place = self.key.extend(&self.link, &canonical);
        self.last += 1;
        self.link = place.link;
        self.unsigned.0.push(canonical.digest(&place.mac));
        let time = record.entry.time;
        self.since = Some((self.since.map_or(time, |(first, _)| first), time));
        place
    }

    /// Whether a checkpoint is due: so many records are without one, or the first of them for so long.
    #[must_use]
    pub fn is_due(&self, records: usize, time: SignedDuration) -> bool {
        let waited = self.since.map(|(first, last)| last.duration_since(first));
        self.unsigned() >= records.min(MOST_COVERED) || waited.is_some_and(|waited| waited >= time)
    }

    /// Whether the first record without a checkpoint has waited for so long at `now`.
    #[must_use]
    pub fn has_waited(&self, now: Timestamp, time: SignedDuration) -> bool {
        self.since.is_some_and(|(first, _)| now.duration_since(first) >= time)
    }

    /// Signs for the records since the last checkpoint, and goes on with other keys; `None` when there are none.
    pub fn sign(&mut self, terminal: &str, generation: u64, keys: NextKeys) -> Option<Checkpoint> {
        let (_, time) = self.since.take()?;
        let records = std::mem::take(&mut self.unsigned.0);
        let head = Head {
            log: self.log,
            terminal: terminal.to_owned(),
            number: self.checkpoint + 1,
            first: self.last + 1 - records.len() as u64,
            last: self.last,
            link: self.link,
            time,
            previous: self.head,
            key: self.signer.public(),
            next_key: keys.checkpoint.public(),
            generation,
            digests: digest_of(&records),
            escrow: keys.escrow,
        };
        (self.checkpoint, self.head) = (head.number, head.digest());
        let signer = std::mem::replace(&mut self.signer, keys.checkpoint);
        self.key = keys.records;
        Some(head.sign(&signer, records))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::fixture;

    #[test]
    fn a_checkpoint_is_due_by_number_or_by_time() {
        let mut state = fixture::state();
        let long = SignedDuration::from_hours(1000);
        assert!(!state.is_due(2, long), "of nothing");
        state.extend(&fixture::record(1), None);
        assert!(!state.is_due(2, long));
        state.extend(&fixture::record(2), None);
        assert!(state.is_due(2, long));
        assert!(!state.is_due(3, SignedDuration::from_mins(61)));
        assert!(state.is_due(3, SignedDuration::from_mins(60)), "they are an hour apart");
        let later = fixture::record(2).entry.time + SignedDuration::from_mins(30);
        assert!(state.has_waited(later, SignedDuration::from_mins(90)));
        assert!(!state.has_waited(later, SignedDuration::from_mins(91)));
    }

    #[test]
    fn the_key_that_signed_is_gone_and_the_next_was_named() {
        let mut state = fixture::state();
        let identity = state.signer();
        state.extend(&fixture::record(1), None);
        let first = state.sign("ward3-a", 1, fixture::keys(1)).unwrap();
        assert!(first.is_signed_by(&identity));
        assert_eq!(first.head.next_key, state.signer());
        let kept = serde_json::to_string(&state).unwrap();
        let seed = serde_json::to_string(&[100_u8; 32]).unwrap();
        assert!(!kept.contains(&seed), "the key that signed is still kept");
        assert_eq!(state.sign("ward3-a", 1, fixture::keys(2)), None, "nothing to sign for");
        state.extend(&fixture::record(2), None);
        let second = state.sign("ward3-a", 1, fixture::keys(2)).unwrap();
        assert!(second.is_signed_by(&first.head.next_key));
        assert_eq!((second.head.first, second.head.last), (2, 2));
        assert_eq!(second.head.previous, first.head.digest());
    }

    #[test]
    fn where_a_log_stands_reads_back() {
        let mut state = fixture::state();
        for seq in 1..=3 {
            state.extend(&fixture::record(seq), None);
        }
        let mut read: LogState = serde_json::from_str(&serde_json::to_string(&state).unwrap()).unwrap();
        assert_eq!(read.extend(&fixture::record(4), None), state.extend(&fixture::record(4), None));
        let signed = |state: &mut LogState| state.sign("ward3-a", 1, fixture::keys(1));
        assert_eq!(signed(&mut read), signed(&mut state));
    }
}
