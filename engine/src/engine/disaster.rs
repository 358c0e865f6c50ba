//! A disaster: two administrators declare it together, and until it ends a claim and a reason are enough to be let in for
//! an emergency. No code could be handed out to everybody then, and nobody could be asked for one.
//!
//! It opens the purpose `emergency` and nothing else, where the policy has that purpose at all; each use is logged as a
//! claim and waits for review. It ends by itself, on both clocks, or when any administrator with the right ends it.

#[cfg(test)]
mod tests;

use std::time::Duration;

use super::acting::authorise;
use super::clock::Now;
use super::emergency::{Access, Claim, note_use};
use super::site_policy::rulebook_in;
use super::{Acting, Engine, Error, Grant, grants};
use crate::audit::{self, Operation};
use crate::grant::{Ending, GrantRecord};
use crate::policy::{Purpose, Right};
use crate::secret::{Disaster, EmergencyUse, Remark, Term};
use crate::store::Write;

/// There is one at a time.
const KEY: &str = "disaster";

impl Engine {
    /// The disaster that is in force at this moment, if there is one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn disaster(&self) -> Result<Option<Disaster>, Error> {
        let now = self.now()?;
        self.store.look(|store| in_force(store, now))
    }
}

impl Acting<'_> {
    /// Declares a disaster, together with another administrator who has the right as well. Only a store made for trials
    /// does without the second.
    ///
    /// # Errors
    /// [`Error::Oneself`] when both are one person; when the second may not, or it is to last longer than the policy
    /// allows.
    pub fn declare_disaster(
        &mut self,
        second: Option<&Grant>,
        length: Duration,
        reason: &Remark,
    ) -> Result<Disaster, Error> {
        const WHAT: &str = "declaring a disaster";
        let first = self.actor().map(str::to_owned);
        let mut agreed = self.engine.entry(Operation::DisasterDeclare, audit::Outcome::Done);
        if let Some(second) = second {
            (agreed.subject, agreed.name) = (Some(second.subject.clone()), Some(second.name.clone()));
            agreed.session = Some(second.key.clone());
        }
        self.act_at(Right::Emergency, Operation::DisasterDeclare, KEY, |store, now| {
            if second.is_some() || !store.settings().open {
                authorise(store, now, second, Right::Emergency)?;
            }
            let mut declared_by: Vec<String> = first.into_iter().collect();
            match second {
                Some(second) if declared_by.contains(&second.subject) => {
                    return Err(Error::Oneself { what: WHAT });
                }
                Some(second) => declared_by.push(second.subject.clone()),
                None => {}
            }
            if !store.settings().open && declared_by.len() < 2 {
                return Err(Error::NoAdministrator { right: Right::Emergency });
            }
            check_length(length, rulebook_in(store)?.emergency().longest_disaster)?;
            let term = Term::new(now.wall, now.steady, length);
            let disaster = Disaster { term, declared_by, reason: reason.as_str().to_owned() };
            store.put_document(KEY, &disaster)?;
            if second.is_some() {
                agreed.time = now.wall;
                store.append(&agreed)?;
            }
            Ok(disaster)
        })
    }

    /// Ends the disaster before its time, and with it what it let people do. Says whether there was one.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_disaster(&mut self) -> Result<bool, Error> {
        self.act_at(Right::Emergency, Operation::DisasterEnd, KEY, |store, now| {
            let Some(disaster) = store.document::<Disaster>(KEY)? else { return Ok(false) };
            store.remove_document::<Disaster>(KEY)?;
            end_grants(store, now)?;
            Ok(!disaster.term.is_over(now.wall, now.steady, now.behind))
        })
    }
}

/// Lets somebody in by their word and their reason, for as long as the disaster and the policy allow; `None` when there is
/// no disaster, or they want in for anything but an emergency.
pub(super) fn claim(store: &Write<'_>, now: Now, claim: Claim<'_>) -> Result<Option<Access>, Error> {
    let rules = rulebook_in(store)?;
    let opens = claim.purpose == Purpose::Emergency
        && rules.policy(Purpose::Emergency, &store.settings().terminal).is_ok();
    let Some(disaster) = in_force(store, now)?.filter(|_| opens) else { return Ok(None) };
    let life = disaster.term.left(now.steady).min(rules.emergency().longest_grant_life);
    note_use(store, now, claim, None, disaster.declared_by)?;
    Ok(Some(Access { life }))
}

/// Ends the grants that rest on nothing but a disaster. Those of an earlier one have ended before: no clock is asked.
fn end_grants(store: &Write<'_>, now: Now) -> Result<(), Error> {
    let uses = store.documents::<EmergencyUse>()?.into_iter().map(|(_, used)| used);
    for session in uses.filter(|used| used.code.is_none()).filter_map(|used| used.session) {
        if let Some(grant) = store.document::<GrantRecord>(&session)?.filter(|grant| grant.ended.is_none()) {
            grants::end(store, now, &session, grant, Ending::EmergencyOver)?;
        }
    }
    Ok(())
}

fn in_force(store: &Write<'_>, now: Now) -> Result<Option<Disaster>, Error> {
    let disaster = store.document::<Disaster>(KEY)?;
    Ok(disaster.filter(|disaster| !disaster.term.is_over(now.wall, now.steady, now.behind)))
}

fn check_length(length: Duration, longest: Duration) -> Result<(), Error> {
    if length < Duration::from_secs(60) || length > longest {
        let (what, expected) =
            ("the length of a disaster", "1 minute to emergency.longest_disaster of the policy");
        return Err(Error::Invalid { what, expected, found: format!("{} s", length.as_secs()) });
    }
    Ok(())
}
