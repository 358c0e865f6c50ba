//! Who administers, and by what right. Every act is checked, carried out and written down in one transaction; an act
//! that was refused is written down too.

use super::clock::Now;
use super::grants::{Grant, good_grant};
use super::site_policy::rulebook_in;
use super::{Engine, Error, administrators};
use crate::audit::{self, Operation};
use crate::policy::{Purpose, Right};
use crate::store::{StoreError, Write};

/// An administrator at work. Everything that reads or changes people, cards, policy or the log goes through here.
pub struct Acting<'e> {
    pub(super) engine: &'e mut Engine,
    /// Nobody: in stores made for trials, and before there is any administrator.
    by: Option<&'e Grant>,
}

impl Engine {
    /// To act without an administrator: in a store made for trials, and before there is any administrator.
    pub fn acting(&mut self) -> Acting<'_> {
        Acting { engine: self, by: None }
    }

    /// To act as the person whom this grant was given for administration.
    pub fn acting_by<'e>(&'e mut self, grant: &'e Grant) -> Acting<'e> {
        Acting { engine: self, by: Some(grant) }
    }
}

impl<'e> Acting<'e> {
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
        let entry = self.entry(operation, audit::Outcome::Done, object);
        self.act_as(right, entry, act).map(|(done, _)| done)
    }

    /// As [`Acting::act_at`], with an entry that tells more of it; says what number the entry has in the log.
    pub(super) fn act_as<T>(
        &mut self,
        right: Right,
        entry: audit::Entry,
        act: impl FnOnce(&Write<'_>, Now) -> Result<T, Error>,
    ) -> Result<(T, u64), Error> {
        self.act_with(right, entry, |store, now, _| act(store, now))
    }

    /// As [`Acting::act_as`], where the act itself says what the entry tells.
    pub(super) fn act_with<T>(
        &mut self,
        right: Right,
        entry: audit::Entry,
        act: impl FnOnce(&Write<'_>, Now, &mut audit::Entry) -> Result<T, Error>,
    ) -> Result<(T, u64), Error> {
        self.act_then(right, entry, act, |_| Ok(()))
    }

    /// As [`Acting::act_as`], with the entry under a signature at once: for what nobody would believe without one.
    pub(super) fn act_signed<T>(
        &mut self,
        right: Right,
        entry: audit::Entry,
        act: impl FnOnce(&Write<'_>, Now) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let signed = |store: &Write<'_>| store.sign_log().map(|_| ());
        self.act_then(right, entry, |store, now, _| act(store, now), signed).map(|(done, _)| done)
    }

    fn act_then<T>(
        &mut self,
        right: Right,
        mut entry: audit::Entry,
        act: impl FnOnce(&Write<'_>, Now, &mut audit::Entry) -> Result<T, Error>,
        then: impl FnOnce(&Write<'_>) -> Result<(), StoreError>,
    ) -> Result<(T, u64), Error> {
        let authority = self.authority();
        let done = self.engine.transact(|store, now| {
            entry.time = now.wall;
            authority.require(store, now, right)?;
            let done = act(store, now, &mut entry)?;
            // Who only reads makes nobody an administrator, and reads the log also when a person's record is damaged.
            if authority.by.is_none() && !matches!(right, Right::Log | Right::Export) {
                administrators::note_first(store, now)?;
            }
            let number = store.append(&entry)?;
            then(store)?;
            Ok((done, number))
        });
        if let Err(error) = &done {
            let object = entry.object.as_deref().unwrap_or_default();
            self.record_refusal(entry.operation, object, error.code());
        }
        done
    }

    /// Refuses what the actor has no right to.
    pub(super) fn require(&self, right: Right) -> Result<(), Error> {
        let now = self.engine.now()?;
        self.engine.store.look(|store| self.authority().require(store, now, right))
    }

    /// By whose rights things are done here.
    pub(super) fn authority(&self) -> Authority<'e> {
        Authority { by: self.by }
    }

    /// Whether the actor is this person: nobody approves of themselves.
    pub(super) fn actor_is(&self, person: &str) -> bool {
        self.actor() == Some(person)
    }

    /// Refuses what somebody would do to themselves.
    pub(super) fn refuse_own_affair(&self, what: &'static str, person: &str) -> Result<(), Error> {
        if self.actor_is(person) { Err(Error::Oneself { what }) } else { Ok(()) }
    }

    /// The grant by which somebody acts.
    pub(super) fn by(&self) -> Option<&'e Grant> {
        self.by
    }

    /// Who acts, by id; nobody where nobody is needed.
    pub(super) fn actor(&self) -> Option<&str> {
        self.by.map(|grant| grant.subject.as_str())
    }

    /// The refusal is what the caller must hear of; that it could not be recorded comes with the store's own failure,
    /// or with an id too odd to be written down.
    pub(super) fn record_refusal(&mut self, operation: Operation, object: &str, reason: &str) {
        let mut entry = self.entry(operation, audit::Outcome::Refused, object);
        entry.reason = Some(reason.to_owned());
        let _ = self.engine.append(&entry);
    }

    /// A record of an act, with who does it.
    pub(super) fn entry(&self, operation: Operation, outcome: audit::Outcome, object: &str) -> audit::Entry {
        let mut entry = self.engine.entry(operation, outcome);
        entry.object = Some(object.to_owned());
        if let Some(grant) = self.by {
            entry.subject = Some(grant.subject.clone());
            entry.name = Some(grant.name.clone());
            entry.session = Some(grant.key.clone());
        }
        entry
    }
}

/// Refuses an act that nobody named may do, or that the grant's holder has no right to, as of this transaction.
pub(super) fn authorise(store: &Write<'_>, now: Now, by: Option<&Grant>, right: Right) -> Result<(), Error> {
    let Some(grant) = by else {
        return if administrators::may_act_unnamed(store)? {
            Ok(())
        } else {
            Err(Error::NoAdministrator { right })
        };
    };
    let record = good_grant(store, now, &grant.key)?.map_err(|why| Error::GrantEnded { why })?;
    if record.provisional.is_some() {
        return Err(Error::GrantProvisional);
    }
    let person = store.person(&record.subject)?;
    let role = person.as_ref().and_then(|person| person.profile.role.as_deref());
    let rights = rulebook_in(store)?.rights(role);
    // A grant for something else opens no administration, whoever holds it: it may have been given for less.
    let fits = match record.purpose {
        Purpose::Admin => true,
        Purpose::Enrolment => matches!(right, Right::Enrol | Right::Cards | Right::People),
        _ => false,
    };
    if fits && rights.contains(right) {
        return Ok(());
    }
    Err(Error::NoRight { person: record.subject, right })
}

/// By whose rights something is done, to be asked about within a transaction.
#[derive(Clone, Copy)]
pub(super) struct Authority<'e> {
    by: Option<&'e Grant>,
}

impl Authority<'_> {
    /// Refuses what the actor has no right to, as of this transaction.
    pub(super) fn require(self, store: &Write<'_>, now: Now, right: Right) -> Result<(), Error> {
        authorise(store, now, self.by, right)
    }

    /// Refuses to touch what lets this person in, if they may do what whoever touches it may not: with a card, a face or
    /// a password of theirs, that would be as good as the role itself.
    pub(super) fn require_rights_over(self, store: &Write<'_>, now: Now, person: &str) -> Result<(), Error> {
        let role = store.person(person)?.and_then(|person| person.profile.role);
        self.require_rights_of(store, now, role.as_deref())
    }

    /// Refuses to give somebody a role that may do what whoever gives it may not: else the right to change people would
    /// be worth every other.
    pub(super) fn require_rights_of(
        self,
        store: &Write<'_>,
        now: Now,
        role: Option<&str>,
    ) -> Result<(), Error> {
        let rights = rulebook_in(store)?.rights(role);
        rights.iter().try_for_each(|right| self.require(store, now, right))
    }
}
