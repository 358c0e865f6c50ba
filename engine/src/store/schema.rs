//! The database file: its tables, its marks, and the way it is opened.

use std::{fs, io, path::Path, time::Duration};

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior, config::DbConfig, limits::Limit};

use super::{StoreError, files};

/// How long one process waits for another that writes.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// `mbtk`: tells our databases from others'.
const APPLICATION_ID: i64 = 0x6d62_746b;

/// The format of the tables below. It goes up with every change to them.
pub(super) const FORMAT: i64 = 4;

/// Bytes of a page.
const PAGE: u32 = 4096;

/// Most bytes of a value or a row, several times what the longest record has. Without it, a file that says that a row has
/// a gigabyte would be given one.
const LONGEST: i32 = 4 * 1024 * 1024;

/// Every object of the database, as `sqlite_schema` must hold it.
///
/// - What is `sealed` is the record; the columns beside it are what it is found by, and are bound to it by the
///   seal or compared with it.
/// - `log` is plain but for the names: whoever inspects a terminal can read it with any SQLite tool, and it still
///   tells what happened when the key is lost. It holds no identifier of a card and no sample. Each record is chained to
///   the one before it (`mac`, `link`); a commitment to the name lets the chain be verified without it.
/// - `checkpoint` is plain: signed statements, one line of JSON each, which lie outside the database too.
pub(super) const OBJECTS: [(&str, &str); 14] = [
    (
        "store",
        "CREATE TABLE store (one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL, checksum BLOB NOT NULL, \
         revision INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT",
    ),
    (
        "key_slot",
        "CREATE TABLE key_slot (name TEXT PRIMARY KEY NOT NULL, revision INTEGER NOT NULL, sealed BLOB NOT NULL, \
         checksum BLOB NOT NULL) STRICT",
    ),
    (
        "root",
        "CREATE TABLE root (one INTEGER PRIMARY KEY CHECK (one = 1), revision INTEGER NOT NULL, \
         sealed BLOB NOT NULL) STRICT",
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
        "CREATE TABLE log (seq INTEGER PRIMARY KEY NOT NULL, time TEXT NOT NULL, offset TEXT NOT NULL, \
         terminal TEXT NOT NULL, category TEXT NOT NULL, operation TEXT NOT NULL, outcome TEXT NOT NULL, reason TEXT, \
         subject TEXT, name BLOB, name_commitment BLOB, object TEXT, account TEXT, purpose TEXT, factors TEXT NOT NULL, standing TEXT, session TEXT, duration_ms INTEGER, \
         pack TEXT, runtime TEXT, camera TEXT, reader TEXT, origin TEXT, host TEXT, host_frames INTEGER NOT NULL, \
         host_card INTEGER NOT NULL, source TEXT NOT NULL, mac BLOB NOT NULL, link BLOB NOT NULL) STRICT",
    ),
    (
        "checkpoint",
        "CREATE TABLE checkpoint (number INTEGER PRIMARY KEY NOT NULL, last INTEGER NOT NULL, line TEXT NOT NULL) STRICT",
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

/// Opens the database at `path`, which must exist, and sets up the connection.
pub(super) fn connect(path: &Path) -> Result<Connection, StoreError> {
    let wrap = |error| StoreError::database(path, error);
    // NOFOLLOW refuses a link anywhere on the way: the folder was checked, the way to it may have links.
    let real = path.canonicalize().map_err(StoreError::io("find", path))?;
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let conn = Connection::open_with_flags(real, flags).map_err(wrap)?;
    conn.busy_timeout(BUSY_TIMEOUT).map_err(wrap)?;
    distrust(&conn).map_err(wrap)?;
    for (pragma, value) in [
        ("foreign_keys", "ON"),
        ("synchronous", "FULL"),
        // What is deleted is overwritten: a removed template does not stay in a free page.
        ("secure_delete", "ON"),
        ("temp_store", "MEMORY"),
    ] {
        conn.pragma_update(None, pragma, value).map_err(wrap)?;
    }
    Ok(conn)
}

/// Opens the database at `path`, which anybody may have made, to be looked at and not changed.
pub(super) fn connect_to_look(path: &Path) -> Result<Connection, StoreError> {
    let wrap = |error| StoreError::database(path, error);
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags).map_err(wrap)?;
    conn.busy_timeout(BUSY_TIMEOUT).map_err(wrap)?;
    distrust(&conn).map_err(wrap)?;
    Ok(conn)
}

/// The file may be hostile: nothing in it may run or be trusted, and nothing of ours may write into its tables' definitions.
fn distrust(conn: &Connection) -> Result<(), rusqlite::Error> {
    conn.set_limit(Limit::SQLITE_LIMIT_LENGTH, LONGEST)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    conn.pragma_update(None, "cell_size_check", "ON")
}

/// Refuses a file that ends within a page. SQLite would read zeros for the rest.
///
/// While a write-ahead log has content, the file may have been left so by a power cut, and is made whole from it.
pub(super) fn refuse_cut_file(path: &Path) -> Result<(), StoreError> {
    let length = |path: &Path| match fs::metadata(path) {
        Ok(found) => Ok(found.len()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(0),
        Err(error) => Err(StoreError::io("look at", path)(error)),
    };
    let found = length(path)?;
    let whole = found.is_multiple_of(u64::from(PAGE)) || length(&files::beside(path, "-wal"))? > 0;
    if found == 0 || !whole {
        let what = format!("expected whole pages of {PAGE} bytes, found a file of {found} bytes");
        return Err(StoreError::corrupt(path, what));
    }
    Ok(())
}

/// Makes the tables in an empty database, and gives it a write-ahead log.
pub(super) fn create(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    create_tables(conn, path)?;
    keep_ahead(conn, path)
}

/// Makes the tables in an empty database.
pub(super) fn create_tables(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let wrap = |error| StoreError::database(path, error);
    conn.pragma_update(None, "page_size", PAGE).map_err(wrap)?;
    let transaction = Transaction::new_unchecked(conn, TransactionBehavior::Immediate).map_err(wrap)?;
    transaction.pragma_update(None, "application_id", APPLICATION_ID).map_err(wrap)?;
    complete(&transaction, path)?;
    transaction.commit().map_err(wrap)
}

/// Gives the database a write-ahead log: one process may read while another writes.
pub(super) fn keep_ahead(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let wrap = |error| StoreError::database(path, error);
    let mode: String =
        conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(wrap)?;
    if mode != "wal" {
        let source = io::Error::new(
            io::ErrorKind::Unsupported,
            "its file system cannot share memory between processes",
        );
        return Err(StoreError::io("keep a write-ahead log beside", path)(source));
    }
    Ok(())
}

/// Makes the objects that are not there yet, and says which format they are of.
pub(super) fn complete(conn: &Connection, path: &Path) -> Result<(), StoreError> {
    let wrap = |error| StoreError::database(path, error);
    let present: Vec<String> = conn
        .prepare("SELECT name FROM sqlite_schema")
        .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
        .map_err(wrap)?;
    for (name, sql) in &OBJECTS {
        if !present.iter().any(|found| found == name) {
            conn.execute_batch(sql).map_err(wrap)?;
        }
    }
    conn.pragma_update(None, "user_version", FORMAT).map_err(wrap)
}

/// The format of the store that the database is.
///
/// # Errors
/// [`StoreError::Foreign`] for another program's database.
pub(super) fn format(conn: &Connection, path: &Path) -> Result<i64, StoreError> {
    let wrap = |error| StoreError::database(path, error);
    let mark = |name| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(wrap);
    let found = mark("application_id")?;
    if found != APPLICATION_ID {
        return Err(StoreError::Foreign { path: path.to_owned(), expected: APPLICATION_ID, found });
    }
    mark("user_version")
}

/// Checks that the database has exactly these objects.
pub(super) fn verify(conn: &Connection, path: &Path, objects: &[(&str, &str)]) -> Result<(), StoreError> {
    let wrap = |error| StoreError::database(path, error);
    let mut statement = conn
        .prepare("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name <> 'sqlite_sequence'")
        .map_err(wrap)?;
    let mut present = Vec::new();
    let mut rows = statement.query([]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let (name, sql): (String, String) = (row.get(0).map_err(wrap)?, row.get(1).map_err(wrap)?);
        if !objects.contains(&(&name, &sql)) {
            return Err(StoreError::corrupt(
                path,
                format!("expected only the store's own tables, found {name:?} changed or added"),
            ));
        }
        present.push(name);
    }
    match objects.iter().find(|(name, _)| !present.iter().any(|found| found == name)) {
        Some((name, _)) => {
            Err(StoreError::corrupt(path, format!("expected the table or index `{name}`, found none")))
        }
        None => Ok(()),
    }
}
