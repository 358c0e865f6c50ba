//! What the session asks the store: who somebody is, whether they may try, whether a secret is theirs.

use std::time::Duration;

use super::super::clock::Now;
use super::super::tries::{LockedFactor, Subject as Tried};
use super::super::{Error, emergency, standing};
use super::{Attempt, ClaimedBy, Step};
use crate::audit::{self, Operation};
use crate::card::PinVerdict;
use crate::matching::Template;
use crate::policy::{Cause, Factor, Factors, Stage};
use crate::session::{Lockout, PinTrouble, Standing, Subject, Verified, Who};
use crate::store::{Person, Resolved, StoredTemplate};

impl Attempt<'_> {
    /// Whom a card or a typed id leads to. The log's record names the one person from here on, whatever becomes of the
    /// attempt.
    pub(super) fn look_up(&mut self, who: Who) -> Result<Vec<Subject>, Error> {
        (self.entry.subject, self.entry.name) = (None, None);
        let now = self.engine.now()?;
        let (people, card_standing) = match who {
            Who::Card(card) => {
                let resolved = self.engine.store.resolve_card(&card)?;
                self.given.card = resolved.as_ref().map(|resolved| resolved.card.handle.clone());
                let found = match resolved {
                    Some(Resolved { card: bound, people }) => (people, standing::of_card(&bound, &card, now)),
                    None => (Vec::new(), Standing::Good),
                };
                self.given.identity = Some(card);
                found
            }
            Who::Claimed(id) => {
                (self.engine.store.resolve_person(&id)?.into_iter().collect(), Standing::Good)
            }
        };
        if let [(person, _)] = people.as_slice() {
            self.entry.subject = Some(person.id.clone());
            self.entry.name = Some(person.profile.name.clone());
        }
        people
            .into_iter()
            .map(|(person, template)| self.subject(person, template, card_standing, now))
            .collect()
    }

    fn subject(
        &self,
        person: Person,
        template: Option<StoredTemplate>,
        card: Standing,
        now: Now,
    ) -> Result<Subject, Error> {
        let standing = match standing::of_person(&person, &self.rules, now) {
            Standing::Good => card,
            standing => standing,
        };
        let shared = self.rules.accounts(person.profile.role.as_deref());
        let mut accounts = person.profile.accounts.clone();
        accounts.extend(self.request.account.clone().filter(|account| shared.fits(account)));
        let exception =
            person.face_exception.as_ref().is_some_and(|exception| !now.is_past(Some(exception.until)));
        let template = template.map(|stored| Template::from_bytes(&stored.bytes)).transpose()?;
        Ok(Subject { id: person.id, standing, accounts, exception, template })
    }

    /// Counts a try of each factor before any is judged. What nobody is known for is counted for the stranger, with the
    /// same writes. Where the terminal only observes, nobody tells whether the system took its password, so that no try
    /// of it is counted: it could never be forgiven.
    pub(super) fn reserve(
        &mut self,
        factors: Factors,
        subject: Option<&str>,
    ) -> Result<Result<Duration, Lockout>, Error> {
        let factors = match self.policy.stage {
            Stage::Observe => factors.without(Factor::HostPassword),
            _ => factors,
        };
        let given = &self.given;
        let who = match (subject, &given.card, &given.identity, &given.claim) {
            (Some(person), ..) => Tried::Person(person),
            (None, Some(card), ..) => Tried::Card(card),
            (None, None, Some(identity), _) => Tried::StrangeCard(identity),
            (None, None, None, claim) => Tried::StrangeName(claim.as_deref().unwrap_or_default()),
        };
        Ok(match self.engine.reserve(&[who], factors)? {
            Err(LockedFactor { factor, locked }) => Err(Lockout { factor, locked }),
            Ok(reserved) => {
                let slowing = reserved.slowing();
                self.reserved.push(reserved);
                Ok(slowing)
            }
        })
    }

    /// Whether a secret is the person's. For nobody the same work is done, and the answer is no.
    pub(super) fn verify(&mut self, factor: Factor, subject: Option<&str>) -> Result<Verified, Error> {
        if factor == Factor::Pin {
            return Ok(self.verify_pin(subject));
        }
        Ok(if self.is_right(factor, subject)? { Verified::Right } else { Verified::Wrong })
    }

    /// Has the card judge its PIN, and prove with it that it is the one that was read. The card's own word is the same
    /// whoever has it, so it is told.
    fn verify_pin(&mut self, subject: Option<&str>) -> Verified {
        let (Some(pin), Some(expected), Some(cards)) =
            (self.pin.take(), &self.given.identity, &mut self.devices.cards)
        else {
            return Verified::NotTried;
        };
        let (trouble, left, verified) = match cards.prove(expected, pin.typed, pin.may_be_last) {
            Ok(PinVerdict::Proved(identity)) => {
                self.given.identity = Some(identity);
                return if subject.is_some() { Verified::Right } else { Verified::Wrong };
            }
            Ok(PinVerdict::Wrong { left }) => (PinTrouble::Wrong, Some(left), Verified::Wrong),
            Ok(PinVerdict::LastTry) => (PinTrouble::LastTry, Some(1), Verified::NotTried),
            Ok(PinVerdict::Blocked) => (PinTrouble::Blocked, Some(0), Verified::NotTried),
            Ok(PinVerdict::Malformed) => (PinTrouble::Malformed, None, Verified::NotTried),
            Ok(PinVerdict::NotProved) => (PinTrouble::NotProved, None, Verified::Wrong),
            // That the reader is lost is found when it is looked at next.
            Err(_) => (PinTrouble::NoCard, None, Verified::NotTried),
        };
        self.pin_is_blocked |= trouble == PinTrouble::Blocked;
        self.steps.push_back(Step::Pin(trouble, left));
        verified
    }

    fn is_right(&mut self, factor: Factor, subject: Option<&str>) -> Result<bool, Error> {
        match factor {
            // The engine could not have opened the store without it.
            Factor::StoreKey => Ok(self.request.store_key),
            Factor::Password => {
                let Some(password) = &self.password else { return Ok(false) };
                let verified = self.engine.verify_password(subject, password)?;
                self.must_change |= verified.must_change;
                Ok(verified.ok)
            }
            Factor::EmergencyCode if self.request.reason.is_some() => match &self.claimed_by {
                Some(ClaimedBy::Code(code)) => {
                    let (now, purpose) = (self.engine.now()?, self.request.purpose);
                    self.engine.store.look(|store| emergency::is_good(store, now, code, subject, purpose))
                }
                Some(ClaimedBy::Disaster) => Ok(subject.is_some()),
                None => Ok(false),
            },
            _ => Ok(false),
        }
    }

    /// Each turn from the ordinary factors stands in the log, with its cause.
    pub(super) fn record_turn(&mut self, cause: Cause) -> Result<(), Error> {
        let mut entry = self.engine.entry(Operation::Fallback, audit::Outcome::Done);
        entry.reason = Some(cause.code().to_owned());
        entry.session = Some(self.key.clone());
        entry.subject.clone_from(&self.entry.subject);
        entry.name.clone_from(&self.entry.name);
        entry.purpose.clone_from(&self.entry.purpose);
        entry.origin.clone_from(&self.entry.origin);
        entry.host.clone_from(&self.entry.host);
        self.engine.append(&entry)?;
        Ok(())
    }
}
