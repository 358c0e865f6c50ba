//! Which grants are whose. A client has numbers; each is good over the connection that it was given to, and for the user,
//! the log-in session and the program that it was given to. All three are looked at each time.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error::Refusal;
use super::limits::{CLAIM_WITHIN, GRANTS};
use super::peer::{Identity, Opened};
use crate::engine::{Class, Grant};

/// The grants of a service.
#[derive(Debug, Default)]
pub(super) struct Grants(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Connections, by number, with who is at their other end.
    handles: HashMap<u64, Identity>,
    grants: HashMap<u64, Entry>,
}

#[derive(Debug)]
struct Entry {
    grant: Grant,
    holder: Holder,
}

#[derive(Debug)]
enum Holder {
    /// A connection. One that needs the number no more still holds the grant, until it ends.
    Handle { handle: u64, owner: Identity, closed: bool },
    /// Nobody yet: whoever of this user claims it first. Where the log-in host was in the session that it opened, whoever is
    /// in that one: other processes of a shared account are not.
    Kept { uid: u32, session: Option<Opened>, until: Instant },
}

impl Grants {
    /// A connection begins. Gives its number.
    pub(super) fn enter(&self, owner: Identity) -> Result<u64, Refusal> {
        let mut held = self.held();
        let number = fresh(|number| held.handles.contains_key(&number))?;
        held.handles.insert(number, owner);
        Ok(number)
    }

    /// Whether this connection is there, and this is still who began it.
    pub(super) fn knows(&self, handle: u64, owner: &Identity) -> bool {
        self.held().handles.get(&handle).is_some_and(|its| owner.is_still(its))
    }

    /// A connection has ended. Gives the grants that end with it.
    pub(super) fn leave(&self, handle: u64) -> Vec<Grant> {
        let mut held = self.held();
        held.handles.remove(&handle);
        take(&mut held, |entry| matches!(&entry.holder, Holder::Handle { handle: of, .. } if *of == handle))
    }

    /// Takes in a grant for a connection, and gives its number. Refused, the grant is good for nobody, and is to be ended.
    pub(super) fn hold(&self, handle: u64, owner: &Identity, grant: &Grant) -> Result<u64, Refusal> {
        let mut held = self.held();
        let its =
            |entry: &&Entry| matches!(&entry.holder, Holder::Handle { handle: of, .. } if *of == handle);
        if !held.handles.get(&handle).is_some_and(|its| owner.is_still(its)) {
            return Err(Refusal::no_grant());
        }
        if held.grants.values().filter(its).count() >= GRANTS {
            return Err(Refusal::too_many("grants of a connection", GRANTS));
        }
        let number = fresh(|number| held.grants.contains_key(&number))?;
        let holder = Holder::Handle { handle, owner: owner.clone(), closed: false };
        held.grants.insert(number, Entry { grant: grant.clone(), holder });
        Ok(number)
    }

    /// The grant of this number, for whoever it belongs to.
    pub(super) fn find(&self, handle: u64, owner: &Identity, number: u64) -> Result<Grant, Refusal> {
        let held = self.held();
        let entry = held.grants.get(&number).filter(|entry| entry.is(handle, owner));
        entry.map(|entry| entry.grant.clone()).ok_or_else(Refusal::no_grant)
    }

    /// Leaves a grant for this user.
    pub(super) fn keep(&self, handle: u64, owner: &Identity, number: u64, uid: u32) -> Result<(), Refusal> {
        let mut held = self.held();
        let entry = held.grants.get_mut(&number).filter(|entry| entry.is(handle, owner));
        let entry = entry.ok_or_else(Refusal::no_grant)?;
        let session = owner.session_of(uid);
        entry.holder = Holder::Kept { uid, session, until: Instant::now() + CLAIM_WITHIN };
        Ok(())
    }

    /// Hands over what was left last for the user of this connection, once.
    pub(super) fn claim(&self, handle: u64, owner: &Identity) -> Result<u64, Refusal> {
        let mut held = self.held();
        let now = Instant::now();
        let kept = held.grants.iter().filter_map(|(number, entry)| match &entry.holder {
            Holder::Kept { uid, session, until } => {
                let theirs = *uid == owner.uid && session.as_ref().is_none_or(|session| owner.is_in(session));
                (theirs && *until > now).then_some((*until, *number))
            }
            Holder::Handle { .. } => None,
        });
        let nothing = || {
            let text = "no grant was left for this user: expected one that a log-in has kept a moment ago";
            Refusal::new(Class::Usage, "nothing_to_claim", text, "authenticate")
        };
        let found = kept.max().map(|(_, number)| number).ok_or_else(nothing)?;
        // Whoever had the number before has nothing in it any more.
        let number = fresh(|number| held.grants.contains_key(&number))?;
        let Entry { grant, .. } = held.grants.remove(&found).ok_or_else(nothing)?;
        let holder = Holder::Handle { handle, owner: owner.clone(), closed: false };
        held.grants.insert(number, Entry { grant, holder });
        Ok(number)
    }

    /// The number is needed no more.
    pub(super) fn close(&self, handle: u64, owner: &Identity, number: u64) -> Result<(), Refusal> {
        let mut held = self.held();
        let entry = held.grants.get_mut(&number).filter(|entry| entry.is(handle, owner));
        match entry.map(|entry| &mut entry.holder) {
            Some(Holder::Handle { closed, .. }) => {
                *closed = true;
                Ok(())
            }
            _ => Err(Refusal::no_grant()),
        }
    }

    /// Forgets a grant that has ended.
    pub(super) fn forget(&self, number: u64) {
        self.held().grants.remove(&number);
    }

    /// Takes out what nobody claimed in time.
    pub(super) fn lapsed(&self) -> Vec<Grant> {
        let now = Instant::now();
        take(&mut self.held(), |entry| matches!(entry.holder, Holder::Kept { until, .. } if until <= now))
    }

    /// Takes out all of them.
    pub(super) fn all(&self) -> Vec<Grant> {
        take(&mut self.held(), |_| true)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entry {
    fn is(&self, handle: u64, owner: &Identity) -> bool {
        matches!(&self.holder, Holder::Handle { handle: of, owner: its, closed: false } if *of == handle && owner.is_still(its))
    }
}

fn take(held: &mut Held, which: impl Fn(&Entry) -> bool) -> Vec<Grant> {
    held.grants.extract_if(|_, entry| which(entry)).map(|(_, entry)| entry.grant).collect()
}

/// A random number that is nobody's.
pub(super) fn fresh(taken: impl Fn(u64) -> bool) -> Result<u64, Refusal> {
    loop {
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).map_err(|_| Refusal::busy())?;
        let number = u64::from_le_bytes(bytes);
        if number != 0 && !taken(number) {
            return Ok(number);
        }
    }
}
