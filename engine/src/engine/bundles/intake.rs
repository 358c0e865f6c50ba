//! The records of a bundle on their way into the store, one at a time, in one transaction.
//!
//! A sender changes and removes what it sent, and nothing else. What its records rest on must be its own too: else it could
//! bind a card of its choice to somebody who was added here.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::Timestamp;
use mabataki_models::Digest;

use super::ledger::{Ledger, Taken, TakenRecord};
use super::records::absence;
use super::report::{BundleReport, RejectedRecord, Rejection};
use super::safety::{GONE, SKEW, Said, Verdict, judge};
use crate::audit::{Entry, Factor, Operation, to_line};
use crate::bundle::{Header, Record, RecordKey};
use crate::engine::acting::Authority;
use crate::engine::administration::erased;
use crate::engine::administration::revocation::{Revoked, revoke};
use crate::engine::clock::Now;
use crate::engine::grants::end_all;
use crate::engine::pins::FaceModel;
use crate::engine::rotation::Carrier;
use crate::engine::site_policy::rulebook_in;
use crate::engine::{Error, administrators};
use crate::grant::Ending;
use crate::policy::{Right, Rights, Rulebook};
use crate::secret::SecretError;
use crate::store::{CardHandle, Person, PersonStatus, StoreError, Write};
use crate::terminal::{PeerRecord, Scope};

/// A bundle on its way in.
pub(super) struct Intake<'i> {
    pub(super) store: &'i Write<'i>,
    pub(super) now: Now,
    pub(super) by: Authority<'i>,
    /// What the record of each act begins with.
    entry: Entry,
    pub(super) scope: &'i Scope,
    /// All that the pairing takes: what was not asked for this time among it.
    takes: &'i Scope,
    made: Timestamp,
    pub(super) model: Option<FaceModel>,
    pub(super) rules: Arc<Rulebook>,
    pub(super) carrier: Carrier,
    pub(super) taken: Ledger<Taken>,
    permitted: BTreeSet<Right>,
    /// Who had which rights before, and whether anybody could appoint administrators.
    before: BTreeMap<String, Rights>,
    had_administrator: bool,
    pub(super) revoked: RevokedHere,
    gone_people: Vec<Person>,
    /// Who was added by this bundle.
    pub(super) added_people: BTreeSet<String>,
    report: BundleReport,
}

/// What may be used no more, or was replaced: what rests on it ends with the transaction.
#[derive(Default)]
pub(super) struct RevokedHere {
    pub(super) people: BTreeSet<String>,
    pub(super) cards: Vec<CardHandle>,
    pub(super) faces: Vec<String>,
    pub(super) passwords: BTreeSet<String>,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Done {
    Added,
    Changed,
    Removed,
    Unchanged,
    Held,
    /// It is done, and counted, when all else is.
    Later,
}

/// Why a record is not taken in: it is at fault, or nothing can be taken in at all.
pub(super) enum Refusal {
    Rejected(Rejection, Option<String>),
    Failed(Error),
}

impl<'i> Intake<'i> {
    pub(super) fn begin(
        store: &'i Write<'i>,
        now: Now,
        by: Authority<'i>,
        mut entry: Entry,
        header: &'i Header,
        (peer, takes): (&PeerRecord, &'i Scope),
        model: Option<FaceModel>,
    ) -> Result<Intake<'i>, Error> {
        entry.time = now.wall;
        entry.reason = Some("bundle".to_owned());
        let rules = rulebook_in(store)?;
        Ok(Intake {
            before: rights_of_people(store, &rules)?,
            had_administrator: administrators::any(store, now)?,
            taken: Ledger::read(store, peer)?,
            carrier: Carrier::of(store)?,
            scope: &header.scope,
            takes,
            made: header.made,
            report: BundleReport {
                sender: peer.identity.terminal.clone(),
                revision: header.revision,
                taken: true,
                ..BundleReport::default()
            },
            permitted: BTreeSet::new(),
            revoked: RevokedHere::default(),
            gone_people: Vec::new(),
            added_people: BTreeSet::new(),
            store,
            now,
            by,
            entry,
            model,
            rules,
        })
    }

    /// Takes one record in, or rejects it.
    pub(super) fn take(&mut self, record: Record) -> Result<(), Error> {
        let key = record.key();
        let digest = record.digest();
        let known = self.taken.get(&key).cloned();
        let done = match record {
            Record::Policy(text) => self.policy(text, digest),
            Record::Gone(key) => self.gone(&key),
            Record::Person(person) => self.person(*person, digest),
            Record::Card(card) => self.card(card, digest),
            Record::Template(template) => self.template(&template, digest),
            Record::Password(password) => self.password(password, digest),
            Record::Login(login) => self.login(&login, digest),
        };
        if let Err(Refusal::Rejected(..)) = &done {
            // What was not taken was not heard either.
            match known {
                Some(known) => self.taken.put(&key, known),
                None => {
                    self.taken.remove(&key);
                }
            }
        }
        self.count(key, done)
    }

    fn count(&mut self, key: RecordKey, done: Result<Done, Refusal>) -> Result<(), Error> {
        let report = &mut self.report;
        let count = match done {
            Ok(Done::Added) => &mut report.added,
            Ok(Done::Changed) => &mut report.changed,
            Ok(Done::Removed) => &mut report.removed,
            Ok(Done::Unchanged) => &mut report.unchanged,
            Ok(Done::Held) => &mut report.held,
            Ok(Done::Later) => return Ok(()),
            Err(Refusal::Failed(error)) => return Err(error),
            Err(Refusal::Rejected(why, detail)) => {
                // What a sender wrote may be in it, and is shown to people.
                let detail = detail.as_deref().and_then(to_line);
                report.reject(RejectedRecord { key, why, detail });
                return Ok(());
            }
        };
        *count = count.saturating_add(1);
        Ok(())
    }

    /// Ends what rests on what was revoked, and sees that somebody can still administer, and nobody does who must not.
    pub(super) fn finish(mut self) -> Result<BundleReport, Error> {
        self.remove_gone_people()?;
        let RevokedHere { people, cards, faces, passwords } = std::mem::take(&mut self.revoked);
        let (store, now) = (self.store, self.now);
        revoke(store, now, Revoked::People(&people))?;
        cards.iter().try_for_each(|card| revoke(store, now, Revoked::Card(card)))?;
        faces.iter().try_for_each(|person| revoke(store, now, Revoked::Face(person)))?;
        // Who is given another password may have lost the old one to somebody.
        end_all(store, now, Ending::Revoked, |grant| {
            passwords.contains(&grant.subject) && grant.factors.contains(&Factor::Password)
        })?;
        if self.had_administrator {
            administrators::require_one(store, now)?;
        }
        self.refuse_new_administrators()?;
        self.taken.write(store)?;
        Ok(self.report)
    }

    /// A policy that gives a role more rights makes administrators of whoever has it already.
    fn refuse_new_administrators(&mut self) -> Result<(), Error> {
        if self.scope.administrators {
            return Ok(());
        }
        for (id, rights) in rights_of_people(self.store, &*rulebook_in(self.store)?)? {
            let had = self.before.get(&id).copied().unwrap_or_default();
            if rights.iter().any(|right| !had.contains(right)) {
                let (key, why) = (RecordKey::Person(id), Rejection::Administrator);
                self.report.reject(RejectedRecord { key, why, detail: None });
                return Err(super::import::rejected(std::mem::take(&mut self.report)));
            }
        }
        Ok(())
    }

    /// People last, and those of vendors before whoever answers for them.
    fn remove_gone_people(&mut self) -> Result<(), Error> {
        let mut people = std::mem::take(&mut self.gone_people);
        people.sort_by_key(|person| person.profile.vendor.is_none());
        for person in people {
            let key = RecordKey::Person(person.id.clone());
            let done = self.remove_gone_person(&key, &person);
            self.count(key, done)?;
        }
        Ok(())
    }

    fn remove_gone_person(&mut self, key: &RecordKey, person: &Person) -> Result<Done, Refusal> {
        // What is known of their grants goes with them: so these end first, and their ends are written down.
        revoke(self.store, self.now, Revoked::Person(&person.id))?;
        self.store.remove_person(&person.id)?;
        if self.take_back(key, Some(absence(person.status))) {
            // Nor does anybody else bring them back by what was made before.
            erased::note(self.store, self.now, &person.id)?;
        }
        self.log(Operation::PersonRemove, &person.id)?;
        Ok(Done::Removed)
    }

    fn gone(&mut self, key: &RecordKey) -> Result<Done, Refusal> {
        if self.taken.get(key).is_none() {
            return Ok(Done::Unchanged);
        }
        let id = key.id();
        let (right, operation) = match key {
            RecordKey::Policy => return Ok(Done::Unchanged),
            RecordKey::Person(_) => (Right::People, Operation::PersonRemove),
            RecordKey::Card(_) => (Right::Cards, Operation::CardRemove),
            RecordKey::Template(_) => (Right::Enrol, Operation::FaceRemove),
            RecordKey::Password(_) => (Right::Passwords, Operation::PasswordRemove),
            RecordKey::Login(..) => (Right::Logins, Operation::LoginRemove),
        };
        self.permit(right)?;
        if let RecordKey::Person(_) = key
            && let Some(person) = self.store.person(id)?
            && self.is_theirs(&person)
        {
            if person.status == PersonStatus::Retired {
                // Their name and id are kept here for good.
                return Ok(Done::Held);
            }
            self.gone_people.push(person);
            return Ok(Done::Later);
        }
        let here = if self.belongs_to_theirs(key)? { self.stopped_here(key)? } else { None };
        self.take_back(key, here);
        if here.is_none() {
            return Ok(Done::Unchanged);
        }
        self.remove(key)?;
        self.log(operation, id)?;
        Ok(Done::Removed)
    }

    /// Notes that the sender has taken a record back, and says whether somebody here had stopped or removed it: that stays
    /// noted, for should the sender send it anew. `here`: how thoroughly it is stopped here; none if it is here no more.
    fn take_back(&mut self, key: &RecordKey, here: Option<u8>) -> bool {
        let Some(known) = self.taken.get(key).cloned() else { return false };
        let digest = Record::Gone(key.clone()).digest();
        self.judge(key, &known, (digest, GONE), here);
        let is_held = self.taken.get(key).is_some_and(|noted| noted.held.is_some());
        if !is_held {
            self.taken.remove(key);
        }
        is_held
    }

    /// What is to be done with a record that was sent before. `here`: how thoroughly it is stopped here, if it is here.
    pub(super) fn judge(
        &mut self,
        key: &RecordKey,
        known: &TakenRecord,
        (digest, severity): (Digest, u8),
        here: Option<u8>,
    ) -> Verdict {
        let said = Said { digest, severity, made: self.made };
        let (verdict, entry) = judge(known, said, here, self.now.wall);
        self.taken.put(key, entry);
        verdict
    }

    /// Notes a record that was not sent before.
    pub(super) fn note(&mut self, key: &RecordKey, (digest, severity): (Digest, u8)) {
        self.taken.put(key, TakenRecord { digest, made: self.made, severity, held: None, created: None });
    }

    /// Notes who was kept by a person's record.
    pub(super) fn note_person(&mut self, person: &Person) {
        let key = RecordKey::Person(person.id.clone());
        if let Some(known) = self.taken.get(&key).cloned() {
            self.taken.put(&key, TakenRecord { created: Some(person.created), ..known });
        }
    }

    /// Whether this person is here by the sender, and not somebody who was added here or by another under an id that the
    /// sender once used.
    pub(super) fn is_theirs(&self, here: &Person) -> bool {
        let known = self.taken.get(&RecordKey::Person(here.id.clone()));
        known.is_some_and(|known| known.created == Some(here.created))
    }

    /// Whether what a record is about belongs to somebody who is here by the sender.
    fn belongs_to_theirs(&self, key: &RecordKey) -> Result<bool, Refusal> {
        let people = match key {
            RecordKey::Policy | RecordKey::Person(_) => return Ok(true),
            RecordKey::Card(handle) => {
                let Ok(handle) = handle.parse::<CardHandle>() else { return Ok(false) };
                self.store.carried_card(&handle)?.map(|card| card.people).unwrap_or_default()
            }
            RecordKey::Template(person) | RecordKey::Password(person) | RecordKey::Login(person, _) => {
                vec![person.clone()]
            }
        };
        for person in people {
            if self.store.person(&person)?.is_some_and(|here| self.is_theirs(&here)) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether somebody was erased here after the bundle was made, or may have been.
    pub(super) fn was_erased(&self, person: &str) -> Result<bool, Refusal> {
        let erased = erased::since(self.store, person)?;
        Ok(erased.is_some_and(|at| at.duration_until(self.made) < SKEW))
    }

    /// Whoever a record belongs to: they are here by this sender, or none: they were, and left here.
    pub(super) fn owner(&self, person: &str) -> Result<Option<Person>, Refusal> {
        let here = self.store.person(person)?;
        if self.taken.get(&RecordKey::Person(person.to_owned())).is_none() {
            return match here {
                None if self.was_erased(person)? => Ok(None),
                _ => Err(reject(Rejection::NoPerson)),
            };
        }
        match here {
            Some(person) if !self.is_theirs(&person) => Err(reject(Rejection::NoPerson)),
            here => Ok(here.filter(|person| person.status != PersonStatus::Retired)),
        }
    }

    /// Refuses to change what is somebody's whom the pairing does not let through as they are here: a role that they were
    /// given here is not worth less than one that they came with.
    pub(super) fn reach(&self, owner: &Person) -> Result<(), Refusal> {
        let Person { id, profile, .. } = owner;
        let has_rights = !self.rules.rights(profile.role.as_deref()).is_empty();
        if has_rights && !self.takes.administrators {
            return Err(reject(Rejection::Administrator));
        }
        if !self.takes.allows_person(profile.wards.iter().map(String::as_str), has_rights) {
            return Err(reject(Rejection::OutOfScope));
        }
        Ok(self.by.require_rights_over(self.store, self.now, id)?)
    }

    /// Refuses whoever could not do by hand what the bundle does.
    pub(super) fn permit(&mut self, right: Right) -> Result<(), Refusal> {
        if !self.permitted.contains(&right) {
            self.by.require(self.store, self.now, right).map_err(Refusal::Failed)?;
            self.permitted.insert(right);
        }
        Ok(())
    }

    pub(super) fn log(&self, operation: Operation, object: &str) -> Result<(), Refusal> {
        self.store.append(&Entry { operation, object: Some(object.to_owned()), ..self.entry.clone() })?;
        Ok(())
    }
}

pub(super) fn reject(why: Rejection) -> Refusal {
    Refusal::Rejected(why, None)
}

fn rights_of_people(store: &Write<'_>, rules: &Rulebook) -> Result<BTreeMap<String, Rights>, Error> {
    let people = store.people()?.into_iter();
    let rights = people.map(|person| (rules.rights(person.profile.role.as_deref()), person.id));
    Ok(rights.filter(|(rights, _)| !rights.is_empty()).map(|(rights, id)| (id, rights)).collect())
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Refusal {
        Error::from(error).into()
    }
}

impl From<SecretError> for Refusal {
    fn from(error: SecretError) -> Refusal {
        Refusal::Rejected(Rejection::Unfit, Some(error.to_string()))
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Refusal {
        match error {
            Error::BadPolicy { .. }
            | Error::Match(_)
            | Error::Template { .. }
            | Error::Store(
                StoreError::Invalid { .. }
                | StoreError::Sponsor { .. }
                | StoreError::CardBound { .. }
                | StoreError::Retired { .. },
            ) => Refusal::Rejected(Rejection::Unfit, Some(error.to_string())),
            other => Refusal::Failed(other),
        }
    }
}
