//! A place for a store, and the store that the seeds were made of.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use jiff::Timestamp;
use mabataki_engine::audit::{Entry, Operation, Outcome};
use mabataki_engine::card::{Assurance, CardIdentity, CardKind, IdKind};
use mabataki_engine::keys::StoreKey;
use mabataki_engine::store::{
    Document, Location, NewCard, NewTemplate, Profile, Settings, Store, StoreError,
};
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;
use zeroize::Zeroizing;

/// A folder of its own, gone when it is dropped.
pub struct Place(TempDir);

impl Place {
    /// An empty one.
    ///
    /// # Panics
    /// When there is no room for it.
    #[must_use]
    #[expect(clippy::new_without_default, reason = "it makes a folder")]
    pub fn new() -> Place {
        Place(TempDir::new().unwrap())
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        self.0.path()
    }

    /// Where a store would be.
    #[must_use]
    pub fn location(&self) -> Location {
        Location::beside(&self.root().join("state"))
    }

    /// Makes a store with a person, who has a card and a template, with a document and a record in the log.
    ///
    /// # Panics
    /// When it cannot be made.
    #[must_use]
    pub fn furnish(&self) -> Store {
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        let mut store = Store::create(&self.location(), &key(), settings).unwrap();
        let now = Timestamp::UNIX_EPOCH;
        let card = CardIdentity {
            kind: CardKind::Felica,
            id_kind: IdKind::Idm,
            assurance: Assurance::IdentifierOnly,
            id: Zeroizing::new(vec![1; 8]),
        };
        let template = NewTemplate {
            bytes: b"template",
            model: Digest::of(b"model"),
            quality: 0.75,
            samples: 3,
            created: now,
        };
        let admitted: Result<_, StoreError> = store.write(|w| {
            w.add_person("a", &Profile::named("看護師 a"), now)?;
            w.bind_card("a", &card, &NewCard::labelled("staff card", now))?;
            w.put_template("a", &template)?;
            w.put_document("a", &Note(Value::from("note")))?;
            w.append(&Entry::new(now, Operation::PersonAdd, Outcome::Done))
        });
        admitted.unwrap();
        store
    }

    /// Sees that nothing but the file of this name was left in the folder.
    ///
    /// # Panics
    /// When there is more.
    pub fn assert_holds_only(&self, name: &str) {
        let entries = fs::read_dir(self.root()).unwrap();
        let names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        assert!(names == [name], "left behind: {names:?}");
    }
}

/// The key of all stores here.
#[must_use]
pub fn key() -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([7; 32]))
}

/// Writes a file that its owner alone may touch.
pub(crate) fn write_private(path: &Path, content: &[u8]) {
    let file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    file.and_then(|mut file| file.write_all(content)).unwrap();
}

/// A document of the store.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note(Value);

impl Document for Note {
    const KIND: &'static str = "note";
}
