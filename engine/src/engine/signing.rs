//! Signed assertions about grants, and the keys that sign them.

use jiff::SignedDuration;

use super::clock::Now;
use super::grants::{entry_of, hex, random};
use super::{Acting, Engine, Error, Grant};
use crate::audit::Operation;
use crate::grant::{Assertion, GrantRecord, SigningKey, VerifyingKeys};
use crate::policy::{Audience, Purpose, Right};
use crate::store::Write;

/// A key signs for so long; then a new one is made at the next signing.
const KEY_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// A retired key is published for so long: far longer than any assertion is good.
const KEY_AFTERLIFE: SignedDuration = SignedDuration::from_hours(24);

/// Most characters of an audience or a nonce.
const TEXT: usize = 128;

impl Engine {
    /// A signed assertion for a host that speaks OpenID Connect: a JSON Web Token for this audience and nonce. It is
    /// good for as long as the policy says, and no longer than the grant.
    ///
    /// # Errors
    /// As [`Engine::examine`]; [`Error::Invalid`] when audience or nonce are empty or longer than 128 characters;
    /// [`Error::NoAudience`] when the policy signs nothing for it; [`Error::AskAgain`] when the grant does not open the
    /// application that the audience stands for, or was given to administer, to enrol or for an emergency.
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
        let rulebook = self.rulebook()?;
        let rules = rulebook.audience(audience);
        let rules = rules.ok_or_else(|| Error::NoAudience { audience: audience.to_owned() })?;
        self.use_grant(grant, |store, now, record| {
            if !speaks_for(record, rules) {
                return Err(Error::AskAgain { application: audience.to_owned() });
            }
            let life = rules.life.min(record.left(now.steady));
            let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::ZERO);
            let signing = signing_key(store, now, fresh)?;
            let assertion = Assertion { issuer: &issuer, audience, nonce, life };
            let token = signing.sign(&id, record, assertion, now.wall);
            let mut entry = entry_of(Operation::AssertionSign, &key, record, now);
            entry.object = Some(audience.to_owned());
            store.append(&entry)?;
            Ok(token)
        })
    }

    /// The public keys that verify assertions, as a JSON Web Key Set: the one that signs, and those that were replaced
    /// less than a day ago.
    ///
    /// # Errors
    /// When the store fails.
    pub fn verifying_keys(&self) -> Result<VerifyingKeys, Error> {
        let now = self.now()?;
        let keys = self.store.documents::<SigningKey>()?;
        let published = keys.iter().filter(|(_, key)| !is_forgotten(key, now));
        Ok(VerifyingKeys { keys: published.map(|(_, key)| key.public_key()).collect() })
    }
}

impl Acting<'_> {
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

/// Whether a grant says to this audience who somebody is: what administers is no log-in to anything else, and a claim
/// proves nobody.
fn speaks_for(record: &GrantRecord, audience: &Audience) -> bool {
    let fits =
        matches!(record.purpose, Purpose::Login | Purpose::Unlock | Purpose::Switch | Purpose::Application);
    fits && audience.application.as_deref().is_none_or(|application| record.covers(application))
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
        if is_forgotten(&key, now) {
            store.remove_document::<SigningKey>(&id)?;
        } else if key.retired.is_none() {
            key.retired = Some(now.wall);
            store.put_document(&id, &key)?;
        }
    }
    let key = SigningKey::from_seed(fresh, now.wall);
    store.put_document(&key.id(), &key)?;
    Ok(key)
}

fn is_forgotten(key: &SigningKey, now: Now) -> bool {
    key.retired.is_some_and(|retired| now.wall.duration_since(retired) > KEY_AFTERLIFE)
}
