//! People change their own logins, by an attempt of their own.

use mabataki_test_support::{Mabataki, Run};

use crate::support::{CARD, PASSWORD, ends, fails, ward};

const SECRET: &str = "Otaru-2020-canal";

fn change(command: &Mabataki, id: &str, lines: &[&str]) -> Run {
    let args = ["login", "change", id, "chart", "--user", "n01", "--card", CARD, "--password"];
    command.json_fed(&args, lines)
}

#[test]
fn a_person_changes_their_own_login_by_card_and_password_and_the_log_names_them() {
    let command = ward();
    let put = ["login", "put", "nurse01", "chart", "--user", "n00"];
    ends(&command.json_fed(&put, &["Given-by-the-desk-1"]), 0);
    let run = change(&command, "nurse01", &[PASSWORD, SECRET]);
    ends(&run, 0);
    assert_eq!((run.word("person"), &run.last()["put"]), ("nurse01", &true.into()), "{}", run.stdout);
    let list = command.json(&["login", "list", "nurse01"]);
    assert_eq!((list.lines.len(), list.word("user"), list.word("by")), (1, "n01", "nurse01"));
    assert!(command.json(&["grant", "list"]).lines.is_empty(), "the grant was for this only");
    let log = command.json(&["audit", "list"]);
    assert!(!log.stdout.contains(SECRET) && !run.stdout.contains(SECRET));
    let own =
        log.lines.iter().filter(|line| line["operation"] == "login_put" && line["subject"] == "nurse01");
    assert_eq!(own.count(), 1, "{}", log.stdout);
}

#[test]
fn whoever_is_refused_changes_nobodys_login() {
    let command = ward();
    ends(&command.json(&["person", "add", "nurse02", "--name", "Nurse 2"]), 0);
    let wrong = change(&command, "nurse01", &["wrong", SECRET]);
    ends(&wrong, 1);
    assert_eq!((wrong.word("outcome"), wrong.word("why")), ("denied", "wrong_secret"));
    // Somebody with their own card and password, for a colleague.
    ends(&change(&command, "nurse02", &[PASSWORD, SECRET]), 1);
    fails(&change(&command, "nurse01", &[PASSWORD, PASSWORD]), 1, "password_reused");
    assert!(command.json(&["login", "list"]).lines.is_empty());
    assert!(command.json(&["grant", "list"]).lines.is_empty());
}
