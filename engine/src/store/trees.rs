//! Whether what an index finds is what a scan finds.
//!
//! The root is compared with what a scan of the tables finds. A record is read by its key, through the order of its table
//! or an index on it. Whoever can write the file and has not the key could let the two part: a cell out of its order is
//! scanned and never found, and an index that leads elsewhere finds what no scan comes to. SQLite knows how to compare
//! them, table by table, which leaves the log out: that is long, and has a chain of its own.

use super::{StoreError, rows::Rows};

/// The tables of sealed records, and of what these are found by.
const TABLES: [&str; 8] = ["store", "key_slot", "root", "person", "card", "holder", "template", "document"];

/// # Errors
/// [`StoreError::Corrupt`] when a table and its indexes do not hold the same, or something is among the documents that is
/// none.
pub(super) fn check(rows: &Rows<'_>) -> Result<(), StoreError> {
    let wrap = |error| rows.failed(error);
    for table in TABLES {
        let mut statement = rows
            .conn
            .prepare_cached("SELECT integrity_check FROM pragma_integrity_check(?1)")
            .map_err(wrap)?;
        let sound: String = statement.query_row([table], |row| row.get(0)).map_err(wrap)?;
        if sound != "ok" {
            return Err(StoreError::corrupt(rows.path, format!("table `{table}`: {sound}")));
        }
    }
    let mut statement = rows.conn.prepare_cached("SELECT DISTINCT kind FROM document").map_err(wrap)?;
    let mut kinds = statement.query([]).map_err(wrap)?;
    while let Some(row) = kinds.next().map_err(wrap)? {
        let kind: String = row.get(0).map_err(wrap)?;
        if !is_free(&kind) {
            return Err(rows.damaged("document", &kind, "a record of another table was put here"));
        }
    }
    Ok(())
}

/// Whether a kind of document may have this name. A document is sealed under its kind, as other records are under the name of
/// their table: under such a name one of those would open as a document.
pub(super) const fn is_free(kind: &str) -> bool {
    let mut at = 0;
    while at < TABLES.len() {
        if is_same(TABLES[at].as_bytes(), kind.as_bytes()) {
            return false;
        }
        at += 1;
    }
    true
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}
