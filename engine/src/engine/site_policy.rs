//! The site's policy in the store: read, set by an administrator, and never such that nobody could set it again.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};

use super::clock::Now;
use super::{Acting, Engine, Error, PolicyWarning, administrators, reach};
use crate::audit::Operation;
use crate::policy::{Faults, Right, Rulebook, STANDARD, TRIAL};
use crate::store::{Document, LogRules, Write};

/// The one policy's key.
const KEY: &str = "policy";

/// The policy that was read last, and its rules: to read it takes several times as long as all else that the use of a
/// grant does. It is kept by its text, which comes out of the store each time, so what another process sets counts at once.
static LAST: Mutex<Option<(String, Arc<Rulebook>)>> = Mutex::new(None);

/// The policy as it was given: a text that people read, comments and all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SitePolicy {
    /// TOML.
    pub text: String,
    /// When it was set, UTC; none for the one that came with this version.
    pub set: Option<Timestamp>,
}

impl Document for SitePolicy {
    const KIND: &'static str = "policy";
}

impl SitePolicy {
    /// The rules it states.
    pub(super) fn rulebook(&self) -> Result<Arc<Rulebook>, Error> {
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((text, rules)) = last.as_ref()
            && *text == self.text
        {
            return Ok(Arc::clone(rules));
        }
        let rules = Rulebook::parse(&self.text).map_err(|faults| Error::BadPolicy { faults })?;
        let rules = Arc::new(rules);
        *last = Some((self.text.clone(), Arc::clone(&rules)));
        Ok(rules)
    }

    /// What the policy is called in the log: the beginning of its text's SHA-256.
    pub(super) fn name(&self) -> String {
        let mut digest = Digest::of(self.text.as_bytes()).to_string();
        digest.truncate(16);
        digest
    }

    /// What holds until somebody sets another.
    pub(super) fn original(trial: bool) -> SitePolicy {
        let text = if trial { TRIAL } else { STANDARD };
        SitePolicy { text: text.to_owned(), set: None }
    }
}

impl Engine {
    /// Reads a policy and says what is wrong with it, without a store.
    ///
    /// # Errors
    /// Every fault, with its line and the reason.
    pub fn check_policy(text: &str) -> Result<(), Faults> {
        Rulebook::parse(text).map(|_| ())
    }

    /// The rules in force.
    pub(super) fn rulebook(&self) -> Result<Arc<Rulebook>, Error> {
        let policy = self.store.document::<SitePolicy>(KEY)?;
        policy.unwrap_or_else(|| SitePolicy::original(self.is_trial())).rulebook()
    }
}

impl Acting<'_> {
    /// The policy in force.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn policy(&mut self) -> Result<SitePolicy, Error> {
        self.require(Right::Policy)?;
        let policy = self.engine.store.document::<SitePolicy>(KEY)?;
        Ok(policy.unwrap_or_else(|| SitePolicy::original(self.engine.is_trial())))
    }

    /// Puts another policy in force. Says what is odd about it, as things stand at this terminal: nothing of that keeps it
    /// from being followed.
    ///
    /// # Errors
    /// [`Error::BadPolicy`] with every fault; [`Error::LastAdministrator`] when it would leave nobody who may change it
    /// again; without the right.
    pub fn set_policy(&mut self, text: &str) -> Result<Vec<PolicyWarning>, Error> {
        let policy = SitePolicy { text: text.to_owned(), set: None };
        let name = policy.name();
        self.act_at(Right::Policy, Operation::PolicySet, &name, |store, now| {
            let had = administrators::any(store, now)?;
            put_in_force(store, now, policy)?;
            if had {
                administrators::require_one(store, now)?;
            }
            reach::warnings(store, now)
        })
    }
}

/// Puts a policy in force that has no fault. That somebody can still administer is for the caller to see.
pub(super) fn put_in_force(store: &Write<'_>, now: Now, policy: SitePolicy) -> Result<(), Error> {
    let rules = policy.rulebook()?;
    store.put_document(KEY, &SitePolicy { set: Some(now.wall), ..policy })?;
    Ok(store.set_log_rules(&log_rules(&rules))?)
}

/// What a policy says of the log.
pub(super) fn log_rules(rules: &Rulebook) -> LogRules {
    let log = rules.log();
    LogRules {
        zone: rules.zone().map(str::to_owned),
        every_records: log.every_records,
        every_minutes: u32::try_from(log.every.as_secs() / 60).unwrap_or(u32::MAX),
    }
}

/// When the policy in force was set; none for the one that came with this version.
pub(super) fn set_in(store: &Write<'_>) -> Result<Option<Timestamp>, Error> {
    Ok(store.document::<SitePolicy>(KEY)?.and_then(|policy| policy.set))
}

/// The policy in force was set no later than at this time: what seems so was noted while the clock was wrong.
pub(super) fn set_by(store: &Write<'_>, latest: Timestamp) -> Result<(), Error> {
    let ahead = |policy: &SitePolicy| policy.set.is_some_and(|set| set > latest);
    if let Some(policy) = store.document::<SitePolicy>(KEY)?.filter(ahead) {
        store.put_document(KEY, &SitePolicy { set: Some(latest), ..policy })?;
    }
    Ok(())
}

/// The rules in force, as they stand in this transaction.
pub(super) fn rulebook_in(store: &Write<'_>) -> Result<Arc<Rulebook>, Error> {
    policy_in(store)?.rulebook()
}

/// The policy in force, as it stands in this transaction.
pub(super) fn policy_in(store: &Write<'_>) -> Result<SitePolicy, Error> {
    let policy = store.document::<SitePolicy>(KEY)?;
    Ok(policy.unwrap_or_else(|| SitePolicy::original(store.settings().open)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::engine::trial::{self, Site};

    #[test]
    fn what_another_process_sets_counts_at_once_and_so_does_the_policy_from_before() {
        let Site { mut engine, folder } = trial::site();
        let mut other = Engine::open(trial::config(&folder)).unwrap();
        let days = |engine: &Engine| engine.rulebook().unwrap().dormant_after().as_secs() / 86_400;
        assert_eq!((days(&engine), days(&other)), (90, 90));
        for (text, expected) in [
            (STANDARD.replacen("dormant_after = \"90 d\"", "dormant_after = \"30 d\"", 1), 30),
            (STANDARD.to_owned(), 90),
        ] {
            other.acting().set_policy(&text).unwrap();
            assert_eq!((days(&engine), days(&other)), (expected, expected));
            let within = engine.store.write(rulebook_in).unwrap();
            assert_eq!(within.dormant_after(), Duration::from_secs(expected * 86_400));
        }
    }

    #[test]
    fn a_policy_that_is_refused_takes_the_place_of_none() {
        let Site { mut engine, folder: _folder } = trial::site();
        let before = engine.rulebook().unwrap();
        for _ in 0..2 {
            assert_eq!(engine.acting().set_policy("format = 2").unwrap_err().code(), "bad_policy");
        }
        assert_eq!(engine.rulebook().unwrap(), before);
    }
}
