//! A store that several threads of a process have open together.

use std::thread;

use mabataki_engine::audit::Outcome;
use mabataki_engine::store::{PersonStatus, Store, StoreError};
use pretty_assertions::assert_eq;

use crate::support::*;

#[test]
fn what_is_written_beside_is_seen_at_once_and_the_store_is_not_compared_for_it() {
    let trial = Trial::new();
    let mut one = trial.create();
    for n in 0..200_u64 {
        admit(&mut one, &format!("p{n:03}"), n.to_be_bytes());
    }
    let mut other = one.beside();
    let compared = one.comparisons();
    for round in 0..10 {
        let (writer, reader) = if round % 2 == 0 { (&mut one, &other) } else { (&mut other, &one) };
        let status = if round % 4 < 2 { PersonStatus::Disabled } else { PersonStatus::Active };
        writer.write(|w| w.set_status("p007", status)).unwrap();
        assert_eq!(reader.person("p007").unwrap().unwrap().status, status);
        assert_eq!(reader.people().unwrap().len(), 200);
    }
    assert_eq!((one.comparisons(), other.comparisons()), (compared, compared));
    let apart = trial.open();
    one.write(|w| w.append(&attempt(Outcome::Granted))).unwrap();
    let compared = apart.comparisons();
    apart.person("p007").unwrap();
    assert_eq!(apart.comparisons(), compared + 1, "what is opened apart looks for itself");
}

#[test]
fn what_something_else_has_written_is_compared_and_found_by_whoever_looks_first() {
    let trial = Trial::new();
    let mut one = trial.create();
    admit(&mut one, "a", [1; 8]);
    admit(&mut one, "b", [2; 8]);
    let other = one.beside();
    let compared = one.comparisons();
    let mut apart = trial.open();
    apart.write(|w| w.append(&attempt(Outcome::Granted))).unwrap();
    assert_eq!(other.people().unwrap().len(), 2);
    assert_eq!(one.comparisons(), compared + 1);
    trial.database().execute("DELETE FROM template WHERE person = 'a'", []).unwrap();
    assert_eq!(other.person("b").unwrap_err().code(), "store_corrupt");
    assert_eq!(one.people().unwrap_err().code(), "store_corrupt");
    let refused: Result<u64, StoreError> = one.write(|w| w.append(&attempt(Outcome::Granted)));
    assert_eq!(refused.unwrap_err().code(), "store_corrupt");
}

#[test]
fn eight_threads_beside_each_other_write_and_read_what_one_after_the_other_would() {
    let trial = Trial::new();
    let store = trial.create();
    let before = store.last_seq().unwrap();
    thread::scope(|scope| {
        for n in 0..8_u64 {
            let mut own: Store = store.beside();
            scope.spawn(move || {
                for round in 0..10_u64 {
                    let id = format!("p{n}-{round}");
                    admit(&mut own, &id, (n * 100 + round).to_be_bytes());
                    // A look within a look is of the same moment, and waits for nobody.
                    let nested = own.look(|w| {
                        let inside = w.person(&id)?;
                        Ok::<_, StoreError>(inside == own.person(&id)?)
                    });
                    assert!(nested.unwrap());
                }
            });
        }
    });
    assert_eq!(store.people().unwrap().len(), 80);
    assert_eq!(store.last_seq().unwrap(), before + 80);
    store.check().unwrap();
    drop(store);
    assert_eq!(trial.read_all().unwrap().people.len(), 80);
}
