//! Passwords.

use crate::support::{ends, fails, site, told_nowhere};

const FIRST: &str = "Kobe-4711-harbour";
const SECOND: &str = "Nara-1868-temple!";

#[test]
fn a_password_is_set_changed_by_its_person_and_removed_and_is_told_nowhere() {
    let command = site();
    let set = command.json_fed(&["password", "set", "nurse01"], &[FIRST]);
    ends(&set, 0);
    assert_eq!(*set.last(), serde_json::json!({ "id": "nurse01", "set": true, "must_change": false }));
    let changed = command.json_fed(&["password", "change", "nurse01"], &[FIRST, SECOND]);
    ends(&changed, 0);
    let wrong = command.json_fed(&["password", "change", "nurse01"], &[FIRST, "Otaru-2020-canal"]);
    fails(&wrong, 1, "wrong_password");
    let removed = command.json(&["password", "remove", "nurse01"]);
    ends(&removed, 0);
    assert_eq!(removed.last()["removed"], true);
    let gone = command.json_fed(&["password", "change", "nurse01"], &[SECOND, FIRST]);
    fails(&gone, 1, "wrong_password");
    let log = command.json(&["audit", "list"]);
    let told: Vec<_> = log
        .lines
        .iter()
        .filter(|line| line["operation"].as_str().unwrap().starts_with("password"))
        .map(|line| format!("{} {}", line["operation"].as_str().unwrap(), line["outcome"].as_str().unwrap()))
        .collect();
    assert_eq!(
        told,
        [
            "password_set done",
            "password_change done",
            "password_change refused",
            "password_remove done",
            "password_change refused"
        ]
    );
    let runs = [set, changed, wrong, removed, gone];
    told_nowhere(&command, &runs, &[FIRST, SECOND, "Otaru-2020-canal", "$argon2id"]);
}

#[test]
fn a_password_is_never_taken_from_the_command_line() {
    let command = site();
    ends(&command.json(&["password", "set", "nurse01", FIRST]), 2);
    ends(&command.json(&["password", "set", "nurse01", "--password", FIRST]), 2);
}

#[test]
fn a_secret_that_is_missing_empty_or_too_long_is_refused_and_nothing_is_set() {
    let command = site();
    fails(&command.json_fed(&["password", "set", "nurse01"], &[]), 2, "usage");
    fails(&command.json_fed(&["password", "set", "nurse01"], &[""]), 2, "bad_secret");
    fails(&command.json_fed(&["password", "set", "nurse01"], &[&"x".repeat(1025)]), 2, "bad_secret");
    fails(&command.json_fed(&["password", "set", "nobody"], &[FIRST]), 2, "not_found");
    assert_eq!(command.json(&["password", "remove", "nurse01"]).last()["removed"], false);
}

#[test]
fn somebody_who_is_not_there_is_answered_like_somebody_whose_password_is_another() {
    let command = site();
    ends(&command.json_fed(&["password", "set", "nurse01"], &[FIRST]), 0);
    let known = command.json_fed(&["password", "change", "nurse01"], &["a guess", SECOND]);
    let unknown = command.json_fed(&["password", "change", "nobody"], &["a guess", SECOND]);
    assert_eq!((known.exit, &known.stdout, &known.stderr), (unknown.exit, &unknown.stdout, &unknown.stderr));
}

#[test]
fn a_password_against_the_rules_is_refused_with_its_reasons_in_the_operators_language() {
    let command = site();
    let weak = command.json_fed(&["--lang", "ja", "password", "set", "nurse01"], &["nurse01"]);
    fails(&weak, 1, "weak_password");
    assert!(weak.stderr.contains("文字数が足りません。"), "{}", weak.stderr);
    let detail = weak.last()["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("too_short") && !detail.contains("nurse01"), "{detail}");
    assert_eq!(command.json(&["password", "remove", "nurse01"]).last()["removed"], false);
}

#[test]
fn a_store_is_not_made_for_an_administrator_whose_password_is_weak() {
    let command = mabataki_test_support::Mabataki::new();
    let init = ["init", "--terminal", "ward3-a", "--admin", "admin01"];
    fails(&command.json_fed(&init, &["password"]), 1, "weak_password");
    assert!(!command.state().exists());
    ends(&command.json_fed(&init, &[FIRST]), 0);
    fails(
        &command.json_fed(&["--admin", "admin01", "password", "remove", "admin01"], &[FIRST]),
        1,
        "last_administrator",
    );
}
