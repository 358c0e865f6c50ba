//! Whose card this is, and who has this id: the answer, and that the time it takes does not tell.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};

use mabataki_engine::store::{Store, StoreError};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::support::*;

const PEOPLE: u16 = 120;

/// Each known and each unknown one is asked for so many times, in turn.
const ROUNDS: u16 = 600;

/// Medians of the same work differ by a few hundredths here; an early exit halves the time at the least.
const SAME: f64 = 1.4;

fn id(n: u16) -> String {
    format!("person{n:05}")
}

fn number(n: u16) -> [u8; 8] {
    let [a, b] = n.to_be_bytes();
    [1, 1, 1, 1, 1, 1, a, b]
}

/// People with a card and a face of five samples each; every fourth has no face.
fn hospital() -> (Trial, Store) {
    let trial = Trial::new();
    let mut store = trial.create();
    let face = vec![0x5a; 5 * 512 * 4];
    store
        .write(|w| {
            (0..PEOPLE).try_for_each(|n| {
                add(w, &id(n))?;
                w.bind_card(&id(n), &felica(number(n)), &label("card"))?;
                if n % 4 == 0 { Ok(()) } else { w.put_template(&id(n), &template(&face)) }
            })
        })
        .unwrap();
    (trial, store)
}

/// The median time of each kind of question, asked in turn so that whatever else the machine does hits all alike.
fn medians<'k>(kinds: &[&'k str], mut ask: impl FnMut(&str, u16)) -> BTreeMap<&'k str, Duration> {
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for round in 0..ROUNDS {
        for kind in kinds {
            let start = Instant::now();
            ask(kind, round);
            times.entry(kind).or_default().push(start.elapsed());
        }
    }
    times
        .into_iter()
        .map(|(kind, mut times)| {
            times.sort_unstable();
            (kind, times[times.len() / 2])
        })
        .collect()
}

/// How many times longer the slowest kind takes than the fastest.
fn spread(medians: &BTreeMap<&str, Duration>) -> f64 {
    let (slowest, fastest) = (medians.values().max().unwrap(), medians.values().min().unwrap());
    slowest.as_secs_f64() / fastest.as_secs_f64()
}

const KINDS: [&str; 3] = ["known", "known without a face", "unknown"];

/// Somebody of this kind; another one in each round.
fn somebody(kind: &str, round: u16) -> u16 {
    match kind {
        "known" => (round % (PEOPLE / 4)) * 4 + 1 + round % 3,
        "known without a face" => (round % (PEOPLE / 4)) * 4,
        _ => PEOPLE + round,
    }
}

#[test]
fn the_time_to_look_a_card_up_does_not_tell_whether_it_is_known() {
    let (_trial, store) = hospital();
    let medians = medians(&KINDS, |kind, round| {
        let found = black_box(store.resolve_card(&felica(number(somebody(kind, round)))).unwrap());
        assert_eq!(found.is_some(), kind != "unknown");
    });
    assert!(spread(&medians) < SAME, "{medians:?}");
}

#[test]
fn the_time_to_look_an_id_up_does_not_tell_whether_anybody_has_it() {
    let (_trial, store) = hospital();
    let medians = medians(&KINDS, |kind, round| {
        let found = black_box(store.resolve_person(&id(somebody(kind, round))).unwrap());
        assert_eq!(found.is_some(), kind != "unknown");
    });
    assert!(spread(&medians) < SAME, "{medians:?}");
}

#[test]
fn the_measurement_sees_a_look_up_that_ends_early() {
    let (_trial, store) = hospital();
    let medians = medians(&KINDS, |kind, round| {
        let id = id(somebody(kind, round));
        if store.person(&id).unwrap().is_some() {
            black_box(store.template(&id).unwrap());
        }
    });
    assert!(spread(&medians) > SAME, "{medians:?}");
}

#[test]
fn in_an_empty_store_nobody_is_found() {
    let trial = Trial::new();
    let store = trial.create();
    assert!(store.resolve_card(&felica([1; 8])).unwrap().is_none());
    assert!(store.resolve_person("nurse01").unwrap().is_none());
}

#[test]
fn a_card_comes_with_its_person_and_their_face() {
    let (_trial, store) = hospital();
    let resolved = store.resolve_card(&felica(number(5))).unwrap().unwrap();
    let [(person, face)] = &resolved.people[..] else { panic!("{} people", resolved.people.len()) };
    assert_eq!((&person.profile, &resolved.card.people), (&nurse(&id(5)), &vec![id(5)]));
    assert_eq!(face.as_ref().map(|face| (&face.person, face.bytes.len())), Some((&id(5), 10_240)));
    let resolved = store.resolve_card(&felica(number(4))).unwrap().unwrap();
    assert!(resolved.people[0].1.is_none(), "no face was enrolled, and nobody else's is given instead");
}

#[test]
fn a_damaged_record_is_refused_to_those_it_is_of_and_nobody_else_notices() {
    let (trial, store) = hospital();
    let database = trial.database();
    database.execute("UPDATE template SET sealed = zeroblob(100) WHERE person = ?1", [id(5)]).unwrap();
    database.execute("UPDATE person SET sealed = zeroblob(100) WHERE id = ?1", [id(7)]).unwrap();
    for damaged in [5, 7] {
        assert_eq!(store.resolve_card(&felica(number(damaged))).unwrap_err().code(), "store_corrupt");
        assert_eq!(store.resolve_person(&id(damaged)).unwrap_err().code(), "store_corrupt");
    }
    for n in PEOPLE..PEOPLE + 500 {
        assert!(store.resolve_card(&felica(number(n))).unwrap().is_none());
    }
    assert!(store.resolve_person("person00004x").unwrap().is_none(), "whose stand-in is damaged");
    assert!(store.resolve_person(&id(4)).unwrap().unwrap().1.is_none());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn who_is_known_is_found_and_nobody_else(
        known in prop::collection::btree_set(0..200_u16, 0..12), asked in prop::collection::vec(0..200_u16, 30),
        text in ".{0,80}",
    ) {
        let trial = Trial::new();
        let mut store = trial.create();
        store
            .write(|w| {
                known.iter().try_for_each(|n| {
                    add(w, &id(*n))?;
                    w.bind_card(&id(*n), &felica(number(*n)), &label("card"))?;
                    w.put_template(&id(*n), &template(id(*n).as_bytes()))
                })
            })
            .map_err(|error: StoreError| TestCaseError::fail(error.to_string()))?;
        for n in asked {
            let expected = known.contains(&n).then(|| id(n));
            let by_card = store.resolve_card(&felica(number(n))).unwrap();
            let by_card = by_card.map(|found| found.people.into_iter().next().unwrap());
            let by_id = store.resolve_person(&id(n)).unwrap();
            for found in [by_card, by_id] {
                let face = found.as_ref().and_then(|(_, face)| face.as_ref()).map(|face| face.bytes.to_vec());
                prop_assert_eq!(found.map(|(person, _)| person.id), expected.clone());
                prop_assert_eq!(face, expected.clone().map(String::into_bytes));
            }
        }
        prop_assert!(store.resolve_person(&text).unwrap().is_none());
    }
}
