//! What becomes of each kind of record.

use mabataki_models::Digest;

use super::intake::{Done, Intake, Refusal, reject};
use super::ledger::TakenRecord;
use super::report::Rejection;
use super::safety::Verdict;
use crate::audit::Operation;
use crate::bundle::{CarriedPassword, CarriedTemplate, RecordKey};
use crate::engine::Error;
use crate::engine::logins::MOST_LOGINS;
use crate::engine::site_policy::{SitePolicy, put_in_force, rulebook_in};
use crate::engine::standing::person_is_good;
use crate::matching::Template;
use crate::policy::Right;
use crate::secret::{Login, PasswordRecord};
use crate::store::{CardHandle, CarriedCard, NewTemplate, Person, PersonStatus, Stop};

impl Intake<'_> {
    pub(super) fn policy(&mut self, text: String, digest: Digest) -> Result<Done, Refusal> {
        self.permit(Right::Policy)?;
        if !self.scope.policy {
            return Err(reject(Rejection::OutOfScope));
        }
        let key = RecordKey::Policy;
        if let Some(known) = self.taken.get(&key).cloned()
            && self.judge(&key, &known, (digest, 0), Some(0)) != Verdict::Take
        {
            return Ok(Done::Unchanged);
        }
        let policy = SitePolicy { text, set: None };
        let name = policy.name();
        put_in_force(self.store, self.now, policy)?;
        self.rules = rulebook_in(self.store)?;
        self.note(&key, (digest, 0));
        self.log(Operation::PolicySet, &name)?;
        Ok(Done::Changed)
    }

    pub(super) fn person(&mut self, person: Person, digest: Digest) -> Result<Done, Refusal> {
        self.permit(Right::People)?;
        let role = person.profile.role.as_deref();
        let has_rights = !self.rules.rights(role).is_empty();
        if has_rights && !self.scope.administrators {
            return Err(reject(Rejection::Administrator));
        }
        if !self.scope.allows_person(person.profile.wards.iter().map(String::as_str), has_rights) {
            return Err(reject(Rejection::OutOfScope));
        }
        let key = RecordKey::Person(person.id.clone());
        let said = (digest, absence(person.status));
        let here = self.store.person(&person.id)?;
        let Some(known) = self.taken.get(&key).cloned() else {
            if here.is_some() {
                return Err(reject(Rejection::Exists));
            }
            if self.was_erased(&person.id)? {
                return Ok(Done::Held);
            }
            self.note(&key, said);
            self.keep_person(&person)?;
            return self.added_person(person);
        };
        if here.as_ref().is_some_and(|here| !self.is_theirs(here)) {
            return Err(reject(Rejection::Exists));
        }
        let changed = known.digest != digest;
        let stands = here.as_ref().map(|here| absence(here.status));
        match (self.judge(&key, &known, said, stands), here) {
            (Verdict::Keep, _) => Ok(Done::Unchanged),
            // An id is for good once its owner has left here.
            (_, Some(here)) if here.status == PersonStatus::Retired => Ok(Done::Held),
            (Verdict::Hold, None) => Ok(Done::Held),
            (Verdict::Hold, Some(_)) if !changed => Ok(Done::Held),
            (Verdict::Hold, Some(here)) => {
                self.keep_person(&Person { status: here.status, ..person })?;
                self.log(Operation::PersonChange, key.id())?;
                Ok(Done::Held)
            }
            (Verdict::Take, None) => {
                self.keep_person(&person)?;
                self.added_person(person)
            }
            (Verdict::Take, Some(_)) => {
                self.keep_person(&person)?;
                self.changed(Operation::PersonChange, &person.id)
            }
        }
    }

    fn keep_person(&mut self, person: &Person) -> Result<(), Refusal> {
        self.by.require_rights_of(self.store, self.now, person.profile.role.as_deref())?;
        self.store.keep_person(person)?;
        if !person_is_good(person, self.now) {
            self.revoked.people.insert(person.id.clone());
        }
        self.note_person(person);
        Ok(())
    }

    pub(super) fn card(&mut self, mut card: CarriedCard, digest: Digest) -> Result<Done, Refusal> {
        self.permit(Right::Cards)?;
        let key = RecordKey::Card(card.handle.to_string());
        let mut owners = Vec::new();
        for person in std::mem::take(&mut card.people) {
            if let Some(owner) = self.owner(&person)? {
                owners.push(owner);
                card.people.push(person);
            }
        }
        if owners.is_empty() {
            // It comes with them, should they be let in here again.
            return Ok(Done::Held);
        }
        let here = self.store.carried_card(&card.handle)?;
        let bound = self.store.handle_of(&card.identity())?;
        let known = self.known(&key, &card.people);
        if bound.is_some_and(|bound| bound != card.handle) || (known.is_none() && here.is_some()) {
            return Err(reject(Rejection::Exists));
        }
        let said = (digest, severity(card.stopped));
        let Some(known) = known else {
            self.keep_card(&card, &owners)?;
            self.note(&key, said);
            return self.added(Operation::CardBind, key.id());
        };
        let changed = known.digest != digest;
        let stands = here.as_ref().map(|here| severity(here.stopped));
        match (self.judge(&key, &known, said, stands), here) {
            (Verdict::Keep, _) => Ok(Done::Unchanged),
            (Verdict::Hold, None) => Ok(Done::Held),
            (Verdict::Hold, Some(_)) if !changed => Ok(Done::Held),
            (Verdict::Hold, Some(here)) => {
                self.keep_card(&CarriedCard { stopped: here.stopped, ..card }, &owners)?;
                self.log(Operation::CardBind, key.id())?;
                Ok(Done::Held)
            }
            (Verdict::Take, here) => {
                self.keep_card(&card, &owners)?;
                match here {
                    None => self.added(Operation::CardBind, key.id()),
                    Some(here) => self.changed(operation_of(here.stopped, card.stopped), key.id()),
                }
            }
        }
    }

    fn keep_card(&mut self, card: &CarriedCard, owners: &[Person]) -> Result<(), Refusal> {
        owners.iter().try_for_each(|owner| self.reach(owner))?;
        self.store.keep_card(card)?;
        if card.stopped.is_some() {
            self.revoked.cards.push(card.handle.clone());
        }
        Ok(())
    }

    pub(super) fn template(&mut self, carried: &CarriedTemplate, digest: Digest) -> Result<Done, Refusal> {
        self.permit(Right::Enrol)?;
        let key = RecordKey::Template(carried.person.clone());
        let model = self.model.filter(|model| model.sha256 == carried.model);
        let model = model.ok_or_else(|| reject(Rejection::OtherModel))?;
        let here = self.store.has_template(&carried.person)?;
        let Some(verdict) = self.dependent(&key, digest, here)? else { return Ok(Done::Held) };
        if verdict == Verdict::Take {
            let template = Template::from_bytes(&carried.bytes).map_err(Error::from)?;
            // Each length takes a rotation of its own, and faces of two lengths cannot be compared.
            if template.model() != carried.model || template.embedding_len() != model.dimension {
                return Err(reject(Rejection::OtherModel));
            }
            let bytes = self.carrier.turn_here(template).map_err(Error::from)?;
            let CarriedTemplate { model, quality, samples, created, .. } = *carried;
            let new = NewTemplate { bytes: &bytes, model, quality, samples, created };
            self.store.put_template(&carried.person, &new)?;
        }
        self.ended(verdict, here, Operation::FaceEnrol, &key, digest)
    }

    pub(super) fn password(&mut self, carried: CarriedPassword, digest: Digest) -> Result<Done, Refusal> {
        self.permit(Right::Passwords)?;
        let key = RecordKey::Password(carried.person.clone());
        let here = self.store.document::<PasswordRecord>(&carried.person)?;
        let Some(verdict) = self.dependent(&key, digest, here.is_some())? else { return Ok(Done::Held) };
        let was_here = here.is_some();
        if verdict == Verdict::Take {
            carried.hash.check()?;
            let CarriedPassword { person, hash, must_change, set } = carried;
            let former = here.map(PasswordRecord::into_former).unwrap_or_default();
            let record = PasswordRecord { person, hash, former, must_change, set, by: None };
            self.store.put_document(&record.person, &record)?;
            self.revoked.passwords.insert(record.person);
        }
        self.ended(verdict, was_here, Operation::PasswordSet, &key, digest)
    }

    pub(super) fn login(&mut self, login: &Login, digest: Digest) -> Result<Done, Refusal> {
        self.permit(Right::Logins)?;
        if !self.scope.allows_login(&login.app) {
            return Err(reject(Rejection::OutOfScope));
        }
        let key = RecordKey::Login(login.person.clone(), login.app.clone());
        let place = Login::key(&login.person, &login.app);
        let logins = self.store.documents_of::<Login>(&login.person)?;
        let here = logins.iter().any(|(other, _)| *other == place);
        let Some(verdict) = self.dependent(&key, digest, here)? else { return Ok(Done::Held) };
        if verdict == Verdict::Take {
            login.check()?;
            if !here && logins.len() >= MOST_LOGINS {
                return Err(reject(Rejection::Unfit));
            }
            self.store.put_document(&place, login)?;
        }
        self.ended(verdict, here, Operation::LoginPut, &key, digest)
    }

    /// What is to be done with a record that belongs to somebody; nothing while they are away. `here`: there is one.
    fn dependent(&mut self, key: &RecordKey, digest: Digest, here: bool) -> Result<Option<Verdict>, Refusal> {
        let Some(owner) = self.owner(key.id())? else { return Ok(None) };
        let verdict = match self.known(key, std::slice::from_ref(&owner.id)) {
            None if here => return Err(reject(Rejection::Exists)),
            None => Verdict::Take,
            Some(known) => self.judge(key, &known, (digest, 0), here.then_some(0)),
        };
        if verdict == Verdict::Take {
            self.reach(&owner)?;
        }
        Ok(Some(verdict))
    }

    /// What is known of a record of these people. When they were erased here it went with them, and comes with them; what
    /// was stopped or removed by itself before, and was seen to be, stays so.
    fn known(&self, key: &RecordKey, people: &[String]) -> Option<TakenRecord> {
        let known = self.taken.get(key)?;
        let came = people.iter().all(|person| self.added_people.contains(person));
        (known.held.is_some() || !came).then(|| known.clone())
    }

    /// How thoroughly a record that belongs to somebody is stopped here; none if it is not here.
    pub(super) fn stopped_here(&self, key: &RecordKey) -> Result<Option<u8>, Refusal> {
        let is_here = match key {
            RecordKey::Policy | RecordKey::Person(_) => false,
            RecordKey::Card(handle) => {
                let Ok(handle) = handle.parse::<CardHandle>() else { return Ok(None) };
                return Ok(self.store.carried_card(&handle)?.map(|card| severity(card.stopped)));
            }
            RecordKey::Template(person) => self.store.has_template(person)?,
            RecordKey::Password(person) => self.store.document::<PasswordRecord>(person)?.is_some(),
            RecordKey::Login(person, app) => {
                self.store.document::<Login>(&Login::key(person, app))?.is_some()
            }
        };
        Ok(is_here.then_some(0))
    }

    /// Notes and counts what was done with a record that belongs to somebody.
    fn ended(
        &mut self,
        verdict: Verdict,
        was_here: bool,
        operation: Operation,
        key: &RecordKey,
        digest: Digest,
    ) -> Result<Done, Refusal> {
        match verdict {
            Verdict::Keep => Ok(Done::Unchanged),
            Verdict::Hold => Ok(Done::Held),
            Verdict::Take => {
                self.note(key, (digest, 0));
                if was_here { self.changed(operation, key.id()) } else { self.added(operation, key.id()) }
            }
        }
    }

    /// Removes what is gone and is here, but no person.
    pub(super) fn remove(&mut self, key: &RecordKey) -> Result<(), Refusal> {
        match key {
            RecordKey::Policy | RecordKey::Person(_) => {}
            RecordKey::Card(handle) => {
                if let Ok(handle) = handle.parse::<CardHandle>() {
                    self.store.remove_card(&handle)?;
                    self.revoked.cards.push(handle);
                }
            }
            RecordKey::Template(person) => {
                self.store.remove_template(person)?;
                self.revoked.faces.push(person.clone());
            }
            RecordKey::Password(person) => {
                self.store.remove_document::<PasswordRecord>(person)?;
                self.revoked.passwords.insert(person.clone());
            }
            RecordKey::Login(person, app) => {
                self.store.remove_document::<Login>(&Login::key(person, app))?;
            }
        }
        Ok(())
    }

    fn added_person(&mut self, person: Person) -> Result<Done, Refusal> {
        let done = self.added(Operation::PersonAdd, &person.id);
        self.added_people.insert(person.id);
        done
    }

    fn added(&self, operation: Operation, object: &str) -> Result<Done, Refusal> {
        self.log(operation, object)?;
        Ok(Done::Added)
    }

    fn changed(&self, operation: Operation, object: &str) -> Result<Done, Refusal> {
        self.log(operation, object)?;
        Ok(Done::Changed)
    }
}

/// How thoroughly a person is kept out.
pub(super) fn absence(status: PersonStatus) -> u8 {
    match status {
        PersonStatus::Active => 0,
        PersonStatus::OnLeave => 1,
        PersonStatus::Disabled => 2,
        PersonStatus::Retired => 3,
    }
}

/// How thoroughly a card is stopped.
fn severity(stop: Option<Stop>) -> u8 {
    match stop {
        None => 0,
        Some(Stop::Suspended) => 1,
        Some(Stop::Lost) => 2,
        Some(Stop::Returned) => 3,
    }
}

/// What the log calls a change of a card.
fn operation_of(before: Option<Stop>, after: Option<Stop>) -> Operation {
    match after {
        _ if before == after => Operation::CardBind,
        None => Operation::CardRestore,
        Some(Stop::Suspended) => Operation::CardSuspend,
        Some(Stop::Lost) => Operation::CardLost,
        Some(Stop::Returned) => Operation::CardReturn,
    }
}
