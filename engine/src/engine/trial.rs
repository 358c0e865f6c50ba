//! A site for the tests of this room: an engine in a folder of its own, with two nurses, and no nets.

use tempfile::TempDir;
use zeroize::Zeroizing;

use super::{Config, Engine};
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
