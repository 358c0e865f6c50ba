//! What administrators do to people.

use jiff::Timestamp;

use super::erased;
use super::revocation::{Revoked, revoke};
use crate::audit::{Operation, Outcome};
use crate::engine::clock::Now;
use crate::engine::{Acting, Error, administrators, standing};
use crate::policy::Right;
use crate::store::{Consent, FaceException, Person, PersonStatus, Profile, Removal, Store, Write};

/// A person, and how much is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonSummary {
    /// The person.
    pub person: Person,
    /// Whether a face is enrolled.
    pub enrolled: bool,
    /// How many cards, stopped ones among them.
    pub cards: usize,
}

/// Proof that a person, or a person's face, was erased: it goes to whoever asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeletionReceipt {
    /// When, UTC.
    pub time: Timestamp,
    /// The number of the record in the log.
    pub seq: u64,
    /// The terminal whose log and store it was.
    pub terminal: String,
    /// What was removed, row by row.
    pub removal: Removal,
    /// Nothing of it is in the store's files any more. If not, a program that was reading kept it: it goes with the next
    /// removal, or when the last program closes the store.
    pub wiped: bool,
}

impl Acting<'_> {
    /// The person of this id.
    ///
    /// # Errors
    /// When there is none, without the right, or when the store fails.
    pub fn person(&self, id: &str) -> Result<Person, Error> {
        self.require(Right::People)?;
        self.engine.store.person(id)?.ok_or_else(|| Error::NoPerson { id: id.to_owned() })
    }

    /// Everybody.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn people(&self) -> Result<Vec<Person>, Error> {
        self.require(Right::People)?;
        Ok(self.engine.store.people()?)
    }

    /// The person of this id, with how much is theirs.
    ///
    /// # Errors
    /// When there is none, without the right, or when the store fails.
    pub fn summary(&self, id: &str) -> Result<PersonSummary, Error> {
        let person = self.person(id)?;
        summary(&self.engine.store, person)
    }

    /// Everybody, with how much is theirs.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn summaries(&self) -> Result<Vec<PersonSummary>, Error> {
        self.people()?.into_iter().map(|person| summary(&self.engine.store, person)).collect()
    }

    /// Adds a person.
    ///
    /// # Errors
    /// When the id is taken, something is not well formed, or the role may do more than who gives it.
    pub fn add_person(&mut self, id: &str, profile: &Profile) -> Result<(), Error> {
        let by = self.authority();
        self.act_at(Right::People, Operation::PersonAdd, id, |store, now| {
            store.add_person(id, profile, now.wall)?;
            by.require_rights_of(store, now, profile.role.as_deref())
        })
    }

    /// Writes down another profile of a person. Nobody changes more of themselves than name and reading.
    ///
    /// # Errors
    /// When there is no such person, something is not well formed, it is the one who acts, the role may do more than who
    /// gives it, or who lets somebody in again who has it, or nobody could appoint administrators any more.
    pub fn change_person(&mut self, id: &str, profile: &Profile) -> Result<(), Error> {
        let (by, oneself) = (self.authority(), self.actor_is(id));
        self.act_at(Right::People, Operation::PersonChange, id, |store, now| {
            let was_good = is_good(store, now, id)?;
            let known = administrators::keep_one(store, now, id, || change(store, id, profile, oneself))?;
            let good = is_good(store, now, id)?;
            if profile.role != known.role || (good && !was_good) {
                by.require_rights_of(store, now, profile.role.as_deref())?;
            }
            if good { Ok(()) } else { revoke(store, now, Revoked::Person(id)) }
        })
    }

    /// Keeps a person out, or lets them in again.
    ///
    /// # Errors
    /// When there is no such person, it is the one who acts, or nobody could appoint administrators any more.
    pub fn set_status(&mut self, person: &str, status: PersonStatus) -> Result<(), Error> {
        let (by, allowed) = (self.authority(), self.refuse_own_affair("a change of status", person));
        let operation = match status {
            PersonStatus::Active => Operation::PersonEnable,
            PersonStatus::OnLeave => Operation::PersonLeave,
            _ => Operation::PersonDisable,
        };
        self.act_at(Right::People, operation, person, |store, now| {
            allowed?;
            administrators::keep_one(store, now, person, || Ok(store.set_status(person, status)?))?;
            if status != PersonStatus::Active {
                return revoke(store, now, Revoked::Person(person));
            }
            by.require_rights_over(store, now, person)
        })
    }

    /// Gives a person leave not to show their face until a time to come, or takes it back.
    ///
    /// # Errors
    /// When there is no such person, it is the one who acts, the time is past, the reason is not well formed, or the
    /// person's role may do more than who excuses them.
    pub fn set_face_exception(
        &mut self,
        person: &str,
        exception: Option<&FaceException>,
    ) -> Result<(), Error> {
        let (by, allowed) =
            (self.authority(), self.refuse_own_affair("an exception from showing the face", person));
        let mut entry = self.entry(Operation::PersonChange, Outcome::Done, person);
        entry.reason =
            Some(if exception.is_some() { "face_exception" } else { "face_exception_end" }.to_owned());
        let (done, _) = self.act_as(Right::People, entry, |store, now| {
            allowed?;
            if let Some(exception) = exception {
                require_future("the end of an exception", now, Some(exception.until))?;
                by.require_rights_over(store, now, person)?;
            }
            Ok(store.set_face_exception(person, exception)?)
        })?;
        Ok(done)
    }

    /// Writes down that a person has agreed to the use of their face, or that they take it back.
    ///
    /// # Errors
    /// When there is no such person, or the version is not well formed.
    pub fn set_consent(&mut self, person: &str, consent: Option<&Consent>) -> Result<(), Error> {
        let mut entry = self.entry(Operation::PersonChange, Outcome::Done, person);
        entry.reason = Some(if consent.is_some() { "consent" } else { "consent_end" }.to_owned());
        let (done, _) =
            self.act_as(Right::People, entry, |store, _| Ok(store.set_consent(person, consent)?))?;
        Ok(done)
    }

    /// Retires a person: grants, cards, face, password and logins end; id and name are kept, so that nobody else gets
    /// the id by mistake.
    ///
    /// # Errors
    /// When there is no such person, it is the one who acts, they answer for a vendor, or nobody could appoint
    /// administrators any more.
    pub fn retire_person(&mut self, person: &str) -> Result<Removal, Error> {
        let allowed = self.refuse_own_affair("retiring", person);
        let removal = self.act_at(Right::People, Operation::PersonRetire, person, |store, now| {
            allowed?;
            revoke(store, now, Revoked::Person(person))?;
            administrators::keep_one(store, now, person, || Ok(store.retire_person(person)?))
        })?;
        // It is done; what an open reader keeps for now goes with the next removal.
        let _ = self.engine.store.wipe_deleted();
        Ok(removal)
    }

    /// Erases a person with cards, face and all that is theirs. What the log says of them stays.
    ///
    /// # Errors
    /// As [`Acting::retire_person`].
    pub fn remove_person(&mut self, person: &str) -> Result<DeletionReceipt, Error> {
        let allowed = self.refuse_own_affair("removing", person);
        let entry = self.entry(Operation::PersonRemove, Outcome::Done, person);
        let ((removal, time), seq) = self.act_as(Right::People, entry, |store, now| {
            allowed?;
            revoke(store, now, Revoked::Person(person))?;
            let removal = administrators::keep_one(store, now, person, || Ok(store.remove_person(person)?))?;
            erased::note(store, now, person)?;
            Ok((removal, now.wall))
        })?;
        Ok(DeletionReceipt::of(&self.engine.store, removal, time, seq))
    }
}

impl DeletionReceipt {
    /// The receipt for what was removed just now.
    pub(super) fn of(store: &Store, removal: Removal, time: Timestamp, seq: u64) -> DeletionReceipt {
        // That the files could not be wiped is told by the receipt: what was removed is removed all the same.
        let wiped = store.wipe_deleted().unwrap_or(false);
        DeletionReceipt { time, seq, terminal: store.settings().terminal.clone(), removal, wiped }
    }
}

fn summary(store: &Store, person: Person) -> Result<PersonSummary, Error> {
    let (enrolled, cards) = (store.has_template(&person.id)?, store.card_count(&person.id)?);
    Ok(PersonSummary { person, enrolled, cards })
}

/// Puts another profile in the place of the old one, and gives that. Nobody changes more of themselves than their name.
pub(super) fn change(
    store: &Write<'_>,
    id: &str,
    profile: &Profile,
    oneself: bool,
) -> Result<Profile, Error> {
    let known = store.person(id)?.ok_or_else(|| Error::NoPerson { id: id.to_owned() })?.profile;
    let renamed = Profile { name: profile.name.clone(), reading: profile.reading.clone(), ..known.clone() };
    if oneself && *profile != renamed {
        return Err(Error::Oneself { what: "a change of more than the name" });
    }
    store.change_person(id, profile)?;
    Ok(known)
}

/// Whether a person may be let in at `now`, as they stand in this transaction.
pub(super) fn is_good(store: &Write<'_>, now: Now, id: &str) -> Result<bool, Error> {
    Ok(store.person(id)?.is_some_and(|person| standing::person_is_good(&person, now)))
}

/// Refuses an end that is over already: a slip of the pen, most often in the year.
pub(super) fn require_future(what: &'static str, now: Now, until: Option<Timestamp>) -> Result<(), Error> {
    if until.is_none_or(|until| until > now.wall) {
        return Ok(());
    }
    Err(Error::Invalid { what, expected: "a time to come", found: "one that is past".to_owned() })
}
