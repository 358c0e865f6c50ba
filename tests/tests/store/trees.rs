//! What somebody can do with the database who can write its file and has not the key: let what is read differ from what
//! is counted. None of it opens.

use std::fs;
use std::os::unix::fs::FileExt;

use mabataki_engine::store::{Document, PersonStatus, Store, StoreError};
use pretty_assertions::assert_eq;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use crate::support::*;

/// Bytes of a page, and the mark of a leaf of an index or of a table that is one.
const PAGE: usize = 4096;
const LEAF: u8 = 0x0A;

/// Something that stands for what a store must not forget.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Mark(u32);

impl Document for Mark {
    const KIND: &'static str = "mark";
}

/// A nurse who was disabled, and twenty marks.
fn trial() -> Trial {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "nurse01", [1; 8]);
    store.write(|w| (0..20).try_for_each(|n| w.put_document(&format!("mark{n:02}"), &Mark(n)))).unwrap();
    trial
}

fn refused(trial: &Trial) -> String {
    let error = Store::open(&trial.location(), &trial.key).unwrap_err();
    assert_eq!(error.code(), "store_corrupt", "{error}");
    error.to_string()
}

/// The row of the nurse: revision and sealed record.
fn row(database: &Connection) -> (i64, Vec<u8>) {
    let sql = "SELECT revision, sealed FROM person WHERE id = 'nurse01'";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn a_record_that_a_scan_finds_and_a_look_up_does_not_is_noticed() {
    let trial = trial();
    trial.database().execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").unwrap();
    let file = fs::OpenOptions::new().read(true).write(true).open(trial.file()).unwrap();
    let pages = usize::try_from(file.metadata().unwrap().len()).unwrap() / PAGE;
    let mut moved = 0;
    for page in 1..pages {
        let mut bytes = vec![0; PAGE];
        file.read_exact_at(&mut bytes, (page * PAGE) as u64).unwrap();
        let cells = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
        let has_marks = bytes.windows(6).any(|part| part == b"mark07");
        if bytes[0] == LEAF && has_marks && cells > 2 {
            // The first cell comes last: all are there, in no order.
            bytes[8..8 + 2 * cells].rotate_left(2);
            file.write_all_at(&bytes, (page * PAGE) as u64).unwrap();
            moved += 1;
        }
    }
    assert!(moved > 0);
    let scanned = "SELECT count(*) FROM document NOT INDEXED WHERE +kind = 'mark'";
    let found: u32 = trial.database().query_row(scanned, [], |row| row.get(0)).unwrap();
    assert_eq!(found, 20, "a scan finds them all");
    assert!(refused(&trial).contains("`document`"));
}

#[test]
fn an_old_record_between_two_that_take_each_other_out_of_the_sum_is_noticed() {
    let trial = trial();
    let old = row(&trial.database());
    trial.open().write(|w| w.set_status("nurse01", PersonStatus::Disabled)).unwrap();
    let new = row(&trial.database());
    let indexes = ["spare_a", "spare_b", "sqlite_autoindex_person_1"];
    trial
        .database()
        .execute_batch(
            "CREATE TABLE spare (a TEXT, b TEXT); CREATE UNIQUE INDEX spare_a ON spare (a); \
             CREATE UNIQUE INDEX spare_b ON spare (b);",
        )
        .unwrap();
    let roots: Vec<i64> = indexes
        .iter()
        .map(|index| {
            let sql = "SELECT rootpage FROM sqlite_schema WHERE name = ?1";
            trial.database().query_row(sql, [index], |row| row.get(0)).unwrap()
        })
        .collect();
    // Each row is put where another tree is taken for the index of the people.
    let lead = |to: i64| {
        let database = trial.database();
        database.execute_batch("PRAGMA writable_schema = ON").unwrap();
        let sql = "UPDATE sqlite_schema SET rootpage = ?1 WHERE name = 'sqlite_autoindex_person_1'";
        database.execute(sql, [to]).unwrap();
    };
    for ((revision, sealed), root) in [&new, &old].into_iter().zip(&roots) {
        lead(*root);
        let sql = "INSERT INTO person (id, revision, sealed) VALUES ('nurse01', ?1, ?2)";
        trial.database().execute(sql, params![revision, sealed]).unwrap();
    }
    lead(roots[2]);
    let database = trial.database();
    let first: i64 = database.query_row("SELECT min(rowid) FROM person", [], |row| row.get(0)).unwrap();
    let sql = "UPDATE person SET revision = ?2, sealed = ?3 WHERE rowid = ?1";
    database.execute(sql, params![first, old.0, old.1]).unwrap();
    database.execute_batch("DROP TABLE spare").unwrap();
    assert_eq!(row(&database), old, "she is as she was before");
    drop(database);
    assert!(refused(&trial).contains("`person`"));
}

#[test]
fn a_record_that_was_moved_among_the_documents_is_missed_where_it_was() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "nurse01")).unwrap();
    drop(store);
    trial
        .database()
        .execute_batch(
            "INSERT INTO document (kind, key, person, revision, sealed) \
             SELECT 'person', id, NULL, revision, sealed FROM person; DELETE FROM person;",
        )
        .unwrap();
    assert!(refused(&trial).contains("another table"));
}

#[test]
fn a_record_that_is_put_back_while_the_store_is_open_is_never_read() {
    let trial = trial();
    let mut store = trial.open();
    let database = trial.database();
    let old = row(&database);
    store.write(|w| w.set_status("nurse01", PersonStatus::Disabled)).unwrap();
    let put = |(revision, sealed): &(i64, Vec<u8>)| {
        let sql = "UPDATE person SET revision = ?1, sealed = ?2 WHERE id = 'nurse01'";
        database.execute(sql, params![revision, sealed]).unwrap();
    };
    let new = row(&database);
    put(&old);
    let codes = |store: &Store| -> Vec<&'static str> {
        let first = store.templates().next().map(|template| template.map(|_| ()));
        let read: [Result<(), StoreError>; 6] = [
            store.person("nurse01").map(|_| ()),
            store.people().map(|_| ()),
            store.resolve_person("nurse01").map(|_| ()),
            store.resolve_card(&felica([1; 8])).map(|_| ()),
            store.document::<Mark>("mark01").map(|_| ()),
            first.unwrap_or(Ok(())),
        ];
        read.into_iter().map(|read| read.map_or_else(|error| error.code(), |()| "read")).collect()
    };
    assert_eq!(codes(&store), ["store_corrupt"; 6]);
    put(&new);
    assert_eq!(codes(&store), ["read"; 6]);
}
