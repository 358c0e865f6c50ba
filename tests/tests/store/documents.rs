//! Documents: kept whole under a key, sealed, gone with their person.

use mabataki_engine::store::{Document, StoreError};
use serde::{Deserialize, Serialize};

use crate::support::{Trial, admit};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Note {
    text: String,
    of: Option<String>,
}

impl Document for Note {
    const KIND: &'static str = "note";

    fn person(&self) -> Option<&str> {
        self.of.as_deref()
    }
}

pub(crate) fn note(text: &str, of: Option<&str>) -> Note {
    Note { text: text.to_owned(), of: of.map(str::to_owned) }
}

#[test]
fn what_was_put_last_is_read_after_the_store_is_opened_again() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| w.put_document("a", &note("first", None))).unwrap();
    store.write(|w| w.put_document("a", &note("second", None))).unwrap();
    store.write(|w| w.put_document("b", &note("other", None))).unwrap();
    drop(store);
    let store = trial.open();
    assert_eq!(store.document::<Note>("a").unwrap(), Some(note("second", None)));
    assert_eq!(store.document::<Note>("c").unwrap(), None);
    let all = store.documents::<Note>().unwrap();
    assert_eq!(all, [("a".to_owned(), note("second", None)), ("b".to_owned(), note("other", None))]);
}

#[test]
fn nothing_of_a_document_is_readable_in_the_file() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| w.put_document("a", &note("a-secret-that-is-long", None))).unwrap();
    drop(store);
    let file = std::fs::read(trial.file()).unwrap();
    assert!(!file.windows(21).any(|window| window == b"a-secret-that-is-long"));
}

#[test]
fn a_document_put_in_anothers_place_does_not_open() {
    let trial = Trial::new();
    let mut store = trial.create();
    store
        .write(|w| {
            w.put_document("a", &note("mine", None)).and_then(|()| w.put_document("b", &note("yours", None)))
        })
        .unwrap();
    drop(store);
    let swap = "UPDATE document SET sealed = (SELECT sealed FROM document WHERE key = 'a') WHERE key = 'b'";
    trial.database().execute(swap, []).unwrap();
    let error = trial.open().document::<Note>("b").unwrap_err();
    assert!(matches!(error, StoreError::Corrupt { .. }), "{error}");
    assert!(trial.open().documents::<Note>().is_err());
}

#[test]
fn documents_go_with_their_person_and_others_stay() {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "nurse01", [1; 8]);
    store
        .write(|w| {
            w.put_document("hers", &note("hers", Some("nurse01")))?;
            w.put_document("nobodys", &note("nobody's", None))
        })
        .unwrap();
    store.write(|w| w.remove_person("nurse01")).unwrap();
    let left: Vec<String> = store.documents::<Note>().unwrap().into_iter().map(|(key, _)| key).collect();
    assert_eq!(left, ["nobodys"]);
}

#[test]
fn a_document_of_nobody_we_know_is_refused_and_so_is_one_too_long() {
    let trial = Trial::new();
    let mut store = trial.create();
    let error = store.write(|w| w.put_document("x", &note("", Some("nobody")))).unwrap_err();
    assert!(matches!(error, StoreError::NoPerson { .. }), "{error}");
    let long = note(&"x".repeat(256 * 1024), None);
    let error = store.write(|w| w.put_document("x", &long)).unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    let error = store.write(|w| w.put_document(&"x".repeat(201), &note("", None))).unwrap_err();
    assert!(matches!(error, StoreError::Invalid { .. }), "{error}");
    assert!(store.documents::<Note>().unwrap().is_empty());
}

#[test]
fn a_removed_document_is_gone() {
    let trial = Trial::new();
    let mut store = trial.create();
    store.write(|w| w.put_document("a", &note("x", None))).unwrap();
    assert!(store.write(|w| w.remove_document::<Note>("a")).unwrap());
    assert!(!store.write(|w| w.remove_document::<Note>("a")).unwrap());
    assert_eq!(store.document::<Note>("a").unwrap(), None);
}

#[test]
fn a_document_whose_person_was_taken_from_it_does_not_outlive_them_in_secret() {
    let trial = Trial::new();
    let mut store = trial.create();
    admit(&mut store, "a", [1; 8]);
    store.write(|w| w.put_document("n", &note("theirs", Some("a")))).unwrap();
    drop(store);
    trial.database().execute("UPDATE document SET person = NULL WHERE kind = 'note'", []).unwrap();
    let error = trial.open().document::<Note>("n").unwrap_err();
    assert_eq!(error.code(), "store_corrupt");
    assert!(error.to_string().contains("its person does not fit"), "{error}");
}
