//! What administrators do to cards.

use super::people::require_future;
use super::revocation::{Revoked, revoke};
use crate::audit::Operation;
use crate::card::CardIdentity;
use crate::engine::{Acting, Error};
use crate::policy::Right;
use crate::store::{Card, CardHandle, NewCard, Stop, StoreError};

impl Acting<'_> {
    /// The cards of one person, or of all.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn cards(&self, person: Option<&str>) -> Result<Vec<Card>, Error> {
        self.require(Right::Cards)?;
        Ok(self.engine.store.cards(person)?)
    }

    /// The card of this handle.
    ///
    /// # Errors
    /// When there is none, without the right, or when the store fails.
    pub fn card(&self, handle: &CardHandle) -> Result<Card, Error> {
        self.require(Right::Cards)?;
        let none = || StoreError::NoCard { handle: handle.to_string() };
        Ok(self.engine.store.card(handle)?.ok_or_else(none)?)
    }

    /// Ties a card that lies on a reader of this machine to a person, from now on.
    ///
    /// # Errors
    /// When there is no such person, the card is bound already, it would be valid no more, or the person may do more than
    /// who binds it: a card is half of what lets them in.
    pub fn bind_card(
        &mut self,
        person: &str,
        card: &CardIdentity,
        new: &NewCard,
    ) -> Result<CardHandle, Error> {
        let by = self.authority();
        self.act_at(Right::Cards, Operation::CardBind, person, |store, now| {
            require_future("the card's end", now, new.valid_until)?;
            by.require_rights_over(store, now, person)?;
            Ok(store.bind_card(person, card, &NewCard { bound: now.wall, ..new.clone() })?)
        })
    }

    /// Ties a card that the host tells of to a person. Trial stores only.
    ///
    /// # Errors
    /// As [`Acting::bind_card`], and when the store was not made for trials.
    pub fn bind_claimed_card(
        &mut self,
        person: &str,
        card: &CardIdentity,
        new: &NewCard,
    ) -> Result<CardHandle, Error> {
        if let Err(error) = self.engine.require_trial("a card told by the host") {
            self.record_refusal(Operation::CardBind, person, error.code());
            return Err(error);
        }
        self.bind_card(person, card, new)
    }

    /// Gives a card to one more person: a department card, which lets in only where the policy knows such cards.
    ///
    /// # Errors
    /// As [`Acting::bind_card`], and when there is no such card, they have it already, or it has too many.
    pub fn share_card(&mut self, handle: &CardHandle, person: &str) -> Result<(), Error> {
        let by = self.authority();
        self.act_at(Right::Cards, Operation::CardShare, handle.as_str(), |store, now| {
            by.require_rights_over(store, now, person)?;
            Ok(store.share_card(handle, person)?)
        })
    }

    /// Takes a department card from one of its people.
    ///
    /// # Errors
    /// When there is no such card, they have it not, or nobody else has it.
    pub fn unshare_card(&mut self, handle: &CardHandle, person: &str) -> Result<(), Error> {
        self.act_at(Right::Cards, Operation::CardUnshare, handle.as_str(), |store, now| {
            store.unshare_card(handle, person)?;
            revoke(store, now, Revoked::Share(handle, person))
        })
    }

    /// Suspends a card, or reports it lost or returned. The card need not be at hand.
    ///
    /// # Errors
    /// When there is no such card, or it was returned.
    pub fn stop_card(&mut self, handle: &CardHandle, stop: Stop) -> Result<(), Error> {
        let operation = match stop {
            Stop::Suspended => Operation::CardSuspend,
            Stop::Lost => Operation::CardLost,
            Stop::Returned => Operation::CardReturn,
        };
        self.act_at(Right::Cards, operation, handle.as_str(), |store, now| {
            store.stop_card(handle, stop)?;
            revoke(store, now, Revoked::Card(handle))
        })
    }

    /// Lets a card be used again that was suspended or lost.
    ///
    /// # Errors
    /// When there is no such card, it was returned, or one of its people may do more than who restores it.
    pub fn restore_card(&mut self, handle: &CardHandle) -> Result<(), Error> {
        let by = self.authority();
        self.act_at(Right::Cards, Operation::CardRestore, handle.as_str(), |store, now| {
            let people = store.card(handle)?.map(|card| card.people).unwrap_or_default();
            people.iter().try_for_each(|person| by.require_rights_over(store, now, person))?;
            Ok(store.restore_card(handle)?)
        })
    }

    /// Removes a card for good.
    ///
    /// # Errors
    /// When there is no such card.
    pub fn remove_card(&mut self, handle: &CardHandle) -> Result<(), Error> {
        self.act_at(Right::Cards, Operation::CardRemove, handle.as_str(), |store, now| {
            store.remove_card(handle)?;
            revoke(store, now, Revoked::Card(handle))
        })
    }
}
