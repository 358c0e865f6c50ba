//! What lists that an administrator reads are made of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::audit::{self, Operation};
use crate::card::CardKind;
use crate::policy::{Factors, Purpose};
use crate::secret::CodeState;
use crate::session::ReviewReason;
use crate::store::{CardStatus, Consent, FaceException, PersonStatus, Profile};

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
    /// Leave not to show the face.
    pub face_exception: Option<FaceException>,
    /// That they have agreed to the use of their face.
    pub consent: Option<Consent>,
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

/// An emergency code, without the code itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CodeEntry {
    /// What it is called by.
    pub handle: String,
    /// The one person it is good for; anybody in the store if none.
    pub person: Option<String>,
    /// The one terminal it is good at.
    pub terminal: String,
    /// How long it lets somebody work, minutes.
    pub minutes: u32,
    /// When it was issued, UTC.
    pub issued: Timestamp,
    /// Until when it may be used, UTC.
    pub until: Timestamp,
    /// Who issued it.
    pub issuer: Option<String>,
    /// What became of it.
    pub state: CodeState,
}

/// That somebody was let in by a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseEntry {
    /// What it is called by.
    pub handle: String,
    /// The code's handle; none in a disaster.
    pub code: Option<String>,
    /// Who they said they are.
    pub person: String,
    /// Their name as it was then.
    pub name: String,
    /// Why, in their own words.
    pub reason: String,
    /// Where.
    pub terminal: String,
    /// When, UTC.
    pub at: Timestamp,
    /// The number under which the log knows what they did then.
    pub session: Option<String>,
    /// Who looked at it, when, and what they found; nobody where nobody is needed.
    pub review: Option<(Option<String>, Timestamp, String)>,
}

/// An enrolment that waits for somebody to look at it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingEntry {
    /// Whose.
    pub person: String,
    /// Their name, if they are new.
    pub name: Option<String>,
    /// Why it waits.
    pub reason: ReviewReason,
    /// The other person whose face it is like.
    pub resembles: Option<String>,
    /// Who enrolled.
    pub by: Option<String>,
    /// When, UTC.
    pub at: Timestamp,
    /// When it is forgotten, UTC.
    pub until: Timestamp,
}

/// A terminal that this one is, or was, paired with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerEntry {
    /// Its name.
    pub terminal: String,
    /// Which of its key pairs it is known by.
    pub number: u32,
    /// The fingerprint of that.
    pub fingerprint: String,
    /// Whether anything may go to it, and come from it.
    pub passes: [bool; 2],
    /// When they were paired, UTC.
    pub paired: Timestamp,
    /// When that ended, UTC.
    pub ended: Option<Timestamp>,
    /// The revision of the last bundle made for it; 0 before the first.
    pub sent: u64,
    /// The revision of the last bundle taken from it; 0 before the first.
    pub taken: u64,
    /// As of when everything that passes is here, UTC.
    pub complete: Option<Timestamp>,
}

/// This terminal, as it shows itself to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Introduced {
    /// Its name.
    pub terminal: String,
    /// Which of its key pairs it shows.
    pub number: u32,
    /// The fingerprint of that: to be told by another way than the introduction goes.
    pub fingerprint: String,
    /// The introduction itself, a line of text.
    pub text: String,
}

/// A checkpoint of the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckpointEntry {
    /// Its number.
    pub number: u64,
    /// The last record that it covers.
    pub last: u64,
    /// When it was signed, UTC.
    pub time: Timestamp,
    /// Its code, to be written down on paper.
    pub code: String,
}
