//! The store: people, cards, templates and the log of one terminal, in one SQLite file.
//!
//! `store.sqlite` in the state folder (folder 0700, file 0600). Every record but the log's is sealed (see
//! `seal`), cards are found by a keyed hash, and the key lies elsewhere (see [`StoreKey`]). A write is a
//! transaction that is on the disk when [`Store::write`] returns; several processes may have the store open at
//! once. The store knows no rules and reads no clock: times come in with what is written.

mod binding;
mod cards;
mod documents;
mod error;
mod files;
mod handle;
mod key;
mod log;
mod log_rules;
mod people;
mod profile;
mod removal;
mod resolve;
mod rows;
mod schema;
mod seal;
mod templates;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

pub use self::{
    cards::{Card, CardStatus, NewCard, Stop},
    documents::Document,
    error::StoreError,
    handle::CardHandle,
    key::StoreKey,
    log_rules::LogRules,
    people::{Person, PersonStatus},
    profile::{Consent, FaceException, Profile, Vendor},
    removal::{Removal, RemovedRow},
    resolve::Resolved,
    templates::{NewTemplate, StoredTemplate, Templates},
};
use self::{
    files::Temporary,
    rows::{FIRST, Rows},
    seal::{Keys, Place},
};
use crate::audit::is_id;

/// The database's name in the state folder.
const FILE_NAME: &str = "store.sqlite";

/// What is fixed when a store is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The terminal's id: 1 to 64 of `A-Z a-z 0-9 . _ @ -`. It stands in every log record.
    pub terminal: String,
    /// A store for trials: no administrator is needed, and scores may be shown.
    pub open: bool,
}

/// An open store.
///
/// It may be moved to another thread; a thread that needs the store at the same time opens it again.
pub struct Store {
    conn: Connection,
    keys: Keys,
    settings: Settings,
    path: PathBuf,
}

impl Store {
    /// Makes a new store in the folder `dir`, and the folder too when it is missing.
    ///
    /// # Errors
    /// [`StoreError::FileExists`] when there is a store; [`StoreError::NotPermitted`] when the folder is not
    /// ours alone; [`StoreError::Invalid`] for a terminal id beyond its limits. Nothing is left behind.
    pub fn create(dir: &Path, key: &StoreKey, settings: Settings) -> Result<Self, StoreError> {
        if !is_id(&settings.terminal) {
            return Err(StoreError::Invalid {
                what: "the terminal id",
                expected: "1 to 64 of A-Z a-z 0-9 . _ @ -",
                found: format!("{} characters", settings.terminal.chars().count()),
            });
        }
        let made = files::make_private_folder(dir)?;
        let path = dir.join(FILE_NAME);
        write_database(&path, key, &settings)
            .and_then(|()| Self::open(dir, key).inspect_err(|_| files::remove_new(&path)))
            .inspect_err(|_| files::remove_folders(&made))
    }

    /// Opens the store in the folder `dir`.
    ///
    /// # Errors
    /// [`StoreError::NoStore`], [`StoreError::NotPermitted`], [`StoreError::WrongKey`],
    /// [`StoreError::Corrupt`], [`StoreError::Foreign`], [`StoreError::OtherFormat`], or the system's own.
    pub fn open(dir: &Path, key: &StoreKey) -> Result<Self, StoreError> {
        files::check_folder(dir)?;
        let path = dir.join(FILE_NAME);
        if !files::check_file(&path)? {
            return Err(StoreError::NoStore {
                path: dir.to_owned(),
                found: format!("a folder without {FILE_NAME}"),
            });
        }
        for suffix in ["-wal", "-shm", "-journal"] {
            files::check_file(&files::beside(&path, suffix))?;
        }
        schema::refuse_cut_file(&path)?;
        let conn = schema::connect(&path)?;
        schema::verify(&conn, &path)?;
        let (keys, settings) = read_head(&conn, key, &path)?;
        let store = Self { conn, keys, settings, path };
        log::verify(&store.rows())?;
        Ok(store)
    }

    /// What was fixed when the store was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Does all that `work` does in one transaction: it is wholly on the disk when this returns `Ok`, and
    /// nothing of it is done otherwise. An act and the record of it in the log belong together:
    ///
    /// ```no_run
    /// # use mabataki_engine::{audit::Entry, store::{Profile, Store, StoreError}};
    /// # fn add(store: &mut Store, id: &str, profile: &Profile, entry: &Entry) -> Result<u64, StoreError> {
    /// store.write(|w| {
    ///     w.add_person(id, profile, entry.time)?;
    ///     w.append(entry)
    /// })
    /// # }
    /// ```
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Busy`] when another process writes for longer than 5 s.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let wrap = |error| StoreError::database(&self.path, error);
        let transaction = Transaction::new(&mut self.conn, TransactionBehavior::Immediate).map_err(wrap)?;
        let rows = Rows { conn: &transaction, keys: &self.keys, path: &self.path };
        let done = work(&Write { rows, settings: &self.settings })?;
        transaction.commit().map_err(wrap)?;
        Ok(done)
    }

    /// Looks at several things as they stand at one moment. Nothing that `work` writes stays.
    ///
    /// # Errors
    /// What `work` returns.
    pub fn look<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let wrap = |error| StoreError::database(&self.path, error);
        let transaction =
            Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred).map_err(wrap)?;
        let rows = Rows { conn: &transaction, keys: &self.keys, path: &self.path };
        work(&Write { rows, settings: &self.settings })
    }

    fn rows(&self) -> Rows<'_> {
        Rows { conn: &self.conn, keys: &self.keys, path: &self.path }
    }
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store")
            .field("path", &self.path)
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// A transaction in which the store is changed: see [`Store::write`].
pub struct Write<'s> {
    rows: Rows<'s>,
    settings: &'s Settings,
}

impl Write<'_> {
    /// What was fixed when the store was made.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.settings
    }
}

/// Where the settings are sealed.
const HEAD: Place<'static> = Place { table: "store", key: "", revision: FIRST };

/// Makes the database under a temporary name, and gives it its own when all of it is on the disk.
fn write_database(path: &Path, key: &StoreKey, settings: &Settings) -> Result<(), StoreError> {
    if files::check_file(path)? {
        return Err(StoreError::FileExists { path: path.to_owned() });
    }
    let temporary = Temporary::create(path)?;
    let wrap = |error| StoreError::database(path, error);
    let conn = schema::connect(&temporary.path)?;
    schema::create(&conn, path)?;
    let mut id = [0; 16];
    seal::fill_random(&mut id)?;
    let keys = Keys::derive(key, &id);
    let sealed = rows::seal(&keys, HEAD, settings, &[])?;
    conn.execute(
        "INSERT INTO store (one, id, key_check, checksum, revision, sealed) VALUES (1, ?1, ?2, ?3, ?4, ?5)",
        params![id, keys.check(), checksum(&id, keys.check()), rows::column(HEAD.revision), sealed],
    )
    .map_err(wrap)?;
    // The last connection to close takes the write-ahead log back into the file.
    conn.close().map_err(|(_, error)| wrap(error))?;
    temporary.publish(path)
}

/// Reads the one row of `store`: whether the key fits, and the settings.
fn read_head(conn: &Connection, key: &StoreKey, path: &Path) -> Result<(Keys, Settings), StoreError> {
    let damaged = |what: &str| StoreError::corrupt(path, format!("table `store`: {what}"));
    type Head = ([u8; 16], [u8; 32], [u8; 8], i64, Vec<u8>);
    let head = conn.query_row(
        "SELECT id, key_check, checksum, revision, sealed FROM store WHERE one = 1",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)),
    );
    let (id, check, sum, revision, sealed): Head = match head {
        Ok(head) => head,
        Err(rusqlite::Error::QueryReturnedNoRows) => return Err(damaged("expected one row, found none")),
        Err(error) => return Err(StoreError::database(path, error)),
    };
    // Without this, damage to these two columns would look like a wrong key, and send the operator looking for one.
    if checksum(&id, &check) != sum {
        return Err(damaged("its checksum does not fit"));
    }
    let keys = Keys::derive(key, &id);
    if !bool::from(keys.check().ct_eq(&check)) {
        return Err(StoreError::WrongKey { path: path.to_owned() });
    }
    let place = Place { revision: u64::try_from(revision).unwrap_or(0), ..HEAD };
    let (settings, _) =
        rows::open(&keys, place, &sealed).ok_or_else(|| damaged("the seal of the settings does not fit"))?;
    Ok((keys, settings))
}

/// Tells damage of the head from a key that does not fit. No protection: what is protected is sealed.
fn checksum(id: &[u8; 16], key_check: &[u8; 32]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::new().chain_update(id).chain_update(key_check).finalize().into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}
