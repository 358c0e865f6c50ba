//! The policy: reading the file, and what each use of a grant waits for.
//!
//! The store lies in the folder for temporary files: set `TMPDIR` to the disk that is to be measured.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use mabataki_engine::engine::{AttemptRequest, Config, Engine, Grant};
use mabataki_engine::policy::{Factor, Factors, Purpose, Rulebook, STANDARD};
use mabataki_engine::secret::Secret;
use mabataki_engine::store::{Profile, Settings};
use zeroize::Zeroizing;

const PASSWORD: &str = "Kobe-4711-harbour";

fn secret() -> Secret {
    Secret::new(Zeroizing::new(PASSWORD.to_owned())).unwrap()
}

/// An administrator's grant: the store's key and a password let them in.
fn grant(engine: &mut Engine) -> Grant {
    let request = AttemptRequest {
        claim: Some("boss".to_owned()),
        store_key: true,
        secrets: Factors::of(&[Factor::Password]),
        ..AttemptRequest::new(Purpose::Admin)
    };
    let mut attempt = engine.authenticate(request).unwrap();
    attempt.give_password(secret()).unwrap();
    while attempt.next_step().unwrap().is_some() {}
    attempt.take_grant().unwrap()
}

fn policy(c: &mut Criterion) {
    c.bench_function("policy/parse", |b| b.iter(|| Rulebook::parse(black_box(STANDARD)).unwrap()));

    let root = tempfile::tempdir().unwrap();
    let path = |name: &str| root.path().join(name);
    let config = Config {
        state: path("state"),
        key: path("key").into(),
        witness: path("witness"),
        pack: path("pack"),
        runtime: path("runtime"),
    };
    let mut engine = Engine::create(config, Settings { terminal: "bench".to_owned(), open: true }).unwrap();
    let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Boss") };
    engine.acting().add_person("boss", &profile).unwrap();
    engine.acting().set_password("boss", &secret(), false).unwrap();
    let grant = grant(&mut engine);
    c.bench_function("engine/covers", |b| b.iter(|| engine.covers(&grant, black_box("chart")).unwrap()));
    c.bench_function("engine/person", |b| {
        b.iter(|| engine.acting_by(&grant).person(black_box("boss")).unwrap());
    });
}

criterion_group!(benches, policy);
criterion_main!(benches);
