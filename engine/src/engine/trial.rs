//! A site for the tests of this room: an engine in a folder of its own, with two nurses, and no nets.

use jiff::Timestamp;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::clock::Now;
use super::{Config, Engine, Grant};
use crate::grant::GrantRecord;
use crate::policy::{Patterns, Purpose, Steady};
use crate::secret::Secret;
use crate::store::{Profile, Settings};

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
    Config { state: path("state"), key: path("key"), pack: path("pack"), runtime: path("runtime") }
}

pub(super) fn secret(text: &str) -> Secret {
    Secret::new(Zeroizing::new(text.to_owned())).unwrap()
}

/// One more person, who administers, and the grant to do so.
pub(super) fn administrator(engine: &mut Engine, id: &str) -> Grant {
    let profile =
        Profile { role: Some("administrator".to_owned()), ..Profile::named(&format!("Admin {id}")) };
    let now = engine.clock.now();
    let record = GrantRecord {
        subject: id.to_owned(),
        name: profile.name.clone(),
        account: None,
        purpose: Purpose::Admin,
        policy: "administration".to_owned(),
        factors: Vec::new(),
        card: None,
        terminal: "ward3-a".to_owned(),
        origin: None,
        issued: now.wall,
        from: now.steady,
        life_ms: 3_600_000,
        applications: Patterns::default(),
        provisional: None,
        ended: None,
    };
    let key = format!("grant-of-{id}");
    engine
        .transact(|store, now| {
            store.add_person(id, &profile, now.wall)?;
            Engine::keep_grant(store, now, &key, &record)
        })
        .unwrap()
}

/// These both clocks, and one that can be believed.
pub(super) fn at(wall: Timestamp, boot: u8, ms: u64) -> Now {
    Now { wall, steady: Steady { boot: [boot; 16], ms }, behind: false }
}
