//! Grants in use: looked up, checked against the store at every use, ended, and written down.

mod room;
#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::SignedDuration;

pub(super) use self::room::make_room;

use super::clock::Now;
use super::enrolment::forget_lapsed;
use super::{Acting, Engine, Error, tries};
use crate::audit::{self, Operation, Source, Standing};
use crate::grant::{Ended, Ending, GrantRecord};
use crate::policy::Right;
use crate::store::{StoreError, Write};

/// Ended grants are kept this long, so that whoever comes late with one hears why it ended.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// That a person was let in here. Only the engine makes one, and whoever holds it can use it: it is asked about at every
/// use, and may have ended in the meantime.
#[derive(Debug, Clone)]
pub struct Grant {
    /// Under which it lies in the store.
    pub(super) key: String,
    pub(super) subject: String,
    pub(super) name: String,
}

impl Grant {
    /// The number under which the log knows everything that was done with it.
    #[must_use]
    pub fn session(&self) -> &str {
        &self.key
    }
}

/// A grant that is good at the moment, as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveGrant {
    /// The number that the log knows it by.
    pub session: String,
    /// Who, for what, by which factors.
    pub record: GrantRecord,
    /// How much of its life is left, if nothing ends it before.
    pub left: Duration,
}

/// What an application is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// The grant opens it.
    Covered,
    /// It asks for the person again (都度認証).
    AskAgain,
}

impl Engine {
    /// What the grant says, if it is still good.
    ///
    /// # Errors
    /// [`Error::GrantEnded`] tells why it is not.
    pub fn examine(&mut self, grant: &Grant) -> Result<GrantRecord, Error> {
        self.use_grant(grant, |_, _, record| Ok(record.clone()))
    }

    /// How long the grant will live if nothing ends it before.
    ///
    /// # Errors
    /// As [`Engine::examine`].
    pub fn time_left(&mut self, grant: &Grant) -> Result<Duration, Error> {
        self.use_grant(grant, |_, now, record| Ok(record.left(now.steady)))
    }

    /// Whether the grant opens this application, or it must ask again.
    ///
    /// # Errors
    /// As [`Engine::examine`].
    pub fn covers(&mut self, grant: &Grant, application: &str) -> Result<Cover, Error> {
        let record = self.examine(grant)?;
        Ok(if record.covers(application) { Cover::Covered } else { Cover::AskAgain })
    }

    /// Ends a grant: the person logged off, went away, took the card. A grant that has ended stays as it is.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_grant(&mut self, grant: &Grant, why: Ending) -> Result<(), Error> {
        let key = grant.key.clone();
        self.transact(|store, now| match store.document::<GrantRecord>(&key)? {
            Some(record) if record.ended.is_none() => end(store, now, &key, record, why),
            _ => Ok(()),
        })
    }

    /// Writes down what a host tells was done under the grant: `word`, of 1 to 64 of `a-z 0-9 _`, to `object`, a line of at
    /// most 128 characters. The record is marked as the host's word, and gives its number in the log.
    ///
    /// # Errors
    /// As [`Engine::examine`]; [`StoreError::InvalidEntry`] when word or object is beyond its limits.
    pub fn report(&mut self, grant: &Grant, word: &str, object: Option<&str>) -> Result<u64, Error> {
        let key = grant.key.clone();
        self.use_grant(grant, |store, now, record| {
            let mut entry = entry_of(Operation::HostRecord, &key, record, now);
            entry.reason = Some(word.to_owned());
            entry.object = object.map(str::to_owned);
            entry.source = Source::Host;
            Ok(store.append(&entry)?)
        })
    }

    /// The host tells whether the operating system took the password that a provisional grant rests on. If it did, the
    /// password's try is forgiven with those before it, and the grants that this one takes the place of end; if not, or
    /// if the host says nothing in time, it stays counted.
    ///
    /// # Errors
    /// As [`Engine::examine`].
    pub fn confirm(&mut self, grant: &Grant, took: bool) -> Result<(), Error> {
        let key = grant.key.clone();
        self.use_grant_unconfirmed(grant, |store, now, record| {
            let Some(provisional) = &record.provisional else { return Ok(()) };
            let mut entry = entry_of(Operation::GrantConfirm, &key, record, now);
            let confirmed = GrantRecord { provisional: None, ..record.clone() };
            tries::settle_later(store, provisional.tries.clone(), took, now)?;
            if took {
                tries::forgive_terminal(store, &record.terminal)?;
                make_room(store, now, &confirmed, provisional.replaces.as_deref())?;
                store.put_document(&key, &confirmed)?;
                store.append(&entry)?;
                return Ok(());
            }
            entry.outcome = audit::Outcome::Refused;
            store.append(&entry)?;
            end(store, now, &key, confirmed, Ending::HostRefused)
        })
    }

    /// Keeps a new grant, and forgets those that ended long ago, and enrolments that nobody looked at in time.
    pub(super) fn keep_grant(
        store: &Write<'_>,
        now: Now,
        key: &str,
        record: &GrantRecord,
    ) -> Result<Grant, Error> {
        forget_lapsed(store, now)?;
        end_run_out(store, now)?;
        store.put_document(key, record)?;
        Ok(Grant { key: key.to_owned(), subject: record.subject.clone(), name: record.name.clone() })
    }

    /// Does `work` with a grant that is good at this moment. One that is not is ended for good.
    pub(super) fn use_grant<T>(
        &mut self,
        grant: &Grant,
        work: impl FnOnce(&Write<'_>, Now, &GrantRecord) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.use_grant_unconfirmed(grant, |store, now, record| {
            if record.provisional.is_some() { Err(Error::GrantProvisional) } else { work(store, now, record) }
        })
    }

    fn use_grant_unconfirmed<T>(
        &mut self,
        grant: &Grant,
        work: impl FnOnce(&Write<'_>, Now, &GrantRecord) -> Result<T, Error>,
    ) -> Result<T, Error> {
        // The end of a grant is kept although what was asked for fails: hence the result in the result.
        self.transact(|store, now| match good_grant(store, now, &grant.key)? {
            Ok(record) => work(store, now, &record).map(Ok),
            Err(why) => Ok(Err(Error::GrantEnded { why })),
        })?
    }
}

impl Acting<'_> {
    /// The grants that are good now.
    ///
    /// # Errors
    /// Without the right to see lock-outs and who works where, or when the store fails.
    pub fn grants(&mut self) -> Result<Vec<LiveGrant>, Error> {
        self.require(Right::Lockout)?;
        let now = self.engine.now()?;
        self.engine.store.look(|store| {
            let mut live = Vec::new();
            for (session, record) in store.documents::<GrantRecord>()? {
                if over(store, now, &record)?.is_none() {
                    let left = record.left(now.steady);
                    live.push(LiveGrant { session, record, left });
                }
            }
            Ok(live)
        })
    }

    /// Ends somebody's grant.
    ///
    /// # Errors
    /// Without the right, or when no grant has this session number.
    pub fn revoke_grant(&mut self, session: &str) -> Result<(), Error> {
        self.act_at(Right::Lockout, Operation::GrantEnd, session, |store, now| {
            let record = store
                .document::<GrantRecord>(session)?
                .filter(|record| record.ended.is_none())
                .ok_or_else(|| Error::NoGrant { session: session.chars().take(64).collect() })?;
            end(store, now, session, record, Ending::Revoked)
        })
    }
}

/// The grant of this key: still good, or why it is not. What has run out is ended in passing.
pub(super) fn good_grant(
    store: &Write<'_>,
    now: Now,
    key: &str,
) -> Result<Result<GrantRecord, Ending>, Error> {
    let Some(record) = store.document::<GrantRecord>(key)? else {
        // Its person was erased, or it ended long ago.
        return Ok(Err(Ending::PersonRevoked));
    };
    if let Some(ended) = &record.ended {
        return Ok(Err(ended.why));
    }
    match over(store, now, &record)? {
        None => Ok(Ok(record)),
        Some(why) => {
            end(store, now, key, record, why)?;
            Ok(Err(why))
        }
    }
}

/// Why a grant is good for nothing at this moment, if that is so: its time is over, or its person's or its card's.
fn over(store: &Write<'_>, now: Now, record: &GrantRecord) -> Result<Option<Ending>, Error> {
    match record.over(now.steady) {
        Some(why) => Ok(Some(why)),
        None => super::standing::grant_revoked(store, now, record),
    }
}

/// Ends a grant and writes it down, with how long it was good. One that had run out before says so, and nothing else.
pub(super) fn end(
    store: &Write<'_>,
    now: Now,
    key: &str,
    record: GrantRecord,
    why: Ending,
) -> Result<(), Error> {
    let ran_out = record.over(now.steady).filter(|over| *over != Ending::Restarted);
    let (why, length) = (ran_out.unwrap_or(why), record.lasted(now.steady));
    end_after(store, now, key, record, why, length)
}

/// As [`end`], where the grant was good for this long.
pub(super) fn end_after(
    store: &Write<'_>,
    now: Now,
    key: &str,
    record: GrantRecord,
    why: Ending,
    length: Duration,
) -> Result<(), Error> {
    let mut entry = entry_of(Operation::GrantEnd, key, &record, now);
    entry.reason = Some(why.code().to_owned());
    entry.duration_ms = u64::try_from(length.as_millis()).ok();
    store.put_document(key, &GrantRecord { ended: Some(Ended { why, at: now.wall }), ..record })?;
    store.append(&entry)?;
    Ok(())
}

/// Ends the grants that have run out, and forgets those that ended long ago.
pub(super) fn end_run_out(store: &Write<'_>, now: Now) -> Result<(), Error> {
    for (key, record) in store.documents::<GrantRecord>()? {
        match (&record.ended, record.over(now.steady)) {
            (Some(ended), _) if now.wall.duration_since(ended.at) > KEPT => {
                store.remove_document::<GrantRecord>(&key)?;
            }
            (None, Some(why)) => end(store, now, &key, record, why)?,
            _ => {}
        }
    }
    Ok(())
}

/// Ends every live grant that `which` picks.
pub(super) fn end_all(
    store: &Write<'_>,
    now: Now,
    why: Ending,
    which: impl Fn(&GrantRecord) -> bool,
) -> Result<(), Error> {
    for (key, record) in store.documents::<GrantRecord>()? {
        if record.ended.is_none() && which(&record) {
            end(store, now, &key, record, why)?;
        }
    }
    Ok(())
}

/// A log entry about a grant.
pub(super) fn entry_of(operation: Operation, key: &str, record: &GrantRecord, now: Now) -> audit::Entry {
    let mut entry = audit::Entry::new(now.wall, operation, audit::Outcome::Done);
    entry.subject = Some(record.subject.clone());
    entry.name = Some(record.name.clone());
    entry.account = record.account.clone();
    entry.purpose = Some(record.purpose.code().to_owned());
    entry.session = Some(key.to_owned());
    entry.standing = Some(Standing::of_claim(record.is_claimed()));
    (entry.origin, entry.host) = (record.origin.clone(), record.host.clone());
    entry
}

/// Random bytes of the operating system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| StoreError::NoRandom(std::io::Error::other(error)))?;
    Ok(bytes)
}

/// A new session number: 128 random bits in hex.
pub(super) fn new_session() -> Result<String, Error> {
    Ok(hex(&random::<16>()?))
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
