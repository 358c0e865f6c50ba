//! The whole store looked at, record by record.

use serde::Serialize;

use super::{Store, StoreError, Write, cards, log, log_row::Reader, rows::Rows, seal::Place};
use crate::audit::LogId;

/// The sealed tables but the cards and the faces, each with its name under the seal.
const RECORDS: [&str; 2] =
    ["SELECT 'person', id, revision, sealed FROM person", "SELECT kind, key, revision, sealed FROM document"];
const FACES: [&str; 1] = ["SELECT 'template', person, revision, sealed FROM template"];

/// What was found in a store in which everything is as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// Sealed records, each of which opens.
    pub records: u64,
    /// Records of the log.
    pub log: u64,
}

impl Store {
    /// Looks at the whole store: SQLite's own structure, every seal, every reference, the root, each record of the
    /// log and its end, and the mirror. Whether the log is the one that was written, an inspector finds out: see [`LogFile`](super::LogFile).
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] names the first thing that is not as it should be.
    pub fn check(&self) -> Result<Checked, StoreError> {
        let held = self.held();
        let checked = held.look(|store| store.check())?;
        held.follow(&[])?;
        held.mirror()?.check(&held.rows())?;
        Ok(checked)
    }
}

impl Write<'_> {
    fn check(&self) -> Result<Checked, StoreError> {
        let rows = &self.rows;
        let wrap = |error| rows.failed(error);
        let sound: String =
            rows.conn.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).map_err(wrap)?;
        if sound != "ok" {
            return Err(StoreError::corrupt(rows.path, sound));
        }
        let astray: Option<String> = rows
            .conn
            .prepare("PRAGMA foreign_key_check")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.next().transpose())
            .map_err(wrap)?;
        if let Some(table) = astray {
            let what = format!("table `{table}`: a row is of a person or a card that is not there");
            return Err(StoreError::corrupt(rows.path, what));
        }
        let records = open_all(rows)?;
        self.root.borrow().verify(rows)?;
        log::verify(self)?;
        let reader = Reader { path: rows.path, keys: Some(rows.keys), log: LogId::of_store(*self.id) };
        let mut log = 0;
        reader.each(rows.conn, 0, None, |_, record| {
            log += 1;
            record.map(|_| ())
        })?;
        Ok(Checked { records, log })
    }
}

/// Opens every sealed record and says how many there are.
///
/// # Errors
/// [`StoreError::Corrupt`] names the first that does not open, or is not found by what it should be.
pub(super) fn open_all(rows: &Rows<'_>) -> Result<u64, StoreError> {
    Ok(open_all_but_faces(rows)? + open_each(rows, &FACES)?)
}

/// As [`open_all`], of what the mirror has whole.
///
/// # Errors
/// As [`open_all`].
pub(super) fn open_all_but_faces(rows: &Rows<'_>) -> Result<u64, StoreError> {
    let cards = u64::try_from(cards::list(rows, None)?.len()).unwrap_or(u64::MAX);
    Ok(cards + open_each(rows, &RECORDS)?)
}

fn open_each(rows: &Rows<'_>, tables: &[&str]) -> Result<u64, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut count = 0;
    for sql in tables {
        let mut statement = rows.conn.prepare(sql).map_err(wrap)?;
        let mut records = statement.query([]).map_err(wrap)?;
        while let Some(row) = records.next().map_err(wrap)? {
            let text = |at| row.get_ref(at).and_then(|value| Ok(value.as_str()?)).map_err(wrap);
            let (table, key) = (text(0)?, text(1)?);
            let revision = u64::try_from(row.get::<_, i64>(2).map_err(wrap)?).unwrap_or(0);
            let sealed = row.get_ref(3).and_then(|value| Ok(value.as_blob()?)).map_err(wrap)?;
            if rows.keys.open(Place { table, key, revision }, sealed).is_none() {
                let what = "its seal does not fit: it was changed, or put here from elsewhere";
                return Err(rows.damaged(table, key, what));
            }
            count += 1;
        }
    }
    Ok(count)
}
