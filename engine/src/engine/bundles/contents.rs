//! What there is to carry to a peer, and what is to be taken back there.

use std::collections::{BTreeMap, BTreeSet};

use mabataki_models::Digest;

use super::ledger::{Ledger, Sent};
use crate::bundle::{CarriedPassword, CarriedTemplate, Counts, Record, RecordKey};
use crate::engine::Error;
use crate::engine::rotation::Carrier;
use crate::engine::site_policy::{policy_in, rulebook_in};
use crate::policy::Rulebook;
use crate::secret::{Login, PasswordRecord};
use crate::store::{Card, CardHandle, CarriedCard, Person, PersonStatus, Write};
use crate::terminal::Scope;

/// The records of a bundle, by their keys, in the order in which they are carried.
pub(super) struct Contents {
    policy: bool,
    /// What is gone, people last.
    gone: BTreeSet<RecordKey>,
    gone_people: BTreeSet<RecordKey>,
    /// Vendors' people after all others.
    people: Vec<Person>,
    /// Each card with those of its people who are known at the peer.
    cards: BTreeMap<CardHandle, Vec<String>>,
    templates: Vec<String>,
    passwords: Vec<String>,
    logins: BTreeSet<(String, String)>,
    models: BTreeSet<Digest>,
}

impl Contents {
    /// All that passes by `asked`, and what was sent before and does not pass by `paired` any more. What passes by `paired`
    /// and was not asked for stays at the peer as it is.
    pub(super) fn gather(
        store: &Write<'_>,
        sent: &Ledger<Sent>,
        paired: &Scope,
        asked: &Scope,
    ) -> Result<Contents, Error> {
        let everybody = store.people()?;
        let rules = rulebook_in(store)?;
        let passing = |scope: &Scope| who_passes(&everybody, scope, &rules);
        let (asked_for, allowed) = (passing(asked), passing(paired));
        let is_sent = |id: &str| {
            let key = RecordKey::Person(id.to_owned());
            sent.get(&key).is_some_and(|sent| sent.digest.is_some())
        };
        let known = |id: &str| asked_for.contains(id) || (allowed.contains(id) && is_sent(id));
        let cards = store.cards(None)?;
        let mut contents = Contents {
            policy: asked.policy,
            gone: BTreeSet::new(),
            gone_people: BTreeSet::new(),
            people: everybody.iter().filter(|person| asked_for.contains(&person.id)).cloned().collect(),
            cards: carried_cards(&cards, |id| asked_for.contains(id), known),
            templates: Vec::new(),
            passwords: Vec::new(),
            logins: BTreeSet::new(),
            models: BTreeSet::new(),
        };
        contents.people.sort_by_key(|person| person.profile.vendor.is_some());
        for id in &asked_for {
            if let Some(template) = store.template(id)? {
                contents.templates.push(id.clone());
                contents.models.insert(template.model);
            }
            if store.document::<PasswordRecord>(id)?.is_some() {
                contents.passwords.push(id.clone());
            }
            let logins = store.documents_of::<Login>(id)?.into_iter().map(|(_, login)| login.app);
            contents.logins.extend(logins.filter(|app| asked.allows_login(app)).map(|app| (id.clone(), app)));
        }
        let here = Present { store, paired, allowed: &allowed, cards: carried_cards(&cards, known, known) };
        for key in sent.keys() {
            if !here.has(&key)? {
                let gone = match key {
                    RecordKey::Person(_) => &mut contents.gone_people,
                    _ => &mut contents.gone,
                };
                gone.insert(key);
            }
        }
        Ok(contents)
    }

    pub(super) fn models(&self) -> Vec<Digest> {
        self.models.iter().copied().collect()
    }

    pub(super) fn counts(&self) -> Counts {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        Counts {
            policies: u64::from(self.policy),
            gone: count(self.gone.len()).saturating_add(count(self.gone_people.len())),
            people: count(self.people.len()),
            cards: count(self.cards.len()),
            templates: count(self.templates.len()),
            passwords: count(self.passwords.len()),
            logins: count(self.logins.len()),
        }
    }

    /// Hands every record over, one at a time, in the order of a bundle.
    pub(super) fn each(
        self,
        store: &Write<'_>,
        mut take: impl FnMut(&Record) -> Result<(), Error>,
    ) -> Result<(), Error> {
        if self.policy {
            take(&Record::Policy(policy_in(store)?.text))?;
        }
        for key in self.gone {
            take(&Record::Gone(key))?;
        }
        for person in self.people {
            take(&Record::Person(Box::new(person)))?;
        }
        for (handle, people) in self.cards {
            let card = store.carried_card(&handle)?.ok_or_else(changed)?;
            take(&Record::Card(CarriedCard { people, ..card }))?;
        }
        let mut carrier = Carrier::of(store)?;
        for id in self.templates {
            let stored = store.template(&id)?.ok_or_else(changed)?;
            let bytes = carrier.turn_back(&id, &stored.bytes)?;
            let (model, quality, samples, created) =
                (stored.model, stored.quality, stored.samples, stored.created);
            take(&Record::Template(CarriedTemplate { person: id, model, quality, samples, created, bytes }))?;
        }
        for id in self.passwords {
            let PasswordRecord { person, hash, must_change, set, .. } =
                store.document(&id)?.ok_or_else(changed)?;
            take(&Record::Password(CarriedPassword { person, hash, must_change, set }))?;
        }
        for (person, app) in self.logins {
            take(&Record::Login(store.document(&Login::key(&person, &app))?.ok_or_else(changed)?))?;
        }
        self.gone_people.into_iter().try_for_each(|key| take(&Record::Gone(key)))
    }
}

/// What a peer may have of what is here.
struct Present<'p> {
    store: &'p Write<'p>,
    paired: &'p Scope,
    allowed: &'p BTreeSet<String>,
    cards: BTreeMap<CardHandle, Vec<String>>,
}

impl Present<'_> {
    fn has(&self, key: &RecordKey) -> Result<bool, Error> {
        let allowed = |id: &String| self.allowed.contains(id);
        Ok(match key {
            RecordKey::Policy => true,
            RecordKey::Person(id) => allowed(id),
            RecordKey::Card(handle) => {
                handle.parse().is_ok_and(|handle: CardHandle| self.cards.contains_key(&handle))
            }
            RecordKey::Template(id) => allowed(id) && self.store.has_template(id)?,
            RecordKey::Password(id) => allowed(id) && self.store.document::<PasswordRecord>(id)?.is_some(),
            RecordKey::Login(id, app) => {
                allowed(id)
                    && self.paired.allows_login(app)
                    && self.store.document::<Login>(&Login::key(id, app))?.is_some()
            }
        })
    }
}

/// Who passes by a scope. Somebody of a vendor passes with whoever answers for them, or not at all: there would be nobody to
/// answer for them there.
fn who_passes(everybody: &[Person], scope: &Scope, rules: &Rulebook) -> BTreeSet<String> {
    let passes = |person: &&Person| {
        let has_rights = !rules.rights(person.profile.role.as_deref()).is_empty();
        let wards = person.profile.wards.iter().map(String::as_str);
        person.status != PersonStatus::Retired && scope.allows_person(wards, has_rights)
    };
    let passing: BTreeSet<&str> = everybody.iter().filter(passes).map(|person| person.id.as_str()).collect();
    let with_sponsor = |person: &&Person| {
        let sponsor = person.profile.vendor.as_ref().map(|vendor| vendor.sponsor.as_str());
        passing.contains(person.id.as_str()) && sponsor.is_none_or(|sponsor| passing.contains(sponsor))
    };
    everybody.iter().filter(with_sponsor).map(|person| person.id.clone()).collect()
}

/// The cards of people who are asked for, each with all of its people who are known there.
fn carried_cards(
    cards: &[Card],
    asked: impl Fn(&str) -> bool,
    known: impl Fn(&str) -> bool,
) -> BTreeMap<CardHandle, Vec<String>> {
    let carried = cards.iter().filter(|card| card.people.iter().any(|id| asked(id)));
    carried
        .map(|card| {
            let people = card.people.iter().filter(|id| known(id)).cloned().collect();
            (card.handle.clone(), people)
        })
        .collect()
}

/// Nothing changes within a transaction; a store in which it does is damaged.
fn changed() -> Error {
    Error::ChangedMeanwhile { what: "the store" }
}
