//! People who leave: retired, with their name kept, or erased, with proof of what was erased. And faces that are
//! forgotten, whoever's they are.

use mabataki_models::Digest;
use rusqlite::params_from_iter;
use serde::Serialize;

use super::{Document, Opened, Store, StoreError, Write, people};

const PERSON: &str = "SELECT 'person', sealed FROM person WHERE id = ?1";
const CARD: &str = "SELECT 'card', sealed FROM card WHERE handle = ?1";
const TEMPLATE: &str = "SELECT 'template', sealed FROM template WHERE person = ?1";
const DOCUMENT: &str = "SELECT kind, sealed FROM document WHERE key = ?1 AND kind = ?2";
const DOCUMENTS: &str = "SELECT kind, sealed FROM document WHERE person = ?1 ORDER BY kind, key";

/// What was removed of a person. With a backup at hand it can be shown row by row which ones they were.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Removal {
    /// The person's id.
    pub person: String,
    /// Every row that is gone.
    pub rows: Vec<RemovedRow>,
}

/// A row that is gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RemovedRow {
    /// What it was: `person`, `card`, `template`, or a document's kind.
    pub what: String,
    /// The SHA-256 digest of the row as it was sealed.
    pub sha256: Digest,
}

impl Store {
    /// Empties the write-ahead log into the database, so that what was deleted is on the disk no more: in the database
    /// itself it is overwritten already. Says whether nothing is left in it; another process that reads keeps it.
    ///
    /// # Errors
    /// The database's own.
    pub fn wipe_deleted(&self) -> Result<bool, StoreError> {
        self.held().wipe_deleted()
    }
}

impl Opened {
    /// See [`Store::wipe_deleted`].
    pub(super) fn wipe_deleted(&self) -> Result<bool, StoreError> {
        let busy: bool = self
            .conn
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .map_err(|error| StoreError::database(&self.path, error))?;
        Ok(!busy)
    }
}

impl Write<'_> {
    /// Retires a person: cards that are theirs alone, template and documents are removed, and of themselves only id and
    /// name are kept, so that nobody else gets the id by mistake. There is no way back.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`]; [`StoreError::Retired`]; [`StoreError::Sponsor`] when they answer for somebody.
    pub fn retire_person(&self, id: &str) -> Result<Removal, StoreError> {
        self.require_person(id)?;
        self.refuse_sponsor(id)?;
        let removal = self.remove_holdings(id)?;
        self.strip_person(id)?;
        Ok(removal)
    }

    /// Erases a person with all that is theirs; what the log says of them stays. Somebody else may get the id.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`]; [`StoreError::Sponsor`] when they answer for somebody.
    pub fn remove_person(&self, id: &str) -> Result<Removal, StoreError> {
        let mut removal = Removal { person: id.to_owned(), rows: self.digests(PERSON, [id])? };
        if removal.rows.is_empty() {
            return Err(people::no_person(id));
        }
        self.refuse_sponsor(id)?;
        removal.rows.append(&mut self.remove_holdings(id)?.rows);
        self.strike("DELETE FROM person WHERE id = ?1 RETURNING 'person', id, revision", [id])?;
        Ok(removal)
    }

    /// Removes a person's template, and nothing else of them.
    ///
    /// # Errors
    /// The database's own.
    pub fn remove_template(&self, person: &str) -> Result<Removal, StoreError> {
        let rows = self.digests(TEMPLATE, [person])?;
        let sql = "DELETE FROM template WHERE person = ?1 RETURNING 'template', person, revision";
        self.strike(sql, [person])?;
        Ok(Removal { person: person.to_owned(), rows })
    }

    /// Removes the document of this kind under `key`, and says what was removed, if anything was.
    ///
    /// # Errors
    /// The database's own.
    pub fn erase_document<D: Document>(&self, key: &str) -> Result<Vec<RemovedRow>, StoreError> {
        let rows = self.digests(DOCUMENT, [key, D::KIND])?;
        self.remove_document::<D>(key)?;
        Ok(rows)
    }

    /// Removes cards, template and documents. From a card that others have too, the person is taken.
    fn remove_holdings(&self, id: &str) -> Result<Removal, StoreError> {
        let mut rows = Vec::new();
        for card in self.cards(Some(id))? {
            if card.is_shared() {
                self.unshare_card(&card.handle, id)?;
            } else {
                rows.append(&mut self.digests(CARD, [card.handle.as_str()])?);
                self.remove_card(&card.handle)?;
            }
        }
        rows.append(&mut self.remove_template(id)?.rows);
        rows.append(&mut self.digests(DOCUMENTS, [id])?);
        self.strike("DELETE FROM document WHERE person = ?1 RETURNING kind, key, revision", [id])?;
        Ok(Removal { person: id.to_owned(), rows })
    }

    fn refuse_sponsor(&self, id: &str) -> Result<(), StoreError> {
        let answers_for = |person: &people::Person| {
            let vendor = person.profile.vendor.as_ref();
            vendor.is_some_and(|vendor| vendor.sponsor == id) && person.id != id
        };
        match self.people()?.into_iter().find(answers_for) {
            Some(vendor) => Err(StoreError::Sponsor { id: id.to_owned(), vendor: vendor.id }),
            None => Ok(()),
        }
    }

    fn digests<const N: usize>(&self, sql: &str, keys: [&str; N]) -> Result<Vec<RemovedRow>, StoreError> {
        let wrap = |error| self.rows.failed(error);
        let mut statement = self.rows.conn.prepare_cached(sql).map_err(wrap)?;
        let rows = statement
            .query_map(params_from_iter(keys), |row| {
                let sealed = row.get_ref(1)?.as_blob()?;
                Ok(RemovedRow { what: row.get(0)?, sha256: Digest::of(sealed) })
            })
            .map_err(wrap)?;
        rows.collect::<Result<_, _>>().map_err(wrap)
    }
}
