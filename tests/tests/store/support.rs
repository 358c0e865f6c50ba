//! A place for a store, and what to put into it.

use std::path::PathBuf;

use jiff::Timestamp;
use mabataki_engine::{
    audit::{Entry, Operation, Outcome, Record},
    card::{Assurance, CardIdentity, CardKind, IdKind},
    keys::StoreKey,
    store::{
        Card, Document, Location, NewCard, NewTemplate, Person, Profile, Settings, Store, StoreError, Write,
    },
};
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;
use zeroize::Zeroizing;

pub(crate) struct Trial {
    pub(crate) root: TempDir,
    pub(crate) state: PathBuf,
    pub(crate) key: StoreKey,
}

impl Trial {
    /// A place for a store, none made yet.
    pub(crate) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join("state");
        Self { root, state, key: key(7) }
    }

    pub(crate) fn create(&self) -> Store {
        Store::create(&self.location(), &self.key, settings()).unwrap()
    }

    pub(crate) fn open(&self) -> Store {
        Store::open(&self.location(), &self.key).unwrap()
    }

    pub(crate) fn location(&self) -> Location {
        Location::beside(&self.state)
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.state.join("store.sqlite")
    }

    /// The database itself, past the store and its seals.
    pub(crate) fn database(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.file()).unwrap()
    }

    /// Opens the store and reads all there is, or gives the first error.
    pub(crate) fn read_all(&self) -> Result<Everything, StoreError> {
        let store = Store::open(&self.location(), &self.key)?;
        Ok(Everything {
            settings: store.settings().clone(),
            people: store.people()?,
            cards: store.cards(None)?,
            templates: store
                .templates()
                .map(|template| template.map(|template| (template.person, template.bytes.to_vec())))
                .collect::<Result<_, _>>()?,
            log: store.log(0, u32::MAX)?,
        })
    }
}

/// All that can be read from a store.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    pub(crate) settings: Settings,
    pub(crate) people: Vec<Person>,
    pub(crate) cards: Vec<Card>,
    pub(crate) templates: Vec<(String, Vec<u8>)>,
    pub(crate) log: Vec<Record>,
}

/// Something that is counted, as failed tries are.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Counter(pub(crate) u64);

impl Document for Counter {
    const KIND: &'static str = "counter";
}

/// Adds a person with a card and a template, and says so in the log, all at once.
pub(crate) fn admit(store: &mut Store, id: &str, card: [u8; 8]) {
    store
        .write(|w| {
            add(w, id)?;
            w.bind_card(id, &felica(card), &label("staff card"))?;
            w.put_template(id, &template(&card.repeat(20)))?;
            let entry = Entry::new(noon(), Operation::PersonAdd, Outcome::Done);
            w.append(&Entry { object: Some(id.to_owned()), ..entry })
        })
        .unwrap();
}

pub(crate) fn key(byte: u8) -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([byte; 32]))
}

pub(crate) fn settings() -> Settings {
    Settings { terminal: "ward3-a".to_owned(), open: true }
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn noon() -> Timestamp {
    at("2026-04-01T03:00:00Z")
}

/// Adds a nurse.
pub(crate) fn add(w: &Write<'_>, id: &str) -> Result<(), StoreError> {
    w.add_person(id, &nurse(id), noon())
}

pub(crate) fn nurse(id: &str) -> Profile {
    Profile {
        role: Some("nurse".to_owned()),
        accounts: vec!["ward3".to_owned()],
        ..Profile::named(&format!("看護師 {id}"))
    }
}

/// The card with this identity, whosever it is.
pub(crate) fn card(store: &Store, identity: &CardIdentity) -> Option<Card> {
    store.resolve_card(identity).unwrap().map(|resolved| resolved.card)
}

pub(crate) fn felica(id: [u8; 8]) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(id.to_vec()),
    }
}

pub(crate) fn label(text: &str) -> NewCard {
    NewCard::labelled(text, noon())
}

pub(crate) fn template(bytes: &[u8]) -> NewTemplate<'_> {
    NewTemplate { bytes, model: Digest::of(b"model"), quality: 0.75, samples: 3, created: noon() }
}

pub(crate) fn attempt(outcome: Outcome) -> Entry {
    Entry::new(noon(), Operation::Authenticate, outcome)
}
