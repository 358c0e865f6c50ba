//! Stores of an earlier format, taken over when they are opened.
//!
//! Format 3 sealed records under keys derived from the store key itself, counted revisions for each record apart, and had
//! neither root nor anchor. Taking it over seals every record anew, in one transaction.

use std::path::Path;

use rusqlite::{Connection, Transaction, TransactionBehavior, params};
use subtle::ConstantTimeEq;

use super::{
    Location, Settings, StoreError, StoreKey, Write,
    anchor::{Anchor, Reached},
    cards,
    checkpoints::CheckpointFile,
    head::Head,
    log_row::Columns,
    root::Root,
    rows::{self, Rows},
    schema,
    seal::{Keys, Place},
};
use crate::audit::{Entry, LocalOffset};
use crate::card::CardIdentity;

/// The format before this one.
pub(super) const FORMAT: i64 = 3;

/// Every object of a database of format 3.
const OBJECTS: [(&str, &str); 11] = [
    (
        "store",
        "CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL, key_check BLOB NOT NULL, \
         checksum BLOB NOT NULL, revision INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    ),
    (
        "person",
        "CREATE TABLE person (id TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    ),
    (
        "card",
        "CREATE TABLE card (handle TEXT PRIMARY KEY NOT NULL, lookup BLOB NOT NULL UNIQUE, \
         revision INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    ),
    (
        "holder",
        "CREATE TABLE holder (card TEXT NOT NULL REFERENCES card (handle), \
         person TEXT NOT NULL REFERENCES person (id), PRIMARY KEY (card, person)) STRICT, WITHOUT ROWID",
    ),
    ("holder_person", "CREATE INDEX holder_person ON holder (person)"),
    (
        "template",
        "CREATE TABLE template (person TEXT PRIMARY KEY NOT NULL REFERENCES person (id), \
         revision INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    ),
    (
        "document",
        "CREATE TABLE document (kind TEXT NOT NULL, key TEXT NOT NULL, person TEXT REFERENCES person (id), \
         revision INTEGER NOT NULL, sealed BLOB NOT NULL, PRIMARY KEY (kind, key)) STRICT, WITHOUT ROWID",
    ),
    ("document_person", "CREATE INDEX document_person ON document (person)"),
    (
        "log",
        "CREATE TABLE log (seq INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, terminal TEXT NOT NULL, \
         category TEXT NOT NULL, operation TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT, subject TEXT, name TEXT, \
         object TEXT, account TEXT, purpose TEXT, factors TEXT NOT NULL, session TEXT, duration_ms INTEGER, pack TEXT, \
         runtime TEXT, origin TEXT, host TEXT, host_frames INTEGER NOT NULL, host_card INTEGER NOT NULL) STRICT",
    ),
    (
        "log_is_not_changed",
        "CREATE TRIGGER log_is_not_changed BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    ),
    (
        "log_is_not_cut",
        "CREATE TRIGGER log_is_not_cut BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    ),
];

/// The sealed tables but the cards: where each record is and at which revision, how its seal is read, how it is written.
const TABLES: [[&str; 3]; 3] = [
    [
        "SELECT 'person', id, revision FROM person",
        "SELECT sealed FROM person WHERE ?1 = 'person' AND id = ?2",
        "UPDATE person SET revision = ?3, sealed = ?4 WHERE ?1 = 'person' AND id = ?2",
    ],
    [
        "SELECT 'template', person, revision FROM template",
        "SELECT sealed FROM template WHERE ?1 = 'template' AND person = ?2",
        "UPDATE template SET revision = ?3, sealed = ?4 WHERE ?1 = 'template' AND person = ?2",
    ],
    [
        "SELECT kind, key, revision FROM document",
        "SELECT sealed FROM document WHERE kind = ?1 AND key = ?2",
        "UPDATE document SET revision = ?3, sealed = ?4 WHERE kind = ?1 AND key = ?2",
    ],
];

/// Makes room for the tables that have other columns now.
const SET_ASIDE: &str = "DROP TABLE store; DROP TRIGGER log_is_not_changed; DROP TRIGGER log_is_not_cut; \
    ALTER TABLE log RENAME TO log_3";

/// The log of format 3, in today's order of columns. Its records told no zone, no devices and no standing, and had no word
/// but the engine's.
const LOG: &str = "SELECT seq, time, '+00:00', terminal, category, operation, outcome, reason, subject, name, object, \
    account, purpose, factors, NULL, session, duration_ms, pack, runtime, NULL, NULL, origin, host, host_frames, \
    host_card, 'engine' FROM log_3 ORDER BY seq";

/// Makes a store of format 3 one of this format.
///
/// # Errors
/// [`StoreError::RolledBack`] when this terminal had a store of a later format: this one was put back.
pub(super) fn from_format_3(
    conn: &mut Connection,
    location: &Location,
    key: &StoreKey,
) -> Result<(), StoreError> {
    let path = &location.database();
    let wrap = |error| StoreError::database(path, error);
    schema::verify(conn, path, &OBJECTS)?;
    let transaction = Transaction::new(conn, TransactionBehavior::Immediate).map_err(wrap)?;
    if schema::format(&transaction, path)? != FORMAT {
        // Another process was faster.
        return Ok(());
    }
    if Anchor::exists(location)? {
        return Err(StoreError::RolledBack { path: location.state.clone(), witnessed: 1, found: 0 });
    }
    let (old, head) = read_head(&transaction, path, key)?;
    let mut root = Root::new(0);
    let mut resealing = Resealing {
        old: Rows::untold(&transaction, &old, path),
        new: Rows::untold(&transaction, &head.keys, path),
        root: &mut root,
    };
    TABLES.iter().try_for_each(|statements| resealing.table(statements))?;
    resealing.cards()?;
    transaction.execute_batch(SET_ASIDE).map_err(wrap)?;
    schema::complete(&transaction, path)?;
    head.write(&transaction, path, &mut root, key)?;
    let rows = Rows::untold(&transaction, &head.keys, path);
    let store = Write::new(rows, &head.settings, &head.id, &head.data_key, root);
    take_log_over(&store)?;
    CheckpointFile::open(location)?.begin(&store)?;
    let mut root = store.root.into_inner();
    root.write(&rows)?;
    let anchor = Anchor::prepare(location, &head.keys, head.id, Reached::unknown(root.revision()))?;
    transaction.commit().map_err(wrap)?;
    anchor.publish(&location.anchor())
}

/// Chains the records of format 3, as they are, and signs for them.
fn take_log_over(store: &Write<'_>) -> Result<(), StoreError> {
    let rows = &store.rows;
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare(LOG).map_err(wrap)?;
    let mut found = statement.query([]).map_err(wrap)?;
    while let Some(row) = found.next().map_err(wrap)? {
        let columns = Columns { path: rows.path, row };
        let entry = Entry { name: columns.get(9)?, ..columns.entry()? };
        columns.check(&entry)?;
        let seq = store.put_record(&entry, LocalOffset::UTC)?;
        if columns.get::<i64>(0)? != rows::column(seq) {
            let what = format!("table `log`: expected record {seq}, found another after the one before it");
            return Err(StoreError::corrupt(rows.path, what));
        }
    }
    drop(found);
    drop(statement);
    rows.conn.execute_batch("DROP TABLE log_3").map_err(wrap)?;
    store.sign_log()?;
    store.keep_chain()
}

/// The keys of format 3, and the new head: of the same store, with a data key of its own.
fn read_head(conn: &Connection, path: &Path, key: &StoreKey) -> Result<(Keys, Head), StoreError> {
    let damaged = |what: &str| StoreError::corrupt(path, format!("table `store`: {what}"));
    let (id, check, revision, sealed): ([u8; 16], [u8; 32], i64, Vec<u8>) = conn
        .query_row("SELECT id, key_check, revision, sealed FROM store WHERE one = 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
        })
        .map_err(|error| StoreError::database(path, error))?;
    let (old, old_check) = Keys::derive_format_3(key.as_bytes(), &id);
    if !bool::from(old_check.ct_eq(&check)) {
        return Err(StoreError::WrongKey { path: path.to_owned() });
    }
    let place = Place { table: "store", key: "", revision: u64::try_from(revision).unwrap_or(0) };
    let (settings, _) = rows::open::<Settings>(&old, place, &sealed)
        .ok_or_else(|| damaged("the seal of the settings does not fit"))?;
    Ok((old, Head::draw(id, settings)?))
}

/// Records on their way from one set of keys to another.
struct Resealing<'r> {
    old: Rows<'r>,
    new: Rows<'r>,
    root: &'r mut Root,
}

impl Resealing<'_> {
    fn table(&mut self, [list, read, write]: &[&str; 3]) -> Result<(), StoreError> {
        for (table, key, revision) in self.places(list)? {
            let sealed: Vec<u8> = self
                .old
                .conn
                .prepare_cached(read)
                .and_then(|mut statement| statement.query_row([&table, &key], |row| row.get(0)))
                .map_err(|error| self.old.failed(error))?;
            let (revision, sealed) = self.record(&table, &key, revision, &sealed)?;
            self.new.execute(write, params![table, key, revision, sealed])?;
        }
        Ok(())
    }

    /// Cards are found by a keyed hash, which is another under another key.
    fn cards(&mut self) -> Result<(), StoreError> {
        for (_, handle, _) in self.places("SELECT 'card', handle, revision FROM card")? {
            let found = cards::find_by(&self.old, cards::BY_HANDLE, &handle)?;
            let Some((_, content)) = found else { continue };
            let lookup = self.new.keys.card_lookup(&CardIdentity {
                kind: content.meta.kind,
                id_kind: content.meta.id_kind,
                assurance: content.meta.assurance,
                id: content.secret.clone(),
            });
            let revision = self.root.revise(self.new.keys, cards::TABLE, &handle, None);
            let place = Place { table: cards::TABLE, key: &handle, revision };
            let sealed = self.new.seal(place, &content.meta, &content.secret)?;
            self.new.execute(
                "UPDATE card SET lookup = ?2, revision = ?3, sealed = ?4 WHERE handle = ?1",
                params![handle, lookup, rows::column(revision), sealed],
            )?;
        }
        Ok(())
    }

    fn record(
        &mut self,
        table: &str,
        key: &str,
        revision: i64,
        sealed: &[u8],
    ) -> Result<(i64, Vec<u8>), StoreError> {
        let place = Place { table, key, revision: u64::try_from(revision).unwrap_or(0) };
        let content = self
            .old
            .keys
            .open(place, sealed)
            .ok_or_else(|| self.old.damaged(table, key, "its seal does not fit"))?;
        let revision = self.root.revise(self.new.keys, table, key, None);
        let sealed = self.new.keys.seal(Place { table, key, revision }, &content)?;
        Ok((rows::column(revision), sealed))
    }

    /// Table, key and revision of every record that this statement lists.
    fn places(&self, list: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
        let wrap = |error| self.old.failed(error);
        let mut statement = self.old.conn.prepare(list).map_err(wrap)?;
        let rows =
            statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).map_err(wrap)?;
        rows.collect::<Result<_, _>>().map_err(wrap)
    }
}
