//! Who administers, and by what right. Every act is checked, carried out and written down in one transaction; an act
//! that was refused is written down too.

use super::clock::Now;
use super::{Engine, Error};
use crate::audit::{self, Operation};
use crate::policy::Right;
use crate::store::Write;

/// An administrator at work. Everything that reads or changes people, cards, policy or the log goes through here.
pub struct Acting<'e> {
    pub(super) engine: &'e mut Engine,
}

impl Engine {
    /// To act without an administrator: in a store made for trials, and before there is any administrator.
    pub fn acting(&mut self) -> Acting<'_> {
        Acting { engine: self }
    }
}

impl Acting<'_> {
    /// Does `act` to `object` by `right` and writes it down, both or neither.
    pub(super) fn act<T>(
        &mut self,
        right: Right,
        operation: Operation,
        object: &str,
        act: impl FnOnce(&Write<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.act_at(right, operation, object, |store, _| act(store))
    }

    /// As [`Acting::act`], for what depends on the time.
    pub(super) fn act_at<T>(
        &mut self,
        right: Right,
        operation: Operation,
        object: &str,
        act: impl FnOnce(&Write<'_>, Now) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut entry = self.engine.entry(operation, audit::Outcome::Done);
        entry.object = Some(object.to_owned());
        let done = self.require(right).and_then(|()| {
            self.engine.transact(|store, now| {
                entry.time = now.wall;
                let done = act(store, now)?;
                store.append(&entry)?;
                Ok(done)
            })
        });
        if let Err(error) = &done {
            self.record_refusal(operation, object, error.code());
        }
        done
    }

    /// Refuses what the actor has no right to.
    pub(super) fn require(&self, _right: Right) -> Result<(), Error> {
        Ok(())
    }

    /// The person who acts, if anybody does by name.
    pub(super) fn actor(&self) -> Option<&str> {
        None
    }

    /// Whether this person is the one who acts.
    pub(super) fn actor_is(&self, person: &str) -> bool {
        self.actor() == Some(person)
    }

    /// The refusal is what the caller must hear of; that it could not be recorded comes with the store's own failure,
    /// or with an id too odd to be written down.
    pub(super) fn record_refusal(&mut self, operation: Operation, object: &str, reason: &str) {
        let mut entry = self.engine.entry(operation, audit::Outcome::Refused);
        entry.object = Some(object.to_owned());
        entry.reason = Some(reason.to_owned());
        let _ = self.engine.append(&entry);
    }
}
