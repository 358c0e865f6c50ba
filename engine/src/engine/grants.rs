//! Grants in use: looked up, checked against the store at every use, ended, and written down.

use std::time::Duration;

use jiff::SignedDuration;

use super::clock::Now;
use super::{Acting, Engine, Error, tries};
use crate::audit::{self, Operation};
use crate::grant::{Assertion, Ended, Ending, GrantRecord, SigningKey, VerifyingKeys};
use crate::policy::Right;
use crate::store::{StoreError, Write};

/// Ended grants are kept this long, so that whoever comes late with one hears why it ended.
const KEPT: SignedDuration = SignedDuration::from_hours(24);

/// A key signs for so long; then a new one is made at the next signing.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A retired key is published so long after its last assertion has run out.
const KEY_AFTERLIFE: SignedDuration = SignedDuration::from_hours(24);

/// Most characters of an audience or a nonce.
const TEXT: usize = 128;

/// That a person was let in here. Only the engine makes one, and whoever holds it can use it: it is asked about at every
/// use, and may have ended in the meantime.
#[derive(Debug)]
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

    /// The host tells whether the operating system took the password that a provisional grant rests on. If it did, the
    /// password's try is forgiven with those before it; if not, or if the host says nothing in time, it stays counted.
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
                store.put_document(&key, &confirmed)?;
                store.append(&entry)?;
                return Ok(());
            }
            entry.outcome = audit::Outcome::Refused;
            store.append(&entry)?;
            end(store, now, &key, confirmed, Ending::HostRefused)
        })
    }

    /// A signed assertion for a host that speaks OpenID Connect: a JSON Web Token for this audience and nonce.
    ///
    /// # Errors
    /// As [`Engine::examine`]; [`Error::Invalid`] when audience or nonce are empty or longer than 128 characters;
    /// [`Error::NoAudience`] when the policy signs nothing for it.
    pub fn assertion(&mut self, grant: &Grant, audience: &str, nonce: &str) -> Result<String, Error> {
        for (what, text) in [("an audience", audience), ("a nonce", nonce)] {
            if text.is_empty() || text.chars().count() > TEXT || text.chars().any(char::is_control) {
                return Err(Error::Invalid {
                    what,
                    expected: "1 to 128 characters on one line",
                    found: format!("{} characters", text.chars().count()),
                });
            }
        }
        let (fresh, id) = (random::<32>()?, hex(&random::<16>()?));
        let key = grant.key.clone();
        let issuer = self.store.settings().terminal.clone();
        let life = self.rulebook()?.assertion_life(audience);
        let life = life.ok_or_else(|| Error::NoAudience { audience: audience.to_owned() })?;
        let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::ZERO);
        self.use_grant(grant, |store, now, record| {
            let signing = signing_key(store, now, fresh)?;
            let assertion = Assertion { issuer: &issuer, audience, nonce, life };
            let token = signing.sign(&id, record, assertion, now.wall);
            let mut entry = entry_of(Operation::AssertionSign, &key, record, now);
            entry.object = Some(audience.to_owned());
            store.append(&entry)?;
            Ok(token)
        })
    }

    /// The public keys that verify assertions, as a JSON Web Key Set.
    ///
    /// # Errors
    /// When the store fails.
    pub fn verifying_keys(&self) -> Result<VerifyingKeys, Error> {
        let keys = self.store.documents::<SigningKey>()?;
        Ok(VerifyingKeys { keys: keys.iter().map(|(_, key)| key.public_key()).collect() })
    }

    /// Keeps a new grant, and forgets those that ended long ago.
    pub(super) fn keep_grant(
        store: &Write<'_>,
        now: Now,
        key: &str,
        record: &GrantRecord,
    ) -> Result<Grant, Error> {
        for (old, record) in store.documents::<GrantRecord>()? {
            let long_ago = |ended: &Ended| now.wall.duration_since(ended.at) > KEPT;
            let never_ended = record.ended.is_none() && record.over(now.steady).is_some();
            if record.ended.as_ref().is_some_and(long_ago) {
                store.remove_document::<GrantRecord>(&old)?;
            } else if never_ended && let Some(why) = record.over(now.steady) {
                end(store, now, &old, record, why)?;
            }
        }
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
    /// The grants that are good now, with the session numbers that the log knows them by.
    ///
    /// # Errors
    /// Without the right to see lock-outs and who works where, or when the store fails.
    pub fn grants(&mut self) -> Result<Vec<(String, GrantRecord)>, Error> {
        self.require(Right::Lockout)?;
        let now = self.engine.now()?;
        self.engine.store.look(|store| {
            let mut good = store.documents::<GrantRecord>()?;
            let mut failed = Ok(());
            good.retain(|(_, record)| match over(store, now, record) {
                Ok(over) => over.is_none(),
                Err(error) => {
                    failed = Err(error);
                    false
                }
            });
            failed.map(|()| good)
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

    /// Lets a new key sign assertions from now on.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn rotate_signing_key(&mut self) -> Result<(), Error> {
        let fresh = random::<32>()?;
        self.act_at(Right::Policy, Operation::KeyRotate, "assertion", |store, now| {
            replace_signing_key(store, now, fresh).map(|_| ())
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

/// Ends a grant and writes it down, with how long it was.
pub(super) fn end(
    store: &Write<'_>,
    now: Now,
    key: &str,
    record: GrantRecord,
    why: Ending,
) -> Result<(), Error> {
    let mut entry = entry_of(Operation::GrantEnd, key, &record, now);
    entry.reason = Some(why.code().to_owned());
    entry.duration_ms = u64::try_from(record.from.elapsed(now.steady).as_millis()).ok();
    store.put_document(key, &GrantRecord { ended: Some(Ended { why, at: now.wall }), ..record })?;
    store.append(&entry)?;
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
    entry
}

/// The key that signs now; a new one when there is none, or it has signed long enough.
fn signing_key(store: &Write<'_>, now: Now, fresh: [u8; 32]) -> Result<SigningKey, Error> {
    let current =
        store.documents::<SigningKey>()?.into_iter().map(|(_, key)| key).find(|key| key.retired.is_none());
    match current {
        Some(key) if now.wall.duration_since(key.created) < KEY_LIFE => Ok(key),
        _ => replace_signing_key(store, now, fresh),
    }
}

fn replace_signing_key(store: &Write<'_>, now: Now, fresh: [u8; 32]) -> Result<SigningKey, Error> {
    for (id, mut key) in store.documents::<SigningKey>()? {
        match key.retired {
            Some(retired) if now.wall.duration_since(retired) > KEY_AFTERLIFE => {
                store.remove_document::<SigningKey>(&id)?;
            }
            Some(_) => {}
            None => {
                key.retired = Some(now.wall);
                store.put_document(&id, &key)?;
            }
        }
    }
    let key = SigningKey::from_seed(fresh, now.wall);
    store.put_document(&key.id(), &key)?;
    Ok(key)
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

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
