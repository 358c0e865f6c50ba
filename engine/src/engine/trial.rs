//! A site for the tests of this room: an engine in a folder of its own, with two nurses, and no nets.

use jiff::Timestamp;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::clock::Now;
use super::{Config, Engine, Grant};
use crate::grant::GrantRecord;
use crate::policy::{Patterns, Purpose, Steady};
use crate::secret::Secret;
use crate::store::{CardHandle, Profile, Settings};

pub(super) struct Site {
    pub(super) folder: TempDir,
    pub(super) engine: Engine,
}

/// An engine with `nurse01` and `nurse02`, at the terminal `ward3-a`.
pub(super) fn site() -> Site {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { terminal: "ward3-a".to_owned(), open: false };
    let mut engine = Engine::create(config(&folder), settings).unwrap();
    for id in ["nurse01", "nurse02"] {
        engine.acting().add_person(id, &Profile::named(&format!("Nurse {id}"))).unwrap();
    }
    Site { folder, engine }
}

pub(super) fn config(folder: &TempDir) -> Config {
    let path = |name: &str| folder.path().join(name);
    Config {
        state: path("state"),
        key: path("key").into(),
        witness: path("witness"),
        pack: path("pack"),
        runtime: path("runtime"),
    }
}

/// A grant that `person` was given for this a moment ago, by this card if any.
pub(super) fn grant(engine: &mut Engine, person: &str, purpose: Purpose, card: Option<&CardHandle>) -> Grant {
    let terminal = engine.store.settings().terminal.clone();
    engine
        .transact(|store, now| {
            let record = GrantRecord {
                subject: person.to_owned(),
                name: store.person(person)?.unwrap().profile.name,
                account: None,
                purpose,
                policy: "administration".to_owned(),
                factors: Vec::new(),
                card: card.cloned(),
                terminal,
                origin: None,
                host: None,
                issued: now.wall,
                from: now.steady,
                life_ms: 600_000,
                applications: Patterns::default(),
                application: None,
                provisional: None,
                ended: None,
                held: false,
            };
            Engine::keep_grant(store, now, &super::grants::new_session()?, &record)
        })
        .unwrap()
}

pub(super) fn secret(text: &str) -> Secret {
    Secret::new(Zeroizing::new(text.to_owned())).unwrap()
}

/// One more person, who administers, and the grant to do so.
pub(super) fn administrator(engine: &mut Engine, id: &str) -> Grant {
    let profile =
        Profile { role: Some("administrator".to_owned()), ..Profile::named(&format!("Admin {id}")) };
    engine.store.write(|store| store.add_person(id, &profile, Timestamp::now())).unwrap();
    grant(engine, id, Purpose::Admin, None)
}

/// These both clocks, and one that can be believed.
pub(super) fn at(wall: Timestamp, boot: u8, ms: u64) -> Now {
    Now { wall, steady: Steady { boot: [boot; 16], ms }, behind: false }
}
