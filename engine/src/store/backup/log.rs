//! The log of the store that is replaced: taken over as it goes on from where the backup was taken, or not at all.

use mabataki_models::Digest;
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, params_from_iter};

use super::super::{StoreError, Write, chain, documents, rows::Rows};
use crate::audit::LogState;

/// The tables that a log is in, each with what its rows are numbered by.
const TABLES: [(&str, &str); 2] = [("log", "seq"), ("checkpoint", "number")];

/// Goes on with the current store's log, if it is the one that the backup's goes on to, and ends where it should. Says
/// whether it did. What is in between, `audit verify` judges.
pub(super) fn take_over(staged: &Write<'_>, current: &Rows<'_>) -> Result<bool, StoreError> {
    let Ok(Some((_, state))) = documents::find::<LogState>(current, chain::KEY) else { return Ok(false) };
    let (last, link, checkpoint) = {
        let known = staged.chain()?;
        (known.last(), known.link(), known.checkpoint())
    };
    let goes_on = last == 0 || link_of(current, last) == Some(link);
    let ends = state.last() == 0 || link_of(current, state.last()) == Some(state.link());
    if state.last() < last || !goes_on || !ends {
        return Ok(false);
    }
    for ((table, number), after) in TABLES.into_iter().zip([last, checkpoint]) {
        copy(staged, current, table, number, after)?;
    }
    staged.go_on_with(state)?;
    Ok(true)
}

/// What the record after this one is tied to.
fn link_of(rows: &Rows<'_>, seq: u64) -> Option<Digest> {
    let find = "SELECT link FROM log WHERE seq = ?1";
    let seq = i64::try_from(seq).ok()?;
    let link: Option<[u8; 32]> = rows.conn.query_row(find, [seq], |row| row.get(0)).optional().ok()?;
    link.map(Digest::from_bytes)
}

fn copy(
    staged: &Write<'_>,
    current: &Rows<'_>,
    table: &str,
    number: &str,
    after: u64,
) -> Result<(), StoreError> {
    let wrap = |error| current.failed(error);
    let read = format!("SELECT * FROM {table} WHERE {number} > ?1 ORDER BY {number}");
    let mut statement = current.conn.prepare(&read).map_err(wrap)?;
    let columns = statement.column_count();
    let places = vec!["?"; columns].join(", ");
    let write = format!("INSERT INTO {table} VALUES ({places})");
    let mut rows = statement.query([i64::try_from(after).unwrap_or(i64::MAX)]).map_err(wrap)?;
    while let Some(row) = rows.next().map_err(wrap)? {
        let values: Vec<Value> =
            (0..columns).map(|at| row.get(at)).collect::<Result<_, _>>().map_err(wrap)?;
        staged.rows.execute(&write, params_from_iter(values))?;
    }
    Ok(())
}
