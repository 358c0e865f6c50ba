//! What a backup tells of itself before it is opened.

use jiff::Timestamp;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};

use super::super::{Store, StoreError, StoreKey, schema, seal, slots};
use super::DataKey;

/// Whose backup it is, of when, and by what it opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BackupHeader {
    /// The store's id.
    pub store: [u8; 16],
    /// The terminal's id.
    pub terminal: String,
    /// When it was taken, UTC.
    pub taken: Timestamp,
    /// The format of the database in it.
    pub format: i64,
    /// The revision that the store had reached.
    pub revision: u64,
    /// The number of the last record of the log.
    pub last_record: u64,
    /// What its own key is derived with.
    salt: [u8; 32],
    slots: Vec<slots::Slot>,
}

impl BackupHeader {
    /// The header of a backup whose database is `copy`.
    pub(super) fn of(store: &Store, copy: &Connection, taken: Timestamp) -> Result<Self, StoreError> {
        let wrap = |error| StoreError::database(&store.path, error);
        let mut salt = [0; 32];
        seal::fill_random(&mut salt)?;
        let number = |sql: &str| -> Result<u64, StoreError> {
            let found: i64 = copy.query_row(sql, [], |row| row.get(0)).map_err(wrap)?;
            Ok(u64::try_from(found).unwrap_or(0))
        };
        Ok(Self {
            store: store.id,
            terminal: store.settings.terminal.clone(),
            taken,
            format: schema::FORMAT,
            revision: number("SELECT revision FROM root")?,
            last_record: number("SELECT coalesce(max(seq), 0) FROM log")?,
            salt,
            slots: slots::all(copy, &store.path)?,
        })
    }

    pub(super) fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// The data key, if `key` is the one in the slot of this name.
    pub(super) fn open(&self, name: &str, key: &StoreKey) -> Option<DataKey> {
        self.slots.iter().find(|slot| slot.name == name)?.open(&self.store, key)
    }

    pub(super) fn to_text(&self) -> Result<Vec<u8>, StoreError> {
        serde_json::to_vec(self).map_err(|error| StoreError::Invalid {
            what: "a backup's header",
            expected: "what can be written as JSON",
            found: error.to_string(),
        })
    }

    pub(super) fn from_text(text: &[u8]) -> Option<Self> {
        serde_json::from_slice(text).ok()
    }
}
