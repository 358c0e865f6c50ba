//! Lock-outs, as administrators see and clear them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::clock::Now;
use super::tries::{Subject, Tries, has_liveness};
use super::{Acting, Error};
use crate::audit::Operation;
use crate::policy::{Factor, Locked, LockoutRules, Right};
use crate::store::{CardHandle, Write};

/// Whose lock-out is to be cleared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockoutOf<'a> {
    /// A person's, by id.
    Person(&'a str),
    /// A department card's.
    Card(&'a CardHandle),
}

/// Tries that failed, and what they lead to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lockout {
    /// The person; `None` for a department card's.
    pub person: Option<String>,
    /// The department card's handle; `None` for a person's.
    pub card: Option<String>,
    /// The factor.
    pub factor: Factor,
    /// Tries in a row that failed or are not judged yet.
    pub failures: u32,
    /// Until when it may not be tried, UTC, if it opens by itself.
    pub locked_until: Option<Timestamp>,
    /// It stays shut until it is cleared.
    pub stopped: bool,
}

impl Acting<'_> {
    /// Every person and department card that failed since the last success, and what that leads to.
    ///
    /// # Errors
    /// When the store fails.
    pub fn lockouts(&self) -> Result<Vec<Lockout>, Error> {
        self.require(Right::Lockout)?;
        let rules = self.engine.lockout_rules()?;
        let now = self.engine.clock.now();
        let all = self.engine.store.documents::<Tries>()?.into_iter();
        Ok(all.filter_map(|(_, tries)| lockout(tries, &rules, now)).collect())
    }

    /// Forgives somebody's tries of one factor, or of all. Says how many it forgave.
    ///
    /// # Errors
    /// When there is no such person, or [`Error::Oneself`] when it is the one who acts, or a card of theirs.
    pub fn clear_lockout(&mut self, of: LockoutOf<'_>, factor: Option<Factor>) -> Result<u32, Error> {
        let allowed = self.refuse_own(of);
        self.act(Right::Lockout, Operation::LockoutClear, of.name(), |store| {
            allowed?;
            clear(store, of, factor)
        })
    }

    fn refuse_own(&self, of: LockoutOf<'_>) -> Result<(), Error> {
        const WHAT: &str = "clearing a lock-out";
        match (of, self.actor()) {
            (LockoutOf::Person(person), _) => {
                self.engine.require_person(person)?;
                self.refuse_own_affair(WHAT, person)
            }
            (LockoutOf::Card(handle), Some(actor)) => {
                let own = self.engine.store.cards(Some(actor))?.iter().any(|card| card.handle == *handle);
                if own { Err(Error::Oneself { what: WHAT }) } else { Ok(()) }
            }
            (LockoutOf::Card(_), None) => Ok(()),
        }
    }
}

/// Strangers' counters are nobody's business, and neither are those that stand at none.
fn lockout(tries: Tries, rules: &LockoutRules, now: Now) -> Option<Lockout> {
    let Tries { person, card, factor, counter } = tries;
    let known = person.is_some() || card.is_some();
    let locked = counter.locked(now.steady, rules, has_liveness(factor));
    (known && counter.failures() > 0).then(|| Lockout {
        person,
        card,
        factor,
        failures: counter.failures(),
        locked_until: locked.and_then(Locked::wait).and_then(|wait| now.wall.checked_add(wait).ok()),
        stopped: locked == Some(Locked::Stopped),
    })
}

fn clear(store: &Write<'_>, of: LockoutOf<'_>, factor: Option<Factor>) -> Result<u32, Error> {
    let factors = factor.as_ref().map_or(Factor::ALL, std::slice::from_ref);
    let mut forgiven: u32 = 0;
    for factor in factors {
        let key = of.subject().key(*factor);
        let Some(mut tries) = store.document::<Tries>(&key)? else { continue };
        forgiven = forgiven.saturating_add(tries.counter.failures());
        tries.counter.clear();
        store.put_document(&key, &tries)?;
    }
    Ok(forgiven)
}

impl LockoutOf<'_> {
    fn name(&self) -> &str {
        match self {
            LockoutOf::Person(person) => person,
            LockoutOf::Card(handle) => handle.as_str(),
        }
    }

    fn subject(&self) -> Subject<'_> {
        match self {
            LockoutOf::Person(person) => Subject::Person(person),
            LockoutOf::Card(handle) => Subject::Card(handle),
        }
    }
}
