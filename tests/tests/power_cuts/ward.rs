//! What is written: transaction after transaction, and what is there after each of them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use mabataki_engine::audit::{Entry, Operation, Outcome};
use mabataki_engine::card::{Assurance, CardIdentity, CardKind, IdKind};
use mabataki_engine::keys::StoreKey;
use mabataki_engine::store::{
    Document, NewCard, NewTemplate, PersonStatus, Profile, Settings, Store, StoreError, Write,
};
use mabataki_models::Digest;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Counted as failed tries are, together with a record in the log.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Counter(pub(crate) u64);

impl Document for Counter {
    const KIND: &'static str = "counter";
}

/// What transaction `number` does to people, beside counting.
enum Act {
    Admit(String),
    Remove(String),
    Disable(String),
}

fn act(number: u64) -> Act {
    let id = |number: u64| format!("p{number:04}");
    match number % 6 {
        1 | 4 => Act::Admit(id(number)),
        2 => Act::Remove(id(number - 1)),
        5 => Act::Disable(id(number - 1)),
        _ => Act::Admit(id(number)),
    }
}

/// Does transaction `number`. Each counts, says so in the log, and changes who is there; every tenth signs the log.
pub(crate) fn work(store: &mut Store, number: u64) -> Result<(), StoreError> {
    store.write(|w| {
        w.put_document("tries", &Counter(number))?;
        w.append(&Entry::new(Timestamp::UNIX_EPOCH, Operation::Authenticate, Outcome::Denied))?;
        match act(number) {
            Act::Admit(id) => admit(w, &id, number)?,
            Act::Remove(id) => w.remove_person(&id).map(drop)?,
            Act::Disable(id) => w.set_status(&id, PersonStatus::Disabled)?,
        }
        if number.is_multiple_of(10) {
            w.sign_log()?;
        }
        Ok(())
    })
}

/// Who is there after transaction `number`.
pub(crate) fn people_after(number: u64) -> BTreeMap<String, PersonStatus> {
    let mut people = BTreeMap::new();
    for number in 1..=number {
        match act(number) {
            Act::Admit(id) => people.insert(id, PersonStatus::Active),
            Act::Remove(id) => people.remove(&id),
            Act::Disable(id) => people.insert(id, PersonStatus::Disabled),
        };
    }
    people
}

/// Adds a person with a card and a template.
fn admit(w: &Write<'_>, id: &str, number: u64) -> Result<(), StoreError> {
    let now = Timestamp::UNIX_EPOCH;
    let card = CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(number.to_be_bytes().to_vec()),
    };
    // As long as a template of five samples is.
    let bytes = vec![number.to_le_bytes()[0]; 10_000];
    w.add_person(id, &Profile::named("看護師"), now)?;
    w.bind_card(id, &card, &NewCard::labelled("staff card", now))?;
    w.put_template(
        id,
        &NewTemplate { bytes: &bytes, model: Digest::of(b"model"), quality: 0.75, samples: 5, created: now },
    )
}

pub(crate) fn key() -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([7; 32]))
}

pub(crate) fn settings() -> Settings {
    Settings { terminal: "ward3-a".to_owned(), open: true }
}
