//! Sealed records: how one is laid out, written, found and read.
//!
//! The content under the seal is `[length of the meta data, u32 LE][meta data, JSON][secret bytes]`. Secret
//! bytes (a card's identifier, a template) are never turned into text.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension, Row, types::ValueRef};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    StoreError,
    faults::Faults,
    seal::{self, Keys, Place},
};

/// Most bytes of a record's meta data.
const META: usize = 16 * 1024;
/// Most secret bytes of a record.
pub(super) const SECRET: usize = 256 * 1024;
/// Most bytes of a sealed record.
const SEALED: usize = 4 + META + SECRET + seal::OVERHEAD;

/// A connection, inside a transaction or not, with the keys to what is sealed in it.
#[derive(Clone, Copy)]
pub(super) struct Rows<'s> {
    pub(super) conn: &'s Connection,
    pub(super) keys: &'s Keys,
    pub(super) path: &'s Path,
    /// Where what is found wrong is told. Nowhere where it is judged as a whole: a store that is only being made, or the
    /// remains of one.
    pub(super) faults: Option<&'s Faults>,
}

/// A record's content.
pub(super) struct Content<T> {
    pub(super) revision: u64,
    pub(super) meta: T,
    pub(super) secret: Zeroizing<Vec<u8>>,
}

impl<'s> Rows<'s> {
    /// Of which nobody is told what is wrong with them but by the error.
    pub(super) fn untold(conn: &'s Connection, keys: &'s Keys, path: &'s Path) -> Rows<'s> {
        Rows { conn, keys, path, faults: None }
    }

    /// An error of the database, in our words.
    pub(super) fn failed(&self, error: rusqlite::Error) -> StoreError {
        self.told(StoreError::database(self.path, error))
    }

    /// A record that is not as the store writes it.
    pub(super) fn damaged(&self, table: &str, key: &str, what: &str) -> StoreError {
        self.told(StoreError::corrupt(self.path, format!("table `{table}`, row {key:?}: {what}")))
    }

    fn told(&self, error: StoreError) -> StoreError {
        if let Some(faults) = self.faults {
            faults.note(&error);
        }
        error
    }

    /// Seals a record for its place.
    pub(super) fn seal<T: Serialize>(
        &self,
        place: Place<'_>,
        meta: &T,
        secret: &[u8],
    ) -> Result<Vec<u8>, StoreError> {
        seal(self.keys, place, meta, secret)
    }

    /// Opens the record of a row that holds `revision` and `sealed` in these two columns.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        table: &'static str,
        key: &str,
        row: &Row<'_>,
        columns: [usize; 2],
    ) -> Result<Content<T>, StoreError> {
        let revision: i64 = row.get(columns[0]).map_err(|error| self.failed(error))?;
        let sealed = match row.get_ref(columns[1]).map_err(|error| self.failed(error))? {
            ValueRef::Blob(sealed) if sealed.len() <= SEALED => sealed,
            _ => return Err(self.damaged(table, key, "expected a sealed record, found something else")),
        };
        let revision = u64::try_from(revision).unwrap_or(0);
        let place = Place { table, key, revision };
        let (meta, secret) = open(self.keys, place, sealed).ok_or_else(|| {
            self.damaged(table, key, "its seal does not fit: it was changed, or put here from elsewhere")
        })?;
        Ok(Content { revision, meta, secret })
    }

    /// The record that `sql` finds by the text `key`, if there is one: columns `revision`, `sealed`.
    pub(super) fn find<T: DeserializeOwned>(
        &self,
        table: &'static str,
        sql: &str,
        key: &str,
    ) -> Result<Option<Content<T>>, StoreError> {
        let mut statement = self.conn.prepare_cached(sql).map_err(|error| self.failed(error))?;
        statement
            .query_row([key], |row| Ok(self.open(table, key, row, [0, 1])))
            .optional()
            .map_err(|error| self.failed(error))?
            .transpose()
    }

    /// Runs a statement and says how many rows it changed.
    pub(super) fn execute(&self, sql: &str, values: impl rusqlite::Params) -> Result<usize, StoreError> {
        self.conn
            .prepare_cached(sql)
            .and_then(|mut statement| statement.execute(values))
            .map_err(|error| self.failed(error))
    }
}

/// Seals meta data and secret bytes together.
pub(super) fn seal<T: Serialize>(
    keys: &Keys,
    place: Place<'_>,
    meta: &T,
    secret: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let too_long = |what, expected, found: usize| StoreError::Invalid {
        what,
        expected,
        found: format!("{found} bytes"),
    };
    if secret.len() > SECRET {
        return Err(too_long("a record", "at most 256 KiB", secret.len()));
    }
    // The whole buffer is made at once: growing would leave copies behind that nobody wipes.
    let mut content = Zeroizing::new(vec![0; 4 + META + secret.len()]);
    let mut rest = content.get_mut(4..4 + META).unwrap_or_default();
    serde_json::to_writer(&mut rest, meta)
        .map_err(|_| too_long("a record's meta data", "at most 16 KiB", META + 1))?;
    let length = META - rest.len();
    content.truncate(4 + length);
    for (byte, value) in content.iter_mut().zip((length as u32).to_le_bytes()) {
        *byte = value;
    }
    content.extend_from_slice(secret);
    keys.seal(place, &content)
}

/// Opens a sealed record; `None` when it is not one, or not this place's.
pub(super) fn open<T: DeserializeOwned>(
    keys: &Keys,
    place: Place<'_>,
    sealed: &[u8],
) -> Option<(T, Zeroizing<Vec<u8>>)> {
    let content = keys.open(place, sealed)?;
    let (length, rest) = content.split_first_chunk::<4>()?;
    let (meta, secret) = rest.split_at_checked(usize::try_from(u32::from_le_bytes(*length)).ok()?)?;
    Some((serde_json::from_slice(meta).ok()?, Zeroizing::new(secret.to_vec())))
}

/// A number as the database keeps it.
pub(super) fn column(revision: u64) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}
