//! Sealed records of a real store, changed past the store as whoever has the disk can.

use std::fs;
use std::path::PathBuf;

use mabataki_engine::store::{Card, Checked, Person, Store, StoreError};
use rusqlite::Connection;

use crate::place::{self, Note, Place};

/// Each sealed column: its table, its name, and which row of the table.
const COLUMNS: [(&str, &str, &str); 9] = [
    ("store", "sealed", "one = 1"),
    ("store", "checksum", "one = 1"),
    ("root", "sealed", "one = 1"),
    ("key_slot", "sealed", "name = 'store'"),
    ("key_slot", "checksum", "name = 'store'"),
    ("person", "sealed", "id = 'a'"),
    ("card", "sealed", "true"),
    ("template", "sealed", "person = 'a'"),
    ("document", "sealed", "kind = 'note'"),
];

/// A store with a record changed gives all that was written, or says that it is corrupt.
///
/// The bytes: which column; how it is changed (replaced, combined, cut); a place in it, u16 LE; what by.
pub fn sealed_record(bytes: &[u8]) {
    let &[column, how, low, high, ref by @ ..] = bytes else { return };
    let at = usize::from(u16::from_le_bytes([low, high]));
    thread_local!(static FURNISHED: Furnished = Furnished::new());
    FURNISHED.with(|store| {
        let column = COLUMNS[usize::from(column) % COLUMNS.len()];
        let changed = store.change(column, |sealed| match how % 3 {
            0 => *sealed = by.to_vec(),
            1 => sealed.iter_mut().skip(at).zip(by).for_each(|(byte, by)| *byte ^= by),
            _ => sealed.truncate(at),
        });
        match store.read() {
            Ok(found) => assert!(!changed && found == store.whole, "{column:?}: something else was read"),
            Err(error) => assert!(changed && error.code() == "store_corrupt", "{column:?}: {error}"),
        }
    });
}

/// All that can be read.
#[derive(PartialEq)]
struct Whole {
    people: Vec<Person>,
    cards: Vec<Card>,
    templates: Vec<Vec<u8>>,
    note: Option<Note>,
    checked: Checked,
}

struct Furnished {
    place: Place,
    database: PathBuf,
    /// The database as it was made.
    bytes: Vec<u8>,
    whole: Whole,
}

impl Furnished {
    fn new() -> Furnished {
        let place = Place::new();
        drop(place.furnish());
        let database = place.location().state.join("store.sqlite");
        let bytes = fs::read(&database).unwrap();
        let whole = read(&place).unwrap();
        Furnished { place, database, bytes, whole }
    }

    /// Changes a column of the store as it was made, and says whether it is another then.
    fn change(&self, (table, column, row): (&str, &str, &str), change: impl FnOnce(&mut Vec<u8>)) -> bool {
        fs::write(&self.database, &self.bytes).unwrap();
        let conn = Connection::open(&self.database).unwrap();
        conn.execute_batch("PRAGMA synchronous = OFF").unwrap();
        let select = format!("SELECT {column} FROM {table} WHERE {row}");
        let before: Vec<u8> = conn.query_row(&select, [], |row| row.get(0)).unwrap();
        let mut after = before.clone();
        change(&mut after);
        conn.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE {row}"), [&after]).unwrap();
        before != after
    }

    fn read(&self) -> Result<Whole, StoreError> {
        read(&self.place)
    }
}

fn read(place: &Place) -> Result<Whole, StoreError> {
    let store = Store::open(&place.location(), &place::key())?;
    Ok(Whole {
        people: store.people()?,
        cards: store.cards(None)?,
        templates: store
            .templates()
            .map(|template| Ok(template?.bytes.to_vec()))
            .collect::<Result<_, StoreError>>()?,
        note: store.document("a")?,
        checked: store.check()?,
    })
}
