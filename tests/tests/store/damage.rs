//! Damage: a store that is not as it was written says so, and never gives something else.

use std::fs;

use mabataki_engine::store::{Checked, Document, PersonStatus, Store, StoreError};
use pretty_assertions::assert_eq;
use proptest::prelude::*;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use crate::support::*;

/// Something that is kept beside people and cards.
#[derive(Serialize, Deserialize)]
struct Remark(String);

impl Document for Remark {
    const KIND: &'static str = "remark";
}

fn two_people() -> Trial {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "a", [1; 8]);
    admit(&mut store, "b", [2; 8]);
    trial
}

fn damaged(trial: &Trial) -> String {
    let error = trial.read_all().unwrap_err();
    assert_eq!(error.code(), "store_corrupt", "{error}");
    let text = error.to_string();
    assert!(text.contains(trial.file().to_str().unwrap()), "{text}");
    text
}

#[test]
fn every_byte_of_every_sealed_row_is_guarded() {
    let trial = two_people();
    let whole = trial.read_all().unwrap();
    for (table, of, value) in [
        ("store", "one = ?1", "1"),
        ("root", "one = ?1", "1"),
        ("person", "id = ?1", "a"),
        ("template", "person = ?1", "a"),
        ("card", "handle = (SELECT card FROM holder WHERE person = ?1)", "a"),
    ] {
        let database = trial.database();
        let read = format!("SELECT sealed FROM {table} WHERE {of}");
        let write = format!("UPDATE {table} SET sealed = ?2 WHERE {of}");
        let sealed: Vec<u8> = database.query_row(&read, [value], |row| row.get(0)).unwrap();
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 0x10;
            database.execute(&write, params![value, flipped]).unwrap();
            let text = damaged(&trial);
            assert!(text.contains(&format!("table `{table}`")), "byte {at}: {text}");
        }
        for cut in [0, 1, 23, 24, 40, sealed.len() - 1] {
            database.execute(&write, params![value, &sealed[..cut]]).unwrap();
            damaged(&trial);
        }
        database.execute(&write, params![value, sealed]).unwrap();
        assert_eq!(trial.read_all().unwrap(), whole);
    }
}

#[test]
fn every_byte_of_every_document_is_guarded() {
    let trial = two_people();
    trial.open().write(|w| w.put_document("a", &Remark("seen".to_owned()))).unwrap();
    let look = || -> Result<Checked, StoreError> {
        let store = Store::open(&trial.location(), &trial.key)?;
        store.document::<Remark>("a")?;
        store.check()
    };
    let whole = look().unwrap();
    // The one is read when the store is opened, the other when somebody asks for it.
    for kind in ["log_state", Remark::KIND] {
        let database = trial.database();
        let read = "SELECT sealed FROM document WHERE kind = ?1";
        let write = "UPDATE document SET sealed = ?2 WHERE kind = ?1";
        let sealed: Vec<u8> = database.query_row(read, [kind], |row| row.get(0)).unwrap();
        for at in 0..sealed.len() {
            let mut flipped = sealed.clone();
            flipped[at] ^= 0x10;
            database.execute(write, params![kind, flipped]).unwrap();
            let error = look().unwrap_err();
            assert_eq!(error.code(), "store_corrupt", "byte {at}: {error}");
            assert!(error.to_string().contains(&format!("table `{kind}`")), "byte {at}: {error}");
        }
        database.execute(write, params![kind, sealed]).unwrap();
        assert_eq!(look().unwrap(), whole);
    }
}

#[test]
fn every_byte_of_the_head_is_guarded_and_never_taken_for_a_wrong_key() {
    let trial = two_people();
    let database = trial.database();
    for (table, column) in
        [("store", "id"), ("store", "checksum"), ("key_slot", "sealed"), ("key_slot", "checksum")]
    {
        let value: Vec<u8> =
            database.query_row(&format!("SELECT {column} FROM {table}"), [], |row| row.get(0)).unwrap();
        let write = format!("UPDATE {table} SET {column} = ?1");
        for at in 0..value.len() {
            let mut flipped = value.clone();
            flipped[at] ^= 1;
            database.execute(&write, [flipped]).unwrap();
            assert!(damaged(&trial).contains(&format!("table `{table}`")));
        }
        database.execute(&write, [value]).unwrap();
    }
    trial.read_all().unwrap();
}

#[test]
fn a_row_does_not_open_in_the_place_of_another() {
    for (sql, table) in [
        ("UPDATE person SET sealed = (SELECT sealed FROM person WHERE id = 'b') WHERE id = 'a'", "person"),
        (
            "UPDATE template SET sealed = (SELECT sealed FROM template WHERE person = 'b') WHERE person = 'a'",
            "template",
        ),
        (
            "UPDATE card SET sealed = (SELECT sealed FROM card, holder WHERE card = handle AND person = 'b')",
            "card",
        ),
        (
            "UPDATE template SET sealed = (SELECT sealed FROM person WHERE id = 'a') WHERE person = 'a'",
            "template",
        ),
        // What a record is found by is bound to it as well: b's card does not become a's.
        ("UPDATE holder SET person = 'a' WHERE person = 'b'", "card"),
        ("INSERT INTO holder SELECT card, 'a' FROM holder WHERE person = 'b'", "card"),
        ("DELETE FROM holder WHERE person = 'b'", "card"),
        ("UPDATE card SET lookup = zeroblob(32) WHERE handle = (SELECT min(handle) FROM card)", "card"),
        (
            "PRAGMA foreign_keys = OFF; UPDATE holder SET card = '0000-0000' WHERE person = 'b'; \
             UPDATE card SET handle = '0000-0000' WHERE handle NOT IN (SELECT card FROM holder)",
            "card",
        ),
        ("UPDATE person SET revision = 2", "person"),
        ("UPDATE person SET revision = -1", "person"),
        ("UPDATE store SET revision = 2", "store"),
    ] {
        let trial = two_people();
        trial.database().execute_batch(sql).unwrap();
        let text = damaged(&trial);
        assert!(text.contains(&format!("table `{table}`")), "{sql}: {text}");
    }
}

#[test]
fn an_old_version_of_a_row_does_not_open_under_the_new_revision() {
    let trial = two_people();
    let database = trial.database();
    let old: Vec<u8> =
        database.query_row("SELECT sealed FROM person WHERE id = 'a'", [], |row| row.get(0)).unwrap();
    trial.open().write(|w| w.set_status("a", PersonStatus::Disabled)).unwrap();
    database.execute("UPDATE person SET sealed = ?1 WHERE id = 'a'", [old]).unwrap();
    assert!(damaged(&trial).contains("person"));
}

#[test]
fn a_row_of_another_store_with_the_same_key_does_not_open() {
    let (one, other) = (two_people(), two_people());
    let sealed: Vec<u8> =
        other.database().query_row("SELECT sealed FROM person WHERE id = 'a'", [], |row| row.get(0)).unwrap();
    one.database().execute("UPDATE person SET sealed = ?1 WHERE id = 'a'", [sealed]).unwrap();
    damaged(&one);
}

#[test]
fn one_damaged_record_does_not_hide_the_others() {
    let trial = two_people();
    trial.database().execute("UPDATE person SET sealed = zeroblob(100) WHERE id = 'a'", []).unwrap();
    let store = trial.open();
    assert_eq!(store.person("a").unwrap_err().code(), "store_corrupt");
    assert_eq!(store.person("b").unwrap().unwrap().id, "b");
    assert_eq!(card(&store, &felica([2; 8])).unwrap().people, ["b"]);
}

#[test]
fn a_table_that_is_missing_changed_or_added_is_named() {
    for (sql, named) in [
        ("DROP TABLE template", "`template`"),
        ("DROP INDEX holder_person", "`holder_person`"),
        ("DROP TRIGGER log_is_not_cut", "`log_is_not_cut`"),
        ("ALTER TABLE person ADD COLUMN extra TEXT", "person"),
        ("CREATE TABLE extra (a)", "extra"),
        ("CREATE TRIGGER planted AFTER INSERT ON log BEGIN DELETE FROM person; END", "planted"),
        ("CREATE VIEW planted AS SELECT * FROM log", "planted"),
        ("DELETE FROM store", "`store`"),
    ] {
        let trial = two_people();
        trial.database().execute_batch(sql).unwrap();
        let text = damaged(&trial);
        assert!(text.contains(named), "{sql}: {text}");
    }
}

#[test]
fn a_file_that_is_cut_anywhere_is_damaged() {
    let trial = two_people();
    let whole = fs::read(trial.file()).unwrap();
    for length in (0..whole.len()).step_by(509).chain([1, 99, 100, 4095, 4096, 4097, whole.len() - 1]) {
        fs::write(trial.file(), &whole[..length]).unwrap();
        damaged(&trial);
        assert_eq!(fs::read(trial.file()).unwrap().len(), length, "nothing is written into what is damaged");
    }
    fs::write(trial.file(), &whole).unwrap();
    trial.read_all().unwrap();
}

#[test]
fn a_log_whose_end_was_cut_is_damaged() {
    let trial = two_people();
    let database = trial.database();
    let guard: String = database
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'log_is_not_cut'", [], |row| row.get(0))
        .unwrap();
    database
        .execute_batch(&format!("DROP TRIGGER log_is_not_cut; DELETE FROM log WHERE seq = 2; {guard}"))
        .unwrap();
    assert!(damaged(&trial).contains("table `log`: expected record 2 as its last, found record 1"));
}

#[test]
fn a_database_of_another_program_or_a_later_version_is_left_alone() {
    let trial = two_people();
    let code = |sql: &str| {
        trial.database().execute_batch(sql).unwrap();
        let before = fs::read(trial.file()).unwrap();
        let error = Store::open(&trial.location(), &trial.key).unwrap_err();
        assert_eq!(fs::read(trial.file()).unwrap(), before);
        error.code()
    };
    assert_eq!(code("PRAGMA user_version = 99"), "store_format");
    assert_eq!(code("PRAGMA user_version = 1; PRAGMA application_id = 1"), "store_foreign");
    assert_eq!(code("PRAGMA application_id = 0"), "store_foreign");
}

#[test]
fn a_key_that_does_not_fit_opens_nothing_and_changes_nothing() {
    let trial = two_people();
    let before = fs::read(trial.file()).unwrap();
    let error = Store::open(&trial.location(), &key(8)).unwrap_err();
    assert!(matches!(error, StoreError::WrongKey { .. }), "{error}");
    assert_eq!(fs::read(trial.file()).unwrap(), before);
    trial.read_all().unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn random_bytes_are_never_a_store(bytes in prop::collection::vec(any::<u8>(), 0..9000)) {
        let trial = Trial::new();
        drop(trial.create());
        fs::write(trial.file(), bytes).unwrap();
        damaged(&trial);
    }

    /// Bytes that SQLite does not look at may change unseen, a row may go missing with its page, and the log is
    /// plain: but nothing sealed is ever given that was not put there, and no damage ends in a panic.
    #[test]
    fn a_file_with_bytes_changed_gives_what_was_written_or_an_error(
        changes in prop::collection::vec((any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 1..9)), 1..6),
    ) {
        let trial = two_people();
        let whole = trial.read_all().unwrap();
        let mut bytes = fs::read(trial.file()).unwrap();
        for (at, new) in &changes {
            let at = at.index(bytes.len());
            for (byte, new) in bytes[at..].iter_mut().zip(new) {
                *byte = *new;
            }
        }
        fs::write(trial.file(), &bytes).unwrap();
        match trial.read_all() {
            Ok(found) => {
                prop_assert_eq!(found.settings, whole.settings);
                prop_assert!(found.people.iter().all(|person| whole.people.contains(person)));
                prop_assert!(found.cards.iter().all(|card| whole.cards.contains(card)));
                prop_assert!(found.templates.iter().all(|template| whole.templates.contains(template)));
            }
            Err(error) => prop_assert!(
                ["store_corrupt", "store_foreign", "store_format", "store_failed"].contains(&error.code()),
                "{}: {}", error.code(), error
            ),
        }
    }

    /// The same in the write-ahead log of a store that was not closed.
    #[test]
    fn a_changed_write_ahead_log_gives_what_was_written_or_an_error(
        at in any::<prop::sample::Index>(), new in any::<[u8; 4]>(), cut in any::<prop::sample::Index>(),
    ) {
        let (live, copy) = (Trial::new(), Trial::new());
        let mut store = live.create();
        admit(&mut store, "a", [1; 8]);
        drop(copy.create());
        for name in ["state/store.sqlite", "state/store.sqlite-wal", "state.witness/anchor"] {
            fs::copy(live.root.path().join(name), copy.root.path().join(name)).unwrap();
        }
        let whole = live.read_all().unwrap();
        let wal = copy.state.join("store.sqlite-wal");
        let mut bytes = fs::read(&wal).unwrap();
        let at = at.index(bytes.len() - new.len());
        bytes[at..at + new.len()].copy_from_slice(&new);
        bytes.truncate(cut.index(bytes.len() + 1).max(at + new.len()));
        fs::write(&wal, bytes).unwrap();
        match copy.read_all() {
            Ok(found) => prop_assert_eq!(found, whole),
            // SQLite takes the log only as far as it is sound: what was committed and is lost is missed.
            Err(error) => prop_assert_eq!(error.code(), "store_rolled_back"),
        }
    }
}
