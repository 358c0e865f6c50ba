//! The store: people, cards, templates and the log of one terminal, in one SQLite file.
//!
//! `store.sqlite` in the state folder (folder 0700, file 0600). Every record but the log's is sealed (see
//! `seal`), cards are found by a keyed hash, and the key lies elsewhere (see [`StoreKey`]). No record can be taken out or
//! put back unnoticed (see `root`), nor the whole store (see `anchor`). A write is a transaction that is on the disk when
//! [`Store::write`] returns; several processes may have the store open at once. The store knows no rules and reads no
//! clock: times come in with what is written.

mod alarms;
mod anchor;
mod archive;
mod backup;
mod binding;
mod cards;
mod carried;
mod chain;
mod check;
mod checkpoints;
mod documents;
mod error;
mod faults;
pub(crate) mod files;
mod handle;
mod head;
mod leftovers;
mod location;
mod lock;
mod log;
mod log_file;
mod log_merge;
mod log_outlet;
mod log_row;
mod log_rules;
mod migrate;
mod mirror;
mod new_file;
mod opened;
#[cfg(test)]
pub(crate) mod past;
mod people;
mod profile;
mod removal;
mod resolve;
mod root;
mod rows;
mod schema;
mod seal;
mod set_up;
mod slots;
mod templates;
mod trees;

use std::cell::{Cell, RefCell};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::{ReentrantMutex, ReentrantMutexGuard};
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

pub(crate) use self::new_file::NewFile;
pub use self::{
    alarms::Alarm,
    archive::Archived,
    backup::{Backup, BackupHeader, Merged, Staged},
    cards::{Card, CardStatus, NewCard, Stop},
    carried::CarriedCard,
    chain::FoundCheckpoint,
    check::Checked,
    documents::Document,
    error::StoreError,
    handle::CardHandle,
    location::Location,
    log::LOG_PAGE,
    log_file::{LogFile, LogLines, SavedCheckpoints},
    log_merge::merge_logs,
    log_outlet::OutletProgress,
    log_rules::LogRules,
    people::{Person, PersonStatus},
    profile::{Consent, FaceException, Profile, Vendor},
    removal::{Removal, RemovedRow},
    resolve::Resolved,
    templates::{NewTemplate, StoredTemplate, Templates},
};
use self::{anchor::Anchor, opened::Opened, root::Root, rows::Rows, slots::DataKey};
use crate::audit::{LogState, is_id};
use crate::keys::StoreKey;

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
/// It may be moved to another thread. A thread that needs the store at the same time opens it again, or has it beside this one:
/// see [`Store::beside`].
pub struct Store {
    opened: Arc<ReentrantMutex<Opened>>,
    id: [u8; 16],
    settings: Settings,
    location: Location,
    path: PathBuf,
    taken_over: Option<i64>,
}

impl Store {
    /// Makes a new store, and its folders where they are missing.
    ///
    /// # Errors
    /// [`StoreError::FileExists`] when there is a store; [`StoreError::Emptied`] when there was one, and its witness
    /// remembers; [`StoreError::NotPermitted`] when a folder is not ours alone; [`StoreError::Invalid`] for a terminal id
    /// beyond its limits. Nothing is left behind.
    pub fn create(location: &Location, key: &StoreKey, settings: Settings) -> Result<Self, StoreError> {
        if !is_id(&settings.terminal) {
            return Err(StoreError::Invalid {
                what: "the terminal id",
                expected: "1 to 64 of A-Z a-z 0-9 . _ @ -",
                found: format!("{} characters", settings.terminal.chars().count()),
            });
        }
        location.check()?;
        let made = files::make_private_folder(&location.state)?;
        let path = location.database();
        let created = || {
            if files::check_file(&path)? {
                return Err(StoreError::FileExists { path: path.clone() });
            }
            if Anchor::exists(location)? {
                return Err(StoreError::Emptied { path: location.state.clone() });
            }
            head::create(location, key, &settings)?;
            let begun = Self::open(location, key).and_then(|mut store| {
                // The log's identity is the same from now on.
                store.write(|store| store.chain().map(|_| ()))?;
                Ok(store)
            });
            begun.inspect_err(|_| {
                // There was no witness before: what there is now was made with the database that goes.
                [&path, &location.anchor(), &location.checkpoints(), &location.mirror()]
                    .into_iter()
                    .for_each(|made| {
                        files::remove_new(made);
                    });
            })
        };
        created().inspect_err(|_| files::remove_folders(&made))
    }

    /// Opens the store.
    ///
    /// # Errors
    /// [`StoreError::NoStore`]; [`StoreError::Emptied`], [`StoreError::RolledBack`], [`StoreError::NoWitness`] and
    /// [`StoreError::BadWitness`] when it is not what this terminal had last; [`StoreError::NotPermitted`],
    /// [`StoreError::WrongKey`], [`StoreError::Corrupt`], [`StoreError::Foreign`], [`StoreError::OtherFormat`], or the
    /// system's own.
    pub fn open(location: &Location, key: &StoreKey) -> Result<Self, StoreError> {
        Self::open_by(location, slots::STORE, key)
    }

    /// Opens the store by a key that was put beside the store key under this name.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn open_by(location: &Location, name: &str, key: &StoreKey) -> Result<Self, StoreError> {
        let path = location.find_database()?;
        leftovers::remove(location);
        let mut conn = schema::connect(&path)?;
        let found = schema::format(&conn, &path)?;
        if found == migrate::FORMAT {
            migrate::from_format_3(&mut conn, location, key)?;
        }
        drop(conn);
        let store = Self::open_with(location, |conn, path, id| slots::open(conn, path, id, name, key))?;
        Ok(Self { taken_over: (found != schema::FORMAT).then_some(found), ..store })
    }

    /// Opens the store by the data key that `unlock` finds.
    fn open_with(
        location: &Location,
        unlock: impl FnOnce(&Connection, &Path, &[u8; 16]) -> Result<DataKey, StoreError>,
    ) -> Result<Self, StoreError> {
        let opened = Opened::open(location, unlock)?;
        Ok(Self {
            id: opened.id,
            settings: opened.settings.clone(),
            location: location.clone(),
            path: opened.path.clone(),
            taken_over: None,
            opened: Arc::new(ReentrantMutex::new(opened)),
        })
    }

    /// What was fixed when the store was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The earlier format that the store had until it was opened this time, if it had one.
    pub fn taken_over_from(&self) -> Option<i64> {
        self.taken_over
    }

    /// The same store for another thread, open and verified as it is here: what one of the two writes is as good as its own to the
    /// other, and is not compared with the root again. They take turns: no transaction is to wait for anything but the disk.
    #[must_use]
    pub fn beside(&self) -> Store {
        Store {
            opened: Arc::clone(&self.opened),
            id: self.id,
            settings: self.settings.clone(),
            location: self.location.clone(),
            path: self.path.clone(),
            taken_over: None,
        }
    }

    /// How often all records were compared with the root since the store was opened: once then, and whenever something else
    /// has written to it.
    #[must_use]
    pub fn comparisons(&self) -> u64 {
        self.held().comparisons.get()
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
    /// What `work` returns; [`StoreError::Busy`] when another process writes for longer than 5 s;
    /// [`StoreError::Corrupt`] when something else has written to the store meanwhile. The system's own when the witness
    /// cannot be written: then it **is** done, and nobody must be let in by it all the same.
    pub fn write<T, E: From<StoreError>>(
        &mut self,
        work: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.held().write(work)
    }

    /// Looks at several things as they stand at one moment. Nothing that `work` writes stays.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Corrupt`] when something else has written to the store meanwhile.
    pub fn look<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.held().look(work)
    }

    /// Reads what was written by this store and nobody else, as it stands at one moment.
    fn read<T>(&self, read: impl FnOnce(&Rows<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.held().read(read)
    }

    /// The store itself, until this is dropped. A thread that has it already has it once more.
    fn held(&self) -> ReentrantMutexGuard<'_, Opened> {
        self.opened.lock()
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
    id: &'s [u8; 16],
    data_key: &'s DataKey,
    root: RefCell<Root>,
    /// Where the log stands, once it was asked for; whether it moved since; whether a checkpoint was made; whether the log
    /// got records whose keys somebody holds.
    chain: RefCell<Option<LogState>>,
    chain_moved: Cell<bool>,
    signed: Cell<bool>,
    escrowed: Cell<bool>,
}

impl<'s> Write<'s> {
    fn new(
        rows: Rows<'s>,
        settings: &'s Settings,
        id: &'s [u8; 16],
        data_key: &'s DataKey,
        root: Root,
    ) -> Write<'s> {
        Write {
            rows,
            settings,
            id,
            data_key,
            root: RefCell::new(root),
            chain: RefCell::new(None),
            chain_moved: Cell::new(false),
            signed: Cell::new(false),
            escrowed: Cell::new(false),
        }
    }

    /// What was fixed when the store was made.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        self.settings
    }

    /// The store's id, drawn when it was made. It stays through backups and new keys, and is no secret.
    #[must_use]
    pub fn id(&self) -> [u8; 16] {
        *self.id
    }

    /// Draws the revision under which the record at this place is sealed next, in the place of `old`.
    fn revise(&self, table: &str, key: &str, old: Option<u64>) -> u64 {
        self.root.borrow_mut().revise(self.rows.keys, table, key, old)
    }

    /// Runs a statement that removes sealed records and returns table, key and revision of each; says how many.
    fn strike(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        let wrap = |error| self.rows.failed(error);
        let mut statement = self.rows.conn.prepare_cached(sql).map_err(wrap)?;
        let mut struck = statement.query(values).map_err(wrap)?;
        let mut count = 0;
        while let Some(row) = struck.next().map_err(wrap)? {
            let text = |at| row.get_ref(at).and_then(|value| Ok(value.as_str()?)).map_err(wrap);
            let revision: i64 = row.get(2).map_err(wrap)?;
            let revision = u64::try_from(revision).unwrap_or(0);
            self.root.borrow_mut().strike(self.rows.keys, text(0)?, text(1)?, revision);
            count += 1;
        }
        Ok(count)
    }
}
