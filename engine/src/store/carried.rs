//! Cards on their way from one terminal's store to another's.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::{
    CardHandle, NewCard, Stop, StoreError, Write,
    cards::{self, BY_HANDLE, BY_LOOKUP, Sealed, find_by},
    profile,
    rows::Content,
};
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::text::secret_bytes;

/// A card with its identifier, and with the handle that it goes by at every terminal.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarriedCard {
    /// What it is called by.
    pub handle: CardHandle,
    /// Whose it is.
    pub people: Vec<String>,
    /// What its owner calls it.
    pub label: String,
    /// The kind of card.
    pub kind: CardKind,
    /// What its identifier is.
    pub id_kind: IdKind,
    /// What its identity was worth when it was bound.
    pub assurance: Assurance,
    /// It stands in for another one.
    pub temporary: bool,
    /// Why it may not be used.
    pub stopped: Option<Stop>,
    /// From when on it is valid, UTC.
    pub valid_from: Option<Timestamp>,
    /// From when on it is not valid any more, UTC.
    pub valid_until: Option<Timestamp>,
    /// When it was tied to the person, UTC.
    pub bound: Timestamp,
    /// Its identifier: 1 to 32 bytes.
    #[serde(with = "secret_bytes")]
    pub identifier: Zeroizing<Vec<u8>>,
}

impl CarriedCard {
    /// What a reader tells of it.
    #[must_use]
    pub fn identity(&self) -> CardIdentity {
        let CarriedCard { kind, id_kind, assurance, .. } = *self;
        CardIdentity { kind, id_kind, assurance, id: self.identifier.clone() }
    }

    fn check(&self) -> Result<(), StoreError> {
        let CarriedCard { temporary, valid_from, valid_until, bound, .. } = *self;
        NewCard { label: self.label.clone(), temporary, valid_from, valid_until, bound }.check()?;
        super::binding::check_identifier(&self.identifier)?;
        super::binding::check_people(&self.people)
    }
}

impl std::fmt::Debug for CarriedCard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CarriedCard({}, {:?})", self.handle, self.people)
    }
}

impl Write<'_> {
    /// The card of this handle as it is carried to another terminal.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn carried_card(&self, handle: &CardHandle) -> Result<Option<CarriedCard>, StoreError> {
        let found = find_by(&self.rows, BY_HANDLE, handle.as_str())?;
        Ok(found.map(|(card, Content { meta, secret, .. })| {
            let Sealed { people, label, kind, id_kind, assurance, temporary, stopped, .. } = meta;
            let (valid_from, valid_until, bound) = (meta.valid_from, meta.valid_until, meta.bound);
            CarriedCard {
                handle: card.handle,
                people,
                label,
                kind,
                id_kind,
                assurance,
                temporary,
                stopped,
                valid_from,
                valid_until,
                bound,
                identifier: secret,
            }
        }))
    }

    /// The handle of the card with this identity.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when the record is damaged.
    pub fn handle_of(&self, identity: &CardIdentity) -> Result<Option<CardHandle>, StoreError> {
        let lookup = self.rows.keys.card_lookup(identity);
        Ok(find_by(&self.rows, BY_LOOKUP, lookup)?.map(|(card, _)| card.handle))
    }

    /// Keeps a card that was carried here under the handle that it has, in the place of the one of that handle.
    ///
    /// # Errors
    /// [`StoreError::CardBound`] when it is here under another handle; [`StoreError::NoPerson`]; [`StoreError::Retired`];
    /// [`StoreError::Invalid`] when something is beyond its limits.
    pub fn keep_card(&self, card: &CarriedCard) -> Result<(), StoreError> {
        card.check()?;
        let known = find_by(&self.rows, BY_HANDLE, card.handle.as_str())?;
        let lookup = self.rows.keys.card_lookup(&card.identity());
        if let Some((other, _)) = find_by(&self.rows, BY_LOOKUP, lookup)?
            && other.handle != card.handle
        {
            return Err(StoreError::CardBound {
                person: other.people.into_iter().next().unwrap_or_default(),
            });
        }
        for person in &card.people {
            self.require_person(person)?;
            let has_it = known.as_ref().is_some_and(|(known, _)| known.people.contains(person));
            if !has_it && cards::count(&self.rows, person)? >= super::binding::CARDS {
                return Err(profile::invalid("the number of a person's cards", "at most 16", "one more"));
            }
        }
        let CarriedCard {
            kind, id_kind, assurance, temporary, stopped, valid_from, valid_until, bound, ..
        } = *card;
        let (people, label) = (card.people.clone(), card.label.clone());
        let meta = Sealed {
            people,
            label,
            kind,
            id_kind,
            assurance,
            temporary,
            stopped,
            valid_from,
            valid_until,
            bound,
        };
        let old = known.map(|(_, content)| content.revision);
        self.put_card(&card.handle, &Content { revision: 0, meta, secret: card.identifier.clone() }, old)
    }
}
