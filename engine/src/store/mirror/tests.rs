//! What is in the mirror, and when.

use std::fs;

use jiff::Timestamp;
use pretty_assertions::assert_eq;
use tempfile::TempDir;
use zeroize::Zeroizing;

use super::*;
use crate::audit::{Entry, Operation, Outcome};
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::store::{NewCard, NewTemplate, PersonStatus, Profile, Settings, Store, StoreKey};

fn key() -> StoreKey {
    StoreKey::from_bytes(Zeroizing::new([7; 32]))
}

fn now() -> Timestamp {
    "2026-04-01T03:00:00Z".parse().unwrap()
}

/// A store with a person who has a card and a face, and a record in its log.
fn ward() -> (TempDir, Location, Store) {
    let folder = tempfile::tempdir().unwrap();
    let location = Location::beside(&folder.path().join("state"));
    let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
    let mut store = Store::create(&location, &key(), settings).unwrap();
    let card = CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![1; 8]),
    };
    let model = mabataki_models::Digest::of(b"model");
    let face = NewTemplate { bytes: &[3; 160], model, quality: 0.75, samples: 3, created: now() };
    store
        .write(|w| {
            w.add_person("a", &Profile::named("Somebody"), now())?;
            w.bind_card("a", &card, &NewCard::labelled("staff card", now()))?;
            w.put_template("a", &face)?;
            w.append(&Entry::new(now(), Operation::PersonAdd, Outcome::Done))
        })
        .unwrap();
    (folder, location, store)
}

fn count(mirror: &Mirror, sql: &str) -> i64 {
    mirror.conn.query_row(sql, [], |row| row.get(0)).unwrap()
}

#[test]
fn it_has_every_record_but_faces_the_log_and_the_stores_own_key() {
    let (_folder, location, store) = ward();
    let mirror = Mirror::find(&location).unwrap();
    mirror.check(&store.held().rows()).unwrap();
    for (sql, expected) in [
        ("SELECT count(*) FROM person", 1),
        ("SELECT count(*) FROM card", 1),
        ("SELECT count(*) FROM holder", 1),
        ("SELECT count(*) FROM template", 1),
        ("SELECT sum(length(sealed)) FROM template", 0),
        ("SELECT count(*) FROM store", 0),
        ("SELECT count(*) FROM key_slot WHERE name = 'store'", 0),
        ("SELECT count(*) FROM document WHERE kind = 'log_state'", 0),
        ("SELECT count(*) FROM log", 0),
        ("SELECT count(*) FROM checkpoint", 0),
    ] {
        assert_eq!(count(&mirror, sql), expected, "{sql}");
    }
}

#[test]
fn a_record_of_the_log_alone_leaves_it_as_it_is() {
    let (_folder, location, mut store) = ward();
    let before = fs::read(location.mirror()).unwrap();
    store.write(|w| w.append(&Entry::new(now(), Operation::PersonAdd, Outcome::Done))).unwrap();
    assert_eq!(fs::read(location.mirror()).unwrap(), before);
    drop(store);
    Store::open(&location, &key()).unwrap().check().unwrap();
    assert_eq!(fs::read(location.mirror()).unwrap(), before);
}

#[test]
fn one_that_is_missing_behind_or_damaged_is_level_again_when_the_store_is_opened() {
    let (_folder, location, mut store) = ward();
    let behind = fs::read(location.mirror()).unwrap();
    store.write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    drop(store);
    let whole = fs::read(location.mirror()).unwrap();
    let cut = &whole[..whole.len() / 2 + 7];
    for left in [Some(&behind[..]), Some(cut), Some(b"letter"), Some(b""), None] {
        match left {
            Some(bytes) => fs::write(location.mirror(), bytes).unwrap(),
            None => fs::remove_file(location.mirror()).unwrap(),
        }
        let store = Store::open(&location, &key()).unwrap();
        store.check().unwrap();
        assert_eq!(count(&Mirror::find(&location).unwrap(), "SELECT count(*) FROM person"), 1);
    }
}

#[test]
fn what_one_process_could_not_bring_the_next_that_writes_does() {
    let (_folder, location, mut store) = ward();
    let behind = Mirror::find(&location).unwrap();
    store.write(|w| w.add_person("b", &Profile::named("Somebody else"), now())).unwrap();
    // As if it had been killed before it came to the mirror.
    behind.conn.execute("DELETE FROM person WHERE id = 'b'", []).unwrap();
    behind.conn.execute("DELETE FROM root", []).unwrap();
    store.write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    assert_eq!(count(&behind, "SELECT count(*) FROM person"), 2);
    store.check().unwrap();
}

#[test]
fn one_that_was_removed_while_the_store_is_open_is_made_anew_by_the_next_that_writes() {
    let (_folder, location, mut store) = ward();
    fs::remove_file(location.mirror()).unwrap();
    store.write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    store.check().unwrap();
    // By another process, too: what this one writes is in that one then.
    fs::remove_file(location.mirror()).unwrap();
    drop(Store::open(&location, &key()).unwrap());
    store.write(|w| w.add_person("b", &Profile::named("Somebody else"), now())).unwrap();
    assert_eq!(count(&Mirror::find(&location).unwrap(), "SELECT count(*) FROM person"), 2);
    store.check().unwrap();
}

#[test]
fn one_of_whole_pages_that_is_no_database_is_made_anew() {
    let (_folder, location, store) = ward();
    drop(store);
    fs::write(location.mirror(), vec![7; 8192]).unwrap();
    Store::open(&location, &key()).unwrap().check().unwrap();
}

#[test]
fn several_that_write_at_once_leave_it_level() {
    let (_folder, location, store) = ward();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let location = location.clone();
            std::thread::spawn(move || {
                let mut store = Store::open(&location, &key()).unwrap();
                for n in 0..10 {
                    let id = format!("p{writer}-{n}");
                    store.write(|w| w.add_person(&id, &Profile::named("One of many"), now())).unwrap();
                    if n % 2 == 0 {
                        store.write(|w| w.remove_person(&id)).unwrap();
                    }
                }
            })
        })
        .collect();
    writers.into_iter().for_each(|writer| writer.join().unwrap());
    store.check().unwrap();
    assert_eq!(count(&Mirror::find(&location).unwrap(), "SELECT count(*) FROM person"), 21);
}

#[test]
fn what_was_erased_is_in_none_of_its_files() {
    let (_folder, location, mut store) = ward();
    let mirror = Mirror::find(&location).unwrap();
    let sealed: Vec<u8> =
        mirror.conn.query_row("SELECT sealed FROM person WHERE id = 'a'", [], |row| row.get(0)).unwrap();
    let is_left = || {
        [location.mirror(), files::beside(&location.mirror(), "-journal")]
            .iter()
            .any(|file| fs::read(file).unwrap_or_default().windows(32).any(|bytes| bytes == &sealed[..32]))
    };
    assert!(is_left());
    store.write(|w| w.remove_person("a")).unwrap();
    assert!(!is_left());
}
