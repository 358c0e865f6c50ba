//! Whoever takes records out, puts old ones back, or puts the whole folder back as it was, is noticed: nobody is let in by
//! such a store, and it never looks like one that was not set up yet.

use std::fs;

use mabataki_engine::store::{Location, PersonStatus, Store, StoreError};
use pretty_assertions::assert_eq;

use crate::support::*;

fn ward() -> Trial {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "a", [1; 8]);
    admit(&mut store, "b", [2; 8]);
    trial
}

fn refused(trial: &Trial) -> String {
    Store::open(&trial.location(), &trial.key).unwrap_err().code().to_owned()
}

/// The state folder as it is now, to be put back later.
fn copy_of(trial: &Trial) -> Vec<u8> {
    fs::read(trial.file()).unwrap()
}

#[test]
fn a_record_that_was_taken_out_is_missed() {
    for sql in [
        "PRAGMA foreign_keys = OFF; DELETE FROM person WHERE id = 'a'",
        "DELETE FROM template WHERE person = 'a'",
        "PRAGMA foreign_keys = OFF; DELETE FROM card",
        "DELETE FROM key_slot",
        "DELETE FROM root",
    ] {
        let trial = ward();
        trial.database().execute_batch(sql).unwrap();
        assert_eq!(refused(&trial), "store_corrupt", "{sql}");
    }
}

#[test]
fn an_old_record_put_back_with_its_old_revision_is_noticed() {
    let trial = ward();
    let old = copy_of(&trial);
    trial.open().write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    let backup = trial.root.path().join("old.sqlite");
    fs::write(&backup, old).unwrap();
    let database = trial.database();
    database.execute("ATTACH ?1 AS old", [backup.to_str().unwrap()]).unwrap();
    let put_back = "UPDATE person SET (revision, sealed) = \
        (SELECT revision, sealed FROM old.person WHERE id = 'a') WHERE id = 'a'";
    assert_eq!(database.execute(put_back, []).unwrap(), 1);
    drop(database);
    assert_eq!(refused(&trial), "store_corrupt");
}

#[test]
fn a_record_removed_and_added_again_is_not_the_one_that_was_there_before() {
    let trial = ward();
    let old = trial.root.path().join("old.sqlite");
    fs::write(&old, copy_of(&trial)).unwrap();
    let mut store = trial.open();
    store.write(|w| w.remove_person("a")).unwrap();
    store.write(|w| add(w, "a")).unwrap();
    drop(store);
    let database = trial.database();
    database.execute("ATTACH ?1 AS old", [old.to_str().unwrap()]).unwrap();
    let revisions: (i64, i64) = database
        .query_row(
            "SELECT (SELECT revision FROM old.person WHERE id = 'a'), (SELECT revision FROM person WHERE id = 'a')",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(revisions.0 < revisions.1, "{revisions:?}");
}

#[test]
fn the_whole_folder_put_back_as_it_was_one_write_ago_is_refused() {
    let trial = ward();
    let old = copy_of(&trial);
    trial.open().write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    fs::write(trial.file(), old).unwrap();
    let error = Store::open(&trial.location(), &trial.key).unwrap_err();
    assert_eq!(error.code(), "store_rolled_back");
    assert!(error.to_string().contains("an old copy"), "{error}");
}

#[test]
fn an_emptied_or_missing_folder_is_gone_and_never_a_place_for_a_new_store() {
    let trial = ward();
    fs::remove_file(trial.file()).unwrap();
    assert_eq!(refused(&trial), "store_gone");
    let made = || Store::create(&trial.location(), &trial.key, settings()).unwrap_err().code().to_owned();
    assert_eq!(made(), "store_gone");
    fs::remove_dir(&trial.state).unwrap();
    assert_eq!((refused(&trial), made()), ("store_gone".to_owned(), "store_gone".to_owned()));
    assert!(!trial.state.exists(), "nothing is left behind");
}

#[test]
fn without_its_witness_a_store_does_not_open() {
    let trial = ward();
    let anchor = trial.location().witness.join("anchor");
    let whole = fs::read(&anchor).unwrap();
    fs::write(&anchor, vec![0; whole.len()]).unwrap();
    assert_eq!(refused(&trial), "bad_witness");
    fs::remove_file(&anchor).unwrap();
    assert_eq!(refused(&trial), "no_witness");
    fs::remove_dir_all(trial.location().witness).unwrap();
    assert_eq!(refused(&trial), "no_witness");
    let other = ward();
    let location = Location { witness: other.location().witness, ..trial.location() };
    assert_eq!(Store::open(&location, &trial.key).unwrap_err().code(), "bad_witness");
}

#[test]
fn a_witness_that_a_power_cut_left_behind_catches_up() {
    let trial = ward();
    let anchor = trial.location().witness.join("anchor");
    let behind = fs::read(&anchor).unwrap();
    let mut store = trial.open();
    for _ in 0..3 {
        store.write(|w| w.append(&attempt(mabataki_engine::audit::Outcome::Denied))).unwrap();
    }
    drop(store);
    fs::write(&anchor, behind).unwrap();
    let newest = copy_of(&trial);
    trial.open();
    trial.open().write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    fs::write(trial.file(), newest).unwrap();
    assert_eq!(refused(&trial), "store_rolled_back", "it has caught up");
}

#[test]
fn a_store_that_could_not_be_made_whole_leaves_no_witness_that_would_forbid_the_next() {
    use std::os::unix::fs::DirBuilderExt;
    let trial = Trial::new();
    let in_the_way = trial.location().witness.join("checkpoints");
    fs::DirBuilder::new().mode(0o700).recursive(true).create(&in_the_way).unwrap();
    let error = Store::create(&trial.location(), &trial.key, settings()).unwrap_err();
    assert_eq!(error.code(), "not_permitted", "{error}");
    fs::remove_dir(&in_the_way).unwrap();
    trial.create();
}

#[test]
fn a_witness_inside_the_folder_that_it_watches_is_refused() {
    let trial = Trial::new();
    for location in [
        Location { witness: trial.state.join("witness"), ..trial.location() },
        Location { witness: trial.state.clone(), ..trial.location() },
        Location { witness: trial.root.path().to_owned(), ..trial.location() },
    ] {
        let error = Store::create(&location, &trial.key, settings()).unwrap_err();
        assert_eq!(error.code(), "not_permitted", "{error}");
    }
}

#[test]
fn what_another_program_does_to_an_open_store_is_noticed_at_the_next_transaction() {
    let trial = ward();
    let mut store = trial.open();
    trial.database().execute_batch("DELETE FROM template WHERE person = 'a'").unwrap();
    let looked = store.look(|w| w.person("b").map(|_| ()));
    assert_eq!(looked.unwrap_err().code(), "store_corrupt");
    let written = store.write(|w| w.set_status("b", PersonStatus::Disabled));
    assert_eq!(written.unwrap_err().code(), "store_corrupt");
}

#[test]
fn an_open_store_does_not_take_the_records_of_last_week_for_todays() {
    let trial = ward();
    let old = trial.root.path().join("old.sqlite");
    fs::write(&old, copy_of(&trial)).unwrap();
    let mut store = trial.open();
    store.write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    let database = trial.database();
    database.execute("ATTACH ?1 AS old", [old.to_str().unwrap()]).unwrap();
    database.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for table in ["person", "template", "card", "holder", "document", "key_slot", "store", "root"] {
        let put_back =
            format!("DELETE FROM main.{table}; INSERT INTO main.{table} SELECT * FROM old.{table}");
        database.execute_batch(&put_back).unwrap();
    }
    let looked = store.look(|w| w.person("a").map(|_| ()));
    assert_eq!(looked.unwrap_err().code(), "store_rolled_back");
    let written = store.write(|w| w.set_status("b", PersonStatus::Disabled));
    assert_eq!(written.unwrap_err().code(), "store_rolled_back");
}

#[test]
fn a_trigger_planted_in_an_open_store_is_noticed_before_it_fires() {
    let trial = ward();
    let mut store = trial.open();
    let plant = "CREATE TRIGGER planted AFTER UPDATE ON person BEGIN UPDATE card SET revision = 1; END";
    trial.database().execute_batch(plant).unwrap();
    let written = store.write(|w| w.set_status("b", PersonStatus::Disabled));
    let error = written.unwrap_err();
    assert!(error.code() == "store_corrupt" && error.to_string().contains("planted"), "{error}");
}

#[test]
fn an_open_store_does_not_go_on_when_another_file_has_its_name() {
    let trial = ward();
    let mut store = trial.open();
    let old = copy_of(&trial);
    fs::rename(trial.file(), trial.root.path().join("taken")).unwrap();
    fs::write(trial.file(), old).unwrap();
    let written: Result<(), StoreError> = store.write(|w| w.set_status("b", PersonStatus::Disabled));
    assert_eq!(written.unwrap_err().code(), "store_replaced");
}

#[test]
fn several_processes_that_write_do_not_alarm_each_other() {
    let trial = ward();
    let (mut one, mut other) = (trial.open(), trial.open());
    for _ in 0..5 {
        for store in [&mut one, &mut other] {
            store.write(|w| w.append(&attempt(mabataki_engine::audit::Outcome::Denied))).unwrap();
            trial.open();
        }
    }
}
