//! A store with people and cards in it, for tests of the store.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]

use std::path::PathBuf;

use jiff::Timestamp;
use mabataki_engine::{
    audit::{Entry, Operation, Outcome},
    card::{Assurance, CardIdentity, CardKind, IdKind},
    store::{NewCard, NewPerson, NewTemplate, Settings, Store, StoreKey},
};
use mabataki_models::Digest;
use tempfile::TempDir;
use zeroize::Zeroizing;

pub struct Trial {
    pub root: TempDir,
    pub state: PathBuf,
    pub key: StoreKey,
}

impl Trial {
    /// A place for a store, none made yet.
    pub fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join("state");
        Self { root, state, key: key(7) }
    }

    pub fn create(&self) -> Store {
        Store::create(&self.state, &self.key, settings()).unwrap()
    }

    pub fn open(&self) -> Store {
        Store::open(&self.state, &self.key).unwrap()
    }

    pub fn file(&self) -> PathBuf {
        self.state.join("store.sqlite")
    }
}

pub fn key(byte: u8) -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([byte; 32]))
}

pub fn settings() -> Settings {
    Settings { terminal: "ward3-a".to_owned(), open: true }
}

pub fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn noon() -> Timestamp {
    at("2026-04-01T03:00:00Z")
}

pub fn nurse(id: &str) -> NewPerson {
    NewPerson {
        id: id.to_owned(),
        name: format!("看護師 {id}"),
        account: Some("ward3".to_owned()),
        role: Some("nurse".to_owned()),
        created: noon(),
    }
}

pub fn felica(id: [u8; 8]) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(id.to_vec()),
    }
}

pub fn label(text: &str) -> NewCard {
    NewCard { label: text.to_owned(), valid_until: None, bound: noon() }
}

pub fn template(bytes: &[u8]) -> NewTemplate<'_> {
    NewTemplate { bytes, model: Digest::of(b"model"), quality: 0.75, samples: 3, created: noon() }
}

pub fn attempt(outcome: Outcome) -> Entry {
    Entry::new(noon(), Operation::Authenticate, outcome)
}
