//! Cards: each is somebody's, or a few people's, has a handle to speak of it, and is found by a keyed hash of its
//! identifier.

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    CardHandle, Store, StoreError, Write, profile,
    rows::{Content, Rows},
};
use crate::{
    audit::is_line,
    card::{Assurance, CardIdentity, CardKind, IdKind},
    text::vocabulary,
};

pub(super) const TABLE: &str = "card";

/// The columns that [`read`] wants. Whose the card is comes in the same statement, so that both are of one moment.
macro_rules! columns {
    () => {
        "revision, sealed, handle, lookup, \
         (SELECT group_concat(person, ',' ORDER BY person) FROM holder WHERE card = handle)"
    };
}
pub(super) const BY_LOOKUP: &str = concat!("SELECT ", columns!(), " FROM card WHERE lookup = ?1");
pub(super) const BY_HANDLE: &str = concat!("SELECT ", columns!(), " FROM card WHERE handle = ?1");
const BY_PERSON: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM card WHERE ?1 IS NULL OR handle IN (SELECT card FROM holder WHERE person = ?1)"
);
const COUNT: &str = "SELECT count(*) FROM holder WHERE person = ?1";
/// The card looked for, or the one whose hash comes next: see `resolve`.
pub(super) const NEAREST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM card WHERE lookup = \
     coalesce((SELECT min(lookup) FROM card WHERE lookup >= ?1), (SELECT min(lookup) FROM card))"
);

/// Most characters of a label.
const LABEL_CHARS: usize = 64;

vocabulary! {
    /// Whether a card may be used.
    pub enum CardStatus, "a card's status" {
        /// It may, in the time it is valid.
        Active = "active", "active", "有効";
        /// It stands in for another one, and may be used until its end.
        Temporary = "temporary", "temporary", "臨時";
        /// Not for now.
        Suspended = "suspended", "suspended", "停止中";
        /// Its owner does not have it.
        Lost = "lost", "lost", "紛失";
        /// Its owner has given it back.
        Returned = "returned", "returned", "返却済み";
    }
}

impl CardStatus {
    /// Whether it was stopped by somebody, whatever its time.
    #[must_use]
    pub fn is_stopped(self) -> bool {
        matches!(self, CardStatus::Suspended | CardStatus::Lost | CardStatus::Returned)
    }
}

vocabulary! {
    /// Why a card may not be used.
    pub enum Stop, "why a card is stopped" {
        /// Not for now.
        Suspended = "suspended", "suspended", "停止中";
        /// Its owner does not have it.
        Lost = "lost", "lost", "紛失";
        /// Its owner has given it back. It is for nobody until it is removed and bound again.
        Returned = "returned", "returned", "返却済み";
    }
}

/// What is said of a card when it is tied to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCard {
    /// What its owner calls it: 1 to 64 characters on one line.
    pub label: String,
    /// It stands in for another one: needs `valid_until`.
    pub temporary: bool,
    /// From when on it is valid.
    pub valid_from: Option<Timestamp>,
    /// From when on it is not valid any more.
    pub valid_until: Option<Timestamp>,
    /// When it was tied to the person.
    pub bound: Timestamp,
}

impl NewCard {
    /// A card for good, from now on.
    #[must_use]
    pub fn labelled(label: &str, bound: Timestamp) -> NewCard {
        NewCard { label: label.to_owned(), temporary: false, valid_from: None, valid_until: None, bound }
    }

    pub(super) fn check(&self) -> Result<(), StoreError> {
        if !is_line(&self.label, LABEL_CHARS) {
            let expected = "1 to 64 characters on one line, not blank";
            return Err(profile::invalid("a card's label", expected, profile::characters(&self.label)));
        }
        if self.temporary && self.valid_until.is_none() {
            return Err(profile::invalid("a temporary card", "an end of validity", "none"));
        }
        profile::check_times("a card's validity", self.valid_from, self.valid_until)
    }
}

/// A card in the store. It does not tell its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What it is called by.
    pub handle: CardHandle,
    /// Whose it is: one person, or the few who share a department card, the one it was bound to first.
    pub people: Vec<String>,
    /// What its owner calls it.
    pub label: String,
    /// The kind of card.
    pub kind: CardKind,
    /// What its identifier is.
    pub id_kind: IdKind,
    /// What its identity was worth when it was bound.
    pub assurance: Assurance,
    /// Whether it may be used.
    pub status: CardStatus,
    /// From when on it is valid, UTC.
    pub valid_from: Option<Timestamp>,
    /// From when on it is not valid any more, UTC.
    pub valid_until: Option<Timestamp>,
    /// When it was tied to the person, UTC.
    pub bound: Timestamp,
}

impl Card {
    /// Whether several people share it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.people.len() > 1
    }
}

/// What is sealed of a card beside its identifier.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Sealed {
    pub(super) people: Vec<String>,
    pub(super) label: String,
    pub(super) kind: CardKind,
    pub(super) id_kind: IdKind,
    pub(super) assurance: Assurance,
    pub(super) temporary: bool,
    pub(super) stopped: Option<Stop>,
    pub(super) valid_from: Option<Timestamp>,
    pub(super) valid_until: Option<Timestamp>,
    pub(super) bound: Timestamp,
}

impl Store {
    /// The card with this handle.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn card(&self, handle: &CardHandle) -> Result<Option<Card>, StoreError> {
        Ok(self.read(|rows| find_by(rows, BY_HANDLE, handle.as_str()))?.map(|(card, _)| card))
    }

    /// How many cards a person has. They are not opened.
    ///
    /// # Errors
    /// The database's own.
    pub fn card_count(&self, person: &str) -> Result<usize, StoreError> {
        self.read(|rows| count(rows, person))
    }

    /// The cards of one person, or everybody's, by person and handle.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is damaged.
    pub fn cards(&self, person: Option<&str>) -> Result<Vec<Card>, StoreError> {
        self.read(|rows| list(rows, person))
    }
}

impl Write<'_> {
    /// As [`Store::card`], as it stands in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn card(&self, handle: &CardHandle) -> Result<Option<Card>, StoreError> {
        Ok(find_by(&self.rows, BY_HANDLE, handle.as_str())?.map(|(card, _)| card))
    }

    /// As [`Store::cards`], as they stand in this transaction.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is damaged.
    pub fn cards(&self, person: Option<&str>) -> Result<Vec<Card>, StoreError> {
        list(&self.rows, person)
    }
}

pub(super) fn count(rows: &Rows<'_>, person: &str) -> Result<usize, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(COUNT).map_err(wrap)?;
    let count: u32 = statement.query_row([person], |row| row.get(0)).map_err(wrap)?;
    Ok(usize::try_from(count).unwrap_or(usize::MAX))
}

pub(super) fn list(rows: &Rows<'_>, person: Option<&str>) -> Result<Vec<Card>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(BY_PERSON).map_err(wrap)?;
    let mut found = statement.query([person]).map_err(wrap)?;
    let mut cards = Vec::new();
    while let Some(row) = found.next().map_err(wrap)? {
        cards.push(read(rows, row)?.0);
    }
    cards.sort_by(|a, b| (&a.people, &a.handle).cmp(&(&b.people, &b.handle)));
    Ok(cards)
}

pub(super) fn find_by(
    rows: &Rows<'_>,
    sql: &str,
    value: impl rusqlite::ToSql,
) -> Result<Option<(Card, Content<Sealed>)>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(sql).map_err(wrap)?;
    statement.query_row([value], |row| Ok(read(rows, row))).optional().map_err(wrap)?.transpose()
}

/// Reads a row of [`columns!`]; what it is found by and whose it is must agree with what is sealed.
pub(super) fn read(rows: &Rows<'_>, row: &Row<'_>) -> Result<(Card, Content<Sealed>), StoreError> {
    let wrap = |error| rows.failed(error);
    let handle: String = row.get(2).map_err(wrap)?;
    let lookup: [u8; 32] = row.get(3).map_err(wrap)?;
    let holders: Option<String> = row.get(4).map_err(wrap)?;
    let content: Content<Sealed> = rows.open(TABLE, &handle, row, [0, 1])?;
    let meta = &content.meta;
    let identity = CardIdentity {
        kind: meta.kind,
        id_kind: meta.id_kind,
        assurance: meta.assurance,
        id: content.secret.clone(),
    };
    if !bool::from(rows.keys.card_lookup(&identity).ct_eq(&lookup)) {
        return Err(rows.damaged(TABLE, &handle, "what it is found by does not fit what is sealed"));
    }
    let mut people = meta.people.clone();
    people.sort_unstable();
    if holders.as_deref() != Some(&people.join(",")) {
        return Err(rows.damaged(TABLE, &handle, "its people do not fit what is sealed"));
    }
    let card = Card {
        handle: CardHandle::stored(handle),
        people: meta.people.clone(),
        label: meta.label.clone(),
        kind: meta.kind,
        id_kind: meta.id_kind,
        assurance: meta.assurance,
        status: match meta.stopped {
            Some(Stop::Suspended) => CardStatus::Suspended,
            Some(Stop::Lost) => CardStatus::Lost,
            Some(Stop::Returned) => CardStatus::Returned,
            None if meta.temporary => CardStatus::Temporary,
            None => CardStatus::Active,
        },
        valid_from: meta.valid_from,
        valid_until: meta.valid_until,
        bound: meta.bound,
    };
    Ok((card, content))
}
