//! The store of a large hospital, five samples of each face: what an attempt waits for (a card looked up with its person
//! and face, a template read, a record on the disk), and opening it.
//!
//! The store lies in the folder for temporary files: set `TMPDIR` to the disk that is to be measured. A memory
//! disk makes `append` look better than any terminal is.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mabataki_engine::{
    audit::{Entry, Operation, Outcome},
    card::{Assurance, CardIdentity, CardKind, IdKind},
    engine::{Config, Engine},
    keys::StoreKey,
    store::{NewCard, NewTemplate, Profile, Settings, Store},
};
use mabataki_models::Digest;
use zeroize::Zeroizing;

/// A large hospital's staff.
const PEOPLE: u64 = 10_000;

/// Bytes of a template: five samples of 512 values of 4 bytes.
const TEMPLATE: usize = 5 * 512 * 4;

fn identity(n: u64) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(n.to_be_bytes().to_vec()),
    }
}

fn make(config: Config) -> (Store, StoreKey) {
    let settings = Settings { terminal: "bench".to_owned(), open: true };
    let (location, key) = (config.location(), config.key.clone());
    drop(Engine::create(config, settings).unwrap());
    let key = key.place().and_then(|place| place.load(&location.state)).unwrap();
    let mut store = Store::open(&location, &key).unwrap();
    let now = Timestamp::now();
    let bytes = vec![0x5a; TEMPLATE];
    store
        .write(|w| {
            (0..PEOPLE).try_for_each(|n| {
                let id = format!("person{n:05}");
                let accounts = vec!["ward3".to_owned()];
                w.add_person(&id, &Profile { accounts, ..Profile::named(&format!("Person {n}")) }, now)?;
                w.bind_card(&id, &identity(n), &NewCard::labelled("staff card", now))?;
                let model = Digest::of(b"model");
                w.put_template(
                    &id,
                    &NewTemplate { bytes: &bytes, model, quality: 0.9, samples: 5, created: now },
                )
            })
        })
        .unwrap();
    (store, key)
}

fn store(c: &mut Criterion) {
    let root = tempfile::tempdir().unwrap();
    let config = || Config {
        state: root.path().join("state"),
        key: root.path().join("state.key").into(),
        witness: root.path().join("state.witness"),
        pack: root.path().join("pack"),
        runtime: root.path().join("runtime"),
    };
    let (mut store, key) = make(config());

    let entry = Entry {
        subject: Some("person00500".to_owned()),
        name: Some("Person 500".to_owned()),
        pack: Some(Digest::of(b"pack")),
        duration_ms: Some(1800),
        ..Entry::new(Timestamp::now(), Operation::Authenticate, Outcome::Granted)
    };
    c.bench_function("store/append", |b| b.iter(|| store.write(|w| w.append(&entry)).unwrap()));

    // Another card each time, far from the one before: nothing of it is in the processor's caches.
    for (name, first) in [("known", 0), ("unknown", PEOPLE)] {
        let mut number = 0;
        c.bench_function(&format!("store/resolve_card/{name}"), |b| {
            b.iter(|| {
                number = (number + 7_919) % PEOPLE;
                store.resolve_card(black_box(&identity(first + number))).unwrap()
            });
        });
    }
    c.bench_function("store/template", |b| b.iter(|| store.template("person00500").unwrap()));
    c.bench_function("store/people/10000", |b| b.iter(|| store.people().unwrap().len()));
    c.bench_function("store/templates/10000", |b| b.iter(|| store.templates().map(Result::unwrap).count()));

    drop(store);
    c.bench_function("store/open/10000", |b| {
        b.iter_batched(|| (), |()| Store::open(&config().location(), &key).unwrap(), BatchSize::PerIteration);
    });
    c.bench_function("engine/open/10000", |b| {
        b.iter_batched(config, |config| Engine::open(config).unwrap(), BatchSize::PerIteration);
    });
}

criterion_group!(benches, store);
criterion_main!(benches);
