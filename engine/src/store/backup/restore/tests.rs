//! Who comes while a restored store is put in place.

use std::thread::{sleep, spawn};
use std::time::Duration;

use pretty_assertions::assert_eq;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::store::{PersonStatus, Profile, Settings};

fn key() -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([7; 32]))
}

/// A store with somebody in it, and a backup of it, unpacked.
fn unpacked() -> (TempDir, Location, Staged) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::beside(&folder.path().join("state"));
    let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
    let mut store = Store::create(&location, &key(), settings).unwrap();
    let now = "2026-04-01T03:00:00Z".parse().unwrap();
    store.write(|w| w.add_person("a", &Profile::named("Somebody"), now)).unwrap();
    let backup = folder.path().join("backup");
    store.back_up(&backup, now).unwrap();
    drop(store);
    let staged = Staged::unpack(&location, &Backup::read(&backup).unwrap(), &key(), None).unwrap();
    (folder, location, staged)
}

/// What another program does: opens the store, and stops somebody.
fn disable(location: &Location) -> Result<(), StoreError> {
    Store::open(location, &key())?.write(|w| w.set_status("a", PersonStatus::Disabled))
}

fn status(location: &Location) -> PersonStatus {
    Store::open(location, &key()).unwrap().person("a").unwrap().unwrap().status
}

#[test]
fn whoever_comes_just_before_the_restored_store_has_its_name_is_told_that_it_is_busy() {
    let (_folder, location, staged) = unpacked();
    let other = location.clone();
    staged
        .put_in_place_by(|from, to, revision| {
            let refused = spawn(move || disable(&other)).join().unwrap().unwrap_err();
            assert_eq!(refused.code(), "store_busy", "{refused}");
            replace(from, to, revision)
        })
        .unwrap();
    assert_eq!(status(&location), PersonStatus::Active);
    Store::open(&location, &key()).unwrap().check().unwrap();
    disable(&location).unwrap();
    assert_eq!(status(&location), PersonStatus::Disabled);
}

/// Lets somebody come while the store is held, who waits until it is not; gives what they were told.
fn wait_for<T: Send + 'static>(staged: Staged, come: impl FnOnce() -> T + Send + 'static) -> T {
    let mut waiting = None;
    staged
        .put_in_place_by(|from, to, revision| {
            waiting = Some(spawn(come));
            sleep(Duration::from_millis(500));
            replace(from, to, revision)
        })
        .unwrap();
    waiting.unwrap().join().unwrap()
}

#[test]
fn whoever_waited_until_the_restored_store_had_its_name_writes_to_that_or_is_told() {
    let (_folder, location, staged) = unpacked();
    let other = location.clone();
    wait_for(staged, move || disable(&other)).unwrap();
    assert_eq!(status(&location), PersonStatus::Disabled);
    Store::open(&location, &key()).unwrap().check().unwrap();

    let (_folder, location, staged) = unpacked();
    let other = location.clone();
    let told = wait_for(staged, move || {
        let unlock =
            |conn: &Connection, path: &Path, id: &[u8; 16]| slots::open(conn, path, id, slots::STORE, &key());
        Store::open_with(&other, unlock).map(|_| ())
    });
    assert_eq!(told.unwrap_err().code(), "store_replaced");
    assert_eq!(status(&location), PersonStatus::Active);
}

#[test]
fn a_store_that_somebody_has_open_stays_as_it_is() {
    let (_folder, location, staged) = unpacked();
    let mut open = Store::open(&location, &key()).unwrap();
    assert_eq!(staged.put_in_place().unwrap_err().code(), "store_busy");
    open.write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    drop(open);
    assert_eq!(status(&location), PersonStatus::Disabled);
}

#[test]
fn where_the_restored_store_cannot_have_its_name_the_one_in_place_stays_whole() {
    let (_folder, location, staged) = unpacked();
    let error =
        staged.put_in_place_by(|_, to, _| Err(StoreError::io("replace", to)(std::io::Error::other("no"))));
    assert_eq!(error.unwrap_err().code(), "store_failed");
    disable(&location).unwrap();
    Store::open(&location, &key()).unwrap().check().unwrap();
    assert_eq!(status(&location), PersonStatus::Disabled);
}
