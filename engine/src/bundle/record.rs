//! What is carried, one record a line.

use std::fmt;
use std::io;

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::audit::is_id;
use crate::secret::{Login, PasswordHash};
use crate::store::{CarriedCard, Person};
use crate::text::secret_bytes;

/// A record of a bundle. Its secrets are wiped wherever they were.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Record {
    /// The site's policy: TOML.
    Policy(String),
    /// What was sent once and is no more, or is for this recipient no more.
    Gone(RecordKey),
    /// A person.
    Person(Box<Person>),
    /// A card, with its identifier.
    Card(CarriedCard),
    /// A face.
    Template(CarriedTemplate),
    /// A password.
    Password(CarriedPassword),
    /// An application login.
    Login(Login),
}

/// What a record is about, and what tells it from others.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKey {
    /// The policy.
    Policy,
    /// The person of this id.
    Person(String),
    /// The card of this handle.
    Card(String),
    /// This person's face.
    Template(String),
    /// This person's password.
    Password(String),
    /// This person's login to this application.
    Login(String, String),
}

/// A face on its way: as the model gave it, turned back from the rotation of the sender's site.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedTemplate {
    /// Whose it is.
    pub person: String,
    /// The embedding model it was made with.
    pub model: Digest,
    /// The quality it was taken with, 0..1.
    pub quality: f32,
    /// How many samples are in it.
    pub samples: u32,
    /// When it was taken, UTC.
    pub created: Timestamp,
    /// The template, in the form that `matching` gives it.
    #[serde(with = "secret_bytes")]
    pub bytes: Zeroizing<Vec<u8>>,
}

/// A password on its way: its hash, and no more.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedPassword {
    /// Whose it is.
    pub person: String,
    /// Its hash.
    pub hash: PasswordHash,
    /// It is good for nothing but to be changed.
    pub must_change: bool,
    /// When it was set, UTC.
    pub set: Timestamp,
}

impl Record {
    /// What it is about.
    #[must_use]
    pub fn key(&self) -> RecordKey {
        match self {
            Record::Policy(_) => RecordKey::Policy,
            Record::Gone(key) => key.clone(),
            Record::Person(person) => RecordKey::Person(person.id.clone()),
            Record::Card(card) => RecordKey::Card(card.handle.to_string()),
            Record::Template(template) => RecordKey::Template(template.person.clone()),
            Record::Password(password) => RecordKey::Password(password.person.clone()),
            Record::Login(login) => RecordKey::Login(login.person.clone(), login.app.clone()),
        }
    }

    /// What changes whenever it does. Of a face it is of when and how it was taken: its numbers change a little whenever the
    /// site's rotation does.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hash = Hashing(Sha256::new());
        let hashed = match self {
            Record::Template(CarriedTemplate { person, model, quality, samples, created, bytes: _ }) => {
                serde_json::to_writer(&mut hash, &(person, model, quality, samples, created))
            }
            record => serde_json::to_writer(&mut hash, record),
        };
        // Plain values are always JSON, and to hash does not fail.
        debug_assert!(hashed.is_ok());
        Digest::from_bytes(hash.0.finalize().into())
    }

    /// Where it stands in a bundle: what others rest on comes first, and people go last.
    pub(super) fn place(&self) -> Place {
        let rank = match self {
            Record::Policy(_) => 0,
            Record::Gone(RecordKey::Person(_)) => 8,
            Record::Gone(_) => 1,
            // Who answers for somebody of a vendor comes before them.
            Record::Person(person) if person.profile.vendor.is_none() => 2,
            Record::Person(_) => 3,
            Record::Card(_) => 4,
            Record::Template(_) => 5,
            Record::Password(_) => 6,
            Record::Login(_) => 7,
        };
        (rank, self.key())
    }
}

/// The order of records.
pub(super) type Place = (u8, RecordKey);

/// Its kind, and what tells it from others of that kind.
impl fmt::Display for RecordKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordKey::Login(person, app) => write!(f, "login/{person}/{app}"),
            one => write!(f, "{}/{}", one.what(), one.id()),
        }
    }
}

impl RecordKey {
    /// The kind of record: a stable word.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self {
            RecordKey::Policy => "policy",
            RecordKey::Person(_) => "person",
            RecordKey::Card(_) => "card",
            RecordKey::Template(_) => "template",
            RecordKey::Password(_) => "password",
            RecordKey::Login(..) => "login",
        }
    }

    /// Whether it is made of names as a store gives them: short, and nothing but letters, digits and a few signs.
    pub(super) fn is_of_names(&self) -> bool {
        match self {
            RecordKey::Policy => true,
            RecordKey::Login(person, app) => is_id(person) && is_id(app),
            one => is_id(one.id()),
        }
    }

    /// The person's id, or the card's handle; nothing for the policy.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            RecordKey::Policy => "",
            RecordKey::Person(id)
            | RecordKey::Card(id)
            | RecordKey::Template(id)
            | RecordKey::Password(id)
            | RecordKey::Login(id, _) => id,
        }
    }
}

impl fmt::Debug for CarriedTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CarriedTemplate({}, {:?}, [{} bytes])", self.person, self.model, self.bytes.len())
    }
}

/// Hashes what is written to it.
pub(super) struct Hashing(pub(super) Sha256);

impl io::Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
