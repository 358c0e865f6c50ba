//! A terminal whose log has some checkpoints, and ways to lay hands on it.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use mabataki_engine::audit::{
    Entry, Finding, Operation, Outcome, PublicKey, Tampering, Trust, Verdict, Verifier,
};
use mabataki_engine::keys::StoreKey;
use mabataki_engine::store::{Location, LogFile, LogLines, LogRules, Settings, Store, StoreError};
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A checkpoint covers so many records.
pub(crate) const EVERY: u64 = 4;

pub(crate) struct Site {
    pub(crate) folder: TempDir,
    pub(crate) key: PublicKey,
}

impl Site {
    /// A log of so many records.
    pub(crate) fn with(records: u64) -> Site {
        let folder = tempfile::tempdir().unwrap();
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        let mut store = Store::create(&location(folder.path()), &store_key(), settings).unwrap();
        let rules = LogRules { every_records: EVERY as u32, every_minutes: 1440, ..LogRules::default() };
        store.write(|w| w.set_log_rules(&rules)).unwrap();
        let site = Site { key: store.log_key().unwrap(), folder };
        site.append(&mut store, records);
        assert_eq!(store.log_key().unwrap(), site.key, "the identity stays");
        site
    }

    pub(crate) fn append(&self, store: &mut Store, records: u64) {
        for _ in 0..records {
            let seq = store.last_seq().unwrap() + 1;
            let entry = entry(seq);
            assert_eq!(store.write(|w| w.append(&entry)).unwrap(), seq);
        }
    }

    pub(crate) fn location(&self) -> Location {
        location(self.folder.path())
    }

    pub(crate) fn open(&self) -> Result<Store, StoreError> {
        Store::open(&self.location(), &store_key())
    }

    /// The word with which the store does not open.
    pub(crate) fn refused(&self) -> &'static str {
        self.open().unwrap_err().code()
    }

    /// The database itself, past everything that keeps it from being changed.
    pub(crate) fn lay_hands_on(&self, sql: &str) {
        let database = rusqlite::Connection::open(self.location().state.join("store.sqlite")).unwrap();
        let guards: Vec<(String, String)> = database
            .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
            .unwrap()
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        guards.iter().for_each(|(name, _)| database.execute_batch(&format!("DROP TRIGGER {name}")).unwrap());
        database.execute_batch(sql).unwrap();
        guards.iter().for_each(|(_, sql)| database.execute_batch(sql).unwrap());
    }

    /// What an inspector finds, with the public key and what lies outside the database.
    pub(crate) fn verdict(&self) -> Verdict {
        let location = self.location();
        let mut verifier = Verifier::new(Trust { keys: vec![self.key], whole: true, ..Trust::default() });
        let file = LogFile::open(&location.state).unwrap();
        let outside = LogLines::open(&location.checkpoints()).unwrap().checkpoints_of(file.id());
        let mut looked_at = 0;
        file.feed(&mut verifier, outside, || looked_at += 1).unwrap();
        assert_eq!(looked_at, file.records().unwrap());
        verifier.finish(now()).remove(0)
    }

    /// The first thing that is wrong.
    pub(crate) fn finding(&self) -> Option<(u64, Tampering)> {
        self.verdict().finding.map(|Finding { record, what }| (record, what))
    }

    /// A copy of the files in these folders, as they are.
    pub(crate) fn copy(&self, files: &[PathBuf]) -> Vec<(PathBuf, Vec<u8>)> {
        files.iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.location().state.join("store.sqlite")
    }

    pub(crate) fn anchor(&self) -> PathBuf {
        self.location().witness.join("anchor")
    }
}

pub(crate) fn put_back(files: &[(PathBuf, Vec<u8>)]) {
    files.iter().for_each(|(file, content)| fs::write(file, content).unwrap());
}

/// The record of this number: something different each time.
pub(crate) fn entry(seq: u64) -> Entry {
    let time = Timestamp::from_second(1_800_000_000).unwrap() + SignedDuration::from_secs(seq.cast_signed());
    Entry {
        subject: Some(format!("nurse{seq:02}")),
        name: Some(format!("看護師 {seq:02}")),
        ..Entry::new(time, Operation::Authenticate, Outcome::Granted)
    }
}

pub(crate) fn now() -> Timestamp {
    Timestamp::from_second(1_900_000_000).unwrap()
}

fn location(folder: &Path) -> Location {
    Location::beside(&folder.join("state"))
}

fn store_key() -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([7; 32]))
}
