//! The store itself: its connection, its keys, and what is known of it. One thread has it at a time.

use std::cell::{Cell, Ref, RefCell};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    Location, Settings, StoreError, Write,
    anchor::{Anchor, Reached},
    checkpoints::CheckpointFile,
    faults::Faults,
    files::Identity,
    head::Head,
    log,
    mirror::Mirror,
    root::Root,
    rows::Rows,
    schema,
    seal::Keys,
    set_up,
    slots::DataKey,
};
use crate::keys::Locked;

/// An open store, for one thread at a time.
pub(super) struct Opened {
    pub(super) conn: Connection,
    pub(super) id: [u8; 16],
    pub(super) keys: Locked<Keys>,
    pub(super) data_key: DataKey,
    pub(super) settings: Settings,
    pub(super) location: Location,
    pub(super) path: PathBuf,
    pub(super) file: Identity,
    pub(super) anchor: Anchor,
    pub(super) checkpoints: CheckpointFile,
    pub(super) mirror: RefCell<Mirror>,
    /// SQLite's count of what other connections have written, as of when the root was last compared with the records.
    pub(super) seen: Cell<Option<i64>>,
    /// The last revision that was seen here.
    pub(super) reached: Cell<u64>,
    /// Whether it had an administrator, as far as anchor and records have said so far.
    pub(super) set_up: Cell<bool>,
    pub(super) faults: Faults,
    /// How often the root was compared with the records.
    pub(super) comparisons: Cell<u64>,
}

impl Opened {
    /// Opens the store by the data key that `unlock` finds, and verifies it.
    pub(super) fn open(
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
            comparisons: Cell::new(0),
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
        store.catch_up()?;
        Ok(store)
    }

    /// See [`Store::write`](super::Store::write).
    pub(super) fn write<T, E: From<StoreError>>(
        &self,
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
            self.catch_up()?;
        }
        if signed || escrowed {
            self.forget_used_keys()?;
        }
        Ok(done)
    }

    /// See [`Store::look`](super::Store::look).
    pub(super) fn look<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Write<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let wrap = |error| StoreError::database(&self.path, error);
        let transaction =
            Transaction::new_unchecked(&self.conn, TransactionBehavior::Deferred).map_err(wrap)?;
        work(&self.begin(&transaction)?)
    }

    /// Reads what was written by this store and nobody else, as it stands at one moment.
    pub(super) fn read<T>(
        &self,
        read: impl FnOnce(&Rows<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
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
            self.comparisons.set(self.comparisons.get().saturating_add(1));
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
    pub(super) fn follow(&self, touched: &[(String, String)]) -> Result<(), StoreError> {
        self.mirror()?.follow(&self.rows(), touched)
    }

    /// The mirror that has its name now.
    pub(super) fn mirror(&self) -> Result<Ref<'_, Mirror>, StoreError> {
        if !self.mirror.borrow().is_in_place() {
            self.mirror.replace(Mirror::open(&self.location)?);
        }
        Ok(self.mirror.borrow())
    }

    /// Writes the checkpoints that the file beside the database has not.
    pub(super) fn catch_up(&self) -> Result<(), StoreError> {
        self.checkpoints.catch_up(self)
    }

    /// Tells the anchor how far the store has come.
    fn witness(&self, revision: u64) -> Result<(), StoreError> {
        self.anchor.advance(&self.keys, Reached { revision, set_up: self.set_up.get() })
    }

    /// Whether it had an administrator: asked until it had.
    fn was_set_up(&self, rows: &Rows<'_>) -> Result<bool, StoreError> {
        if self.set_up.get() { Ok(true) } else { set_up::is_marked(rows) }
    }

    pub(super) fn rows(&self) -> Rows<'_> {
        Rows { conn: &self.conn, keys: &self.keys, path: &self.path, faults: Some(&self.faults) }
    }
}
