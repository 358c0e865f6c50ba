//! The state folder is gone, and only a backup and the witness folder are left.

use std::fs;
use std::path::PathBuf;

use mabataki_engine::store::{CardStatus, Merged, PersonStatus, Stop};
use pretty_assertions::assert_eq;

use crate::backups::{backed_up, restore, write};
use crate::support::*;

/// The store's folder is gone, and with it all that is in it.
fn lose(trial: &Trial) {
    fs::remove_dir_all(&trial.state).unwrap();
}

pub(crate) fn mirror(trial: &Trial) -> PathBuf {
    trial.location().witness.join("mirror.sqlite")
}

#[test]
fn what_was_revoked_or_counted_since_the_backup_stays_so_when_the_store_is_gone() {
    let (trial, backup) = backed_up();
    let handle = card(&trial.open(), &felica([1; 8])).unwrap().handle;
    write(&trial, |w| w.stop_card(&handle, Stop::Lost));
    write(&trial, |w| w.set_status("b", PersonStatus::Disabled));
    write(&trial, |w| w.remove_template("a").map(|_| ()));
    write(&trial, |w| w.put_document("a", &Counter(7)));
    write(&trial, |w| add(w, "c"));
    lose(&trial);
    let merged = restore(&trial, &backup);
    assert_eq!(
        Merged { log_key: None, ..merged },
        Merged { newer: 4, removed: 1, log_lost: true, ..Merged::default() }
    );
    let store = trial.open();
    assert_eq!(card(&store, &felica([1; 8])).unwrap().status, CardStatus::Lost);
    assert_eq!(store.person("b").unwrap().unwrap().status, PersonStatus::Disabled);
    assert!(!store.has_template("a").unwrap());
    assert_eq!(store.document("a").unwrap(), Some(Counter(7)));
    assert!(store.person("c").unwrap().is_some());
    store.check().unwrap();
}

#[test]
fn whoever_was_erased_or_whose_card_was_bound_anew_since_stays_so_when_the_store_is_gone() {
    let (trial, backup) = backed_up();
    let old = card(&trial.open(), &felica([1; 8])).unwrap().handle;
    write(&trial, |w| {
        w.remove_person("b").map(|_| ())?;
        w.remove_card(&old)?;
        w.bind_card("a", &felica([1; 8]), &label("bound anew")).map(|_| ())
    });
    lose(&trial);
    assert!(!restore(&trial, &backup).lost);
    let store = trial.open();
    assert_eq!(store.people().unwrap().len(), 1);
    assert_eq!(card(&store, &felica([2; 8])), None);
    assert_ne!(card(&store, &felica([1; 8])).unwrap().handle, old);
    store.check().unwrap();
}

#[test]
fn a_face_that_was_enrolled_anew_since_counts_no_more_when_the_store_is_gone() {
    let (trial, backup) = backed_up();
    write(&trial, |w| w.put_template("a", &template(&[9; 160])));
    lose(&trial);
    let merged = restore(&trial, &backup);
    assert_eq!((merged.outdated_faces, merged.lost), (1, false));
    let store = trial.open();
    assert!(!store.has_template("a").unwrap(), "the old face may be another's");
    assert!(store.has_template("b").unwrap());
}

#[test]
fn of_a_store_put_back_from_an_older_copy_the_mirror_knows_better() {
    let (trial, backup) = backed_up();
    write(&trial, |w| w.put_template("a", &template(&[9; 160])));
    let older = fs::read(trial.file()).unwrap();
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    write(&trial, |w| w.remove_person("b").map(|_| ()));
    fs::write(trial.file(), older).unwrap();
    let merged = restore(&trial, &backup);
    assert_eq!((merged.lost, merged.outdated_faces), (false, 0));
    let store = trial.open();
    assert_eq!(store.person("a").unwrap().unwrap().status, PersonStatus::Disabled);
    assert_eq!(store.person("b").unwrap(), None);
    let face = store.template("a").unwrap().unwrap();
    assert_eq!(face.bytes.to_vec(), [9; 160], "the older store has it as it was last");
}

#[test]
fn an_older_copy_whose_anchor_was_taken_away_does_not_pass_for_the_last_one() {
    let (trial, backup) = backed_up();
    let older = fs::read(trial.file()).unwrap();
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    fs::write(trial.file(), older).unwrap();
    fs::remove_file(trial.location().witness.join("anchor")).unwrap();
    restore(&trial, &backup);
    assert_eq!(trial.open().person("a").unwrap().unwrap().status, PersonStatus::Disabled);
}

#[test]
fn a_mirror_that_has_less_than_the_backup_is_no_witness() {
    let (trial, _) = backed_up();
    let older = fs::read(mirror(&trial)).unwrap();
    write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
    let backup = trial.root.path().join("later");
    trial.open().back_up(&backup, noon()).unwrap();
    write(&trial, |w| w.set_status("b", PersonStatus::Disabled));
    lose(&trial);
    fs::write(mirror(&trial), older).unwrap();
    assert!(restore(&trial, &backup).lost);
    let store = trial.open();
    assert_eq!(store.person("a").unwrap().unwrap().status, PersonStatus::Disabled);
    store.check().unwrap();
}

#[test]
fn a_mirror_in_which_a_record_is_missing_or_changed_tells_what_it_still_can_and_changes_count_as_lost() {
    for damage in ["DELETE FROM person WHERE id = 'a'", "UPDATE person SET revision = 1 WHERE id = 'a'"] {
        let (trial, backup) = backed_up();
        write(&trial, |w| w.set_status("a", PersonStatus::Disabled));
        write(&trial, |w| w.set_status("b", PersonStatus::Disabled));
        lose(&trial);
        let database = rusqlite::Connection::open(mirror(&trial)).unwrap();
        database.execute_batch(&format!("PRAGMA foreign_keys = OFF; {damage}")).unwrap();
        drop(database);
        assert!(restore(&trial, &backup).lost, "{damage}");
        assert_eq!(trial.open().person("b").unwrap().unwrap().status, PersonStatus::Disabled);
    }
}

#[test]
fn another_stores_mirror_counts_for_nothing() {
    let (trial, backup) = backed_up();
    let (other, _) = backed_up();
    write(&other, |w| w.set_status("a", PersonStatus::Disabled));
    write(&trial, |w| w.set_status("b", PersonStatus::Disabled));
    lose(&trial);
    fs::copy(mirror(&other), mirror(&trial)).unwrap();
    assert!(restore(&trial, &backup).lost);
    let store = trial.open();
    assert_eq!(store.person("a").unwrap().unwrap().status, PersonStatus::Active);
    store.check().unwrap();
}

#[test]
fn of_a_damaged_store_the_mirror_has_what_does_not_open() {
    let (trial, backup) = backed_up();
    write(&trial, |w| {
        w.set_status("a", PersonStatus::Disabled)?;
        w.set_status("b", PersonStatus::Disabled)
    });
    let database = trial.database();
    database.execute("DELETE FROM person WHERE id = 'b'", []).unwrap_err();
    database.execute_batch("PRAGMA foreign_keys = OFF; DELETE FROM person WHERE id = 'b'").unwrap();
    drop(database);
    let merged = restore(&trial, &backup);
    assert_eq!((merged.newer, merged.lost, merged.log_lost), (2, false, false));
    for id in ["a", "b"] {
        assert_eq!(trial.open().person(id).unwrap().unwrap().status, PersonStatus::Disabled);
    }
}
