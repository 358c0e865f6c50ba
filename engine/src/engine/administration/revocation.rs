//! The one way by which people and cards are stopped: what rests on them ends in the same transaction.

use std::collections::BTreeSet;

use crate::audit::Factor;
use crate::engine::clock::Now;
use crate::engine::{Error, grants};
use crate::grant::Ending;
use crate::store::{CardHandle, Write};

/// What may be used no more.
#[derive(Debug, Clone, Copy)]
pub(in crate::engine) enum Revoked<'r> {
    /// A person.
    Person(&'r str),
    /// These people.
    People(&'r BTreeSet<String>),
    /// A person's face.
    Face(&'r str),
    /// A card, whoever has it.
    Card(&'r CardHandle),
    /// A department card, by this one of its people.
    Share(&'r CardHandle, &'r str),
}

/// Ends every live grant that rests on what is revoked, and writes each end down.
pub(in crate::engine) fn revoke(store: &Write<'_>, now: Now, revoked: Revoked<'_>) -> Result<(), Error> {
    match revoked {
        Revoked::Person(id) => {
            grants::end_all(store, now, Ending::PersonRevoked, |grant| grant.subject == id)
        }
        Revoked::People(ids) => {
            grants::end_all(store, now, Ending::PersonRevoked, |grant| ids.contains(&grant.subject))
        }
        Revoked::Face(id) => grants::end_all(store, now, Ending::FaceRemoved, |grant| {
            grant.subject == id && grant.factors.contains(&Factor::Face)
        }),
        Revoked::Card(handle) => {
            grants::end_all(store, now, Ending::CardRevoked, |grant| grant.card.as_ref() == Some(handle))
        }
        Revoked::Share(handle, person) => grants::end_all(store, now, Ending::CardRevoked, |grant| {
            grant.card.as_ref() == Some(handle) && grant.subject == person
        }),
    }
}
