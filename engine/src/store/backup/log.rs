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
    let ends = [state.last(), state.checkpoint()];
    let ranges = [last, checkpoint].into_iter().zip(ends);
    if !copied(staged, current, TABLES.into_iter().zip(ranges))? {
        return Ok(false);
    }
    staged.go_on_with(state)?;
    Ok(true)
}

/// Copies these rows, all of them or none. Says whether it did: not where one is missing or cannot be read.
fn copied(
    staged: &Write<'_>,
    current: &Rows<'_>,
    ranges: impl Iterator<Item = ((&'static str, &'static str), (u64, u64))>,
) -> Result<bool, StoreError> {
    let run = |sql| staged.rows.conn.execute_batch(sql).map_err(|error| staged.rows.failed(error));
    run("SAVEPOINT take_log")?;
    let mut whole = true;
    for ((table, number), (after, last)) in ranges {
        let copied = copy(staged, current, table, number, [after, last]);
        whole &= copied.is_ok_and(|copied| copied == last.saturating_sub(after));
    }
    if !whole {
        run("ROLLBACK TO take_log")?;
    }
    run("RELEASE take_log")?;
    Ok(whole)
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
    range: [u64; 2],
) -> Result<u64, StoreError> {
    let wrap = |error| current.failed(error);
    let read = format!("SELECT * FROM {table} WHERE {number} > ?1 AND {number} <= ?2 ORDER BY {number}");
    let mut statement = current.conn.prepare(&read).map_err(wrap)?;
    let columns = statement.column_count();
    let places = vec!["?"; columns].join(", ");
    let write = format!("INSERT INTO {table} VALUES ({places})");
    let mut rows = statement.query(range.map(|end| i64::try_from(end).unwrap_or(i64::MAX))).map_err(wrap)?;
    let mut copied = 0;
    while let Some(row) = rows.next().map_err(wrap)? {
        let values: Vec<Value> =
            (0..columns).map(|at| row.get(at)).collect::<Result<_, _>>().map_err(wrap)?;
        staged.rows.execute(&write, params_from_iter(values))?;
        copied += 1;
    }
    Ok(copied)
}
