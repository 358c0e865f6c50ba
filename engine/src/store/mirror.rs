//! The mirror: every sealed record a second time, in the witness folder, but for faces and the log.
//!
//! When the state folder is gone, a backup alone knows nothing of what came after it: whoever was disabled, every card that
//! was reported lost, every counted failure would be as before. The mirror knows, and a restoration asks it (see
//! `backup`). It holds the records as they are sealed in the store, each at its place and revision:
//!
//! - of a template only that there is one and of which revision: no second copy of a face is kept anywhere;
//! - nothing of the log: the keys that move on with each record must not be found as they were before. The log has
//!   checkpoints and outlets of its own;
//! - neither the store's head nor the slot of its key: nobody takes the mirror for the store.
//!
//! It is a database with the store's own tables. Its root is the sum of the store's but for what it leaves out, so whether it
//! is up to date is told by a comparison and not by a scan. It is written after the store and before the anchor, under a
//! lock of its own, from the store as it stands then: whatever order processes come in, the last one brings it level. Where
//! it is missing, damaged or another store's, it is made anew from the store, which is the one that counts while it is there.
//!
//! The witness may be on a network share, where processes share no memory: it has a rollback journal, no write-ahead log.
//! What is deleted is overwritten (`secure_delete`), and the journal emptied with each change.

use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, Row, Transaction, TransactionBehavior, params_from_iter};

use super::{
    Document, Location, OutletProgress, StoreError, check,
    files::{self, Identity, Temporary},
    root::{self, Root},
    rows::Rows,
    schema,
    seal::Keys,
    slots,
};
use crate::audit::LogState;

/// What its root is sealed as.
const ROOT: &str = "mirror";

/// What stays out of it: table, key and revision of each, all of which are in the store's sum.
const LEFT_OUT: &str = "SELECT 'store', '', revision FROM store \
    UNION ALL SELECT 'key_slot', name, revision FROM key_slot WHERE name = ?1 \
    UNION ALL SELECT kind, key, revision FROM document WHERE kind IN (?2, ?3)";

/// The kinds of documents that stay out of it, as they are of the log.
const OF_LOG: [&str; 2] = [LogState::KIND, OutletProgress::KIND];

/// Whether the mirror has the record at this place.
pub(super) fn keeps(table: &str, key: &str) -> bool {
    match table {
        "store" => false,
        "key_slot" => key != slots::STORE,
        kind => !OF_LOG.contains(&kind),
    }
}

/// How the records of one table get from the store into the mirror. `?1` is the kind of a document, `?2` its key.
struct Copying {
    read: &'static str,
    remove: &'static str,
    write: &'static str,
}

const PERSON: Copying = Copying {
    read: "SELECT id, revision, sealed FROM person WHERE id = ?2",
    remove: "DELETE FROM person WHERE id = ?2 RETURNING revision",
    write: "INSERT OR REPLACE INTO person (id, revision, sealed) VALUES (?1, ?2, ?3)",
};
const CARD: Copying = Copying {
    read: "SELECT handle, revision, sealed, lookup FROM card WHERE handle = ?2",
    remove: "DELETE FROM card WHERE handle = ?2 RETURNING revision",
    write: "INSERT OR REPLACE INTO card (handle, revision, sealed, lookup) VALUES (?1, ?2, ?3, ?4)",
};
/// Of a template not what is sealed.
const TEMPLATE: Copying = Copying {
    read: "SELECT person, revision, zeroblob(0) FROM template WHERE person = ?2",
    remove: "DELETE FROM template WHERE person = ?2 RETURNING revision",
    write: "INSERT OR REPLACE INTO template (person, revision, sealed) VALUES (?1, ?2, ?3)",
};
const KEY_SLOT: Copying = Copying {
    read: "SELECT name, revision, sealed, checksum FROM key_slot WHERE name = ?2",
    remove: "DELETE FROM key_slot WHERE name = ?2 RETURNING revision",
    write: "INSERT OR REPLACE INTO key_slot (name, revision, sealed, checksum) VALUES (?1, ?2, ?3, ?4)",
};
const DOCUMENT: Copying = Copying {
    read: "SELECT key, revision, sealed, kind, person FROM document WHERE kind = ?1 AND key = ?2",
    remove: "DELETE FROM document WHERE kind = ?1 AND key = ?2 RETURNING revision",
    write: "INSERT OR REPLACE INTO document (key, revision, sealed, kind, person) VALUES (?1, ?2, ?3, ?4, ?5)",
};

fn copying(table: &str) -> Copying {
    match table {
        "person" => PERSON,
        "card" => CARD,
        "template" => TEMPLATE,
        "key_slot" => KEY_SLOT,
        _ => DOCUMENT,
    }
}

/// The open mirror of a store.
pub(super) struct Mirror {
    conn: Connection,
    path: PathBuf,
    file: Identity,
}

impl Mirror {
    /// Opens the mirror; one that is missing or damaged is made anew, empty.
    ///
    /// # Errors
    /// The system's own; [`StoreError::NotPermitted`] when the file is not ours alone.
    pub(super) fn open(location: &Location) -> Result<Mirror, StoreError> {
        let path = location.mirror();
        let there = files::check_file(&path)?;
        if there {
            match Mirror::open_whole(&path) {
                Err(
                    StoreError::Corrupt { .. } | StoreError::Foreign { .. } | StoreError::OtherFormat { .. },
                ) => {}
                opened => return opened,
            }
        }
        let new = Temporary::create(&path)?;
        create(&new.path)?;
        if there {
            // It would be taken for the new one's.
            files::remove_beside(&path)?;
            files::replace(&new.path, &path)?;
        } else if let Err(error) = new.publish(&path)
            && !files::check_file(&path)?
        {
            // It was not that another process was faster.
            return Err(error);
        }
        Mirror::open_whole(&path)
    }

    /// As [`Mirror::open`], of one that nothing is to be changed of; none where there is none that can be read.
    pub(super) fn find(location: &Location) -> Option<Mirror> {
        let path = location.mirror();
        if !files::check_file(&path).ok()? {
            return None;
        }
        Mirror::open_whole(&path).ok()
    }

    fn open_whole(path: &Path) -> Result<Mirror, StoreError> {
        schema::refuse_cut_file(path)?;
        let file = Identity::of(path)?;
        let conn = connect(path)?;
        let format = schema::format(&conn, path)?;
        if format != schema::FORMAT {
            return Err(StoreError::OtherFormat {
                path: path.to_owned(),
                known: schema::FORMAT,
                found: format,
            });
        }
        schema::verify(&conn, path, &schema::OBJECTS)?;
        Ok(Mirror { conn, path: path.to_owned(), file })
    }

    /// Whether it still has its name: somebody may have removed it, and somebody else made it anew.
    pub(super) fn is_in_place(&self) -> bool {
        self.file.check(&self.path).is_ok()
    }

    /// Its records, seen with the store's keys, and its root, if it is this store's.
    pub(super) fn seen_by<'m>(&'m self, keys: &'m Keys) -> (Rows<'m>, Option<Root>) {
        let rows = Rows::untold(&self.conn, keys, &self.path);
        let root = Root::read_as(ROOT, &rows).ok();
        (rows, root)
    }

    /// Brings it level with the store: the records at these places, and all others where that is not enough.
    ///
    /// # Errors
    /// The database's own, of either.
    pub(super) fn follow(&self, store: &Rows<'_>, touched: &[(String, String)]) -> Result<(), StoreError> {
        let failed = |error| StoreError::database(&self.path, error);
        if touched.is_empty() && self.is_level(store)? {
            return Ok(());
        }
        // Its own lock first: whoever has it sees all that was written before.
        let own = Transaction::new_unchecked(&self.conn, TransactionBehavior::Immediate).map_err(failed)?;
        let theirs = Transaction::new_unchecked(store.conn, TransactionBehavior::Deferred)
            .map_err(|error| store.failed(error))?;
        let from = Rows { conn: &theirs, ..*store };
        let rows = Rows::untold(&own, store.keys, &self.path);
        let (revision, sum) = state_of(&from)?;
        let root = match Root::read_as(ROOT, &rows) {
            Ok(root) => root,
            Err(_) => {
                empty(&rows)?;
                Root::empty(ROOT, revision)
            }
        };
        let mut copy = Copy { from, to: rows, root };
        for (table, key) in touched {
            copy.bring(table, key)?;
        }
        if !copy.root.is_of(&sum) {
            copy.bring_all()?;
            copy.root.set_sum(sum);
        }
        copy.root.write_at(&rows, revision)?;
        own.commit().map_err(failed)
    }

    /// Looks at the whole of it.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is not what it should be beside this store.
    pub(super) fn check(&self, store: &Rows<'_>) -> Result<(), StoreError> {
        let (rows, root) = self.seen_by(store.keys);
        let sound = || {
            let Some(root) = root.filter(|_| self.is_level(store).unwrap_or(false)) else {
                return Err(rows.damaged(ROOT, "", "it is not level with the store"));
            };
            root.verify(&rows)?;
            check::open_all_but_faces(&rows)
        };
        sound().map(|_| ()).map_err(|error| {
            let what = format!("{error}. Remove the file: it is made anew when the store is opened");
            StoreError::corrupt(&self.path, what)
        })
    }

    fn is_level(&self, store: &Rows<'_>) -> Result<bool, StoreError> {
        let (_, root) = self.seen_by(store.keys);
        let theirs = Transaction::new_unchecked(store.conn, TransactionBehavior::Deferred)
            .map_err(|error| store.failed(error))?;
        let (_, sum) = state_of(&Rows { conn: &theirs, ..*store })?;
        Ok(root.is_some_and(|root| root.is_of(&sum)))
    }
}

/// The store's revision, and the sum of what the mirror has of it.
fn state_of(store: &Rows<'_>) -> Result<(u64, [u8; 32]), StoreError> {
    let wrap = |error| store.failed(error);
    let root = Root::read(store)?;
    let mut statement = store.conn.prepare_cached(LEFT_OUT).map_err(wrap)?;
    let record = |row: &Row<'_>| {
        let revision: i64 = row.get(2)?;
        Ok((row.get(0)?, row.get(1)?, u64::try_from(revision).unwrap_or(0)))
    };
    let [state, outlet] = OF_LOG;
    let left_out: Vec<(String, String, u64)> = statement
        .query_map([slots::STORE, state, outlet], record)
        .and_then(Iterator::collect)
        .map_err(wrap)?;
    Ok((root.revision(), root.sum_without(store.keys, left_out)))
}

/// Records on their way from the store into the mirror.
struct Copy<'c> {
    from: Rows<'c>,
    to: Rows<'c>,
    root: Root,
}

impl Copy<'_> {
    /// Makes the record at this place what it is in the store: also none.
    fn bring(&mut self, table: &str, key: &str) -> Result<(), StoreError> {
        let copying = copying(table);
        let place = [table, key];
        if let Some(old) = first(&self.to, copying.remove, place)?.first() {
            let Value::Integer(old) = old else {
                return Err(self.to.damaged(table, key, "it has no revision"));
            };
            self.root.strike(self.to.keys, table, key, u64::try_from(*old).unwrap_or(0));
        }
        if table == "card" {
            self.to.execute("DELETE FROM holder WHERE card = ?1", [key])?;
        }
        let record = first(&self.from, copying.read, place)?;
        let Some(Value::Integer(revision)) = record.get(1) else { return Ok(()) };
        let revision = u64::try_from(*revision).unwrap_or(0);
        self.root.take(self.to.keys, table, key, None, revision);
        self.to.execute(copying.write, params_from_iter(record))?;
        if table == "card" {
            self.bring_holders(key)?;
        }
        Ok(())
    }

    fn bring_holders(&self, card: &str) -> Result<(), StoreError> {
        let wrap = |error| self.from.failed(error);
        let mut statement =
            self.from.conn.prepare_cached("SELECT person FROM holder WHERE card = ?1").map_err(wrap)?;
        let mut holders = statement.query([card]).map_err(wrap)?;
        while let Some(row) = holders.next().map_err(wrap)? {
            let person: String = row.get(0).map_err(wrap)?;
            self.to.execute("INSERT INTO holder (card, person) VALUES (?1, ?2)", [card, &person])?;
        }
        Ok(())
    }

    /// Brings every record that differs: what is gone first, as what took its place may be found by the same.
    fn bring_all(&mut self) -> Result<(), StoreError> {
        let there = root::revisions(&self.from)?;
        let here = root::revisions(&self.to)?;
        let gone = here.keys().filter(|place| !there.contains_key(*place));
        let differing = there
            .iter()
            .filter(|((table, key), _)| keeps(table, key))
            .filter(|(place, revision)| here.get(*place) != Some(*revision))
            .map(|(place, _)| place);
        for (table, key) in gone.chain(differing) {
            self.bring(table, key)?;
        }
        Ok(())
    }
}

/// The columns of the first row that a statement gives; none where it gives none.
fn first(rows: &Rows<'_>, sql: &str, place: [&str; 2]) -> Result<Vec<Value>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(sql).map_err(wrap)?;
    let columns = statement.column_count();
    let mut found = statement.query(place).map_err(wrap)?;
    let Some(row) = found.next().map_err(wrap)? else { return Ok(Vec::new()) };
    let values = (0..columns).map(|at| row.get(at)).collect::<Result<_, _>>().map_err(wrap)?;
    // To its end: what a statement deletes is deleted when it is done.
    while found.next().map_err(wrap)?.is_some() {}
    Ok(values)
}

fn empty(rows: &Rows<'_>) -> Result<(), StoreError> {
    for table in ["root", "holder", "template", "document", "card", "person", "key_slot"] {
        rows.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

fn create(path: &Path) -> Result<(), StoreError> {
    let conn = connect(path)?;
    schema::create_tables(&conn, path)?;
    conn.close().map_err(|(_, error)| StoreError::database(path, error))
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let conn = schema::connect(path)?;
    // Records come in no order, and of whom they are is bound to them by their seal.
    conn.pragma_update(None, "foreign_keys", "OFF")
        .and_then(|()| conn.pragma_update_and_check(None, "journal_mode", "TRUNCATE", |_| Ok(())))
        .map_err(|error| StoreError::database(path, error))?;
    Ok(conn)
}

#[cfg(test)]
mod tests;
