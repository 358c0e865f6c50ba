//! How up to date this terminal is: watched at each attempt, told, and written down once a day.

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::bundles::SKEW;
use super::clock::{self, Now};
use super::site_policy::{self, rulebook_in};
use super::{Engine, Error};
use crate::audit::{Entry, Operation, Outcome};
use crate::policy::{Freshness, Policy, Purpose, Rulebook};
use crate::store::{Document, Write};
use crate::terminal::PeerRecord;

/// A terminal that is late is written down so often.
const RECORDED: SignedDuration = SignedDuration::from_hours(24);

/// What this terminal last heard from the terminal that it expects bundles of; of several, from the one that has been
/// silent longest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// The other terminal's name.
    pub peer: String,
    /// When its newest whole bundle was made, UTC; before the first, when the two were paired, and before that, when the
    /// policy that expects it was set.
    pub heard: Timestamp,
    /// How long ago that is, by the latest time that this terminal's clock ever showed. None when the clock stands before
    /// it: one of the two times is wrong, and how long ago it is nobody knows.
    pub age: Option<Duration>,
    /// What that means here.
    pub freshness: Freshness,
}

impl SyncState {
    /// Whether this policy still lets in for this purpose.
    pub(super) fn lets_in(&self, rules: &Rulebook, purpose: Purpose, policy: &Policy) -> bool {
        rules.sync().lets_in(self.freshness, purpose, &policy.name)
    }
}

/// When it was last written down that a bundle is late.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SyncNotice {
    recorded: Timestamp,
}

impl Document for SyncNotice {
    const KIND: &'static str = "sync_notice";
}

impl SyncNotice {
    /// The one notice's key.
    const KEY: &str = "late";
}

impl Engine {
    /// How up to date this terminal is; `None` where the policy expects no bundles. It takes no right: whoever looks at
    /// the terminal may know.
    ///
    /// # Errors
    /// When the store fails.
    pub fn sync_state(&self) -> Result<Option<SyncState>, Error> {
        let now = self.now()?;
        self.store.look(|store| state_in(store, now))
    }
}

/// How up to date the terminal is, if it is late. That is written down once a day.
pub(super) fn watch(engine: &mut Engine) -> Result<Option<SyncState>, Error> {
    let state = engine.sync_state()?.filter(|state| state.freshness != Freshness::InTime);
    let Some(state) = state else { return Ok(None) };
    engine.transact(|store, now| {
        let last = store.document::<SyncNotice>(SyncNotice::KEY)?;
        // A notice that seems to be of later was written while the clock was wrong.
        if last.is_none_or(|last| now.wall.duration_since(last.recorded).abs() >= RECORDED) {
            let mut entry = Entry::new(now.wall, Operation::SyncLate, Outcome::Done);
            entry.object = Some(state.peer.clone());
            entry.reason = Some(state.freshness.code().to_owned());
            store.append(&entry)?;
            store.put_document(SyncNotice::KEY, &SyncNotice { recorded: now.wall })?;
        }
        Ok(())
    })?;
    Ok(Some(state))
}

/// Nothing that the age counts from is later than this time, which an administrator believes.
pub(super) fn heard_by(store: &Write<'_>, latest: Timestamp) -> Result<(), Error> {
    for (key, peer) in store.documents::<PeerRecord>()? {
        if peer.heard() > latest {
            store.put_document(&key, &peer.heard_by(latest))?;
        }
    }
    site_policy::set_by(store, latest)
}

fn state_in(store: &Write<'_>, now: Now) -> Result<Option<SyncState>, Error> {
    let rules = rulebook_in(store)?;
    let own = store.settings().terminal.as_str();
    // One policy serves all terminals: also those that the bundles come from.
    let mut expected = rules.sync().from.iter().filter(|name| *name != own).peekable();
    if expected.peek().is_none() {
        return Ok(None);
    }
    let latest = clock::latest(store, now)?;
    let peers: Vec<PeerRecord> = store.documents::<PeerRecord>()?.into_iter().map(|(_, peer)| peer).collect();
    let set = site_policy::set_in(store)?.unwrap_or(Timestamp::UNIX_EPOCH);
    // A pairing that was ended leaves the terminal as old as it was.
    let heard = |name: &str| {
        let named = peers.iter().filter(|peer| peer.identity.terminal == name);
        named.map(|peer| (peer.is_live(), peer.heard())).max().map_or(set, |(_, heard)| heard)
    };
    let oldest = expected.map(|name| (heard(name), name)).min();
    Ok(oldest.map(|(heard, peer)| {
        let is_ahead = now.wall.duration_until(heard) > SKEW;
        let age = Duration::try_from(latest.duration_since(heard)).unwrap_or_default();
        let age = Some(age).filter(|_| !is_ahead);
        let freshness = age.map_or(Freshness::Overdue, |age| rules.sync().freshness(age));
        SyncState { peer: peer.clone(), heard, age, freshness }
    }))
}
