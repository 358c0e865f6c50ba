//! The file that a key is kept by.

use std::fs;
use std::os::unix::fs::{chown, symlink};
use std::path::{Path, PathBuf};

use mabataki_engine::keys::{Keeper, KeyError, KeyPlace, KeySource, StoreKey};
use mabataki_engine::store::{Location, Settings, Store, StoreError};
use mabataki_test_support::files::{entries, mode, set_mode};
use pretty_assertions::assert_eq;
use tempfile::TempDir;

struct Trial {
    root: TempDir,
    state: PathBuf,
}

impl Trial {
    fn new() -> Trial {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join("state");
        Trial { root, state }
    }

    fn at(&self, name: &str) -> KeyPlace {
        KeyPlace::new(self.root.path().join(name))
    }

    fn create(&self, name: &str) -> StoreKey {
        self.at(name).create(Keeper::File, &self.state).unwrap()
    }

    fn refused(&self, path: &Path) -> KeyError {
        KeyPlace::new(path.to_owned()).load(&self.state).unwrap_err()
    }

    fn open(&self, key: &StoreKey) -> Result<Store, StoreError> {
        Store::open(&Location::beside(&self.state), key)
    }

    fn make_store(&self, key: &StoreKey) {
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        drop(Store::create(&Location::beside(&self.state), key, settings).unwrap());
    }
}

#[test]
fn a_key_file_is_made_once_read_back_and_opens_its_store_only() {
    let trial = Trial::new();
    let place = trial.at("keys/store.key");
    let key = place.create(Keeper::File, &trial.state).unwrap();
    assert_eq!(mode(place.path()), 0o600);
    assert_eq!(entries(place.path().parent().unwrap()), ["store.key"]);
    assert_eq!(place.keeper(&trial.state).unwrap(), Keeper::File);
    trial.make_store(&key);
    trial.open(&place.load(&trial.state).unwrap()).unwrap();

    assert_eq!(place.create(Keeper::File, &trial.state).unwrap_err().code(), "exists");
    trial.open(&place.load(&trial.state).unwrap()).unwrap();

    assert_eq!(trial.open(&trial.create("other.key")).unwrap_err().code(), "wrong_key");
}

#[test]
fn a_key_inside_the_state_folder_is_refused_however_it_is_spelt() {
    let trial = Trial::new();
    fs::create_dir(&trial.state).unwrap();
    let way = trial.root.path().join("way");
    symlink(&trial.state, &way).unwrap();
    for path in [trial.state.join("store.key"), trial.state.join("deeper/store.key"), way.join("store.key")] {
        let place = KeyPlace::new(path);
        assert_eq!(place.create(Keeper::File, &trial.state).unwrap_err().code(), "not_permitted");
        assert_eq!(place.load(&trial.state).unwrap_err().code(), "not_permitted");
    }
    assert!(entries(&trial.state).is_empty());
    let not_yet = trial.root.path().join("new");
    let error = KeyPlace::new(not_yet.join("key")).create(Keeper::File, &not_yet).unwrap_err();
    assert_eq!(error.code(), "not_permitted");
    assert!(!not_yet.exists());
}

#[test]
fn a_key_file_that_others_may_touch_or_that_is_no_file_is_refused() {
    let trial = Trial::new();
    let path = trial.root.path().join("store.key");
    assert_eq!(trial.refused(&path).code(), "no_key");
    trial.create("store.key");
    for bits in [0o644, 0o640, 0o606, 0o700] {
        set_mode(&path, bits);
        let error = trial.refused(&path);
        assert_eq!(error.code(), "not_permitted");
        assert!(error.to_string().contains(&format!("mode {bits:04o}")), "{error}");
    }
    set_mode(&path, 0o600);
    let link = trial.root.path().join("link.key");
    symlink(&path, &link).unwrap();
    assert!(trial.refused(&link).to_string().contains("a symbolic link"));
    let error = KeyPlace::new(link).create(Keeper::File, &trial.state).unwrap_err();
    assert_eq!(error.code(), "exists");
    assert_eq!(trial.refused(trial.root.path()).code(), "not_permitted");
    if chown(&path, Some(54_321), None).is_ok() {
        assert!(trial.refused(&path).to_string().contains("user 54321"));
    }
}

#[test]
fn a_key_file_of_another_size_or_text_is_refused_without_showing_it() {
    let trial = Trial::new();
    let path = trial.root.path().join("store.key");
    trial.create("store.key");
    let good = fs::read_to_string(&path).unwrap();
    let digits = good.lines().nth(1).unwrap().to_owned();
    let wrong = [
        String::new(),
        good[..good.len() - 2].to_owned(),
        format!("{good}\n"),
        good.replacen('1', "2", 1),
        good.to_uppercase(),
        format!("mabataki store key 1\n{}", "g".repeat(64)),
        "0".repeat(1 << 20),
        format!("mabataki kernel key 1\n{digits}\n"),
        format!("mabataki host key 1\n{digits}\n"),
    ];
    for text in wrong {
        fs::write(&path, &text).unwrap();
        let error = trial.refused(&path);
        assert_eq!(error.code(), "bad_key", "{text:?}");
        assert!(!error.to_string().contains(&digits[..8]), "{error}");
    }
}

#[test]
fn a_key_that_this_program_cannot_ask_for_says_so() {
    let trial = Trial::new();
    let path = trial.root.path().join("store.key");
    trial.create("store.key");
    for keeper in ["keystore", "tpm"] {
        fs::write(&path, format!("mabataki {keeper} key 1\nwhatever\n")).unwrap();
        assert_eq!(trial.refused(&path).code(), "not_built");
        let keeper: Keeper = keeper.parse().unwrap();
        assert_eq!(trial.at("new.key").create(keeper, &trial.state).unwrap_err().code(), "not_built");
    }
    assert_eq!(entries(trial.root.path()), ["store.key"]);
}

/// Kills the replacement of a key after each of its steps: what is on the disk then opens the store, and only it.
#[test]
fn a_replacement_that_was_cut_off_anywhere_leaves_a_key_that_opens() {
    for steps in 0..=3 {
        let trial = Trial::new();
        let place = trial.at("store.key");
        let before = trial.create("store.key");
        trial.make_store(&before);
        // What an earlier replacement left behind that never came to anything.
        place.prepare(Keeper::File, &trial.state).unwrap();
        if steps >= 1 {
            let next = place.prepare(Keeper::File, &trial.state).unwrap();
            if steps >= 2 {
                trial.open(&before).unwrap().write(|store| store.replace_store_key(&next)).unwrap();
            }
            if steps >= 3 {
                place.promote(&trial.state).unwrap();
            }
        }
        let source = KeySource::Kept(place.clone());
        for _ in 0..2 {
            let mut store = source.unlock(&trial.state, |key| trial.open(key)).unwrap();
            store.write(|store| place.settle(&trial.state, |key| store.is_store_key(key))).unwrap();
        }
        let replaced = steps >= 2;
        assert_eq!(trial.open(&before).is_err(), replaced, "after {steps} steps");
        trial.open(&place.load(&trial.state).unwrap()).unwrap();
        assert!(!place.path().with_file_name("store.key.next").exists(), "after {steps} steps");
    }
}

#[test]
fn the_slot_of_a_replaced_key_put_back_into_the_store_opens_nothing() {
    let trial = Trial::new();
    let before = trial.create("store.key");
    trial.make_store(&before);
    let database = || rusqlite::Connection::open(trial.state.join("store.sqlite")).unwrap();
    let columns = "SELECT revision, sealed, checksum FROM key_slot WHERE name = 'store'";
    let slot: (i64, Vec<u8>, Vec<u8>) =
        database().query_row(columns, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let next = StoreKey::draw().unwrap();
    trial.open(&before).unwrap().write(|store| store.replace_store_key(&next)).unwrap();
    assert_eq!(trial.open(&before).unwrap_err().code(), "wrong_key");
    let put_back = "UPDATE key_slot SET revision = ?1, sealed = ?2, checksum = ?3 WHERE name = 'store'";
    assert_eq!(database().execute(put_back, slot).unwrap(), 1);
    assert_eq!(trial.open(&before).unwrap_err().code(), "store_corrupt");
}

#[test]
fn a_key_that_the_host_hands_in_is_kept_nowhere() {
    let trial = Trial::new();
    let key = StoreKey::draw().unwrap();
    let source = KeySource::Host(key.clone());
    trial.make_store(&source.create(Keeper::Host, &trial.state).unwrap());
    source.unlock(&trial.state, |key| trial.open(key)).unwrap();
    assert_eq!(source.keeper(&trial.state).unwrap(), Keeper::Host);
    assert_eq!(source.place().unwrap_err().code(), "handed_in");
    assert_eq!(entries(trial.root.path()), ["state", "state.witness"]);
}
