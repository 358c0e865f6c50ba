//! Templates: opaque bytes to the store, sealed as every record is.

use std::collections::VecDeque;

use jiff::Timestamp;
use mabataki_models::Digest;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    Store, StoreError, Write,
    rows::{self, Content, Rows, SECRET},
    seal::Place,
};

pub(super) const TABLE: &str = "template";
const FIND: &str = "SELECT revision, sealed FROM template WHERE person = ?1";
const EXISTS: &str = "SELECT 1 FROM template WHERE person = ?1";
const PAGE: &str = "SELECT revision, sealed, person FROM template WHERE person > ?1 ORDER BY person LIMIT ?2";

/// How many templates are read at a time when all are.
const PAGE_ROWS: i64 = 64;

/// Most samples a template may tell of.
const SAMPLES: u32 = 64;

/// A template that is to be kept.
#[derive(Clone, Copy)]
pub struct NewTemplate<'a> {
    /// The template, 1 byte to 256 KiB, in the form `matching` gives it.
    pub bytes: &'a [u8],
    /// The embedding model it was made with.
    pub model: Digest,
    /// The quality it was taken with, 0..1.
    pub quality: f32,
    /// How many samples are in it, 1 to 64.
    pub samples: u32,
    /// When it was taken.
    pub created: Timestamp,
}

/// A template from the store.
#[derive(Clone)]
pub struct StoredTemplate {
    /// Whose it is.
    pub person: String,
    /// The template. Wiped on drop.
    pub bytes: Zeroizing<Vec<u8>>,
    /// The embedding model it was made with.
    pub model: Digest,
    /// The quality it was taken with, 0..1.
    pub quality: f32,
    /// How many samples are in it.
    pub samples: u32,
    /// When it was taken, UTC.
    pub created: Timestamp,
}

impl std::fmt::Debug for StoredTemplate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StoredTemplate({}, {:?}, [{} bytes])", self.person, self.model, self.bytes.len())
    }
}

/// What is sealed of a template beside its bytes.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    model: Digest,
    quality: f32,
    samples: u32,
    created: Timestamp,
}

impl Store {
    /// This person's template.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn template(&self, person: &str) -> Result<Option<StoredTemplate>, StoreError> {
        Ok(self.read(|rows| find(rows, person))?.map(|content| template(person.to_owned(), content)))
    }

    /// Whether this person has a template. It is not opened.
    ///
    /// # Errors
    /// The database's own.
    pub fn has_template(&self, person: &str) -> Result<bool, StoreError> {
        self.read(|rows| exists(rows, person))
    }

    /// Everybody's template, by the person's id. Few are in memory at a time; one that is put or removed
    /// while this runs may be seen or not.
    pub fn templates(&self) -> Templates<'_> {
        Templates { from: Source::Store(self), page: VecDeque::new(), after: Some(String::new()) }
    }
}

impl Write<'_> {
    /// As [`Store::template`], as it stands in this transaction.
    ///
    /// # Errors
    /// As [`Store::template`].
    pub fn template(&self, person: &str) -> Result<Option<StoredTemplate>, StoreError> {
        Ok(find(&self.rows, person)?.map(|content| template(person.to_owned(), content)))
    }

    /// As [`Store::templates`], as they stand in this transaction.
    pub fn templates(&self) -> Templates<'_> {
        Templates { from: Source::Transaction(self.rows), page: VecDeque::new(), after: Some(String::new()) }
    }

    /// As [`Store::has_template`], as it stands in this transaction.
    ///
    /// # Errors
    /// The database's own.
    pub fn has_template(&self, person: &str) -> Result<bool, StoreError> {
        exists(&self.rows, person)
    }

    /// How many templates there are.
    ///
    /// # Errors
    /// The database's own.
    pub fn template_count(&self) -> Result<usize, StoreError> {
        let count: i64 = self
            .rows
            .conn
            .query_row("SELECT count(*) FROM template", [], |row| row.get(0))
            .map_err(|error| self.rows.failed(error))?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Keeps a person's template, in place of the one they had.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`], or [`StoreError::Invalid`] when something is beyond its limits.
    pub fn put_template(&self, person: &str, new: &NewTemplate<'_>) -> Result<(), StoreError> {
        check(new)?;
        self.require_person(person)?;
        let old = find(&self.rows, person)?.map(|old| old.revision);
        let revision = self.revise(TABLE, person, old);
        let NewTemplate { bytes, model, quality, samples, created } = *new;
        let sealed = self.rows.seal(
            Place { table: TABLE, key: person, revision },
            &Sealed { model, quality, samples, created },
            bytes,
        )?;
        self.rows.execute(
            "INSERT INTO template (person, revision, sealed) VALUES (?1, ?2, ?3) \
             ON CONFLICT (person) DO UPDATE SET revision = ?2, sealed = ?3",
            params![person, rows::column(revision), sealed],
        )?;
        Ok(())
    }
}

/// Everybody's template: see [`Store::templates`]. It ends after the first error.
pub struct Templates<'s> {
    from: Source<'s>,
    page: VecDeque<StoredTemplate>,
    /// The last person read; `None` at the end.
    after: Option<String>,
}

enum Source<'s> {
    Store(&'s Store),
    Transaction(Rows<'s>),
}

impl Iterator for Templates<'_> {
    type Item = Result<StoredTemplate, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.page.is_empty() {
            let after = self.after.take()?;
            let page = match &self.from {
                Source::Store(store) => store.read(|rows| read_page(rows, &after)),
                Source::Transaction(rows) => read_page(rows, &after),
            };
            match page {
                Ok(page) => {
                    self.after = page.back().map(|last| last.person.clone());
                    self.page = page;
                }
                Err(error) => return Some(Err(error)),
            }
        }
        self.page.pop_front().map(Ok)
    }
}

fn read_page(rows: &Rows<'_>, after: &str) -> Result<VecDeque<StoredTemplate>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(PAGE).map_err(wrap)?;
    let mut found = statement.query(params![after, PAGE_ROWS]).map_err(wrap)?;
    let mut page = VecDeque::new();
    while let Some(row) = found.next().map_err(wrap)? {
        let person: String = row.get(2).map_err(wrap)?;
        let content = rows.open(TABLE, &person, row, [0, 1])?;
        page.push_back(template(person, content));
    }
    Ok(page)
}

fn exists(rows: &Rows<'_>, person: &str) -> Result<bool, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(EXISTS).map_err(wrap)?;
    statement.exists([person]).map_err(wrap)
}

fn find(rows: &Rows<'_>, person: &str) -> Result<Option<Content<Sealed>>, StoreError> {
    rows.find(TABLE, FIND, person)
}

pub(super) fn template(person: String, content: Content<Sealed>) -> StoredTemplate {
    let Content { meta: Sealed { model, quality, samples, created }, secret, .. } = content;
    StoredTemplate { person, bytes: secret, model, quality, samples, created }
}

fn check(new: &NewTemplate<'_>) -> Result<(), StoreError> {
    let invalid = |what, expected, found: String| Err(StoreError::Invalid { what, expected, found });
    if !(1..=SECRET).contains(&new.bytes.len()) {
        return invalid("a template", "1 byte to 256 KiB", format!("{} bytes", new.bytes.len()));
    }
    if !(0.0..=1.0).contains(&new.quality) {
        return invalid("a template's quality", "0 to 1", new.quality.to_string());
    }
    if !(1..=SAMPLES).contains(&new.samples) {
        return invalid("a template's samples", "1 to 64", new.samples.to_string());
    }
    Ok(())
}
