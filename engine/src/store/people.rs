//! People.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Write,
    rows::{self, Content, FIRST, Rows},
    seal::Place,
};
use crate::audit::{is_id, is_line};

const TABLE: &str = "person";
const FIND: &str = "SELECT revision, sealed FROM person WHERE id = ?1";

/// Most characters of a name or an account.
const LINE_CHARS: usize = 128;

/// A person who is to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    /// 1 to 64 of `A-Z a-z 0-9 . _ @ -`, for instance the employee number.
    pub id: String,
    /// 1 to 128 characters on one line.
    pub name: String,
    /// The account of the host that is theirs: 1 to 128 characters on one line.
    pub account: Option<String>,
    /// What policy knows them as: spelt like an id.
    pub role: Option<String>,
    /// When they were added.
    pub created: Timestamp,
}

/// A person in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The account of the host that is theirs.
    pub account: Option<String>,
    /// What policy knows them as.
    pub role: Option<String>,
    /// Whether they are kept out for now.
    pub disabled: bool,
    /// When they were added, UTC.
    pub created: Timestamp,
}

/// What is sealed of a person.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    name: String,
    account: Option<String>,
    role: Option<String>,
    disabled: bool,
    created: Timestamp,
}

impl Store {
    /// The person with this id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        Ok(find(&self.rows(), id)?.map(|content| person(id, content.meta)))
    }

    /// Everybody, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is damaged.
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        let rows = self.rows();
        let wrap = |error| rows.failed(error);
        let mut statement =
            rows.conn.prepare_cached("SELECT revision, sealed, id FROM person ORDER BY id").map_err(wrap)?;
        let mut found = statement.query([]).map_err(wrap)?;
        let mut people = Vec::new();
        while let Some(row) = found.next().map_err(wrap)? {
            let id: String = row.get(2).map_err(wrap)?;
            let content = rows.open(TABLE, &id, row, [0, 1])?;
            people.push(person(&id, content.meta));
        }
        Ok(people)
    }
}

impl Write<'_> {
    /// Adds a person.
    ///
    /// # Errors
    /// [`StoreError::PersonExists`], or [`StoreError::Invalid`] when something is beyond its limits.
    pub fn add_person(&self, new: &NewPerson) -> Result<(), StoreError> {
        check(new)?;
        if find(&self.rows, &new.id)?.is_some() {
            return Err(StoreError::PersonExists { id: new.id.clone() });
        }
        let sealed = self.rows.seal(
            Place { table: TABLE, key: &new.id, revision: FIRST },
            &Sealed {
                name: new.name.clone(),
                account: new.account.clone(),
                role: new.role.clone(),
                disabled: false,
                created: new.created,
            },
            &[],
        )?;
        self.rows.execute(
            "INSERT INTO person (id, revision, sealed) VALUES (?1, ?2, ?3)",
            params![new.id, rows::column(FIRST), sealed],
        )?;
        Ok(())
    }

    /// Keeps a person out, or lets them in again.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`].
    pub fn set_disabled(&self, id: &str, disabled: bool) -> Result<(), StoreError> {
        let Content { revision, mut meta, .. } = self.person(id)?;
        meta.disabled = disabled;
        let revision = revision.saturating_add(1);
        let sealed = self.rows.seal(Place { table: TABLE, key: id, revision }, &meta, &[])?;
        self.rows.execute(
            "UPDATE person SET revision = ?2, sealed = ?3 WHERE id = ?1",
            params![id, rows::column(revision), sealed],
        )?;
        Ok(())
    }

    /// Removes a person with their cards and templates. What the log says of them stays.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`].
    pub fn remove_person(&self, id: &str) -> Result<(), StoreError> {
        self.rows.execute("DELETE FROM card WHERE person = ?1", [id])?;
        self.rows.execute("DELETE FROM template WHERE person = ?1", [id])?;
        self.rows.execute("DELETE FROM document WHERE person = ?1", [id])?;
        match self.rows.execute("DELETE FROM person WHERE id = ?1", [id])? {
            0 => Err(StoreError::NoPerson { id: shown(id) }),
            _ => Ok(()),
        }
    }

    /// The person a card or template is to belong to.
    pub(super) fn require_person(&self, id: &str) -> Result<(), StoreError> {
        self.person(id).map(|_| ())
    }

    fn person(&self, id: &str) -> Result<Content<Sealed>, StoreError> {
        find(&self.rows, id)?.ok_or_else(|| StoreError::NoPerson { id: shown(id) })
    }
}

fn find(rows: &Rows<'_>, id: &str) -> Result<Option<Content<Sealed>>, StoreError> {
    rows.find(TABLE, FIND, id)
}

fn person(id: &str, sealed: Sealed) -> Person {
    let Sealed { name, account, role, disabled, created } = sealed;
    Person { id: id.to_owned(), name, account, role, disabled, created }
}

fn check(new: &NewPerson) -> Result<(), StoreError> {
    const ID: &str = "1 to 64 of A-Z a-z 0-9 . _ @ -";
    const LINE: &str = "1 to 128 characters on one line, not blank";
    let invalid = |what, expected, text: &str| {
        Err(StoreError::Invalid { what, expected, found: format!("{} characters", text.chars().count()) })
    };
    if !is_id(&new.id) {
        return invalid("the person's id", ID, &new.id);
    }
    if !is_line(&new.name, LINE_CHARS) {
        return invalid("the person's name", LINE, &new.name);
    }
    match (&new.account, &new.role) {
        (Some(account), _) if !is_line(account, LINE_CHARS) => invalid("the person's account", LINE, account),
        (_, Some(role)) if !is_id(role) => invalid("the person's role", ID, role),
        _ => Ok(()),
    }
}

/// An id somebody asked for, short enough for a message.
fn shown(id: &str) -> String {
    id.chars().take(64).collect()
}
