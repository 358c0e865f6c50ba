//! The head of a store: its id, the data key in its slots, and what was fixed when it was made.

use std::path::Path;

use rusqlite::{Connection, params};
use sha2::{Digest as _, Sha256};

use super::{
    Location, Settings, StoreError, StoreKey,
    anchor::{Anchor, Reached},
    files::{self, Temporary},
    root::Root,
    rows::{self, Rows},
    schema,
    seal::{self, Keys, Place},
    slots::{self, DataKey},
};
use crate::keys::Locked;

const TABLE: &str = "store";

/// What a store's records are read with.
pub(super) struct Head {
    pub(super) id: [u8; 16],
    pub(super) keys: Locked<Keys>,
    pub(super) data_key: DataKey,
    pub(super) settings: Settings,
}

impl Head {
    /// Draws the data key of a store with this id.
    pub(super) fn draw(id: [u8; 16], settings: Settings) -> Result<Head, StoreError> {
        let data_key = DataKey::filled(|bytes| seal::fill_random(bytes))?;
        Ok(Head { id, keys: Locked::new(Keys::derive(&data_key, &id)), data_key, settings })
    }

    /// Reads the head by the data key that `unlock` finds.
    pub(super) fn read(
        conn: &Connection,
        path: &Path,
        unlock: impl FnOnce(&Connection, &Path, &[u8; 16]) -> Result<DataKey, StoreError>,
    ) -> Result<Head, StoreError> {
        let damaged = |what: &str| StoreError::corrupt(path, format!("table `{TABLE}`: {what}"));
        type Row = ([u8; 16], [u8; 8], i64, Vec<u8>);
        let row =
            conn.query_row("SELECT id, checksum, revision, sealed FROM store WHERE one = 1", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            });
        let (id, sum, revision, sealed): Row = match row {
            Ok(row) => row,
            Err(rusqlite::Error::QueryReturnedNoRows) => {
                return Err(damaged("expected one row, found none"));
            }
            Err(error) => return Err(StoreError::database(path, error)),
        };
        // Without this, damage to the id would look like a wrong key, and send the operator looking for one.
        if checksum(&id) != sum {
            return Err(damaged("its checksum does not fit"));
        }
        let data_key = unlock(conn, path, &id)?;
        let keys = Locked::new(Keys::derive(&data_key, &id));
        let place = Place { table: TABLE, key: "", revision: u64::try_from(revision).unwrap_or(0) };
        let (settings, _) = rows::open(&keys, place, &sealed)
            .ok_or_else(|| damaged("the seal of the settings does not fit"))?;
        Ok(Head { id, keys, data_key, settings })
    }

    /// Writes the head's own rows into a database that has none yet.
    pub(super) fn write(
        &self,
        conn: &Connection,
        path: &Path,
        root: &mut Root,
        key: &StoreKey,
    ) -> Result<(), StoreError> {
        let rows = Rows::untold(conn, &self.keys, path);
        let revision = root.revise(&self.keys, TABLE, "", None);
        let place = Place { table: TABLE, key: "", revision };
        let sealed = rows.seal(place, &self.settings, &[])?;
        rows.execute(
            "INSERT INTO store (one, id, checksum, revision, sealed) VALUES (1, ?1, ?2, ?3, ?4)",
            params![self.id, checksum(&self.id), rows::column(revision), sealed],
        )?;
        slots::put(&rows, root, &self.id, slots::STORE, key, &self.data_key)
    }
}

/// Makes the database under a temporary name, and gives it its own when all of it is on the disk; then the anchor.
pub(super) fn create(location: &Location, key: &StoreKey, settings: &Settings) -> Result<(), StoreError> {
    let path = location.database();
    let temporary = Temporary::create(&path)?;
    let wrap = |error| StoreError::database(&path, error);
    let conn = schema::connect(&temporary.path)?;
    schema::create(&conn, &path)?;
    let mut id = [0; 16];
    seal::fill_random(&mut id)?;
    let head = Head::draw(id, settings.clone())?;
    let mut root = Root::new(0);
    head.write(&conn, &path, &mut root, key)?;
    root.write(&Rows::untold(&conn, &head.keys, &path))?;
    // The last connection to close takes the write-ahead log back into the file.
    conn.close().map_err(|(_, error)| wrap(error))?;
    let anchor = Anchor::prepare(location, &head.keys, head.id, Reached::unknown(root.revision()))?;
    temporary.publish(&path)?;
    anchor.publish(&location.anchor()).inspect_err(|_| files::remove_new(&path))
}

/// Tells damage of the id from a key that does not fit. No protection: what is protected is sealed.
fn checksum(id: &[u8; 16]) -> [u8; 8] {
    let digest: [u8; 32] = Sha256::digest(id).into();
    let [a, b, c, d, e, f, g, h, ..] = digest;
    [a, b, c, d, e, f, g, h]
}
