//! What administrators do to people and cards. The act and its record in the log are one transaction; an act that was
//! refused is recorded too.

use jiff::Timestamp;

use super::{Engine, Error};
use crate::audit::{self, Operation};
use crate::card::CardIdentity;
use crate::store::{Card, CardHandle, CardStatus, NewCard, NewPerson, Person, StoreError, Write};

impl Engine {
    /// The person of this id.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub fn person(&self, id: &str) -> Result<Person, Error> {
        self.store.person(id)?.ok_or_else(|| Error::NoPerson { id: id.to_owned() })
    }

    /// Everybody.
    ///
    /// # Errors
    /// When the store fails.
    pub fn people(&self) -> Result<Vec<Person>, Error> {
        Ok(self.store.people()?)
    }

    /// Whether a face is enrolled for this person.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_enrolled(&self, person: &str) -> Result<bool, Error> {
        Ok(self.store.template(person)?.is_some())
    }

    /// The cards of one person, or of all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cards(&self, person: Option<&str>) -> Result<Vec<Card>, Error> {
        Ok(self.store.cards(person)?)
    }

    /// Records of the log after number `after`, oldest first, at most `limit` and 10,000 at most.
    ///
    /// # Errors
    /// When the store fails.
    pub fn log(&self, after: u64, limit: u32) -> Result<Vec<audit::Record>, Error> {
        Ok(self.store.log(after, limit)?)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// When the id is taken, or something is not well formed.
    pub fn add_person(&mut self, person: &NewPerson) -> Result<(), Error> {
        self.act(Operation::PersonAdd, &person.id, |store| store.add_person(person))
    }

    /// Lets a person in no more, or again.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn set_disabled(&mut self, person: &str, disabled: bool) -> Result<(), Error> {
        let operation = if disabled { Operation::PersonDisable } else { Operation::PersonEnable };
        self.act(operation, person, |store| store.set_disabled(person, disabled))
    }

    /// Removes a person with cards and template. What the log says of them stays.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn remove_person(&mut self, person: &str) -> Result<(), Error> {
        self.act(Operation::PersonRemove, person, |store| store.remove_person(person))
    }

    /// Ties a card that lies on a reader of this machine to a person.
    ///
    /// # Errors
    /// When there is no such person, or the card is bound already.
    pub fn bind_card(&mut self, person: &str, card: &CardIdentity, label: &str) -> Result<CardHandle, Error> {
        let new = NewCard { label: label.to_owned(), valid_until: None, bound: Timestamp::now() };
        self.act(Operation::CardBind, person, |store| store.bind_card(person, card, &new))
    }

    /// Ties a card that the host tells of to a person. Trial stores only.
    ///
    /// # Errors
    /// As [`Engine::bind_card`], and when the store was not made for trials.
    pub fn bind_claimed_card(
        &mut self,
        person: &str,
        card: &CardIdentity,
        label: &str,
    ) -> Result<CardHandle, Error> {
        if let Err(error) = self.require_trial("a card told by the host") {
            self.record_refusal(Operation::CardBind, person, error.code());
            return Err(error);
        }
        self.bind_card(person, card, label)
    }

    /// Suspends, reports lost, or restores a card.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn set_card_status(&mut self, handle: &CardHandle, status: CardStatus) -> Result<(), Error> {
        let operation = match status {
            CardStatus::Active => Operation::CardRestore,
            CardStatus::Suspended => Operation::CardSuspend,
            CardStatus::Lost => Operation::CardLost,
        };
        self.act(operation, handle.as_str(), |store| store.set_card_status(handle, status))
    }

    /// Removes a card for good.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn remove_card(&mut self, handle: &CardHandle) -> Result<(), Error> {
        self.act(Operation::CardRemove, handle.as_str(), |store| store.remove_card(handle))
    }

    /// Does `act` to `object` and writes it down, both or neither.
    pub(super) fn act<T>(
        &mut self,
        operation: Operation,
        object: &str,
        act: impl FnOnce(&Write<'_>) -> Result<T, StoreError>,
    ) -> Result<T, Error> {
        let mut entry = self.entry(operation, audit::Outcome::Done);
        entry.object = Some(object.to_owned());
        let done = self.store.write(|store| {
            let done = act(store)?;
            store.append(&entry)?;
            Ok(done)
        });
        if let Err(error) = &done {
            self.record_refusal(operation, object, error.code());
        }
        Ok(done?)
    }

    /// The refusal is what the caller must hear of; that it could not be recorded comes with the store's own failure,
    /// or with an id too odd to be written down.
    fn record_refusal(&mut self, operation: Operation, object: &str, reason: &str) {
        let mut entry = self.entry(operation, audit::Outcome::Refused);
        entry.object = Some(object.to_owned());
        entry.reason = Some(reason.to_owned());
        let _ = self.append(&entry);
    }
}
