//! Enrolments that somebody else has to look at before they count: a face like another person's, or unlike the one before,
//! or a policy that asks for two. None waits for ever: a face that nobody decides about is forgotten.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::super::clock::Now;
use super::super::{Acting, Engine, Error};
use super::keep::Package;
use crate::audit::{Entry, Operation, Outcome};
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::matching::Template;
use crate::policy::Right;
use crate::session::ReviewReason;
use crate::store::{Document, Profile, Write};

/// An enrolment under review. Person, card and template wait in it, sealed as everything is.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PendingEnrolment {
    /// Whom it is of.
    pub person: String,
    /// What is to be written down of them, if they are new.
    pub profile: Option<Profile>,
    card: Option<PendingCard>,
    label: Option<String>,
    template: Zeroizing<Vec<u8>>,
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

/// A card that will be bound.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PendingCard {
    kind: CardKind,
    id_kind: IdKind,
    assurance: Assurance,
    id: Zeroizing<Vec<u8>>,
}

impl Document for PendingEnrolment {
    const KIND: &'static str = "pending_enrolment";

    fn person(&self) -> Option<&str> {
        self.profile.is_none().then_some(&self.person)
    }
}

impl std::fmt::Debug for PendingEnrolment {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PendingEnrolment({}, {})", self.person, self.reason)
    }
}

impl PendingEnrolment {
    pub(super) fn of(
        package: &Package<'_>,
        reason: ReviewReason,
        resembles: Option<String>,
        by: Option<String>,
        now: Now,
        term: Duration,
    ) -> PendingEnrolment {
        let card = package.card.map(|card| PendingCard {
            kind: card.kind,
            id_kind: card.id_kind,
            assurance: card.assurance,
            id: card.id.clone(),
        });
        PendingEnrolment {
            person: package.person.to_owned(),
            profile: package.profile.cloned(),
            card,
            label: package.label.map(str::to_owned),
            template: package.template.to_bytes(),
            reason,
            resembles,
            by,
            at: now.wall,
            until: now.wall.checked_add(term).unwrap_or(Timestamp::MAX),
        }
    }

    /// There is one for each person: a later one takes the earlier one's place.
    pub(super) fn file(&self, store: &Write<'_>) -> Result<(), Error> {
        Ok(store.put_document(&self.person, self)?)
    }
}

impl Engine {
    /// Forgets, for good, what waited too long.
    pub(super) fn forget_lapsed_enrolments(&mut self) -> Result<(), Error> {
        self.transact(forget_lapsed)
    }
}

/// Forgets the enrolments that waited too long, and writes each down. A clock that stands behind what it has shown forgets
/// nothing.
pub(in crate::engine) fn forget_lapsed(store: &Write<'_>, now: Now) -> Result<(), Error> {
    for (key, pending) in store.documents::<PendingEnrolment>()? {
        if !now.behind && pending.until <= now.wall {
            store.remove_document::<PendingEnrolment>(&key)?;
            let mut entry = Entry::new(now.wall, Operation::EnrolmentLapse, Outcome::Done);
            entry.object = Some(pending.person);
            store.append(&entry)?;
        }
    }
    Ok(())
}

/// Turns the template of every waiting enrolment. `turn` is told whose it is.
pub(in crate::engine) fn turn_waiting(
    store: &Write<'_>,
    mut turn: impl FnMut(&str, &[u8]) -> Result<Zeroizing<Vec<u8>>, Error>,
) -> Result<(), Error> {
    for (key, mut pending) in store.documents::<PendingEnrolment>()? {
        pending.template = turn(&pending.person, &pending.template)?;
        store.put_document(&key, &pending)?;
    }
    Ok(())
}

/// How many enrolments wait.
pub(in crate::engine) fn count_waiting(store: &Write<'_>) -> Result<usize, Error> {
    Ok(store.documents::<PendingEnrolment>()?.len())
}

impl Acting<'_> {
    /// The enrolments that wait for somebody to look at them.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn pending_enrolments(&mut self) -> Result<Vec<PendingEnrolment>, Error> {
        self.require(Right::Enrol)?;
        self.engine.forget_lapsed_enrolments()?;
        Ok(self.engine.store.documents()?.into_iter().map(|(_, pending)| pending).collect())
    }

    /// Lets a waiting enrolment count: person, card and template, all or none.
    ///
    /// # Errors
    /// Without the right; by whoever enrolled, or for oneself; when the person may do more than who approves; when there
    /// is none, or it waited too long.
    pub fn approve_enrolment(&mut self, person: &str) -> Result<(), Error> {
        self.engine.forget_lapsed_enrolments()?;
        let own = self.actor_is(person);
        let (by, actor) = (self.authority(), self.actor().map(str::to_owned));
        self.act_at(Right::Enrol, Operation::EnrolmentApprove, person, |store, now| {
            let pending = find(store, person, now)?;
            // Two pairs of eyes: whoever took the pictures has looked already.
            if own || (actor.is_some() && actor == pending.by) {
                return Err(Error::Oneself { what: "approving an enrolment" });
            }
            let template = Template::from_bytes(&pending.template)?;
            let card = pending.card.as_ref().map(|card| CardIdentity {
                kind: card.kind,
                id_kind: card.id_kind,
                assurance: card.assurance,
                id: card.id.clone(),
            });
            let package = Package {
                person,
                profile: pending.profile.as_ref(),
                card: card.as_ref(),
                label: pending.label.as_deref(),
                template: &template,
            };
            package.require_rights_over(store, now, by)?;
            package.keep(store, now)?;
            store.remove_document::<PendingEnrolment>(person)?;
            Ok(())
        })
    }

    /// Throws a waiting enrolment away.
    ///
    /// # Errors
    /// Without the right, or when there is none.
    pub fn refuse_enrolment(&mut self, person: &str) -> Result<(), Error> {
        self.engine.forget_lapsed_enrolments()?;
        self.act_at(Right::Enrol, Operation::EnrolmentRefuse, person, |store, now| {
            find(store, person, now)?;
            store.remove_document::<PendingEnrolment>(person)?;
            Ok(())
        })
    }
}

fn find(store: &Write<'_>, person: &str, now: Now) -> Result<PendingEnrolment, Error> {
    let found = store.document::<PendingEnrolment>(person)?;
    found
        .filter(|pending| !now.is_past(Some(pending.until)))
        .ok_or_else(|| Error::NothingPending { person: person.chars().take(64).collect() })
}
