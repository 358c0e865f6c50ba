//! What an administrator asks for over a connection. Long lists come page by page: each asks for what follows the last of
//! the page before, and an empty page is the end.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Hidden;
use crate::audit::{self, Operation};
use crate::card::CardKind;
use crate::engine::{ExportFormat, ExportOf, Lockout};
use crate::policy::{Factor, Factors, Purpose};
use crate::store::{CardStatus, PersonStatus, Profile, Stop};

/// What is done, or read. The right that each takes is the engine's to ask for.
#[derive(Debug, Serialize, Deserialize)]
pub enum Act {
    /// People after this id, in the order of their ids.
    People(Option<String>),
    /// One person.
    Person(String),
    /// Somebody new.
    AddPerson(String, Box<Profile>),
    /// Another profile.
    ChangePerson(String, Box<Profile>),
    /// Whether somebody may come in.
    SetStatus(String, PersonStatus),
    /// Somebody has left.
    RetirePerson(String),
    /// Forgets a face, for good.
    RemoveFace(String),
    /// Cards of a person, or of all, after this handle.
    Cards {
        /// Whose.
        person: Option<String>,
        /// The last one that is known already.
        after: Option<String>,
    },
    /// Ties a card that the host has read to a person; only in stores for trials.
    BindCard {
        /// Whose.
        person: String,
        /// `KIND:HEX`.
        card: Hidden,
        /// What its owner calls it.
        label: String,
    },
    /// A card may be used no more.
    StopCard(String, Stop),
    /// It may be used again.
    RestoreCard(String),
    /// It is nobody's any more.
    RemoveCard(String),
    /// Sets somebody's password.
    SetPassword {
        /// Whose.
        person: String,
        /// The new one.
        password: Hidden,
        /// Whether it is good only to be changed.
        must_change: bool,
    },
    /// Takes somebody's password away.
    RemovePassword(String),
    /// Logins of a person, or of all, after this person and application.
    Logins {
        /// Whose.
        person: Option<String>,
        /// The last one that is known already.
        after: Option<(String, String)>,
    },
    /// Puts a login.
    PutLogin {
        /// Whose.
        person: String,
        /// The application.
        application: String,
        /// Who the person is there.
        user: String,
        /// The password there.
        secret: Hidden,
        /// What else is typed, by name.
        fields: Vec<(String, Hidden)>,
    },
    /// Takes a login away: of whom, for which application.
    RemoveLogin(String, String),
    /// What too many failed tries have shut.
    Lockouts,
    /// Opens it again for a person: one factor, or all.
    ClearLockout(String, Option<Factor>),
    /// Who is let in at the moment.
    Grants,
    /// Ends somebody's grant, by its number in the log.
    RevokeGrant(String),
    /// The policy in force.
    Policy,
    /// Another policy.
    SetPolicy(String),
    /// Records of the log after this number.
    Log(u64),
    /// The log as a whole, or of some days: it comes in a file of its own.
    ExportLog(ExportOrder),
}

/// How the log is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOrder {
    /// What is taken out.
    pub of: ExportOf,
    /// How it is written.
    pub format: ExportFormat,
    /// From the beginning of this day; from the log's beginning if none.
    pub from: Option<Date>,
    /// To the end of this day; to the log's end if none.
    pub to: Option<Date>,
    /// From checkpoint to checkpoint, so that it can be verified by itself.
    pub whole: bool,
    /// Whether headers and words are in Japanese.
    pub japanese: bool,
}

/// The answer to an [`Act`].
#[derive(Debug, Serialize, Deserialize)]
pub enum Acted {
    /// Done, and no more to say.
    Done,
    /// Whether there was anything to do it to.
    Did(bool),
    /// A page of people.
    People(Vec<PersonEntry>),
    /// One person.
    Person(Box<PersonEntry>),
    /// A page of cards.
    Cards(Vec<CardEntry>),
    /// The handle of a card.
    Card(String),
    /// A page of logins.
    Logins(Vec<LoginEntry>),
    /// Lock-outs.
    Lockouts(Vec<Lockout>),
    /// Grants.
    Grants(Vec<GrantEntry>),
    /// So many counters were cleared.
    Cleared(u32),
    /// A policy's text.
    Policy(String),
    /// A page of the log.
    Log(Vec<LogEntry>),
    /// The file comes with the message.
    Exported(ExportedLog),
}

/// A person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonEntry {
    /// Their id.
    pub id: String,
    /// What is written down of them.
    pub profile: Profile,
    /// Whether they may come in.
    pub status: PersonStatus,
    /// Whether a face is enrolled.
    pub enrolled: bool,
    /// How many cards, stopped ones among them.
    pub cards: u32,
    /// When they were added, UTC.
    pub created: Timestamp,
}

/// A card. Its identifier is told to nobody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardEntry {
    /// What it is called by.
    pub handle: String,
    /// Whose it is.
    pub people: Vec<String>,
    /// What its owner calls it.
    pub label: String,
    /// The kind of card.
    pub kind: CardKind,
    /// Whether it has proved itself by a key.
    pub proved: bool,
    /// Whether it may be used.
    pub status: CardStatus,
    /// From when on it is valid, UTC.
    pub valid_from: Option<Timestamp>,
    /// From when on it is not valid any more, UTC.
    pub valid_until: Option<Timestamp>,
}

/// A login, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginEntry {
    /// Whose it is.
    pub person: String,
    /// The application.
    pub application: String,
    /// Who the person is there.
    pub user: String,
    /// The names of its fields.
    pub fields: Vec<String>,
    /// Since when it is not handed out, because the application did not take it.
    pub suspended: Option<Timestamp>,
}

/// Somebody who is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantEntry {
    /// The number that the log knows it by.
    pub session: String,
    /// The person.
    pub subject: String,
    /// What for.
    pub purpose: Purpose,
    /// By what.
    pub factors: Factors,
    /// When, UTC.
    pub issued: Timestamp,
    /// How much of its life is left, ms.
    pub left_ms: u64,
}

/// A record of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogEntry {
    /// Its number.
    pub seq: u64,
    /// When, UTC.
    pub time: Timestamp,
    /// The terminal.
    pub terminal: String,
    /// What was done.
    pub operation: Operation,
    /// How it ended.
    pub outcome: audit::Outcome,
    /// Why, as a stable word.
    pub reason: Option<String>,
    /// Who.
    pub subject: Option<String>,
    /// Their name.
    pub name: Option<String>,
    /// To what.
    pub object: Option<String>,
    /// The account of the host.
    pub account: Option<String>,
    /// What for.
    pub purpose: Option<String>,
    /// By what.
    pub factors: Factors,
    /// The number of the grant or attempt.
    pub session: Option<String>,
    /// The other computer.
    pub origin: Option<String>,
    /// The host.
    pub host: Option<String>,
}

/// A log that was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedLog {
    /// Records, or access times.
    pub rows: u64,
    /// Whether it can be verified by itself.
    pub verifiable: bool,
    /// SHA-256 of all of it, in hex.
    pub sha256: String,
    /// The number of the log's own record of it.
    pub seq: u64,
}
