//! The database past the store, for the tests of the rooms above: as somebody has it who can write its file, without the key.

use super::Location;

/// Runs a statement, and says how many rows it changed.
pub(crate) fn execute(location: &Location, sql: &str) -> usize {
    rusqlite::Connection::open(location.database()).unwrap().execute(sql, []).unwrap()
}
