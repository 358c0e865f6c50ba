//! Cards: each is somebody's, has a handle to speak of it, and is found by a keyed hash of its identifier.

use std::{fmt, str::FromStr};

use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    Store, StoreError, Write,
    rows::{self, Content, FIRST, Rows},
    seal::{self, Place},
};
use crate::{
    audit::is_line,
    card::{Assurance, CardIdentity, CardKind, IdKind},
    text::words,
};

const TABLE: &str = "card";
const BY_LOOKUP: &str = "SELECT revision, sealed, handle, person, lookup FROM card WHERE lookup = ?1";
const BY_HANDLE: &str = "SELECT revision, sealed, handle, person, lookup FROM card WHERE handle = ?1";
const BY_PERSON: &str = "SELECT revision, sealed, handle, person, lookup FROM card WHERE person = ?1 OR ?1 IS NULL ORDER BY person, handle";

/// Most characters of a label.
const LABEL_CHARS: usize = 64;
/// Most cards of one person.
const CARDS: i64 = 16;
/// The longest identifier a card has, bytes: a triple-size UID (ISO/IEC 14443-3).
const IDENTIFIER: usize = 10;

/// Characters of a handle: Crockford's base 32, which leaves out i, l, o and u, in lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a handle, without the hyphen in its middle: 40 random bits.
const HANDLE: usize = 8;

/// What people and programs call a card by, such as `k7mq-2w9x`. Drawn at random: it tells nothing of the card.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CardHandle(String);

words! {
    /// Whether a card may be used.
    pub enum CardStatus, "a card's status" {
        /// It may.
        Active = "active",
        /// Not for now.
        Suspended = "suspended",
        /// Its owner does not have it.
        Lost = "lost",
    }
}

/// What is said of a card when it is tied to a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCard {
    /// What its owner calls it: 1 to 64 characters on one line.
    pub label: String,
    /// From when on it is not valid any more.
    pub valid_until: Option<Timestamp>,
    /// When it was tied to the person.
    pub bound: Timestamp,
}

/// A card in the store. It does not tell its identifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// What it is called by.
    pub handle: CardHandle,
    /// Whose it is.
    pub person: String,
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
    /// From when on it is not valid any more, UTC.
    pub valid_until: Option<Timestamp>,
    /// When it was tied to the person, UTC.
    pub bound: Timestamp,
}

/// What is sealed of a card beside its identifier.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    person: String,
    label: String,
    kind: CardKind,
    id_kind: IdKind,
    assurance: Assurance,
    status: CardStatus,
    valid_until: Option<Timestamp>,
    bound: Timestamp,
}

impl Store {
    /// The card with this identity. The identity's assurance is not compared: whether it is enough is policy.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn find_card(&self, identity: &CardIdentity) -> Result<Option<Card>, StoreError> {
        let rows = self.rows();
        Ok(find_by(&rows, BY_LOOKUP, rows.keys.card_lookup(identity))?.map(|(card, _)| card))
    }

    /// The cards of one person, or everybody's, by person and handle.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is damaged.
    pub fn cards(&self, person: Option<&str>) -> Result<Vec<Card>, StoreError> {
        let rows = self.rows();
        let wrap = |error| rows.failed(error);
        let mut statement = rows.conn.prepare_cached(BY_PERSON).map_err(wrap)?;
        let mut found = statement.query([person]).map_err(wrap)?;
        let mut cards = Vec::new();
        while let Some(row) = found.next().map_err(wrap)? {
            cards.push(read(&rows, row)?.0);
        }
        Ok(cards)
    }
}

impl Write<'_> {
    /// Ties a card to a person.
    ///
    /// # Errors
    /// [`StoreError::CardBound`] names whose card it is already; [`StoreError::NoPerson`];
    /// [`StoreError::Invalid`] when something is beyond its limits.
    pub fn bind_card(
        &self,
        person: &str,
        identity: &CardIdentity,
        new: &NewCard,
    ) -> Result<CardHandle, StoreError> {
        check(identity, new)?;
        self.require_person(person)?;
        let lookup = self.rows.keys.card_lookup(identity);
        if let Some((card, _)) = find_by(&self.rows, BY_LOOKUP, lookup)? {
            return Err(StoreError::CardBound { person: card.person });
        }
        self.require_room(person)?;
        let handle = self.free_handle()?;
        let sealed = self.rows.seal(
            Place { table: TABLE, key: &handle.0, revision: FIRST },
            &Sealed {
                person: person.to_owned(),
                label: new.label.clone(),
                kind: identity.kind,
                id_kind: identity.id_kind,
                assurance: identity.assurance,
                status: CardStatus::Active,
                valid_until: new.valid_until,
                bound: new.bound,
            },
            &identity.id,
        )?;
        self.rows.execute(
            "INSERT INTO card (handle, person, lookup, revision, sealed) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![handle.0, person, lookup, rows::column(FIRST), sealed],
        )?;
        Ok(handle)
    }

    /// Says whether a card may be used.
    ///
    /// # Errors
    /// [`StoreError::NoCard`].
    pub fn set_card_status(&self, handle: &CardHandle, status: CardStatus) -> Result<(), StoreError> {
        let (_, Content { revision, mut meta, secret }) =
            find_by(&self.rows, BY_HANDLE, &handle.0)?.ok_or_else(|| no_card(handle))?;
        meta.status = status;
        let revision = revision.saturating_add(1);
        let sealed = self.rows.seal(Place { table: TABLE, key: &handle.0, revision }, &meta, &secret)?;
        self.rows.execute(
            "UPDATE card SET revision = ?2, sealed = ?3 WHERE handle = ?1",
            params![handle.0, rows::column(revision), sealed],
        )?;
        Ok(())
    }

    /// Removes a card.
    ///
    /// # Errors
    /// [`StoreError::NoCard`].
    pub fn remove_card(&self, handle: &CardHandle) -> Result<(), StoreError> {
        match self.rows.execute("DELETE FROM card WHERE handle = ?1", [&handle.0])? {
            0 => Err(no_card(handle)),
            _ => Ok(()),
        }
    }

    fn require_room(&self, person: &str) -> Result<(), StoreError> {
        let wrap = |error| self.rows.failed(error);
        let count: i64 = self
            .rows
            .conn
            .query_row("SELECT count(*) FROM card WHERE person = ?1", [person], |row| row.get(0))
            .map_err(wrap)?;
        if count >= CARDS {
            return Err(StoreError::Invalid {
                what: "the number of a person's cards",
                expected: "at most 16",
                found: "one more".to_owned(),
            });
        }
        Ok(())
    }

    /// A handle nobody has. Of 2^40, so the first one drawn nearly always.
    fn free_handle(&self) -> Result<CardHandle, StoreError> {
        loop {
            let handle = CardHandle::draw()?;
            if find_by(&self.rows, BY_HANDLE, &handle.0)?.is_none() {
                return Ok(handle);
            }
        }
    }
}

impl CardHandle {
    fn draw() -> Result<Self, StoreError> {
        let mut random = [0; HANDLE];
        seal::fill_random(&mut random)?;
        let mut text = String::with_capacity(HANDLE + 1);
        for (at, byte) in random.into_iter().enumerate() {
            if at == HANDLE / 2 {
                text.push('-');
            }
            text.extend(ALPHABET.get(usize::from(byte % 32)).copied().map(char::from));
        }
        Ok(Self(text))
    }

    /// The handle as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CardHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for CardHandle {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        text.parse()
    }
}

/// Upper case is taken as lower case.
impl FromStr for CardHandle {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let handle = text.to_ascii_lowercase();
        let fits = handle.split_once('-').is_some_and(|(a, b)| {
            a.len() == HANDLE / 2
                && b.len() == HANDLE / 2
                && a.bytes().chain(b.bytes()).all(|c| ALPHABET.contains(&c))
        });
        if fits {
            Ok(Self(handle))
        } else {
            Err(StoreError::Invalid {
                what: "a card's handle",
                expected: "eight letters and digits with a hyphen in the middle, such as k7mq-2w9x",
                found: format!("{} characters", text.chars().count()),
            })
        }
    }
}

fn find_by(
    rows: &Rows<'_>,
    sql: &str,
    value: impl rusqlite::ToSql,
) -> Result<Option<(Card, Content<Sealed>)>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare_cached(sql).map_err(wrap)?;
    statement.query_row([value], |row| Ok(read(rows, row))).optional().map_err(wrap)?.transpose()
}

/// Reads a row of revision, sealed, handle, person, lookup; the last two must agree with what is sealed.
fn read(rows: &Rows<'_>, row: &Row<'_>) -> Result<(Card, Content<Sealed>), StoreError> {
    let wrap = |error| rows.failed(error);
    let (handle, person): (String, String) = (row.get(2).map_err(wrap)?, row.get(3).map_err(wrap)?);
    let lookup: [u8; 32] = row.get(4).map_err(wrap)?;
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
    if person != meta.person {
        return Err(rows.damaged(TABLE, &handle, "its person does not fit what is sealed"));
    }
    let card = Card {
        handle: CardHandle(handle),
        person,
        label: meta.label.clone(),
        kind: meta.kind,
        id_kind: meta.id_kind,
        assurance: meta.assurance,
        status: meta.status,
        valid_until: meta.valid_until,
        bound: meta.bound,
    };
    Ok((card, content))
}

fn check(identity: &CardIdentity, new: &NewCard) -> Result<(), StoreError> {
    if !(1..=IDENTIFIER).contains(&identity.id.len()) {
        return Err(StoreError::Invalid {
            what: "a card's identifier",
            expected: "1 to 10 bytes",
            found: format!("{} bytes", identity.id.len()),
        });
    }
    if !is_line(&new.label, LABEL_CHARS) {
        return Err(StoreError::Invalid {
            what: "a card's label",
            expected: "1 to 64 characters on one line, not blank",
            found: format!("{} characters", new.label.chars().count()),
        });
    }
    Ok(())
}

fn no_card(handle: &CardHandle) -> StoreError {
    StoreError::NoCard { handle: handle.0.clone() }
}
