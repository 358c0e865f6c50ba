//! Files, folders and the key: who may touch them, and what is refused.

use std::{
    fs,
    os::unix::fs::{chown, symlink},
    path::Path,
};

use mabataki_engine::store::{Location, PersonStatus, Settings, Store, StoreError};
use mabataki_test_support::files::{entries, mode, set_mode};
use pretty_assertions::assert_eq;

use crate::support::*;

/// The error names the path, what was expected, what was found, and what to do.
fn assert_refused(result: Result<Store, StoreError>, path: &Path, found: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), "not_permitted", "{error}");
    let text = error.to_string();
    for part in [path.to_str().unwrap(), "expected", found] {
        assert!(text.contains(part), "{text:?} should name {part:?}");
    }
    assert!(error.fix().contains("0700"));
}

#[test]
fn a_new_store_is_its_owners_alone_and_nothing_else_lies_beside_it() {
    let trial = Trial::new();
    drop(trial.create());
    assert_eq!(entries(&trial.state), ["store.sqlite"]);
    assert_eq!((mode(&trial.state), mode(&trial.file())), (0o700, 0o600));
}

#[test]
fn folders_that_are_missing_on_the_way_are_made() {
    let trial = Trial::new();
    let deep = trial.root.path().join("a/b/c");
    drop(Store::create(&Location::beside(&deep), &trial.key, settings()).unwrap());
    assert_eq!((mode(&deep), mode(&trial.root.path().join("a"))), (0o700, 0o700));
    Store::open(&Location::beside(&deep), &trial.key).unwrap();
}

#[test]
fn a_second_store_is_not_made_over_the_first() {
    let trial = Trial::new();
    admit(&mut trial.create(), "a", [1; 8]);
    let error = Store::create(&trial.location(), &key(8), settings()).unwrap_err();
    assert_eq!(error.code(), "exists");
    assert_eq!(trial.read_all().unwrap().people.len(), 1);
    assert_eq!(entries(&trial.state), ["store.sqlite"]);
}

#[test]
fn where_there_is_no_store_none_is_made_by_opening() {
    let trial = Trial::new();
    assert_eq!(Store::open(&trial.location(), &trial.key).unwrap_err().code(), "no_store");
    assert!(!trial.state.exists());
    fs::create_dir(&trial.state).unwrap();
    set_mode(&trial.state, 0o700);
    assert_eq!(Store::open(&trial.location(), &trial.key).unwrap_err().code(), "no_store");
    assert!(entries(&trial.state).is_empty());
}

#[test]
fn a_store_that_could_not_be_made_leaves_nothing() {
    let trial = Trial::new();
    let bad = Settings { terminal: "not an id".to_owned(), open: false };
    assert_eq!(Store::create(&trial.location(), &trial.key, bad).unwrap_err().code(), "invalid");
    assert!(!trial.state.exists());
    // A file in the way of the folder.
    fs::write(&trial.state, "").unwrap();
    assert_refused(Store::create(&trial.location(), &trial.key, settings()), &trial.state, "something else");
    let inside = trial.state.join("deeper/state");
    Store::create(&Location::beside(&inside), &trial.key, settings()).unwrap_err();
    assert_eq!(entries(trial.root.path()), ["state"]);
}

#[test]
fn a_folder_or_file_that_others_may_touch_is_refused() {
    let trial = Trial::new();
    drop(trial.create());
    for bits in [0o755, 0o701, 0o770, 0o777] {
        set_mode(&trial.state, bits);
        let found = format!("mode {bits:04o}");
        assert_refused(Store::open(&trial.location(), &trial.key), &trial.state, &found);
    }
    set_mode(&trial.state, 0o700);
    for bits in [0o644, 0o660, 0o700, 0o602] {
        set_mode(&trial.file(), bits);
        let found = format!("mode {bits:04o}");
        assert_refused(Store::open(&trial.location(), &trial.key), &trial.file(), &found);
    }
    set_mode(&trial.file(), 0o600);
    trial.open();
    // A new store is not put into such a folder either.
    let shared = trial.root.path().join("shared");
    fs::create_dir(&shared).unwrap();
    set_mode(&shared, 0o755);
    assert_refused(Store::create(&Location::beside(&shared), &trial.key, settings()), &shared, "mode 0755");
    assert!(entries(&shared).is_empty());
}

#[test]
fn a_link_in_the_place_of_folder_file_or_write_ahead_log_is_refused() {
    let trial = Trial::new();
    drop(trial.create());
    let link = trial.root.path().join("link");
    symlink(&trial.state, &link).unwrap();
    assert_refused(Store::open(&Location::beside(&link), &trial.key), &link, "a symbolic link");
    assert_refused(Store::create(&Location::beside(&link), &trial.key, settings()), &link, "a symbolic link");

    let moved = trial.root.path().join("moved.sqlite");
    fs::rename(trial.file(), &moved).unwrap();
    symlink(&moved, trial.file()).unwrap();
    assert_refused(Store::open(&trial.location(), &trial.key), &trial.file(), "a symbolic link");
    assert_refused(
        Store::create(&trial.location(), &trial.key, settings()),
        &trial.file(),
        "a symbolic link",
    );
    fs::remove_file(trial.file()).unwrap();
    fs::rename(&moved, trial.file()).unwrap();

    for beside in ["store.sqlite-wal", "store.sqlite-shm", "store.sqlite-journal"] {
        let path = trial.state.join(beside);
        symlink("/dev/null", &path).unwrap();
        assert_refused(Store::open(&trial.location(), &trial.key), &path, "a symbolic link");
        fs::remove_file(&path).unwrap();
    }
    trial.open();
}

#[test]
fn a_way_to_the_folder_with_a_link_in_it_is_fine() {
    let trial = Trial::new();
    drop(trial.create());
    let link = trial.root.path().join("way");
    symlink(trial.root.path(), &link).unwrap();
    Store::open(&Location::beside(&link.join("state")), &trial.key).unwrap();
}

#[test]
fn what_belongs_to_another_user_is_refused() {
    let trial = Trial::new();
    drop(trial.create());
    for path in [&trial.state, &trial.file()] {
        if chown(path, Some(54_321), None).is_err() {
            println!("skipped: only root can give a file to another user");
            return;
        }
        let error = Store::open(&trial.location(), &trial.key).unwrap_err();
        assert_eq!(error.code(), "not_permitted", "{error}");
        assert!(error.to_string().contains("user 54321"), "{error}");
        chown(path, Some(0), None).unwrap();
    }
    trial.open();
}

#[test]
fn no_identifier_template_name_or_key_lies_in_the_state_folder_in_the_clear() {
    let trial = Trial::new();
    let mut store = trial.create();
    let card = [0xc1, 0x7e, 0x5a, 0x90, 0x3d, 0x44, 0xe8, 0x12];
    admit(&mut store, "nurse01", card);
    store.write(|w| w.set_status("nurse01", PersonStatus::Disabled)).unwrap();
    let needles: [&[u8]; 6] =
        [&card, b"c17e5a903d44e812", b"C17E5A903D44E812", b"[193,126,90,144", "看護師".as_bytes(), &[7; 32]];
    let search = || {
        for name in entries(&trial.state) {
            let bytes = fs::read(trial.state.join(&name)).unwrap();
            for needle in needles {
                assert!(!bytes.windows(needle.len()).any(|window| window == needle), "{needle:?} in {name}");
            }
        }
    };
    // While the store is open, the write-ahead log lies there too.
    assert!(entries(&trial.state).contains(&"store.sqlite-wal".to_owned()));
    search();
    drop(store);
    search();
}

#[test]
fn what_a_process_left_that_was_killed_is_gone_after_the_next_opening_and_what_is_being_made_stays() {
    let trial = Trial::new();
    drop(trial.create());
    let [left, being_made] = ["0123456789abcdef", "fedcba9876543210"]
        .map(|random| trial.state.join(format!("store.sqlite.{random}.new")));
    for path in [&left, &being_made] {
        fs::write(path, "a copy on its way to be a backup").unwrap();
        set_mode(path, 0o600);
    }
    let restoring = trial.state.join("restoring");
    fs::create_dir(&restoring).unwrap();
    set_mode(&restoring, 0o700);
    let at_work = fs::File::open(&being_made).unwrap();
    at_work.lock().unwrap();
    drop(trial.open());
    assert!(!left.exists() && !restoring.exists() && being_made.exists());
    drop(at_work);
    drop(trial.open());
    assert!(!being_made.exists());
}
