//! Cards: bound, shared, stopped, restored, removed.

use mabataki_engine::{
    card::{CardIdentity, CardKind, IdKind},
    store::{CardHandle, CardStatus, NewCard, Stop, StoreError},
};
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::support::*;

#[test]
fn a_bound_card_finds_its_person_by_kind_and_identifier() {
    let trial = Trial::new();
    let mut store = trial.create();
    let valid_until = Some(at("2027-03-31T15:00:00Z"));
    let handle = store
        .write(|w| {
            add(w, "nurse01")?;
            w.bind_card("nurse01", &felica([9; 8]), &NewCard { valid_until, ..label("職員証") })
        })
        .unwrap();
    let found = card(&trial.open(), &felica([9; 8])).unwrap();
    assert_eq!(
        (found.people, found.label.as_str(), &found.handle),
        (vec!["nurse01".to_owned()], "職員証", &handle)
    );
    assert_eq!((found.status, found.valid_until, found.bound), (CardStatus::Active, valid_until, noon()));
    assert_eq!(card(&store, &felica([8; 8])), None);
    let same_bytes = CardIdentity { kind: CardKind::Iso15693, id_kind: IdKind::Uid, ..felica([9; 8]) };
    assert_eq!(card(&store, &same_bytes), None, "the same number on another kind of card is another card");
}

#[test]
fn a_card_that_is_bound_names_its_person_and_not_its_identifier() {
    let trial = Trial::new();
    let mut store = trial.create();
    let secret = [0xde, 0xad, 0xbe, 0xef, 0xca, 0xfe, 0xf0, 0x0d];
    store
        .write(|w| {
            add(w, "nurse01")?;
            add(w, "nurse02")?;
            w.bind_card("nurse01", &felica(secret), &label("card"))
        })
        .unwrap();
    for person in ["nurse01", "nurse02"] {
        let error = store.write(|w| w.bind_card(person, &felica(secret), &label("card"))).unwrap_err();
        assert!(matches!(&error, StoreError::CardBound { person } if person == "nurse01"), "{error}");
        let text = format!("{error} {error:?}").to_lowercase();
        assert!(!text.contains("dead") && !text.contains("222, 173"), "{text}");
    }
    assert_eq!(store.cards(None).unwrap().len(), 1);
    let error = store.write(|w| w.bind_card("nobody", &felica([1; 8]), &label("card"))).unwrap_err();
    assert_eq!(error.code(), "not_found");
}

#[test]
fn a_card_is_suspended_lost_restored_and_removed_by_its_handle() {
    let trial = Trial::new();
    let mut store = trial.create();
    let handle = store
        .write(|w| {
            add(w, "nurse01")?;
            w.bind_card("nurse01", &felica([9; 8]), &label("card"))
        })
        .unwrap();
    for (stop, status) in [
        (Some(Stop::Suspended), CardStatus::Suspended),
        (Some(Stop::Lost), CardStatus::Lost),
        (None, CardStatus::Active),
    ] {
        store
            .write(|w| match stop {
                Some(stop) => w.stop_card(&handle, stop),
                None => w.restore_card(&handle),
            })
            .unwrap();
        let card = card(&store, &felica([9; 8])).unwrap();
        assert_eq!(
            (card.status, card.label.as_str(), card.people),
            (status, "card", vec!["nurse01".to_owned()])
        );
    }
    store.write(|w| w.remove_card(&handle)).unwrap();
    assert_eq!(card(&store, &felica([9; 8])), None);
    assert_eq!(store.write(|w| w.remove_card(&handle)).unwrap_err().code(), "not_found");
    assert_eq!(store.write(|w| w.stop_card(&handle, Stop::Lost)).unwrap_err().code(), "not_found");
    store.write(|w| w.bind_card("nurse01", &felica([9; 8]), &label("card"))).unwrap();
}

#[test]
fn cards_are_listed_for_one_person_or_for_all() {
    let trial = Trial::new();
    let mut store = trial.create();
    store
        .write(|w| {
            for id in ["a", "b"] {
                add(w, id)?;
            }
            for (person, byte) in [("b", 1), ("a", 2), ("b", 3)] {
                w.bind_card(person, &felica([byte; 8]), &label("card"))?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
    let whose = |person| -> Vec<String> {
        store.cards(person).unwrap().into_iter().flat_map(|card| card.people).collect()
    };
    assert_eq!(whose(None), ["a", "b", "b"]);
    assert_eq!(whose(Some("b")), ["b", "b"]);
    assert!(whose(Some("c")).is_empty());
}

#[test]
fn a_person_has_sixteen_cards_at_most() {
    let trial = Trial::new();
    let mut store = trial.create();
    store
        .write(|w| {
            add(w, "a")?;
            (0..16).try_for_each(|byte| w.bind_card("a", &felica([byte; 8]), &label("card")).map(|_| ()))
        })
        .unwrap();
    assert_eq!(
        store.write(|w| w.bind_card("a", &felica([99; 8]), &label("card"))).unwrap_err().code(),
        "invalid"
    );
}

#[test]
fn a_temporary_card_needs_an_end_and_is_temporary_again_when_restored() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "a")).unwrap();
    let endless = NewCard { temporary: true, ..label("card") };
    assert_eq!(store.write(|w| w.bind_card("a", &felica([1; 8]), &endless)).unwrap_err().code(), "invalid");
    let new = NewCard { valid_until: Some(at("2026-04-02T00:00:00Z")), ..endless };
    let handle = store.write(|w| w.bind_card("a", &felica([1; 8]), &new)).unwrap();
    let status = |store: &mabataki_engine::store::Store| store.card(&handle).unwrap().unwrap().status;
    assert_eq!(status(&store), CardStatus::Temporary);
    store.write(|w| w.stop_card(&handle, Stop::Lost)).unwrap();
    store.write(|w| w.restore_card(&handle)).unwrap();
    assert_eq!(status(&store), CardStatus::Temporary);
    assert_eq!(store.card(&handle).unwrap().unwrap().valid_until, new.valid_until);
}

#[test]
fn a_card_that_would_end_before_it_begins_is_refused() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "a")).unwrap();
    let new = NewCard { valid_from: Some(noon()), valid_until: Some(noon()), ..label("card") };
    assert_eq!(store.write(|w| w.bind_card("a", &felica([1; 8]), &new)).unwrap_err().code(), "invalid");
}

#[test]
fn a_returned_card_is_for_nobody_until_it_is_removed_and_bound_again() {
    let trial = Trial::new();
    let mut store = trial.create();
    let handle = store
        .write(|w| {
            add(w, "a")?;
            add(w, "b")?;
            w.bind_card("a", &felica([1; 8]), &label("card"))
        })
        .unwrap();
    store.write(|w| w.stop_card(&handle, Stop::Returned)).unwrap();
    assert_eq!(store.write(|w| w.restore_card(&handle)).unwrap_err().code(), "card_returned");
    assert_eq!(store.write(|w| w.stop_card(&handle, Stop::Lost)).unwrap_err().code(), "card_returned");
    let bind = |store: &mut mabataki_engine::store::Store| {
        store.write(|w| w.bind_card("b", &felica([1; 8]), &label("card")))
    };
    assert_eq!(bind(&mut store).unwrap_err().code(), "card_bound");
    store.write(|w| w.remove_card(&handle)).unwrap();
    bind(&mut store).unwrap();
    assert_eq!(card(&store, &felica([1; 8])).unwrap().people, ["b"]);
}

#[test]
fn a_department_card_finds_everybody_it_was_given_to_and_nobody_it_was_taken_from() {
    let trial = Trial::new();
    let mut store = trial.create();
    let handle = store
        .write(|w| {
            for id in ["c", "a", "b"] {
                add(w, id)?;
            }
            let handle = w.bind_card("b", &felica([1; 8]), &label("ward 3"))?;
            w.share_card(&handle, "c")?;
            w.share_card(&handle, "a")?;
            Ok::<_, StoreError>(handle)
        })
        .unwrap();
    let people = |store: &mabataki_engine::store::Store| -> Vec<String> {
        let resolved = store.resolve_card(&felica([1; 8])).unwrap().unwrap();
        assert!(resolved.people.iter().map(|(person, _)| &person.id).eq(&resolved.card.people));
        resolved.card.people
    };
    assert_eq!(people(&store), ["b", "c", "a"]);
    assert!(store.card(&handle).unwrap().unwrap().is_shared());
    assert_eq!(store.write(|w| w.share_card(&handle, "a")).unwrap_err().code(), "invalid");
    assert_eq!(store.write(|w| w.share_card(&handle, "nobody")).unwrap_err().code(), "not_found");
    store.write(|w| w.unshare_card(&handle, "b")).unwrap();
    assert_eq!(people(&trial.open()), ["c", "a"]);
    assert!(store.cards(Some("b")).unwrap().is_empty());
    assert_eq!(store.cards(Some("a")).unwrap().len(), 1);
    assert_eq!(store.write(|w| w.unshare_card(&handle, "b")).unwrap_err().code(), "invalid");
    store.write(|w| w.unshare_card(&handle, "c")).unwrap();
    assert_eq!(store.write(|w| w.unshare_card(&handle, "a")).unwrap_err().code(), "invalid");
    assert_eq!(people(&store), ["a"]);
}

#[test]
fn a_department_card_is_for_sixteen_people_at_most() {
    let trial = Trial::new();
    let mut store = trial.create();
    let ids: Vec<String> = (0..17).map(|n| format!("{}-{n:02}", "x".repeat(61))).collect();
    let handle = store
        .write(|w| {
            ids.iter().try_for_each(|id| add(w, id))?;
            let handle = w.bind_card(&ids[0], &felica([1; 8]), &label("card"))?;
            ids[1..16].iter().try_for_each(|id| w.share_card(&handle, id))?;
            Ok::<_, StoreError>(handle)
        })
        .unwrap();
    assert_eq!(store.write(|w| w.share_card(&handle, &ids[16])).unwrap_err().code(), "invalid");
    assert_eq!(store.card(&handle).unwrap().unwrap().people, ids[..16]);
}

#[test]
fn a_shared_card_counts_among_a_persons_sixteen() {
    let trial = Trial::new();
    let mut store = trial.create();
    let handle = store
        .write(|w| {
            add(w, "a")?;
            add(w, "b")?;
            for byte in 0..16 {
                w.bind_card("a", &felica([byte; 8]), &label("card"))?;
            }
            w.bind_card("b", &felica([99; 8]), &label("card"))
        })
        .unwrap();
    assert_eq!(store.write(|w| w.share_card(&handle, "a")).unwrap_err().code(), "invalid");
    assert_eq!(store.card(&handle).unwrap().unwrap().people, ["b"]);
}

proptest! {
    #[test]
    fn a_handle_reads_back_in_either_case_and_no_other_text_is_one(text in ".{0,12}|[0-9a-z]{4}-[0-9a-z]{4}") {
        match text.parse::<CardHandle>() {
            Ok(handle) => {
                prop_assert_eq!(handle.to_string(), text.to_ascii_lowercase());
                prop_assert_eq!(text.to_ascii_uppercase().parse::<CardHandle>().unwrap(), handle);
            }
            Err(error) => prop_assert_eq!(error.code(), "invalid"),
        }
    }
}
