//! That a store once had an administrator. From then on it never takes orders from nobody again, whatever becomes of the
//! people in it; and the anchor says so outside of it, for when nothing is left of it but a backup from before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Document, StoreError, Write, rows::Rows};

/// The one mark's key.
const MARK: &str = "set_up";

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetUp {
    /// UTC.
    since: Timestamp,
}

impl Document for SetUp {
    const KIND: &'static str = "set_up";
}

impl Write<'_> {
    /// Whether the store ever had an administrator.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the mark is damaged.
    pub fn is_set_up(&self) -> Result<bool, StoreError> {
        Ok(self.document::<SetUp>(MARK)?.is_some())
    }

    /// Marks that it has one. The mark stays: there is no way to take it away.
    ///
    /// # Errors
    /// The database's own.
    pub fn set_up(&self, since: Timestamp) -> Result<(), StoreError> {
        if self.is_set_up()? {
            return Ok(());
        }
        self.put_document(MARK, &SetUp { since })
    }
}

/// Whether the mark is there. Whoever would judge somebody's right by it asks [`Write::is_set_up`], which opens it: this
/// much is for the anchor, which a damaged mark must not stop.
pub(super) fn is_marked(rows: &Rows<'_>) -> Result<bool, StoreError> {
    rows.conn
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM document WHERE kind = ?1 AND key = ?2)")
        .and_then(|mut statement| statement.query_row([SetUp::KIND, MARK], |row| row.get(0)))
        .map_err(|error| rows.failed(error))
}
