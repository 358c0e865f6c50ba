//! The store of a large hospital: 10,000 people, each with a card and a face of five samples.
#![expect(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use std::path::Path;

use jiff::Timestamp;
use mabataki_engine::{
    card::{Assurance, CardIdentity, CardKind, IdKind},
    engine::{Config, Engine},
    face::Embedding,
    keys::StoreKey,
    matching::{ROTATION_SEED, RotationSeed, Sample, Space, Template},
    store::{Document, NewCard, NewTemplate, Profile, Settings, Store},
};
use mabataki_models::{Pack, Role};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// A large hospital's staff.
pub const PEOPLE: u64 = 10_000;

/// Numbers of an embedding.
const LENGTH: usize = 512;

/// Samples of each face.
const SAMPLES: usize = 5;

/// The card of the person of this number.
#[must_use]
pub fn identity(n: u64) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(n.to_be_bytes().to_vec()),
    }
}

/// A store in this folder, with the manifest of this repository's pack and none of its models.
///
/// # Panics
/// When the folder cannot be written to.
#[must_use]
pub fn place(root: &Path) -> Config {
    let pack = root.join("pack");
    std::fs::create_dir_all(&pack).unwrap();
    std::fs::copy(models().join("manifest.toml"), pack.join("manifest.toml")).unwrap();
    Config {
        state: root.join("state"),
        key: root.join("state.key").into(),
        witness: root.join("state.witness"),
        pack,
        runtime: root.join("runtime"),
    }
}

/// Makes the store, with everybody in it and whatever is `added` to each profile by its number.
///
/// # Panics
/// When that fails.
#[must_use]
pub fn make(config: Config, added: impl Fn(u64, &mut Profile)) -> (Store, StoreKey) {
    let settings = Settings { terminal: "bench".to_owned(), open: true };
    let (location, key) = (config.location(), config.key.clone());
    drop(Engine::create(config, settings).unwrap());
    let key = key.place().and_then(|place| place.load(&location.state)).unwrap();
    let mut store = Store::open(&location, &key).unwrap();
    let now = Timestamp::now();
    let seed = store.document::<SiteRotation>("site").unwrap().unwrap().seed;
    let model = Pack::open(&models()).unwrap().manifest().model(Role::Embedding).unwrap().sha256;
    let space = Space { model, rotation: RotationSeed::new(Zeroizing::new(seed)).id() };
    store
        .write(|w| {
            (0..PEOPLE).try_for_each(|n| {
                let id = format!("person{n:05}");
                let mut profile = Profile::named(&format!("Person {n}"));
                profile.accounts = vec!["ward3".to_owned()];
                added(n, &mut profile);
                w.add_person(&id, &profile, now)?;
                w.bind_card(&id, &identity(n), &NewCard::labelled("staff card", now))?;
                let bytes = face(space, n).to_bytes();
                let samples = u32::try_from(SAMPLES).unwrap_or(u32::MAX);
                w.put_template(
                    &id,
                    &NewTemplate { bytes: &bytes, model, quality: 0.9, samples, created: now },
                )
            })
        })
        .unwrap();
    (store, key)
}

/// Somebody's face, which is nobody's: five samples in one direction.
fn face(space: Space, n: u64) -> Template {
    let mut numbers = vec![0.0; LENGTH];
    numbers[usize::try_from(n).unwrap() % LENGTH] = 1.0;
    let sample = || Sample { embedding: Embedding(Zeroizing::new(numbers.clone())), quality: 0.9 };
    Template::from_samples(space, (0..SAMPLES).map(|_| sample()).collect()).unwrap()
}

fn models() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../models")
}

/// What the store's rotation is made from, as the engine keeps it.
#[derive(Serialize, Deserialize)]
struct SiteRotation {
    seed: [u8; ROTATION_SEED],
    made: Timestamp,
}

impl Document for SiteRotation {
    const KIND: &'static str = "rotation";
}
