//! Everything that is kept as a whole under a key, beside people, cards and templates: the policy, counters, password
//! hashes, codes, logins, grants. Each kind is a type of its own; the store seals it and asks nothing more of it.

use rusqlite::{Row, params, params_from_iter};
use serde::{Serialize, de::DeserializeOwned};
use zeroize::Zeroizing;

use super::{
    Store, StoreError, Write, people,
    rows::{self, Rows},
    seal::Place,
    trees,
};

const FIND: &str = "SELECT revision, sealed, person FROM document WHERE kind = ?1 AND key = ?2";
const LIST: &str = "SELECT revision, sealed, person, key FROM document WHERE kind = ?1 ORDER BY key";
const LIST_OF: &str =
    "SELECT revision, sealed, person, key FROM document WHERE person = ?2 AND kind = ?1 ORDER BY key";

/// Most bytes of a key.
const KEY: usize = 200;

/// A kind of document. All of it is treated as secret: it is wiped wherever the store held it in the clear.
pub trait Document: Serialize + DeserializeOwned {
    /// The kind's name, a word of `a-z_`. It never changes: documents are sealed under it.
    const KIND: &'static str;

    /// The person who takes the document along when they are removed; nobody for what outlives them.
    fn person(&self) -> Option<&str> {
        None
    }
}

impl Store {
    /// The document of this kind under `key`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is damaged.
    pub fn document<D: Document>(&self, key: &str) -> Result<Option<D>, StoreError> {
        self.read(|rows| find(rows, key)).map(|found| found.map(|(_, document)| document))
    }

    /// All documents of this kind, by key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is damaged.
    pub fn documents<D: Document>(&self) -> Result<Vec<(String, D)>, StoreError> {
        self.read(|rows| list(rows, LIST, &[D::KIND]))
    }

    /// One person's documents of this kind, by key.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is damaged.
    pub fn documents_of<D: Document>(&self, person: &str) -> Result<Vec<(String, D)>, StoreError> {
        self.read(|rows| list(rows, LIST_OF, &[D::KIND, person]))
    }
}

impl Write<'_> {
    /// As [`Store::document`], as it stands in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when it is damaged.
    pub fn document<D: Document>(&self, key: &str) -> Result<Option<D>, StoreError> {
        find(&self.rows, key).map(|found| found.map(|(_, document)| document))
    }

    /// As [`Store::documents`], as they stand in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is damaged.
    pub fn documents<D: Document>(&self) -> Result<Vec<(String, D)>, StoreError> {
        list(&self.rows, LIST, &[D::KIND])
    }

    /// As [`Store::documents_of`], as they stand in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when one is damaged.
    pub fn documents_of<D: Document>(&self, person: &str) -> Result<Vec<(String, D)>, StoreError> {
        list(&self.rows, LIST_OF, &[D::KIND, person])
    }

    /// Keeps a document under `key`, in place of the one that was there.
    ///
    /// # Errors
    /// [`StoreError::Invalid`] when key or document are too long; [`StoreError::NoPerson`] when it names one who is not
    /// in the store.
    pub fn put_document<D: Document>(&self, key: &str, document: &D) -> Result<(), StoreError> {
        const { assert!(trees::is_free(D::KIND), "a kind of document has the name of a table") };
        if !(1..=KEY).contains(&key.len()) {
            let found = format!("{} bytes", key.len());
            return Err(StoreError::Invalid { what: "a document's key", expected: "1 to 200 bytes", found });
        }
        if let Some(person) = document.person() {
            self.person(person)?.ok_or_else(|| people::no_person(person))?;
        }
        let old = find::<D>(&self.rows, key)?.map(|(revision, _)| revision);
        let content = to_json(document)?;
        let revision = self.revise(D::KIND, key, old);
        let sealed = self.rows.seal(place::<D>(key, revision), &(), &content)?;
        self.rows.execute(
            "INSERT INTO document (kind, key, person, revision, sealed) VALUES (?1, ?2, ?3, ?4, ?5) \
             ON CONFLICT (kind, key) DO UPDATE SET person = ?3, revision = ?4, sealed = ?5",
            params![D::KIND, key, document.person(), rows::column(revision), sealed],
        )?;
        Ok(())
    }

    /// Removes the document of this kind under `key`; says whether there was one.
    ///
    /// # Errors
    /// The database's own.
    pub fn remove_document<D: Document>(&self, key: &str) -> Result<bool, StoreError> {
        let sql = "DELETE FROM document WHERE kind = ?1 AND key = ?2 RETURNING kind, key, revision";
        Ok(self.strike(sql, [D::KIND, key])? > 0)
    }
}

fn place<D: Document>(key: &str, revision: u64) -> Place<'_> {
    Place { table: D::KIND, key, revision }
}

pub(super) fn find<D: Document>(rows: &Rows<'_>, key: &str) -> Result<Option<(u64, D)>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(FIND).map_err(wrap)?;
    let mut found = statement.query([D::KIND, key]).map_err(wrap)?;
    match found.next().map_err(wrap)? {
        Some(row) => read(rows, key, row).map(Some),
        None => Ok(None),
    }
}

fn list<D: Document>(rows: &Rows<'_>, sql: &str, values: &[&str]) -> Result<Vec<(String, D)>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(sql).map_err(wrap)?;
    let mut found = statement.query(params_from_iter(values)).map_err(wrap)?;
    let mut documents = Vec::new();
    while let Some(row) = found.next().map_err(wrap)? {
        let key: String = row.get(3).map_err(wrap)?;
        let (_, document) = read(rows, &key, row)?;
        documents.push((key, document));
    }
    Ok(documents)
}

/// Reads a row of `revision`, `sealed`, `person`; whose it is must agree with what is sealed.
fn read<D: Document>(rows: &Rows<'_>, key: &str, row: &Row<'_>) -> Result<(u64, D), StoreError> {
    let content = rows.open::<()>(D::KIND, key, row, [0, 1])?;
    let document: D = serde_json::from_slice(&content.secret)
        .map_err(|_| rows.damaged(D::KIND, key, "it holds another version's document"))?;
    let person: Option<String> = row.get(2).map_err(|error| rows.failed(error))?;
    if person.as_deref() != document.person() {
        return Err(rows.damaged(D::KIND, key, "its person does not fit what is sealed"));
    }
    Ok((content.revision, document))
}

/// The document as JSON in a buffer that never grew: growing would leave copies behind that nobody wipes.
fn to_json<D: Document>(document: &D) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    let mut content = Zeroizing::new(vec![0; rows::SECRET]);
    let mut rest = content.as_mut_slice();
    serde_json::to_writer(&mut rest, document).map_err(|_| StoreError::Invalid {
        what: "a document",
        expected: "at most 256 KiB",
        found: "more".to_owned(),
    })?;
    let length = rows::SECRET - rest.len();
    content.truncate(length);
    Ok(content)
}
