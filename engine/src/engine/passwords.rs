//! Passwords: judged for an attempt, set by an administrator, changed by whoever they belong to.

use jiff::Timestamp;

use super::clock::Now;
use super::tries::{self, LockedFactor, Subject};
use super::{Acting, Engine, Error, SitePolicy, administrators, grants, logins};
use crate::audit::{self, Operation};
use crate::grant::Ending;
use crate::policy::{Factor, Factors, PasswordOwner, PasswordRules, Right, check_password};
use crate::secret::{PasswordHash, PasswordRecord, Secret, SecretError};
use crate::store::{Person, PersonStatus, StoreError, Write};

/// What became of a password that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Verified {
    /// It is the person's.
    pub(super) ok: bool,
    /// It is theirs, and good for nothing but to be changed.
    pub(super) must_change: bool,
}

impl Engine {
    /// Judges the password of the first administrator, before there is a store: what would be refused then would leave a
    /// store behind that nobody can administer.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an id that nobody can have; [`SecretError::Weak`].
    pub fn judge_first_password(id: &str, name: &str, password: &Secret, trial: bool) -> Result<(), Error> {
        if !audit::is_id(id) {
            let expected = "1 to 64 of A-Z a-z 0-9 . _ @ -";
            return Err(Error::Invalid { what: "an id", expected, found: "something else".to_owned() });
        }
        let rulebook = SitePolicy::original(trial).rulebook()?;
        let known = PasswordOwner { id, name, reading: None, accounts: &[] };
        judge(password, known, rulebook.passwords(), rulebook.password_alone())
    }

    /// Changes a person's own password. The old one is a try like any other: it is counted before it is judged, and
    /// takes the same time for a person who is not there. What was opened by the old one ends.
    ///
    /// # Errors
    /// [`Error::LockedOut`], [`Error::WrongPassword`], or when the new password is against the rules.
    pub fn change_password(&mut self, person: &str, old: &Secret, new: &Secret) -> Result<(), Error> {
        let known = self.store.person(person)?;
        let mut entry = self.entry(Operation::PasswordChange, audit::Outcome::Done);
        entry.subject = known.as_ref().map(|known| known.id.clone());
        entry.name = known.map(|known| known.profile.name);
        let changed = self.judge_change(entry.subject.as_deref(), person, old, new).and_then(|prepared| {
            entry.factors = vec![audit::Factor::Password];
            let terminal = self.store.settings().terminal.clone();
            self.transact(|store, now| {
                entry.time = now.wall;
                let person = prepared.record.person.clone();
                prepared.keep(store)?;
                end_what_it_opened(store, now, &person)?;
                tries::forgive_terminal(store, &terminal)?;
                store.append(&entry)?;
                Ok(())
            })
        });
        if let Err(error) = &changed {
            entry.outcome = audit::Outcome::Refused;
            entry.reason = Some(error.code().to_owned());
            entry.time = self.clock.now().wall;
            self.append(&entry)?;
        }
        changed
    }

    fn judge_change(
        &mut self,
        known: Option<&str>,
        asked: &str,
        old: &Secret,
        new: &Secret,
    ) -> Result<Prepared, Error> {
        let subject = known.map_or(Subject::StrangeName(asked), Subject::Person);
        let reserved = self.reserve(&[subject], Factors::of(&[Factor::Password]))?;
        let reserved = reserved.map_err(|LockedFactor { locked, .. }| Error::LockedOut { locked })?;
        std::thread::sleep(reserved.slowing());
        let set = self.password_set(known)?;
        let ok = self.verify_password(known, old)?.ok;
        let right = if ok { Factors::of(&[Factor::Password]) } else { Factors::NONE };
        self.settle(reserved, right)?;
        match known {
            Some(person) if ok => {
                let prepared = self.prepare_password(person, new, false, Some(person.to_owned()))?;
                // It takes the place of the one that was right, and of none that was set or taken away meanwhile.
                if prepared.old.as_ref().map(|old| old.set) != set {
                    return Err(Error::ChangedMeanwhile { what: "the password" });
                }
                Ok(prepared)
            }
            _ => Err(Error::WrongPassword),
        }
    }

    /// When the password was set that a person has, UTC.
    fn password_set(&self, person: Option<&str>) -> Result<Option<Timestamp>, Error> {
        let Some(person) = person else { return Ok(None) };
        Ok(self.store.document::<PasswordRecord>(person)?.map(|record| record.set))
    }

    /// Judges a password. For nobody, and for a person who has none, the answer is no and takes the same time.
    pub(super) fn verify_password(
        &mut self,
        person: Option<&str>,
        password: &Secret,
    ) -> Result<Verified, Error> {
        let record = match person {
            Some(person) => self.store.document::<PasswordRecord>(person)?,
            None => None,
        };
        let Some(record) = record else {
            PasswordHash::verify_nobody(password)?;
            return Ok(Verified { ok: false, must_change: false });
        };
        let ok = record.hash.verify(password)?;
        if ok && !record.hash.is_of_today() {
            self.renew_hash(&record, password)?;
        }
        Ok(Verified { ok, must_change: ok && record.must_change })
    }

    /// Hashes a password that was right with the parameters of today. The hash it had stays when the password was
    /// changed meanwhile.
    fn renew_hash(&mut self, old: &PasswordRecord, password: &Secret) -> Result<(), Error> {
        let hash = PasswordHash::of(password)?;
        self.store.write(|store| {
            match store.document::<PasswordRecord>(&old.person)? {
                Some(record) if record.hash == old.hash => {
                    store.put_document(&old.person, &PasswordRecord { hash, ..record })?;
                }
                _ => {}
            }
            Ok(())
        })
    }

    /// Refuses an id that is nobody's, or one's who has left: they get no secrets any more.
    pub(super) fn require_staff(&self, id: &str) -> Result<Person, Error> {
        match self.store.person(id)? {
            None => Err(Error::NoPerson { id: id.to_owned() }),
            Some(person) if person.status == PersonStatus::Retired => {
                Err(StoreError::Retired { id: id.to_owned() }.into())
            }
            Some(person) => Ok(person),
        }
    }

    /// Judges a new password by the rules, and hashes it. Hashing takes long, so it is done before the store is held.
    fn prepare_password(
        &self,
        person: &str,
        password: &Secret,
        must_change: bool,
        by: Option<String>,
    ) -> Result<Prepared, Error> {
        let owner = self.require_staff(person)?.profile;
        let accounts: Vec<&str> = owner.accounts.iter().map(String::as_str).collect();
        let reading = owner.reading.as_deref();
        let known = PasswordOwner { id: person, name: &owner.name, reading, accounts: &accounts };
        let rulebook = self.rulebook()?;
        let rules = rulebook.passwords();
        judge(password, known, rules, rulebook.password_alone())?;
        let old = self.store.document::<PasswordRecord>(person)?;
        if let Some(old) = &old
            // The present one can never be set again, or a password that must be changed could stay.
            && old.remembers(password, usize::try_from(rules.remembered.max(1)).unwrap_or(usize::MAX))?
        {
            return Err(SecretError::Remembered { remembered: rules.remembered }.into());
        }
        // What somebody else knows is not the person's alone.
        let by_other = by.as_deref().is_some_and(|by| by != person);
        let must_change = must_change || (by_other && rules.change_at_first_use);
        let record = PasswordRecord {
            person: person.to_owned(),
            hash: PasswordHash::of(password)?,
            former: Vec::new(),
            must_change,
            set: self.clock.now().wall,
            by,
        };
        Ok(Prepared { old, record, password: password.clone() })
    }
}

impl Acting<'_> {
    /// Sets a person's password. With `must_change`, and where the policy says so, it is good for nothing but to be
    /// changed by the person.
    ///
    /// # Errors
    /// When there is no such person, the password is against the rules, or the person may do more than who sets it: a
    /// password is half of what lets them in.
    pub fn set_password(&mut self, person: &str, password: &Secret, must_change: bool) -> Result<(), Error> {
        let right = Right::Passwords;
        let (authority, by) = (self.authority(), self.actor().map(str::to_owned));
        let prepared = self
            .require(right)
            .and_then(|()| self.engine.prepare_password(person, password, must_change, by));
        self.act_at(right, Operation::PasswordSet, person, |store, now| {
            authority.require_rights_over(store, now, person)?;
            prepared?.keep(store)?;
            end_what_it_opened(store, now, person)
        })
    }

    /// Takes a person's password away. Says whether there was one.
    ///
    /// # Errors
    /// When there is no such person, they may do more than who takes it, or [`Error::LastAdministrator`].
    pub fn remove_password(&mut self, person: &str) -> Result<bool, Error> {
        let by = self.authority();
        let known = self.engine.require_person(person);
        self.act_at(Right::Passwords, Operation::PasswordRemove, person, |store, now| {
            known?;
            by.require_rights_over(store, now, person)?;
            let had_administrator = administrators::any(store, now)?;
            let was_there = store.remove_document::<PasswordRecord>(person)?;
            end_what_it_opened(store, now, person)?;
            // Without a password nobody can administer.
            if had_administrator {
                administrators::require_one(store, now)?;
            }
            Ok(was_there)
        })
    }
}

/// Who gets another password may have lost the old one to somebody: whatever it opened is shut.
fn end_what_it_opened(store: &Write<'_>, now: Now, person: &str) -> Result<(), Error> {
    grants::end_all(store, now, Ending::Revoked, |grant| {
        grant.subject == person && grant.factors.contains(&audit::Factor::Password)
    })
}

/// Judges a new password by the site's rules. `alone`: somewhere it lets in without another kind of factor.
fn judge(
    password: &Secret,
    owner: PasswordOwner<'_>,
    rules: &PasswordRules,
    alone: bool,
) -> Result<(), Error> {
    check_password(password.expose(), owner, rules, alone)
        .map_err(|faults| SecretError::Weak { faults }.into())
}

/// A new password, ready to be kept.
struct Prepared {
    /// The record it was judged against.
    old: Option<PasswordRecord>,
    record: PasswordRecord,
    password: Secret,
}

impl Prepared {
    fn keep(self, store: &Write<'_>) -> Result<(), Error> {
        let Prepared { old, mut record, password } = self;
        let found = store.document::<PasswordRecord>(&record.person)?;
        // What was judged against a record that is no more was not judged.
        if found.as_ref().map(|found| &found.hash) != old.as_ref().map(|old| &old.hash) {
            return Err(Error::ChangedMeanwhile { what: "the password" });
        }
        logins::refuse_shared(store, &record.person, &password)?;
        record.former = found.map(PasswordRecord::into_former).unwrap_or_default();
        Ok(store.put_document(&record.person, &record)?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::engine::LockoutOf;
    use crate::engine::trial::{self, Site};
    use crate::grant::GrantRecord;
    use crate::policy::Purpose;

    /// A password that the rules allow.
    fn secret(text: &str) -> Secret {
        trial::secret(&format!("{text} zq7#Kv"))
    }

    /// `nurse01`'s password is "first"; `nurse02` has none.
    fn site() -> Site {
        let mut site = trial::site();
        site.engine.acting().set_password("nurse01", &secret("first"), false).unwrap();
        site
    }

    fn verify(engine: &mut Engine, person: Option<&str>, password: &str) -> (bool, bool) {
        verify_exactly(engine, person, &secret(password))
    }

    fn verify_exactly(engine: &mut Engine, person: Option<&str>, password: &Secret) -> (bool, bool) {
        let Verified { ok, must_change } = engine.verify_password(person, password).unwrap();
        (ok, must_change)
    }

    #[test]
    fn a_password_is_good_for_its_person_alone_and_until_it_is_taken_away() {
        let Site { mut engine, folder: _folder } = site();
        assert_eq!(verify(&mut engine, Some("nurse01"), "first"), (true, false));
        assert_eq!(verify(&mut engine, Some("nurse01"), "First"), (false, false));
        assert_eq!(verify(&mut engine, Some("nurse02"), "first"), (false, false));
        assert_eq!(verify(&mut engine, Some("nobody"), "first"), (false, false));
        assert_eq!(verify(&mut engine, None, "first"), (false, false));
        assert!(engine.acting().remove_password("nurse01").unwrap());
        assert_eq!(verify(&mut engine, Some("nurse01"), "first"), (false, false));
    }

    #[test]
    fn a_password_that_must_be_changed_says_so_to_whoever_knows_it_and_to_nobody_else() {
        let Site { mut engine, folder: _folder } = site();
        engine.acting().set_password("nurse02", &secret("given"), true).unwrap();
        assert_eq!(verify(&mut engine, Some("nurse02"), "given"), (true, true));
        assert_eq!(verify(&mut engine, Some("nurse02"), "guess"), (false, false));
        engine.change_password("nurse02", &secret("given"), &secret("own")).unwrap();
        assert_eq!(verify(&mut engine, Some("nurse02"), "own"), (true, false));
        let kept = record(&engine, "nurse02");
        assert_eq!((kept.by.as_deref(), kept.must_change), (Some("nurse02"), false));
    }

    #[test]
    fn a_hash_of_former_parameters_is_made_anew_when_its_password_was_right_and_only_then() {
        let Site { mut engine, folder: _folder } = site();
        let record =
            PasswordRecord { hash: PasswordHash::of_former_parameters(), ..record(&engine, "nurse01") };
        engine.store.write(|store| store.put_document("nurse01", &record)).unwrap();
        assert_eq!(verify(&mut engine, Some("nurse01"), "wrong"), (false, false));
        assert_eq!(self::record(&engine, "nurse01"), record);
        let right = trial::secret("password");
        assert_eq!(verify_exactly(&mut engine, Some("nurse01"), &right), (true, false));
        assert!(self::record(&engine, "nurse01").hash.is_of_today());
        assert_eq!(verify_exactly(&mut engine, Some("nurse01"), &right), (true, false));
    }

    fn record(engine: &Engine, person: &str) -> PasswordRecord {
        engine.store.document(person).unwrap().unwrap()
    }

    #[test]
    fn a_new_password_judged_against_a_record_that_changed_meanwhile_is_not_kept() {
        let Site { mut engine, folder: _folder } = site();
        let prepared = engine.prepare_password("nurse01", &secret("mine"), false, None).unwrap();
        engine.acting().set_password("nurse01", &secret("theirs"), false).unwrap();
        let error = engine.store.write(|store| prepared.keep(store)).unwrap_err();
        assert_eq!(error.code(), "changed_meanwhile");
        assert_eq!(verify(&mut engine, Some("nurse01"), "theirs"), (true, false));
    }

    #[test]
    fn a_password_against_the_rules_is_refused_with_every_reason_and_none_of_it_is_told() {
        let Site { mut engine, folder: _folder } = site();
        let (old, weak) = (secret("first"), trial::secret("nurse01"));
        for error in [
            engine.acting().set_password("nurse01", &weak, false).unwrap_err(),
            engine.change_password("nurse01", &old, &weak).unwrap_err(),
        ] {
            assert_eq!(error.code(), "weak_password");
            assert!(
                error.to_string().contains("too_short") && error.to_string().contains("has_id"),
                "{error}"
            );
            assert!(!error.to_string().contains("nurse01"), "{error}");
        }
        assert_eq!(verify(&mut engine, Some("nurse01"), "first"), (true, false));
    }

    #[test]
    fn what_the_old_password_opened_is_shut_when_its_owner_changes_it_and_nothing_else_is() {
        let Site { mut engine, folder: _folder } = site();
        let mut opened = |person: &str, factors| {
            let grant = trial::grant(&mut engine, person, Purpose::Login, None);
            let record = engine.examine(&grant).unwrap();
            let record = GrantRecord { factors, ..record };
            engine.store.write(|store| store.put_document(&grant.key, &record)).unwrap();
            grant
        };
        let by_password = opened("nurse01", vec![audit::Factor::Password]);
        let without = opened("nurse01", Vec::new());
        let of_another = opened("nurse02", vec![audit::Factor::Password]);
        engine.change_password("nurse01", &secret("guess"), &secret("second")).unwrap_err();
        engine.examine(&by_password).unwrap();
        engine.change_password("nurse01", &secret("first"), &secret("second")).unwrap();
        let ended = engine.examine(&by_password).unwrap_err();
        assert!(matches!(ended, Error::GrantEnded { why: Ending::Revoked }), "{ended}");
        engine.examine(&without).unwrap();
        engine.examine(&of_another).unwrap();
    }

    #[test]
    fn a_password_that_is_remembered_is_not_taken_again() {
        let Site { mut engine, folder: _folder } = site();
        engine.change_password("nurse01", &secret("first"), &secret("second")).unwrap();
        for again in ["first", "second"] {
            let error = engine.change_password("nurse01", &secret("second"), &secret(again)).unwrap_err();
            assert_eq!(error.code(), "password_reused");
        }
        for new in ["third", "fourth", "fifth"] {
            engine.acting().set_password("nurse01", &secret(new), false).unwrap();
        }
        let error = engine.acting().set_password("nurse01", &secret("first"), false).unwrap_err();
        assert_eq!(error.code(), "password_reused");
        engine.acting().set_password("nurse01", &secret("sixth"), false).unwrap();
        engine.acting().set_password("nurse01", &secret("first"), false).unwrap();
    }

    #[test]
    fn whoever_guesses_the_old_password_is_locked_out_and_so_is_one_who_asks_for_nobody() {
        for (person, subject) in [("nurse01", Some("nurse01")), ("nobody", None)] {
            let Site { mut engine, folder: _folder } = site();
            for _ in 0..5 {
                let error = engine.change_password(person, &secret("guess"), &secret("mine")).unwrap_err();
                assert_eq!(error.code(), "wrong_password", "{person}");
            }
            let error = engine.change_password(person, &secret("first"), &secret("mine")).unwrap_err();
            assert_eq!(error.code(), "locked", "{person}");
            let log = engine.acting().log(0, 1000).unwrap();
            let tried = log.iter().filter(|record| record.entry.operation == Operation::PasswordChange);
            let subjects: Vec<_> = tried.map(|record| record.entry.subject.as_deref()).collect();
            assert_eq!(subjects, [subject; 6]);
        }
    }

    #[test]
    fn a_lock_that_is_cleared_lets_the_person_change_the_password() {
        let Site { mut engine, folder: _folder } = site();
        for _ in 0..5 {
            engine.change_password("nurse01", &secret("guess"), &secret("mine")).unwrap_err();
        }
        assert_eq!(engine.acting().clear_lockout(LockoutOf::Person("nurse01"), None).unwrap(), 5);
        engine.change_password("nurse01", &secret("first"), &secret("mine")).unwrap();
        assert_eq!(verify(&mut engine, Some("nurse01"), "mine"), (true, false));
        assert!(engine.acting().lockouts().unwrap().is_empty());
    }

    #[test]
    fn an_answer_takes_as_long_for_a_person_who_is_not_there_or_has_no_password() {
        const WHO: [Option<&str>; 4] = [Some("nurse01"), Some("nurse02"), Some("nobody"), None];
        let Site { mut engine, folder: _folder } = site();
        let mut fastest = [f64::INFINITY; WHO.len()];
        // In turn, so that a machine that is busy for a while is so for all of them.
        for _ in 0..8 {
            for (who, fastest) in WHO.into_iter().zip(&mut fastest) {
                let start = Instant::now();
                verify(&mut engine, who, "guess");
                *fastest = fastest.min(start.elapsed().as_secs_f64());
            }
        }
        for (who, time) in WHO.into_iter().zip(fastest) {
            let ratio = time / fastest[0];
            // Without the hash it would be a hundredth.
            assert!((0.5..2.0).contains(&ratio), "{who:?} takes {ratio:.2} of the time");
        }
    }
}
