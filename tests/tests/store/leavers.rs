//! People who leave: what is kept of them, what is erased, and the proof of it.

use std::fs;

use mabataki_engine::store::{Card, PersonStatus, Profile, Store, StoreError, Vendor};
use mabataki_models::Digest;
use pretty_assertions::assert_eq;
use rusqlite::Connection;

use crate::documents::note;
use crate::support::*;

/// A nurse with a card of her own, a share in the ward's, a face and a document; and a colleague.
fn ward() -> (Trial, Store) {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "nurse01", [1; 8]);
    admit(&mut store, "nurse02", [2; 8]);
    store
        .write(|w| {
            let wards = w.bind_card("nurse01", &felica([3; 8]), &label("ward 3"))?;
            w.share_card(&wards, "nurse02")?;
            w.put_document("hers", &note("hers", Some("nurse01")))
        })
        .unwrap();
    (trial, store)
}

/// What is kept of the nurse, sealed, past the store.
fn sealed_rows(database: &Connection) -> Vec<(String, Vec<u8>)> {
    let sql = "SELECT 'person', sealed FROM person WHERE id = 'nurse01' \
        UNION ALL SELECT 'card', sealed FROM card WHERE handle IN (SELECT card FROM holder GROUP BY card \
            HAVING count(*) = 1 AND min(person) = 'nurse01') \
        UNION ALL SELECT 'template', sealed FROM template WHERE person = 'nurse01' \
        UNION ALL SELECT kind, sealed FROM document WHERE person = 'nurse01'";
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

fn labels(cards: Vec<Card>) -> Vec<String> {
    let mut labels: Vec<String> = cards.into_iter().map(|card| card.label).collect();
    labels.sort();
    labels
}

#[test]
fn a_retired_person_keeps_id_and_name_and_nothing_else() {
    let (trial, mut store) = ward();
    store.write(|w| w.retire_person("nurse01")).unwrap();
    let store = trial.open();
    let person = store.person("nurse01").unwrap().unwrap();
    assert_eq!(person.profile, Profile::named("看護師 nurse01"));
    assert_eq!((person.status, person.created), (PersonStatus::Retired, noon()));
    assert!(store.cards(Some("nurse01")).unwrap().is_empty());
    assert!(store.template("nurse01").unwrap().is_none());
    assert_eq!(store.resolve_card(&felica([1; 8])).unwrap().map(|found| found.card), None);
    let left: Vec<_> = sealed_rows(&trial.database()).into_iter().map(|(what, _)| what).collect();
    assert_eq!(left, ["person"]);
    // The ward's card is the colleague's alone now, and hers are untouched.
    assert_eq!(labels(store.cards(Some("nurse02")).unwrap()), ["staff card", "ward 3"]);
    assert_eq!(card(&store, &felica([3; 8])).unwrap().people, ["nurse02"]);
    assert!(store.template("nurse02").unwrap().is_some());
}

#[test]
fn a_retired_person_gets_nothing_any_more_and_nobody_gets_their_id() {
    let (_trial, mut store) = ward();
    store.write(|w| w.retire_person("nurse01")).unwrap();
    let handle = store.cards(Some("nurse02")).unwrap().remove(0).handle;
    let mut code = |act: &dyn Fn(&mabataki_engine::store::Write<'_>) -> Result<(), StoreError>| {
        store.write(|w| act(w)).unwrap_err().code()
    };
    let id = "nurse01";
    assert_eq!(code(&|w| w.set_status(id, PersonStatus::Active)), "retired");
    assert_eq!(code(&|w| w.change_person(id, &nurse(id))), "retired");
    assert_eq!(code(&|w| w.set_face_exception(id, None)), "retired");
    assert_eq!(code(&|w| w.set_consent(id, None)), "retired");
    assert_eq!(code(&|w| w.bind_card(id, &felica([9; 8]), &label("card")).map(|_| ())), "retired");
    assert_eq!(code(&|w| w.share_card(&handle, id)), "retired");
    assert_eq!(code(&|w| w.put_template(id, &template(b"x"))), "retired");
    assert_eq!(code(&|w| w.retire_person(id).map(|_| ())), "retired");
    assert_eq!(code(&|w| add(w, id)), "exists");
}

#[test]
fn nobody_is_retired_by_setting_a_status() {
    let (_trial, mut store) = ward();
    let error = store.write(|w| w.set_status("nurse01", PersonStatus::Retired)).unwrap_err();
    assert_eq!(error.code(), "invalid");
    assert_eq!(store.person("nurse01").unwrap().unwrap().status, PersonStatus::Active);
}

#[test]
fn the_proof_of_a_removal_names_every_row_by_its_digest() {
    let (trial, mut store) = ward();
    let mut before: Vec<(String, Digest)> = sealed_rows(&trial.database())
        .into_iter()
        .map(|(what, sealed)| (what, Digest::of(&sealed)))
        .collect();
    let removal = store.write(|w| w.remove_person("nurse01")).unwrap();
    let mut proof: Vec<(String, Digest)> =
        removal.rows.into_iter().map(|row| (row.what, row.sha256)).collect();
    before.sort();
    proof.sort();
    assert_eq!(
        proof.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(),
        ["card", "note", "person", "template"]
    );
    assert_eq!(proof, before);
    assert_eq!(removal.person, "nurse01");
    assert!(sealed_rows(&trial.database()).is_empty());
    assert_eq!(store.person("nurse01").unwrap(), None);
    assert_eq!(store.write(|w| w.remove_person("nurse01")).unwrap_err().code(), "not_found");
}

#[test]
fn nothing_of_a_removed_person_is_left_in_the_files_once_they_are_wiped() {
    let (trial, mut store) = ward();
    let rows = sealed_rows(&trial.database());
    let found = || {
        let files =
            ["store.sqlite", "store.sqlite-wal"].map(|name| fs::read(trial.state.join(name)).unwrap());
        let holds =
            |sealed: &[u8]| files.iter().any(|file| file.windows(40).any(|part| part == &sealed[..40]));
        rows.iter().filter(|(_, sealed)| holds(sealed)).count()
    };
    assert_eq!(found(), rows.len(), "what is looked for is there to be found");
    store.write(|w| w.remove_person("nurse01")).unwrap();
    assert!(store.wipe_deleted().unwrap());
    assert_eq!(found(), 0);
}

#[test]
fn another_process_that_reads_keeps_the_files_from_being_wiped_and_that_is_said() {
    let (trial, mut store) = ward();
    let reader = trial.database();
    reader.execute_batch("BEGIN; SELECT count(*) FROM person;").unwrap();
    let _: i64 = reader.query_row("SELECT count(*) FROM person", [], |row| row.get(0)).unwrap();
    store.write(|w| w.remove_person("nurse01")).unwrap();
    assert!(!store.wipe_deleted().unwrap());
    reader.execute_batch("COMMIT").unwrap();
    assert!(store.wipe_deleted().unwrap());
}

#[test]
fn who_answers_for_a_vendor_stays_until_another_does() {
    let (_trial, mut store) = ward();
    let engineer = |sponsor: &str| Profile {
        valid_until: Some(at("2026-06-01T00:00:00Z")),
        vendor: Some(Vendor { sponsor: sponsor.to_owned(), scope: "CT scanner".to_owned() }),
        ..Profile::named("Engineer")
    };
    store.write(|w| w.add_person("engineer", &engineer("nurse01"), noon())).unwrap();
    for error in [
        store.write(|w| w.retire_person("nurse01")).unwrap_err(),
        store.write(|w| w.remove_person("nurse01")).unwrap_err(),
    ] {
        assert!(matches!(&error, StoreError::Sponsor { vendor, .. } if vendor == "engineer"), "{error}");
    }
    assert_eq!(store.cards(Some("nurse01")).unwrap().len(), 2, "nothing was removed");
    store.write(|w| w.change_person("engineer", &engineer("nurse02"))).unwrap();
    store.write(|w| w.retire_person("nurse01")).unwrap();
    store.write(|w| w.retire_person("engineer")).unwrap();
    store.write(|w| w.remove_person("nurse02")).unwrap();
}

#[test]
fn a_retired_person_can_be_erased_and_then_somebody_may_have_the_id() {
    let (_trial, mut store) = ward();
    store.write(|w| w.retire_person("nurse01")).unwrap();
    let removal = store.write(|w| w.remove_person("nurse01")).unwrap();
    assert_eq!(removal.rows.iter().map(|row| row.what.as_str()).collect::<Vec<_>>(), ["person"]);
    store.write(|w| add(w, "nurse01")).unwrap();
}
