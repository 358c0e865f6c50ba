//! What administrators do to people and cards.

use super::{Acting, Error};
use crate::audit::{self, Operation};
use crate::card::CardIdentity;
use crate::policy::Right;
use crate::store::{Card, CardHandle, NewCard, Person, PersonStatus, Profile, Removal, Stop};

impl Acting<'_> {
    /// The person of this id.
    ///
    /// # Errors
    /// When there is none, or the store fails.
    pub fn person(&self, id: &str) -> Result<Person, Error> {
        self.engine.store.person(id)?.ok_or_else(|| Error::NoPerson { id: id.to_owned() })
    }

    /// Everybody.
    ///
    /// # Errors
    /// When the store fails.
    pub fn people(&self) -> Result<Vec<Person>, Error> {
        Ok(self.engine.store.people()?)
    }

    /// Whether a face is enrolled for this person.
    ///
    /// # Errors
    /// When the store fails.
    pub fn is_enrolled(&self, person: &str) -> Result<bool, Error> {
        Ok(self.engine.store.template(person)?.is_some())
    }

    /// The cards of one person, or of all.
    ///
    /// # Errors
    /// When the store fails.
    pub fn cards(&self, person: Option<&str>) -> Result<Vec<Card>, Error> {
        Ok(self.engine.store.cards(person)?)
    }

    /// Records of the log after number `after`, oldest first, at most `limit` and 10,000 at most.
    ///
    /// # Errors
    /// When the store fails.
    pub fn log(&self, after: u64, limit: u32) -> Result<Vec<audit::Record>, Error> {
        Ok(self.engine.store.log(after, limit)?)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// When the id is taken, or something is not well formed.
    pub fn add_person(&mut self, id: &str, profile: &Profile) -> Result<(), Error> {
        let created = self.engine.clock.now().wall;
        self.act(Right::People, Operation::PersonAdd, id, |store| Ok(store.add_person(id, profile, created)?))
    }

    /// Lets a person in no more, or again.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn set_disabled(&mut self, person: &str, disabled: bool) -> Result<(), Error> {
        let (operation, status) = match disabled {
            true => (Operation::PersonDisable, PersonStatus::Disabled),
            false => (Operation::PersonEnable, PersonStatus::Active),
        };
        self.act(Right::People, operation, person, |store| Ok(store.set_status(person, status)?))
    }

    /// Removes a person with cards and template. What the log says of them stays.
    ///
    /// # Errors
    /// When there is no such person.
    pub fn remove_person(&mut self, person: &str) -> Result<Removal, Error> {
        self.act(Right::People, Operation::PersonRemove, person, |store| Ok(store.remove_person(person)?))
    }

    /// Ties a card that lies on a reader of this machine to a person.
    ///
    /// # Errors
    /// When there is no such person, or the card is bound already.
    pub fn bind_card(&mut self, person: &str, card: &CardIdentity, label: &str) -> Result<CardHandle, Error> {
        let new = NewCard::labelled(label, self.engine.clock.now().wall);
        self.act(Right::Cards, Operation::CardBind, person, |store| Ok(store.bind_card(person, card, &new)?))
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
        if let Err(error) = self.engine.require_trial("a card told by the host") {
            self.record_refusal(Operation::CardBind, person, error.code());
            return Err(error);
        }
        self.bind_card(person, card, label)
    }

    /// Suspends a card, or reports it lost or returned.
    ///
    /// # Errors
    /// When there is no such card, or it was returned.
    pub fn stop_card(&mut self, handle: &CardHandle, stop: Stop) -> Result<(), Error> {
        let operation = match stop {
            Stop::Suspended => Operation::CardSuspend,
            Stop::Lost => Operation::CardLost,
            Stop::Returned => Operation::CardReturn,
        };
        self.act(Right::Cards, operation, handle.as_str(), |store| Ok(store.stop_card(handle, stop)?))
    }

    /// Lets a card be used again that was suspended or lost.
    ///
    /// # Errors
    /// When there is no such card, or it was returned.
    pub fn restore_card(&mut self, handle: &CardHandle) -> Result<(), Error> {
        let operation = Operation::CardRestore;
        self.act(Right::Cards, operation, handle.as_str(), |store| Ok(store.restore_card(handle)?))
    }

    /// Removes a card for good.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn remove_card(&mut self, handle: &CardHandle) -> Result<(), Error> {
        self.act(Right::Cards, Operation::CardRemove, handle.as_str(), |store| Ok(store.remove_card(handle)?))
    }
}
