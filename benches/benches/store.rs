//! The store of a large hospital: what an attempt waits for (a card looked up with its person
//! and face, a template read, a record on the disk), and opening it.
//!
//! The store lies in the folder for temporary files: set `TMPDIR` to the disk that is to be measured. A memory
//! disk makes `append` look better than any terminal is.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use jiff::Timestamp;
use mabataki_benches::hospital::{PEOPLE, identity, make, place};
use mabataki_engine::{
    audit::{Entry, Operation, Outcome},
    engine::Engine,
    store::{PersonStatus, Store},
};
use mabataki_models::Digest;

fn store(c: &mut Criterion) {
    let root = tempfile::tempdir().unwrap();
    let config = || place(root.path());
    let (mut store, key) = make(config(), |_, _| {});

    let entry = Entry {
        subject: Some("person00500".to_owned()),
        name: Some("Person 500".to_owned()),
        pack: Some(Digest::of(b"pack")),
        duration_ms: Some(1800),
        ..Entry::new(Timestamp::now(), Operation::Authenticate, Outcome::Granted)
    };
    c.bench_function("store/append", |b| b.iter(|| store.write(|w| w.append(&entry)).unwrap()));

    // What the mirror has too, as a counted try.
    c.bench_function("store/change", |b| {
        b.iter(|| store.write(|w| w.set_status("person00500", PersonStatus::Active)).unwrap())
    });

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
