//! Stores that earlier versions made. The fixtures were written by those versions themselves, with this key beside them; the
//! people in them are made up, and the template holds no face.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mabataki_engine::keys::KeyPlace;
use mabataki_engine::store::{CardStatus, PersonStatus, Store};
use pretty_assertions::assert_eq;

use crate::support::*;

/// A copy of the fixture, and its key.
fn fixture(name: &str) -> Trial {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name);
    let mut trial = Trial::new();
    let key = trial.root.path().join("store.key");
    fs::create_dir(&trial.state).unwrap();
    fs::set_permissions(&trial.state, fs::Permissions::from_mode(0o700)).unwrap();
    for (from, to) in [(from.join("store.sqlite"), trial.file()), (from.join("store.key"), key.clone())] {
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
    }
    trial.key = KeyPlace::new(key).load(&trial.state).unwrap();
    trial
}

#[test]
fn a_store_of_format_3_is_taken_over_with_everything_in_it() {
    let trial = fixture("store-format-3");
    let store = trial.open();
    assert_eq!(store.taken_over_from(), Some(3));
    assert_eq!(store.settings().terminal, "er-1");
    let people = store.people().unwrap();
    let people: Vec<_> = people.iter().map(|person| (person.id.as_str(), person.status)).collect();
    let expected = [
        ("admin01", PersonStatus::Active),
        ("doctor7", PersonStatus::Active),
        ("gone01", PersonStatus::Retired),
        ("nurse01", PersonStatus::Active),
    ];
    assert_eq!(people, expected);
    assert_eq!(store.person("nurse01").unwrap().unwrap().profile.name, "山田 花子");
    assert_eq!(card(&store, &felica([1; 8])).unwrap().people, ["nurse01"]);
    assert_eq!(card(&store, &felica([2; 8])).unwrap().status, CardStatus::Lost);
    assert_eq!(&*store.template("nurse01").unwrap().unwrap().bytes, b"not a face: bytes of a fixture");
    assert!(store.log(0, 1000).unwrap().len() > 10);
}

#[test]
fn a_store_that_was_taken_over_is_one_of_this_format_from_then_on() {
    let trial = fixture("store-format-3");
    let old = fs::read(trial.file()).unwrap();
    drop(trial.open());
    let mut store = trial.open();
    assert_eq!(store.taken_over_from(), None);
    store.write(|w| w.set_status("nurse01", PersonStatus::Disabled)).unwrap();
    drop(store);
    fs::write(trial.file(), old).unwrap();
    let error = Store::open(&trial.location(), &trial.key).unwrap_err();
    assert_eq!(error.code(), "store_rolled_back", "the old one does not come back");
}

#[test]
fn a_store_of_format_3_is_not_taken_over_by_another_key_or_with_anything_changed() {
    let trial = fixture("store-format-3");
    let before = fs::read(trial.file()).unwrap();
    assert_eq!(Store::open(&trial.location(), &key(9)).unwrap_err().code(), "wrong_key");
    assert_eq!(fs::read(trial.file()).unwrap(), before);
    trial.database().execute("UPDATE person SET revision = revision + 1 WHERE id = 'nurse01'", []).unwrap();
    assert_eq!(Store::open(&trial.location(), &trial.key).unwrap_err().code(), "store_corrupt");
    let planted = fixture("store-format-3");
    planted
        .database()
        .execute_batch("CREATE TRIGGER planted AFTER UPDATE ON person BEGIN DELETE FROM template; END")
        .unwrap();
    assert_eq!(Store::open(&planted.location(), &planted.key).unwrap_err().code(), "store_corrupt");
}
