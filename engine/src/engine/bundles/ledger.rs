//! What was sent to a peer and taken from it, record by record: ids and digests, in sealed pages. The books stay when a
//! pairing ends: else nobody would know any more what to take back.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::bundle::RecordKey;
use crate::engine::Error;
use crate::store::{Document, Write};
use crate::terminal::PeerRecord;

/// The two books.
pub(super) trait Book {
    /// The kind of its pages in the store.
    const KIND: &'static str;
    /// What it says of a record.
    type Entry: Clone + PartialEq + Serialize + DeserializeOwned;
}

/// What was sent.
pub(super) struct Sent;

/// What was taken.
pub(super) struct Taken;

/// A record that was sent: what it was then; none since it is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SentRecord {
    pub(super) digest: Option<Digest>,
}

/// A record that was taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TakenRecord {
    /// What the sender said last.
    pub(super) digest: Digest,
    /// When the last bundle was made that said it, UTC, by the sender's clock.
    pub(super) made: Timestamp,
    /// How thoroughly it was stopped then by the sender's word: 0 for not at all.
    pub(super) severity: u8,
    /// Since when it has been seen that somebody here had stopped or removed it, UTC.
    pub(super) held: Option<Timestamp>,
    /// Of a person: when whoever was kept by it was added, by their own record. Whoever has the id here and was added at
    /// another time is somebody else.
    pub(super) created: Option<Timestamp>,
}

impl Book for Sent {
    const KIND: &'static str = "bundle_sent";
    type Entry = SentRecord;
}

impl Book for Taken {
    const KIND: &'static str = "bundle_taken";
    type Entry = TakenRecord;
}

/// One page: as many records as begin alike when their keys are hashed. A page of 256 KiB holds about a thousand, a book
/// 300,000.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, bound = "")]
struct Page<B: Book> {
    entries: Vec<(RecordKey, B::Entry)>,
}

impl<B: Book> Document for Page<B> {
    const KIND: &'static str = B::KIND;
}

/// A book about one peer, read from the store as a whole and written back where it has changed.
pub(super) struct Ledger<B: Book> {
    peer: String,
    entries: BTreeMap<RecordKey, B::Entry>,
    changed: BTreeSet<u8>,
}

impl<B: Book> Ledger<B> {
    pub(super) fn read(store: &Write<'_>, peer: &PeerRecord) -> Result<Ledger<B>, Error> {
        let mut ledger = Ledger { peer: peer.key(), entries: BTreeMap::new(), changed: BTreeSet::new() };
        for page in 0..=u8::MAX {
            if let Some(page) = store.document::<Page<B>>(&ledger.key(page))? {
                ledger.entries.extend(page.entries);
            }
        }
        Ok(ledger)
    }

    pub(super) fn get(&self, key: &RecordKey) -> Option<&B::Entry> {
        self.entries.get(key)
    }

    pub(super) fn put(&mut self, key: &RecordKey, entry: B::Entry) {
        if self.entries.get(key) != Some(&entry) {
            self.changed.insert(page_of(key));
            self.entries.insert(key.clone(), entry);
        }
    }

    pub(super) fn remove(&mut self, key: &RecordKey) -> Option<B::Entry> {
        let removed = self.entries.remove(key)?;
        self.changed.insert(page_of(key));
        Some(removed)
    }

    /// What each record is about.
    pub(super) fn keys(&self) -> impl Iterator<Item = RecordKey> {
        self.entries.keys().cloned()
    }

    pub(super) fn write(&self, store: &Write<'_>) -> Result<(), Error> {
        let mut pages: BTreeMap<u8, Vec<(RecordKey, B::Entry)>> =
            self.changed.iter().map(|page| (*page, Vec::new())).collect();
        for (key, entry) in &self.entries {
            if let Some(page) = pages.get_mut(&page_of(key)) {
                page.push((key.clone(), entry.clone()));
            }
        }
        for (page, entries) in pages {
            let key = self.key(page);
            if entries.is_empty() {
                store.remove_document::<Page<B>>(&key)?;
            } else {
                store.put_document(&key, &Page::<B> { entries })?;
            }
        }
        Ok(())
    }

    fn key(&self, page: u8) -> String {
        format!("{}/{page:02x}", self.peer)
    }
}

fn page_of(key: &RecordKey) -> u8 {
    let [first, ..] = *Digest::of(key.to_string().as_bytes()).as_bytes();
    first
}
