//! Key slots: the data key, sealed under each key that may open the store.
//!
//! Replacing the store key seals 32 bytes anew and nothing else. A slot that was put back from an older copy is noticed by
//! the root, as every record is.

use std::path::Path;

use rusqlite::{Connection, Row, params};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{
    Store, StoreError, StoreKey, Write,
    root::Root,
    rows::{self, Rows},
    seal::{Place, Sealer},
};
use crate::keys::Locked;

const TABLE: &str = "key_slot";

/// The slot of the store key.
pub(super) const STORE: &str = "store";

/// What records are sealed under.
pub(super) type DataKey = Locked<[u8; 32]>;

impl Store {
    /// The store's id: 16 random bytes, drawn when it was made. It tells stores apart and is no secret.
    pub fn id(&self) -> [u8; 16] {
        self.id
    }
}

impl Write<'_> {
    /// Lets another store key open the store, and the one before no more.
    ///
    /// # Errors
    /// The database's own.
    pub fn replace_store_key(&self, key: &StoreKey) -> Result<(), StoreError> {
        self.put_slot(STORE, key)
    }

    /// Whether this is the key that the store is under.
    ///
    /// # Errors
    /// The database's own.
    pub fn is_store_key(&self, key: &StoreKey) -> Result<bool, StoreError> {
        match open(self.rows.conn, self.rows.path, self.id, STORE, key) {
            Ok(_) => Ok(true),
            Err(StoreError::WrongKey { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Lets one more key open the store, in the place of the one of this name if there is one. The store key's name is
    /// taken.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] for the store key's name.
    pub fn put_key(&self, name: &'static str, key: &StoreKey) -> Result<(), StoreError> {
        if name == STORE {
            let expected = "a name other than the store key's";
            return Err(StoreError::Invalid { what: "a key's name", expected, found: name.to_owned() });
        }
        self.put_slot(name, key)
    }

    /// Keeps a slot as it is in another copy of this store, in the place of the one of revision `old`. Whose key it is
    /// nobody knows here, so it stays sealed as it is.
    pub(super) fn take_slot(&self, slot: &Slot, old: Option<u64>) -> Result<(), StoreError> {
        self.root.borrow_mut().take(self.rows.keys, TABLE, &slot.name, old, slot.revision);
        self.rows.execute(
            "INSERT OR REPLACE INTO key_slot (name, revision, sealed, checksum) VALUES (?1, ?2, ?3, ?4)",
            params![slot.name, rows::column(slot.revision), slot.sealed, slot.checksum],
        )?;
        Ok(())
    }

    /// Lets the key of this name open the store no more.
    pub(super) fn remove_slot(&self, name: &str) -> Result<(), StoreError> {
        let sql = "DELETE FROM key_slot WHERE name = ?1 RETURNING 'key_slot', name, revision";
        self.strike(sql, [name]).map(|_| ())
    }

    fn put_slot(&self, name: &str, key: &StoreKey) -> Result<(), StoreError> {
        put(&self.rows, &mut self.root.borrow_mut(), self.id, name, key, self.data_key)
    }
}

/// A slot as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Slot {
    pub(super) name: String,
    revision: u64,
    sealed: Vec<u8>,
    checksum: [u8; 8],
}

impl Slot {
    /// The revision under which it is sealed.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// The data key, if `key` is this slot's.
    pub(super) fn open(&self, id: &[u8; 16], key: &StoreKey) -> Option<DataKey> {
        let place = Place { table: TABLE, key: &self.name, revision: self.revision };
        let content = Sealer::for_slots(key.as_bytes(), id).open(place, &self.sealed)?;
        content.first_chunk().filter(|_| content.len() == size_of::<[u8; 32]>()).map(DataKey::copy_of)
    }
}

/// Every slot, by name.
pub(super) fn all(conn: &Connection, path: &Path) -> Result<Vec<Slot>, StoreError> {
    let read = |row: &Row<'_>| {
        let revision: i64 = row.get(1)?;
        let revision = u64::try_from(revision).unwrap_or(0);
        Ok(Slot { name: row.get(0)?, revision, sealed: row.get(2)?, checksum: row.get(3)? })
    };
    conn.prepare("SELECT name, revision, sealed, checksum FROM key_slot ORDER BY name")
        .and_then(|mut statement| statement.query_map([], read)?.collect())
        .map_err(|error| StoreError::database(path, error))
}

fn find(conn: &Connection, path: &Path, name: &str) -> Result<Option<Slot>, StoreError> {
    Ok(all(conn, path)?.into_iter().find(|slot| slot.name == name))
}

/// The data key, out of the slot of this name.
///
/// # Errors
/// [`StoreError::WrongKey`] when the slot is another key's, or there is none of this name.
pub(super) fn open(
    conn: &Connection,
    path: &Path,
    id: &[u8; 16],
    name: &str,
    key: &StoreKey,
) -> Result<DataKey, StoreError> {
    let wrong = || StoreError::WrongKey { path: path.to_owned() };
    let damaged = |what: &str| StoreError::corrupt(path, format!("table `{TABLE}`, row {name:?}: {what}"));
    let Some(slot) = find(conn, path, name)? else {
        return Err(if name == STORE { damaged("expected one row, found none") } else { wrong() });
    };
    if checksum(&slot.sealed) != slot.checksum {
        return Err(damaged("its checksum does not fit"));
    }
    slot.open(id, key).ok_or_else(wrong)
}

/// Seals the data key under `key` into the slot of this name, in the place of what was in it.
pub(super) fn put(
    rows: &Rows<'_>,
    root: &mut Root,
    id: &[u8; 16],
    name: &str,
    key: &StoreKey,
    data_key: &DataKey,
) -> Result<(), StoreError> {
    let old = find(rows.conn, rows.path, name)?.map(|slot| slot.revision);
    let revision = root.revise(rows.keys, TABLE, name, old);
    let place = Place { table: TABLE, key: name, revision };
    let sealed = Sealer::for_slots(key.as_bytes(), id).seal(place, &**data_key)?;
    rows.execute(
        "INSERT OR REPLACE INTO key_slot (name, revision, sealed, checksum) VALUES (?1, ?2, ?3, ?4)",
        params![name, rows::column(revision), sealed, checksum(&sealed)],
    )?;
    Ok(())
}

/// Tells damage from a key that does not fit: without it, damage would send the operator looking for another key. No
/// protection: what is protected is sealed.
fn checksum(sealed: &[u8]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(sealed).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}
