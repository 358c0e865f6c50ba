//! People, cards and templates.

use mabataki_engine::{
    audit::Outcome,
    card::{CardIdentity, CardKind, IdKind},
    store::{
        CardHandle, CardStatus, NewCard, NewTemplate, PersonStatus, Profile, Stop, StoreError, StoredTemplate,
    },
};
use mabataki_models::Digest;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use crate::support::*;

#[test]
fn a_person_is_found_again_after_the_store_is_reopened() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "nurse01")).unwrap();
    drop(store);
    let person = trial.open().person("nurse01").unwrap().unwrap();
    assert_eq!((person.id.as_str(), &person.profile), ("nurse01", &nurse("nurse01")));
    assert_eq!((person.status, person.created), (PersonStatus::Active, noon()));
    assert_eq!(trial.open().settings(), &settings());
}

#[test]
fn a_person_who_exists_cannot_be_added_again() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "nurse01")).unwrap();
    let other = Profile::named("Somebody else");
    let error = store.write(|w| w.add_person("nurse01", &other, noon())).unwrap_err();
    assert_eq!(error.code(), "exists");
    assert_eq!(store.person("nurse01").unwrap().unwrap().profile.name, "看護師 nurse01");
}

#[test]
fn people_are_listed_by_id_and_nobody_else_is_found() {
    let trial = Trial::new();
    let mut store = trial.create();
    for id in ["c", "a", "b"] {
        store.write(|w| add(w, id)).unwrap();
    }
    let ids: Vec<String> = store.people().unwrap().into_iter().map(|person| person.id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(store.person("A").unwrap(), None);
    assert_eq!(store.person("").unwrap(), None);
    assert_eq!(store.person("a' OR '1'='1").unwrap(), None);
}

#[test]
fn a_person_is_disabled_and_enabled_and_nothing_else_of_them_changes() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "nurse01")).unwrap();
    let before = store.person("nurse01").unwrap().unwrap();
    store.write(|w| w.set_status("nurse01", PersonStatus::Disabled)).unwrap();
    let during = store.person("nurse01").unwrap().unwrap();
    assert_eq!(during.status, PersonStatus::Disabled);
    store.write(|w| w.set_status("nurse01", PersonStatus::Active)).unwrap();
    assert_eq!(store.person("nurse01").unwrap().unwrap(), before);
    assert_eq!(
        store.write(|w| w.set_status("nobody", PersonStatus::Disabled)).unwrap_err().code(),
        "not_found"
    );
}

#[test]
fn removing_a_person_takes_their_cards_and_template_and_nobody_elses() {
    let trial = Trial::new();
    let mut store = trial.create();
    store
        .write(|w| {
            for (id, card) in [("a", 1), ("b", 2)] {
                add(w, id)?;
                w.bind_card(id, &felica([card; 8]), &label("staff card"))?;
                w.put_template(id, &template(&[card; 100]))?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
    store.write(|w| w.remove_person("a")).unwrap();
    assert_eq!(store.person("a").unwrap(), None);
    assert_eq!(card(&store, &felica([1; 8])), None);
    assert!(store.template("a").unwrap().is_none());
    assert_eq!(card(&store, &felica([2; 8])).unwrap().people, ["b"]);
    assert_eq!(*store.template("b").unwrap().unwrap().bytes, [2; 100]);
    assert_eq!(store.write(|w| w.remove_person("a")).unwrap_err().code(), "not_found");
}

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
fn a_template_is_kept_as_it_was_given_and_replaced_as_a_whole() {
    let trial = Trial::new();
    let mut store = trial.create();
    let first: Vec<u8> = (0..=255).cycle().take(5000).collect();
    store
        .write(|w| {
            add(w, "a")?;
            w.put_template("a", &template(&first))
        })
        .unwrap();
    let kept = trial.open().template("a").unwrap().unwrap();
    assert_eq!(*kept.bytes, first);
    assert_eq!(
        (kept.model, kept.quality, kept.samples, kept.created),
        (Digest::of(b"model"), 0.75, 3, noon())
    );
    store.write(|w| w.put_template("a", &template(b"second"))).unwrap();
    assert_eq!(*store.template("a").unwrap().unwrap().bytes, b"second");
    assert_eq!(store.templates().count(), 1);
    assert_eq!(store.write(|w| w.put_template("nobody", &template(b"x"))).unwrap_err().code(), "not_found");
}

#[test]
fn every_template_is_visited_once_however_many_there_are() {
    for count in [0, 1, 63, 64, 65, 130] {
        let trial = Trial::new();
        let mut store = trial.create();
        let ids: Vec<String> = (0..count).map(|n| format!("person{n:04}")).collect();
        store
            .write(|w| {
                ids.iter().try_for_each(|id| {
                    add(w, id)?;
                    w.put_template(id, &template(id.as_bytes()))
                })
            })
            .unwrap();
        let found: Vec<StoredTemplate> = store.templates().collect::<Result<_, _>>().unwrap();
        assert_eq!(
            found.iter().map(|template| &template.person).collect::<Vec<_>>(),
            ids.iter().collect::<Vec<_>>()
        );
        assert!(found.iter().all(|template| *template.bytes == template.person.as_bytes()));
    }
}

#[test]
fn what_fails_in_the_middle_of_a_write_leaves_nothing_of_it() {
    let trial = Trial::new();
    let mut store = trial.create();
    let result = store.write(|w| {
        add(w, "a")?;
        w.bind_card("a", &felica([1; 8]), &label("card"))?;
        w.put_template("a", &template(b"x"))?;
        w.append(&attempt(Outcome::Done))?;
        add(w, "not an id")
    });
    assert_eq!(result.unwrap_err().code(), "invalid");
    assert!(store.people().unwrap().is_empty());
    assert_eq!(store.log(0, 1).unwrap(), []);
    assert_eq!(card(&store, &felica([1; 8])), None);
}

#[test]
fn what_is_beyond_its_limits_is_refused_with_the_limit() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| add(w, "a")).unwrap();
    let wrong_people = [
        Profile::named(""),
        Profile::named(&"名".repeat(129)),
        Profile::named("line\nbreak"),
        Profile { accounts: vec![String::new()], ..nurse("b") },
        Profile { role: Some("two words".to_owned()), ..nurse("b") },
    ];
    for person in wrong_people {
        let error = store.write(|w| w.add_person("b", &person, noon())).unwrap_err();
        assert_eq!(error.code(), "invalid");
        assert!(error.to_string().contains("expected"), "{error}");
    }
    for bytes in [vec![], vec![0; 256 * 1024 + 1]] {
        assert_eq!(store.write(|w| w.put_template("a", &template(&bytes))).unwrap_err().code(), "invalid");
    }
    store.write(|w| w.put_template("a", &template(&vec![1; 256 * 1024]))).unwrap();
    assert_eq!(store.template("a").unwrap().unwrap().bytes.len(), 256 * 1024);
    for quality in [f32::NAN, -0.1, 1.1] {
        let new = NewTemplate { quality, ..template(b"x") };
        assert_eq!(store.write(|w| w.put_template("a", &new)).unwrap_err().code(), "invalid");
    }
    for text in ["", "   ", "a\tb", &"x".repeat(65)] {
        assert_eq!(
            store.write(|w| w.bind_card("a", &felica([1; 8]), &label(text))).unwrap_err().code(),
            "invalid"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_id_of_the_allowed_characters_is_kept_and_no_other(id in "[A-Za-z0-9._@-]{1,64}|.{0,70}") {
        let trial = Trial::new();
        let mut store = trial.create();
        let allowed = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._@-";
        let fits = (1..=64).contains(&id.len()) && id.chars().all(|c| allowed.contains(c));
        match store.write(|w| add(w, &id)) {
            Ok(()) => {
                prop_assert!(fits);
                prop_assert_eq!(store.person(&id).unwrap().unwrap().id, id);
            }
            Err(error) => {
                prop_assert!(!fits);
                prop_assert_eq!(error.code(), "invalid");
                prop_assert!(store.people().unwrap().is_empty());
            }
        }
    }

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
