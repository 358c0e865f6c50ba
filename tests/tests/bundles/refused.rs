//! What is refused, as the command tells it.

use std::fs;
use std::path::Path;

use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::*;

#[test]
fn a_bundle_that_was_changed_is_old_or_is_for_another_terminal_is_refused_as_data() {
    let (ward, er) = two();
    add(&ward, "nurse01", "er-1", CARD);
    let (first, second) = (export(&ward, "first"), export(&ward, "second"));
    let mut bytes = fs::read(&second).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    let changed = ward.folder().join("changed");
    fs::write(&changed, bytes).unwrap();
    fails(&import(&er, &changed), 4, "bundle_signature");
    assert!(people(&er).is_empty());
    done(&import(&er, &second));
    fails(&import(&er, &first), 4, "bundle_rolled_back");
    fails(&import(&ward, &second), 4, "bundle_recipient");
    fails(&import(&er, Path::new(&path(&ward, "state/store.sqlite"))), 4, "bundle_foreign");
    fails(&import(&er, Path::new(&path(&ward, "no such file"))), 3, "bundle_io");
    assert_eq!(people(&er), ["nurse01"]);
}

#[test]
fn a_bundle_is_refused_once_the_pairing_has_ended() {
    let (ward, er) = two();
    let file = export(&ward, "bundle");
    done(&er.json(&["terminal", "unpair", "ward3"]));
    fails(&import(&er, &file), 4, "unknown_signer");
    done(&ward.json(&["terminal", "unpair", "er-1"]));
    fails(&ward.json(&["bundle", "export", "er-1", "--out", &path(&ward, "b")]), 2, "not_paired");
}

#[test]
fn more_than_the_pairing_lets_through_is_not_sent_and_no_file_is_written_over() {
    let (ward, _er) = two();
    let out = path(&ward, "bundle");
    fails(&ward.json(&["bundle", "export", "er-1", "--out", &out, "--ward", "icu"]), 1, "bundle_scope");
    fs::write(&out, "mine").unwrap();
    fails(&ward.json(&["bundle", "export", "er-1", "--out", &out]), 2, "exists");
    assert_eq!(fs::read(&out).unwrap(), b"mine");
    let made = ward.json(&["bundle", "export", "er-1", "--out", &path(&ward, "other")]);
    assert_eq!(made.last()["revision"], json!(1), "what failed used no revision up");
}

#[test]
fn a_conflict_is_told_row_by_row_and_the_rest_is_taken_if_that_is_said() {
    let (ward, er) = two();
    add(&ward, "nurse01", "er-1", CARD);
    done(&ward.json(&["person", "add", "nurse02", "--name", "B", "--ward", "er-1"]));
    done(&er.json(&["person", "add", "nurse01", "--name", "Somebody else"]));
    let file = export(&ward, "bundle");
    let refused = import(&er, &file);
    assert_eq!(
        (refused.exit, &refused.last()["taken"], &refused.last()["rejected"]),
        (4, &json!(false), &json!(2))
    );
    let rows: Vec<_> = refused.lines.iter().filter(|line| line.get("why").is_some()).collect();
    assert_eq!(
        (&rows[0]["what"], &rows[0]["id"], &rows[0]["why"]),
        (&json!("person"), &json!("nurse01"), &json!("exists"))
    );
    assert_eq!((&rows[1]["what"], &rows[1]["why"]), (&json!("card"), &json!("no_person")));
    assert_eq!(people(&er), ["nurse01"]);
    let japanese = er.text(&["--lang", "ja", "bundle", "import", &file.display().to_string()]).stdout;
    assert!(
        japanese.contains("別の経路で登録済み") && japanese.contains("何も取り込んでいません"),
        "{japanese}"
    );
    let rest = er.json(&["bundle", "import", &file.display().to_string(), "--skip-rejected"]);
    assert_eq!((rest.exit, &rest.last()["taken"], &rest.last()["added"]), (0, &json!(true), &json!(1)));
    assert_eq!(people(&er), ["nurse01", "nurse02"]);
}
