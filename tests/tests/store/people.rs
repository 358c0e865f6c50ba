//! People, cards and templates.

use mabataki_engine::{
    audit::Outcome,
    store::{NewTemplate, PersonStatus, Profile, StoreError, StoredTemplate},
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
}
