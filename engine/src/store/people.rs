//! People.

use jiff::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{
    Store, StoreError, Write,
    profile::{self, Consent, FaceException, Profile},
    rows::{self, Content, Rows},
    seal::Place,
};
use crate::text::vocabulary;

pub(super) const TABLE: &str = "person";
const FIND: &str = "SELECT revision, sealed FROM person WHERE id = ?1";
const LIST: &str = "SELECT revision, sealed, id FROM person ORDER BY id";

vocabulary! {
    /// Whether a person may come in.
    pub enum PersonStatus, "a person's status" {
        /// They may, in the time they are valid.
        Active = "active", "active", "有効";
        /// Not for now.
        Disabled = "disabled", "disabled", "無効";
        /// They are away for a while, and may not.
        OnLeave = "on_leave", "on leave", "休職中";
        /// They have left. Only their id and name are kept, so that nobody else gets the id by mistake.
        Retired = "retired", "retired", "退職";
    }
}

/// A person in the store.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Person {
    /// Their id.
    pub id: String,
    /// What is written down of them.
    pub profile: Profile,
    /// Whether they may come in.
    pub status: PersonStatus,
    /// Leave not to show the face.
    pub face_exception: Option<FaceException>,
    /// That they have agreed to the use of their face.
    pub consent: Option<Consent>,
    /// When they were added, UTC.
    pub created: Timestamp,
}

/// What is sealed of a person.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    profile: Profile,
    status: PersonStatus,
    face_exception: Option<FaceException>,
    consent: Option<Consent>,
    created: Timestamp,
}

impl Store {
    /// The person with this id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        self.read(|rows| find(rows, id))
    }

    /// Everybody, by id.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is damaged.
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        self.read(list)
    }
}

impl Write<'_> {
    /// As [`Store::person`], as it stands in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        find(&self.rows, id)
    }

    /// As [`Store::people`], as they stand in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is damaged.
    pub fn people(&self) -> Result<Vec<Person>, StoreError> {
        list(&self.rows)
    }

    /// Adds a person, active, under an id of 1 to 64 of `A-Z a-z 0-9 . _ @ -`, for instance the employee number.
    ///
    /// # Errors
    /// [`StoreError::PersonExists`], or [`StoreError::Invalid`] when something is beyond its limits.
    pub fn add_person(&self, id: &str, profile: &Profile, created: Timestamp) -> Result<(), StoreError> {
        profile::id("the person's id", id)?;
        if find(&self.rows, id)?.is_some() {
            return Err(StoreError::PersonExists { id: id.to_owned() });
        }
        self.check_profile(id, profile)?;
        let sealed = Sealed {
            profile: profile.clone(),
            status: PersonStatus::Active,
            face_exception: None,
            consent: None,
            created,
        };
        let revision = self.revise(TABLE, id, None);
        let sealed = self.rows.seal(Place { table: TABLE, key: id, revision }, &sealed, &[])?;
        self.rows.execute(
            "INSERT INTO person (id, revision, sealed) VALUES (?1, ?2, ?3)",
            params![id, rows::column(revision), sealed],
        )?;
        Ok(())
    }

    /// Writes down another profile of a person, in place of the one they had.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`]; [`StoreError::Retired`]; [`StoreError::Invalid`] when something is beyond its limits.
    pub fn change_person(&self, id: &str, profile: &Profile) -> Result<(), StoreError> {
        self.check_profile(id, profile)?;
        self.alter(id, |sealed| sealed.profile = profile.clone())
    }

    /// Keeps a person as they were carried here from another terminal, in the place of the one with their id.
    ///
    /// # Errors
    /// [`StoreError::Retired`] when one of this id has left here, or they have left there; [`StoreError::Invalid`] when
    /// something is beyond its limits.
    pub fn keep_person(&self, person: &Person) -> Result<(), StoreError> {
        let Person { id, profile, status, face_exception, consent, created } = person;
        profile::id("the person's id", id)?;
        self.check_profile(id, profile)?;
        face_exception.iter().try_for_each(FaceException::check)?;
        consent.iter().try_for_each(Consent::check)?;
        let known: Option<Content<Sealed>> = self.rows.find(TABLE, FIND, id)?;
        let has_left = |status: &PersonStatus| *status == PersonStatus::Retired;
        if has_left(status) || known.as_ref().is_some_and(|known| has_left(&known.meta.status)) {
            return Err(StoreError::Retired { id: id.clone() });
        }
        let (face_exception, consent) = (face_exception.clone(), consent.clone());
        let sealed =
            Sealed { profile: profile.clone(), status: *status, face_exception, consent, created: *created };
        let revision = self.revise(TABLE, id, known.map(|known| known.revision));
        let sealed = self.rows.seal(Place { table: TABLE, key: id, revision }, &sealed, &[])?;
        self.rows.execute(
            "INSERT INTO person (id, revision, sealed) VALUES (?1, ?2, ?3) \
             ON CONFLICT (id) DO UPDATE SET revision = ?2, sealed = ?3",
            params![id, rows::column(revision), sealed],
        )?;
        Ok(())
    }

    /// Keeps a person out, or lets them in again. [`Write::retire_person`] retires them.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`]; [`StoreError::Retired`]; [`StoreError::Invalid`] when it is to retire them.
    pub fn set_status(&self, id: &str, status: PersonStatus) -> Result<(), StoreError> {
        if status == PersonStatus::Retired {
            return Err(profile::invalid("a status that is set", "active, disabled or on_leave", "retired"));
        }
        self.alter(id, |sealed| sealed.status = status)
    }

    /// Gives a person leave not to show their face, or takes it back.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`]; [`StoreError::Retired`]; [`StoreError::Invalid`] for a reason beyond its limits.
    pub fn set_face_exception(&self, id: &str, exception: Option<&FaceException>) -> Result<(), StoreError> {
        exception.map_or(Ok(()), FaceException::check)?;
        self.alter(id, |sealed| sealed.face_exception = exception.cloned())
    }

    /// Writes down that a person has agreed to the use of their face, or that they take it back.
    ///
    /// # Errors
    /// [`StoreError::NoPerson`]; [`StoreError::Retired`]; [`StoreError::Invalid`] for a version beyond its limits.
    pub fn set_consent(&self, id: &str, consent: Option<&Consent>) -> Result<(), StoreError> {
        consent.map_or(Ok(()), Consent::check)?;
        self.alter(id, |sealed| sealed.consent = consent.cloned())
    }

    /// Marks a person as retired and forgets all of them but the name.
    pub(super) fn strip_person(&self, id: &str) -> Result<(), StoreError> {
        self.alter(id, |sealed| {
            let Profile { name, reading, .. } = std::mem::take(&mut sealed.profile);
            sealed.profile = Profile { name, reading, ..Profile::default() };
            sealed.status = PersonStatus::Retired;
            sealed.face_exception = None;
            sealed.consent = None;
        })
    }

    /// Refuses an id that is nobody's who works here: cards, templates and documents belong to no others.
    pub(super) fn require_person(&self, id: &str) -> Result<(), StoreError> {
        self.content(id).map(|_| ())
    }

    fn check_profile(&self, id: &str, profile: &Profile) -> Result<(), StoreError> {
        profile.check()?;
        let Some(vendor) = &profile.vendor else { return Ok(()) };
        let of_the_house = self.person(&vendor.sponsor)?.is_some_and(|sponsor| {
            sponsor.status != PersonStatus::Retired && sponsor.profile.vendor.is_none() && sponsor.id != id
        });
        if of_the_house {
            return Ok(());
        }
        Err(profile::invalid("the vendor's sponsor", "the id of somebody of the house", "another id"))
    }

    fn alter(&self, id: &str, change: impl FnOnce(&mut Sealed)) -> Result<(), StoreError> {
        let Content { revision, mut meta, .. } = self.content(id)?;
        change(&mut meta);
        let revision = self.revise(TABLE, id, Some(revision));
        let sealed = self.rows.seal(Place { table: TABLE, key: id, revision }, &meta, &[])?;
        self.rows.execute(
            "UPDATE person SET revision = ?2, sealed = ?3 WHERE id = ?1",
            params![id, rows::column(revision), sealed],
        )?;
        Ok(())
    }

    fn content(&self, id: &str) -> Result<Content<Sealed>, StoreError> {
        let content: Content<Sealed> = self.rows.find(TABLE, FIND, id)?.ok_or_else(|| no_person(id))?;
        if content.meta.status == PersonStatus::Retired {
            return Err(StoreError::Retired { id: id.to_owned() });
        }
        Ok(content)
    }
}

pub(super) fn no_person(id: &str) -> StoreError {
    // Short enough for a message.
    StoreError::NoPerson { id: id.chars().take(64).collect() }
}

/// A person as they are sealed.
pub(super) fn person(id: String, content: Content<Sealed>) -> Person {
    let Sealed { profile, status, face_exception, consent, created } = content.meta;
    Person { id, profile, status, face_exception, consent, created }
}

fn find(rows: &Rows<'_>, id: &str) -> Result<Option<Person>, StoreError> {
    let found: Option<Content<Sealed>> = rows.find(TABLE, FIND, id)?;
    Ok(found.map(|content| person(id.to_owned(), content)))
}

fn list(rows: &Rows<'_>) -> Result<Vec<Person>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(LIST).map_err(wrap)?;
    let mut found = statement.query([]).map_err(wrap)?;
    let mut people = Vec::new();
    while let Some(row) = found.next().map_err(wrap)? {
        let id: String = row.get(2).map_err(wrap)?;
        let content = rows.open(TABLE, &id, row, [0, 1])?;
        people.push(person(id, content));
    }
    Ok(people)
}
