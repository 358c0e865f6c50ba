//! The first set-up. Whoever has the key of a store without an administrator appoints one; a host, which has not, does it with the
//! one-time token that was shown when the store was made.

use serde::{Deserialize, Serialize};

use super::clock::Now;
use super::{Engine, Error, administrators};
use crate::audit::{Operation, Outcome};
use crate::policy::Right;
use crate::secret::{CodeMac, EmergencyCode, PasswordHash, PasswordRecord, Secret};
use crate::store::{Document, Profile, StoreError, Write};

/// The role that the policy of a new store gives every right.
pub const ADMINISTRATOR: &str = "administrator";

/// The one document's key.
const KEY: &str = "token";

/// What is kept of the token, until there is an administrator.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SetUpToken {
    mac: CodeMac,
}

impl Document for SetUpToken {
    const KIND: &'static str = "set_up_token";
}

/// Draws the token of a store that is being made; none of one for trials, where nobody administers.
pub(super) fn draw_token(store: &Write<'_>) -> Result<Option<EmergencyCode>, Error> {
    if store.settings().open {
        return Ok(None);
    }
    let token = EmergencyCode::draw()?;
    store.put_document(KEY, &SetUpToken { mac: CodeMac::of(&token)? })?;
    Ok(Some(token))
}

/// The terminal is set up: nobody needs the token any more.
pub(super) fn end(store: &Write<'_>, now: Now) -> Result<(), Error> {
    store.set_up(now.wall)?;
    store.remove_document::<SetUpToken>(KEY)?;
    Ok(())
}

impl Engine {
    /// The one-time token of a store that was made by this engine a moment ago, once. None in a store for trials.
    pub fn take_set_up_token(&mut self) -> Option<EmergencyCode> {
        self.set_up_token.take()
    }

    /// Appoints the first administrator, for whoever has the token that was shown when the store was made. It is good for
    /// that and nothing else, and no more as soon as there is an administrator.
    ///
    /// # Errors
    /// [`Error::SetUpToken`] when it is not the token, or there is an administrator already: that stands in the log;
    /// [`Error::Secret`] for a token that was mistyped or a password that is too weak; [`Error::Invalid`] for an id that
    /// nobody can have; when there is such a person.
    pub fn appoint_first(
        &mut self,
        token: &Secret,
        id: &str,
        name: &str,
        password: &Secret,
    ) -> Result<(), Error> {
        let given = EmergencyCode::read(token)?;
        let mut entry = self.entry(Operation::SetUp, Outcome::Done);
        entry.object = crate::audit::is_id(id).then(|| id.to_owned());
        let fits = |store: &Write<'_>| {
            let kept = store.document::<SetUpToken>(KEY)?;
            Ok::<_, StoreError>(!store.is_set_up()? && kept.is_some_and(|kept| kept.mac.is_of(&given)))
        };
        if !self.store.look(fits)? {
            (entry.outcome, entry.reason) = (Outcome::Refused, Some(Error::SetUpToken.code().to_owned()));
            self.append(&entry)?;
            return Err(Error::SetUpToken);
        }
        Engine::judge_first_password(id, name, password, false)?;
        // Hashing takes long: it is done before the store is held.
        let hash = PasswordHash::of(password)?;
        let profile = Profile { role: Some(ADMINISTRATOR.to_owned()), ..Profile::named(name) };
        self.transact(|store, now| {
            if !fits(store)? {
                return Err(Error::SetUpToken);
            }
            store.add_person(id, &profile, now.wall)?;
            let record = PasswordRecord {
                person: id.to_owned(),
                hash,
                former: Vec::new(),
                must_change: false,
                set: now.wall,
                by: None,
            };
            store.put_document(id, &record)?;
            administrators::note_first(store, now)?;
            if !store.is_set_up()? {
                // The policy was changed meanwhile, and the role with it.
                return Err(Error::NoRight { person: id.to_owned(), right: Right::Policy });
            }
            entry.time = now.wall;
            store.append(&entry)?;
            Ok(store.sign_log().map(|_| ())?)
        })
    }
}

#[cfg(test)]
mod tests;
