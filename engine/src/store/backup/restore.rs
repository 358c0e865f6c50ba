//! The way back: a backup is unpacked in the state folder, brought up to date with what can still be read of the store, and
//! put in its place when somebody who may has agreed. Until then nothing of the store is touched.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, config::DbConfig};

use super::super::{
    Location, Store, StoreError, StoreKey, Write,
    anchor::{Anchor, Reached},
    checkpoints::CheckpointFile,
    files::{self, Temporary},
    head::Head,
    leftovers,
    mirror::Mirror,
    root::Root,
    rows::Rows,
    schema,
    seal::Keys,
    slots::{self, DataKey},
};
use super::merge::Merged;
use super::remains::{Copy, Remains};
use super::{Backup, BackupHeader};

/// What SQLite keeps in files of its own beside a database.
const BESIDE: [&str; 2] = ["-wal", "-shm"];

/// A backup unpacked in the folder of the store that it is to replace. Dropped, it is thrown away.
pub struct Staged {
    /// Where it is, until it is in its place.
    location: Location,
    target: Location,
    header: BackupHeader,
    merged: Merged,
    /// The revision at which the store in place was read, if it could be.
    reached: Option<u64>,
    /// Whether the witness says that this terminal was set up.
    set_up: bool,
    /// The folders that were made for it, outermost first.
    made: Vec<PathBuf>,
    key: StoreKey,
    _lock: File,
}

impl Staged {
    /// Unpacks a backup, by the store key or by the one that the store had when it was taken, and brings it up to date. It
    /// opens with `key` from then on.
    ///
    /// # Errors
    /// [`StoreError::WrongKey`] when neither key opens the backup or the store that it is of; [`StoreError::OtherFormat`];
    /// [`StoreError::OtherStore`] when another store than the backup's is in place; [`StoreError::Corrupt`] when the
    /// backup is.
    pub fn unpack(
        target: &Location,
        backup: &Backup,
        key: &StoreKey,
        old: Option<&StoreKey>,
    ) -> Result<Staged, StoreError> {
        target.check()?;
        let header = backup.header.clone();
        if header.format != schema::FORMAT {
            return Err(StoreError::OtherFormat {
                path: backup.path.clone(),
                known: schema::FORMAT,
                found: header.format,
            });
        }
        let location = target.restoring();
        leftovers::remove(target);
        let mut made = files::make_private_folder(&target.state)?;
        made.extend(files::make_private_folder(&location.state)?);
        let _lock = leftovers::claim(&location.state).inspect_err(|_| files::remove_folders(&made))?;
        let (target, key, merged) = (target.clone(), key.clone(), Merged::default());
        let staged =
            Staged { location, target, header, merged, reached: None, set_up: false, made, key, _lock };
        let current = OpenCurrent::open(&staged.target, &staged.header.store, &staged.key)?;
        let data_key = [Some(&staged.key), old]
            .into_iter()
            .flatten()
            .find_map(|key| staged.header.open(slots::STORE, key))
            .or_else(|| current.as_ref().and_then(|current| current.data_key.clone()))
            .ok_or_else(|| StoreError::WrongKey { path: backup.path.clone() })?;
        let database = staged.location.database();
        let temporary = Temporary::create(&database)?;
        backup.unpack(&data_key, &temporary)?;
        temporary.publish(&database)?;
        staged.finish_unpacking(&data_key, current)
    }

    fn finish_unpacking(
        mut self,
        data_key: &DataKey,
        current: Option<OpenCurrent>,
    ) -> Result<Staged, StoreError> {
        let database = self.location.database();
        let wrap = |error| StoreError::database(&database, error);
        let conn = schema::connect(&database)?;
        schema::keep_ahead(&conn, &database)?;
        let Head { id, keys, settings, .. } = Head::read(&conn, &database, |_, _, _| Ok(data_key.clone()))?;
        let rows = Rows::untold(&conn, &keys, &database);
        let root = Root::read(&rows)?;
        let reached = Reached::unknown(root.revision());
        Anchor::prepare(&self.location, &keys, id, reached)?.publish(&self.location.anchor())?;
        CheckpointFile::open(&self.location)?.begin(&Write::new(rows, &settings, &id, data_key, root))?;
        conn.close().map_err(|(_, error)| wrap(error))?;
        let mut store = Store::open_with(&self.location, |_, _, _| Ok(data_key.clone()))?;
        let witnessed = witnessed(&self.target, &keys, self.header.store)?;
        self.set_up = witnessed.is_some_and(|said| said.set_up);
        let mirror = Mirror::find(&self.target);
        let remains = Remains {
            store: current.as_ref().map(|current| current.as_seen_by(&keys)),
            mirror: mirror.as_ref().and_then(|mirror| {
                let (rows, root) = mirror.seen_by(&keys);
                // One that is not this store's is no witness.
                root.map(|root| Copy { rows, root: Some(root) })
            }),
            witnessed: witnessed.map(|said| said.revision),
        };
        self.merged = store.merge(self.header.revision, &remains)?;
        self.reached = remains.store.and_then(|store| store.root).map(|root| root.revision());
        // The log may go on with another's checkpoints.
        store.held().catch_up()?;
        // Whatever opened it before: from now on it is the key of this terminal.
        store.write(|store| store.replace_store_key(&self.key))?;
        Ok(self)
    }

    /// Where it is, to be opened.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Whose backup it was, and of when.
    pub fn header(&self) -> &BackupHeader {
        &self.header
    }

    /// What became of the records.
    pub fn merged(&self) -> Merged {
        self.merged
    }

    /// Whether the witness says that this terminal had an administrator. The backup may be from before, and know of none.
    pub fn was_set_up(&self) -> bool {
        self.set_up
    }

    /// Puts it in the place of the store, which is set aside under another name. Nothing may have it open.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when somebody has the store open, or it was changed since the backup was unpacked: then nothing is
    /// done. The system's own: the store may be gone then, and the backup can be restored again.
    pub fn put_in_place(self) -> Result<(), StoreError> {
        self.put_in_place_by(replace)
    }

    fn put_in_place_by(
        self,
        replace: impl FnOnce(&Path, &Path, u64) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let held = self.hold_current()?;
        let (from, to) = (self.location.database(), self.target.database());
        // Everything out of the write-ahead log: one file is moved.
        let store = Store::open(&self.location, &self.key)?;
        let (reached, id) =
            (store.look(|store| Ok::<_, StoreError>(store.root.borrow().revision()))?, store.id);
        let said = Reached { revision: reached, set_up: self.set_up || store.held().set_up.get() };
        let keys = Keys::derive(&store.held().data_key, &id);
        self.hand_checkpoints_over(&store, reached)?;
        if !store.wipe_deleted()? {
            return Err(StoreError::Busy { path: from, waited_s: 0 });
        }
        drop(store);
        // Nobody comes in between: it is held until the other has its name, and the witness knows.
        if let Some(held) = &held {
            held.forget_the_name()?;
        }
        replace(&from, &to, reached)?;
        // The database first, the witness second, as always.
        match Anchor::open(&self.target, &keys, id) {
            Ok(anchor) => anchor.advance(&keys, said),
            Err(StoreError::NoWitness { .. } | StoreError::BadWitness { .. }) => {
                set_aside(&self.target.anchor(), reached)?;
                Anchor::prepare(&self.target, &keys, id, said)?.publish(&self.target.anchor())
            }
            Err(error) => Err(error),
        }
    }

    /// Keeps everybody from the store in place, if it is still the one that was read.
    fn hold_current(&self) -> Result<Option<Held>, StoreError> {
        let Some(reached) = self.reached else { return Ok(None) };
        Held::take(self.target.find_database()?, reached).map(Some)
    }

    /// Brings the file of checkpoints up to this store's. One of a log that this one does not go on from belongs to what is
    /// set aside, and makes room for a new one.
    fn hand_checkpoints_over(&self, store: &Store, reached: u64) -> Result<(), StoreError> {
        let goes_on = CheckpointFile::open(&self.target).and_then(|file| {
            let last = file.last()?;
            store.look(|store| file.compare(store, last.as_ref()))
        });
        match goes_on {
            // It hears of what is new when the store is opened in its place: never before the database.
            Ok(()) => return Ok(()),
            Err(
                StoreError::LogCut { .. }
                | StoreError::LogForked { .. }
                | StoreError::NoWitness { .. }
                | StoreError::BadWitness { .. },
            ) => set_aside(&self.target.checkpoints(), reached)?,
            Err(error) => return Err(error),
        }
        CheckpointFile::open(&self.target)?.catch_up(&store.held())
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // What cannot be removed now is when the store is opened the next time.
        let _ = self.location.remove();
        files::remove_folders(&self.made);
    }
}

/// The store that is in place, held: as long as this is there, nobody else opens it, to read or to write. Whoever has it
/// open already is waited for, as for one that writes.
struct Held {
    conn: Connection,
    path: PathBuf,
}

impl Held {
    /// # Errors
    /// [`StoreError::Busy`] when somebody has it open, or it is not at this revision any more.
    fn take(path: PathBuf, reached: u64) -> Result<Held, StoreError> {
        let held = Held { conn: schema::connect(&path)?, path };
        // The lock on the file comes with the first transaction, and goes with the connection and not before.
        held.conn.pragma_update(None, "locking_mode", "EXCLUSIVE").map_err(held.failed())?;
        held.conn.execute_batch("BEGIN IMMEDIATE").map_err(held.failed())?;
        let found: i64 =
            held.conn.query_row("SELECT revision FROM root", [], |row| row.get(0)).map_err(held.failed())?;
        held.conn.execute_batch("COMMIT").map_err(held.failed())?;
        if u64::try_from(found) == Ok(reached) { Ok(held) } else { Err(held.busy()) }
    }

    /// Puts all of it into the one file, removes what SQLite keeps beside it, and sees to it that nothing of that name is
    /// touched when it is closed: another database may have the name by then.
    fn forget_the_name(&self) -> Result<(), StoreError> {
        let busy: bool = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(self.failed())?;
        if busy {
            return Err(self.busy());
        }
        self.conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true).map_err(self.failed())?;
        files::remove_beside(&self.path)
    }

    fn busy(&self) -> StoreError {
        StoreError::Busy { path: self.path.clone(), waited_s: 0 }
    }

    fn failed(&self) -> impl FnOnce(rusqlite::Error) -> StoreError {
        |error| StoreError::database(&self.path, error)
    }
}

/// The store that is in place, as far as it opens.
struct OpenCurrent {
    conn: Connection,
    path: PathBuf,
    /// If the store key still opens it.
    data_key: Option<DataKey>,
}

impl OpenCurrent {
    /// `None` when nothing of it can be read.
    ///
    /// # Errors
    /// [`StoreError::OtherStore`] when it can, and is another store than the backup's.
    fn open(location: &Location, id: &[u8; 16], key: &StoreKey) -> Result<Option<OpenCurrent>, StoreError> {
        let read = || {
            let path = location.find_database().ok()?;
            let conn = schema::connect(&path).ok()?;
            schema::verify(&conn, &path, &schema::OBJECTS).ok()?;
            let found: [u8; 16] = conn.query_row("SELECT id FROM store", [], |row| row.get(0)).ok()?;
            Some((conn, path, found))
        };
        let Some((conn, path, found)) = read() else { return Ok(None) };
        if found != *id {
            return Err(StoreError::OtherStore { path });
        }
        let data_key = slots::open(&conn, &path, id, slots::STORE, key).ok();
        Ok(Some(OpenCurrent { conn, path, data_key }))
    }

    fn as_seen_by<'c>(&'c self, keys: &'c Keys) -> Copy<'c> {
        let rows = Rows::untold(&self.conn, keys, &self.path);
        Copy { root: Root::read(&rows).ok(), rows }
    }
}

/// What the witness says of this store.
fn witnessed(location: &Location, keys: &Keys, id: [u8; 16]) -> Result<Option<Reached>, StoreError> {
    match Anchor::open(location, keys, id).and_then(|anchor| anchor.reached(keys)) {
        Ok(said) => Ok(Some(said)),
        Err(StoreError::NoWitness { .. } | StoreError::BadWitness { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts a database in the place of another, which is set aside. The other has its name until the new one has it: there is
/// a store at any moment, whenever the power goes.
fn replace(from: &Path, to: &Path, revision: u64) -> Result<(), StoreError> {
    let aside = aside(to, revision);
    for suffix in BESIDE {
        // It would be taken for the new one's.
        let file = files::beside(to, suffix);
        if files::exists(&file)? {
            files::rename_new(&file, &files::beside(&aside, suffix))?;
        }
    }
    if files::exists(to)? {
        fs::hard_link(to, &aside).map_err(StoreError::io("make", &aside))?;
    }
    files::replace(from, to)
}

/// Gives what is at `path`, if there is something, a name that tells what it was: whoever inquires wants it as it was found.
fn set_aside(path: &Path, revision: u64) -> Result<(), StoreError> {
    if files::exists(path)? { files::rename_new(path, &aside(path, revision)) } else { Ok(()) }
}

fn aside(path: &Path, revision: u64) -> PathBuf {
    files::beside(path, &format!(".before-{revision}"))
}

#[cfg(test)]
mod tests;
