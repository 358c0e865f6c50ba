//! Cards tied to people: bound, shared, stopped, restored, removed.

use rusqlite::params;

use super::{
    CardHandle, NewCard, Stop, StoreError, Write,
    cards::{self, BY_HANDLE, BY_LOOKUP, Sealed, TABLE, find_by},
    profile,
    rows::{self, Content},
    seal::Place,
};
use crate::card::CardIdentity;

/// Most cards of one person.
pub(super) const CARDS: usize = 16;
/// Most people who share a card.
const PEOPLE: usize = 16;
/// The longest identifier a card has, bytes: SHA-256 of the key in a certificate.
const IDENTIFIER: usize = 32;

impl Write<'_> {
    /// Ties a card to a person.
    ///
    /// # Errors
    /// [`StoreError::CardBound`] names whose card it is already; [`StoreError::NoPerson`]; [`StoreError::Retired`];
    /// [`StoreError::Invalid`] when something is beyond its limits.
    pub fn bind_card(
        &self,
        person: &str,
        identity: &CardIdentity,
        new: &NewCard,
    ) -> Result<CardHandle, StoreError> {
        check_identifier(&identity.id)?;
        new.check()?;
        self.require_person(person)?;
        let lookup = self.rows.keys.card_lookup(identity);
        if let Some((card, _)) = find_by(&self.rows, BY_LOOKUP, lookup)? {
            return Err(StoreError::CardBound { person: card.people.into_iter().next().unwrap_or_default() });
        }
        self.require_room(person)?;
        let handle = self.free_handle()?;
        let NewCard { label, temporary, valid_from, valid_until, bound } = new.clone();
        let sealed = Sealed {
            people: vec![person.to_owned()],
            label,
            kind: identity.kind,
            id_kind: identity.id_kind,
            assurance: identity.assurance,
            temporary,
            stopped: None,
            valid_from,
            valid_until,
            bound,
        };
        let revision = self.revise(TABLE, handle.as_str(), None);
        let place = Place { table: TABLE, key: handle.as_str(), revision };
        let sealed = self.rows.seal(place, &sealed, &identity.id)?;
        self.rows.execute(
            "INSERT INTO card (handle, lookup, revision, sealed) VALUES (?1, ?2, ?3, ?4)",
            params![handle.as_str(), lookup, rows::column(revision), sealed],
        )?;
        self.add_holder(&handle, person)?;
        Ok(handle)
    }

    /// Gives a card to one more person: a department card, for 16 people at most.
    ///
    /// # Errors
    /// [`StoreError::NoCard`]; [`StoreError::NoPerson`]; [`StoreError::Retired`]; [`StoreError::Invalid`] when they
    /// have it already, or person or card have too many.
    pub fn share_card(&self, handle: &CardHandle, person: &str) -> Result<(), StoreError> {
        self.require_person(person)?;
        self.require_room(person)?;
        self.alter_card(handle, |sealed| {
            if sealed.people.iter().any(|holder| holder == person) {
                return Err(profile::invalid("sharing a card", "somebody who has it not", "one who has it"));
            }
            if sealed.people.len() >= PEOPLE {
                return Err(profile::invalid("the people of a card", "at most 16", "one more"));
            }
            sealed.people.push(person.to_owned());
            Ok(())
        })?;
        self.add_holder(handle, person)
    }

    /// Takes a department card from one of its people.
    ///
    /// # Errors
    /// [`StoreError::NoCard`]; [`StoreError::Invalid`] when they have it not, or nobody else has it.
    pub fn unshare_card(&self, handle: &CardHandle, person: &str) -> Result<(), StoreError> {
        self.alter_card(handle, |sealed| {
            let before = sealed.people.len();
            if before == 1 {
                let expected = "a card that somebody else has too";
                return Err(profile::invalid("unsharing a card", expected, "one for one person alone"));
            }
            sealed.people.retain(|holder| holder != person);
            if sealed.people.len() == before {
                return Err(profile::invalid("unsharing a card", "one of its people", "somebody else"));
            }
            Ok(())
        })?;
        self.rows
            .execute("DELETE FROM holder WHERE card = ?1 AND person = ?2", [handle.as_str(), person])
            .map(|_| ())
    }

    /// Lets a card be used no more. One that was returned stays so.
    ///
    /// # Errors
    /// [`StoreError::NoCard`]; [`StoreError::CardReturned`].
    pub fn stop_card(&self, handle: &CardHandle, stop: Stop) -> Result<(), StoreError> {
        self.set_stopped(handle, Some(stop))
    }

    /// Lets a card be used again that was suspended or lost.
    ///
    /// # Errors
    /// [`StoreError::NoCard`]; [`StoreError::CardReturned`].
    pub fn restore_card(&self, handle: &CardHandle) -> Result<(), StoreError> {
        self.set_stopped(handle, None)
    }

    /// Removes a card.
    ///
    /// # Errors
    /// [`StoreError::NoCard`].
    pub fn remove_card(&self, handle: &CardHandle) -> Result<(), StoreError> {
        self.rows.execute("DELETE FROM holder WHERE card = ?1", [handle.as_str()])?;
        let sql = "DELETE FROM card WHERE handle = ?1 RETURNING 'card', handle, revision";
        match self.strike(sql, [handle.as_str()])? {
            0 => Err(no_card(handle)),
            _ => Ok(()),
        }
    }

    fn set_stopped(&self, handle: &CardHandle, stopped: Option<Stop>) -> Result<(), StoreError> {
        self.alter_card(handle, |sealed| {
            if sealed.stopped == Some(Stop::Returned) {
                return Err(StoreError::CardReturned { handle: handle.to_string() });
            }
            sealed.stopped = stopped;
            Ok(())
        })
    }

    fn alter_card(
        &self,
        handle: &CardHandle,
        change: impl FnOnce(&mut Sealed) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let (_, Content { revision, mut meta, secret }) =
            find_by(&self.rows, BY_HANDLE, handle.as_str())?.ok_or_else(|| no_card(handle))?;
        change(&mut meta)?;
        let revision = self.revise(TABLE, handle.as_str(), Some(revision));
        let place = Place { table: TABLE, key: handle.as_str(), revision };
        let sealed = self.rows.seal(place, &meta, &secret)?;
        self.rows.execute(
            "UPDATE card SET revision = ?2, sealed = ?3 WHERE handle = ?1",
            params![handle.as_str(), rows::column(revision), sealed],
        )?;
        Ok(())
    }

    /// Keeps a card as it is in another copy of this store, in the place of the one of revision `old`.
    pub(super) fn put_card(
        &self,
        handle: &CardHandle,
        Content { meta, secret, .. }: &Content<Sealed>,
        old: Option<u64>,
    ) -> Result<(), StoreError> {
        let Sealed { kind, id_kind, assurance, .. } = *meta;
        let lookup =
            self.rows.keys.card_lookup(&CardIdentity { kind, id_kind, assurance, id: secret.clone() });
        // The same card under another handle: it was removed there, and bound anew here.
        if let Some((other, _)) = find_by(&self.rows, BY_LOOKUP, lookup)?
            && other.handle != *handle
        {
            self.remove_card(&other.handle)?;
        }
        let revision = self.revise(TABLE, handle.as_str(), old);
        let place = Place { table: TABLE, key: handle.as_str(), revision };
        let sealed = self.rows.seal(place, meta, secret)?;
        self.rows.execute("DELETE FROM holder WHERE card = ?1", [handle.as_str()])?;
        self.rows.execute(
            "INSERT INTO card (handle, lookup, revision, sealed) VALUES (?1, ?2, ?3, ?4) \
             ON CONFLICT (handle) DO UPDATE SET lookup = ?2, revision = ?3, sealed = ?4",
            params![handle.as_str(), lookup, rows::column(revision), sealed],
        )?;
        meta.people.iter().try_for_each(|person| self.add_holder(handle, person))
    }

    fn add_holder(&self, handle: &CardHandle, person: &str) -> Result<(), StoreError> {
        self.rows
            .execute("INSERT INTO holder (card, person) VALUES (?1, ?2)", [handle.as_str(), person])
            .map(|_| ())
    }

    fn require_room(&self, person: &str) -> Result<(), StoreError> {
        let count = cards::count(&self.rows, person)?;
        if count >= CARDS {
            return Err(profile::invalid("the number of a person's cards", "at most 16", "one more"));
        }
        Ok(())
    }

    /// A handle nobody has. Of 2^40, so the first one drawn nearly always.
    fn free_handle(&self) -> Result<CardHandle, StoreError> {
        loop {
            let handle = CardHandle::draw()?;
            if find_by(&self.rows, BY_HANDLE, handle.as_str())?.is_none() {
                return Ok(handle);
            }
        }
    }
}

pub(super) fn check_identifier(id: &[u8]) -> Result<(), StoreError> {
    if (1..=IDENTIFIER).contains(&id.len()) {
        return Ok(());
    }
    Err(profile::invalid("a card's identifier", "1 to 32 bytes", format!("{} bytes", id.len())))
}

/// Checks whose a card is to be.
pub(super) fn check_people(people: &[String]) -> Result<(), StoreError> {
    if !(1..=PEOPLE).contains(&people.len()) {
        return Err(profile::invalid("the people of a card", "1 to 16", people.len().to_string()));
    }
    profile::each_once("the people of a card", people)
}

fn no_card(handle: &CardHandle) -> StoreError {
    StoreError::NoCard { handle: handle.to_string() }
}
