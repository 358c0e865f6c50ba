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

use std::cell::{Cell, Ref, RefCell};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};
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
use self::{
    anchor::{Anchor, Reached},
    checkpoints::CheckpointFile,
    faults::Faults,
    files::Identity,
    head::Head,
    mirror::Mirror,
    root::Root,
    rows::Rows,
    seal::Keys,
    slots::DataKey,
};
use crate::audit::{LogState, is_id};
use crate::keys::{Locked, StoreKey};

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
    id: [u8; 16],
    keys: Locked<Keys>,
    data_key: DataKey,
    settings: Settings,
    location: Location,
    path: PathBuf,
    file: Identity,
    anchor: Anchor,
    checkpoints: CheckpointFile,
    mirror: RefCell<Mirror>,
    /// SQLite's count of what other connections have written, as of when the root was last compared with the records.
    seen: Cell<Option<i64>>,
    /// The last revision that was seen here.
    reached: Cell<u64>,
    /// Whether it had an administrator, as far as anchor and records have said so far.
    set_up: Cell<bool>,
    faults: Faults,
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
        let path = location.find_database()?;
        let file = Identity::of(&path)?;
        let conn = schema::connect(&path)?;
        // It may have waited for whoever put another store in the place of this one.
        file.check(&path)?;
        let format = schema::format(&conn, &path)?;
        if format != schema::FORMAT {
            return Err(StoreError::OtherFormat { path, known: schema::FORMAT, found: format });
        }
        schema::verify(&conn, &path, &schema::OBJECTS)?;
        let Head { id, keys, data_key, settings } = Head::read(&conn, &path, unlock)?;
        // Before the root: another process may write meanwhile, and the anchor never says more than the database has.
        let anchor = Anchor::open(location, &keys, id)?;
        let Reached { revision: witnessed, set_up } = anchor.reached(&keys)?;
        let checkpoints = CheckpointFile::open(location)?;
        let signed = checkpoints.last()?;
        let mirror = Mirror::open(location)?;
        let store = Self {
            conn,
            id,
            keys,
            data_key,
            settings,
            location: location.clone(),
            path,
            file,
            anchor,
            checkpoints,
            mirror: RefCell::new(mirror),
            seen: Cell::new(None),
            reached: Cell::new(0),
            set_up: Cell::new(set_up),
            faults: Faults::default(),
            taken_over: None,
        };
        let reached = store.look(|write| {
            let reached = write.root.borrow().revision();
            store.refuse_behind(witnessed, reached)?;
            store.set_up.set(store.was_set_up(&write.rows)?);
            log::verify(write)?;
            store.checkpoints.compare(write, signed.as_ref())?;
            Ok::<_, StoreError>(reached)
        })?;
        store.follow(&[])?;
        store.witness(reached)?;
        store.checkpoints.catch_up(&store)?;
        Ok(store)
    }

    /// What was fixed when the store was made.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The earlier format that the store had until it was opened this time, if it had one.
    pub fn taken_over_from(&self) -> Option<i64> {
        self.taken_over
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
        let wrap = |error| StoreError::database(&self.path, error);
        let transaction =
            Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate).map_err(wrap)?;
        let write = self.begin(&transaction)?;
        // Nobody else writes now, so the witness knows of nothing that is not in the database.
        let said = self.anchor.reached(&self.keys).inspect_err(|error| self.faults.note(error))?;
        self.refuse_behind(said.revision, write.root.borrow().revision())
            .inspect_err(|error| self.faults.note(error))?;
        let done = work(&write)?;
        let set_up = self.was_set_up(&write.rows)?;
        write.keep_chain()?;
        let (signed, escrowed) = (write.signed.get(), write.escrowed.get());
        let mut root = write.root.into_inner();
        if !root.has_moved() {
            transaction.commit().map_err(wrap)?;
            return Ok(done);
        }
        root.write(&self.rows())?;
        self.anchor.check_writable()?;
        transaction.commit().map_err(wrap)?;
        self.reached.set(root.revision());
        self.set_up.set(set_up);
        // The database first, the mirror second, the anchor last: a power cut in between leaves them behind, never ahead, and
        // the anchor knows of nothing that the mirror does not.
        if !root.touched().is_empty() {
            self.follow(root.touched())?;
        }
        self.witness(root.revision())?;
        if signed {
            self.checkpoints.catch_up(self)?;
        }
        if signed || escrowed {
            self.forget_used_keys()?;
        }
        Ok(done)
    }

    /// Looks at several things as they stand at one moment. Nothing that `work` writes stays.
    ///
    /// # Errors
    /// What `work` returns; [`StoreError::Corrupt`] when something else has written to the store meanwhile.
    pub fn look<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let wrap = |error| StoreError::database(&self.path, error);
        let transaction =
            Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred).map_err(wrap)?;
        work(&self.begin(&transaction)?)
    }

    /// Reads what was written by this store and nobody else, as it stands at one moment.
    fn read<T>(&self, read: impl FnOnce(&Rows<'_>) -> Result<T, StoreError>) -> Result<T, StoreError> {
        if self.conn.is_autocommit() {
            self.look(|store| read(&store.rows))
        } else {
            // Inside of a look, which has seen to it.
            read(&self.rows())
        }
    }

    /// What a transaction works on. When another connection has written since the last one, the records are compared with
    /// the root first: it may have been somebody who has not the key.
    fn begin<'s>(&'s self, transaction: &'s Connection) -> Result<Write<'s>, StoreError> {
        self.begin_on(transaction).inspect_err(|error| self.faults.note(error))
    }

    fn begin_on<'s>(&'s self, transaction: &'s Connection) -> Result<Write<'s>, StoreError> {
        // Not before the transaction began: it may have waited for whoever put another store in the place of this one.
        self.file.check(&self.path)?;
        let rows = Rows { conn: transaction, ..self.rows() };
        let root = Root::read(&rows)?;
        let written: i64 = transaction
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(|error| rows.failed(error))?;
        if self.seen.get() != Some(written) {
            schema::verify(transaction, &self.path, &schema::OBJECTS)?;
            root.verify(&rows)?;
            self.seen.set(Some(written));
        }
        self.refuse_behind(self.reached.get(), root.revision())?;
        self.reached.set(root.revision());
        Ok(Write::new(rows, &self.settings, &self.id, &self.data_key, root))
    }

    /// Refuses a store that has come less far than is known of it.
    fn refuse_behind(&self, witnessed: u64, found: u64) -> Result<(), StoreError> {
        if found < witnessed {
            return Err(StoreError::RolledBack { path: self.location.state.clone(), witnessed, found });
        }
        Ok(())
    }

    /// Brings the mirror level: the records at these places, if there are any that it should have.
    fn follow(&self, touched: &[(String, String)]) -> Result<(), StoreError> {
        self.mirror()?.follow(&self.rows(), touched)
    }

    /// The mirror that has its name now.
    fn mirror(&self) -> Result<Ref<'_, Mirror>, StoreError> {
        if !self.mirror.borrow().is_in_place() {
            self.mirror.replace(Mirror::open(&self.location)?);
        }
        Ok(self.mirror.borrow())
    }

    /// Tells the anchor how far the store has come.
    fn witness(&self, revision: u64) -> Result<(), StoreError> {
        self.anchor.advance(&self.keys, Reached { revision, set_up: self.set_up.get() })
    }

    /// Whether it had an administrator: asked until it had.
    fn was_set_up(&self, rows: &Rows<'_>) -> Result<bool, StoreError> {
        if self.set_up.get() { Ok(true) } else { set_up::is_marked(rows) }
    }

    fn rows(&self) -> Rows<'_> {
        Rows { conn: &self.conn, keys: &self.keys, path: &self.path, faults: Some(&self.faults) }
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
