//! Emergency codes and disasters.

use std::io::Write;
use std::process::{Child, Stdio};

use mabataki_test_support::{Mabataki, Run};

use crate::support::{ends, fails, site, told_nowhere};

const ISSUE: [&str; 7] = ["emergency", "issue", "nurse01", "--minutes", "30", "--valid", "8"];
const USE: [&str; 8] = [
    "authenticate",
    "--purpose",
    "emergency",
    "--claim",
    "nurse01",
    "--code",
    "--reason",
    "forgot the card, patient in danger",
];

const FIRST: &str = "Kobe-4711-harbour";
const SECOND: &str = "Nara-1868-temple!";

fn operations(command: &Mabataki, operation: &str) -> Vec<serde_json::Value> {
    let log = command.json(&["audit", "list"]);
    log.lines.into_iter().filter(|line| line["operation"] == operation).collect()
}

#[test]
fn a_code_is_shown_once_lets_in_once_and_waits_for_review() {
    let command = site();
    let issued = command.json(&ISSUE);
    ends(&issued, 0);
    let code = issued.word("code").to_owned();
    assert_eq!(code.len(), 19, "{code}");
    assert_eq!((issued.word("terminal"), issued.word("state")), ("ward3-a", "open"));
    let used = command.json_fed(&USE, &[&code.to_lowercase()]);
    ends(&used, 0);
    assert_eq!((used.word("outcome"), used.word("subject")), ("granted", "nurse01"));
    let again = command.json_fed(&USE, &[&code]);
    ends(&again, 1);
    let list = command.json(&["emergency", "list"]);
    assert_eq!(list.word("state"), "used");
    let entry = &operations(&command, "emergency_use")[0];
    assert_eq!((&entry["reason"], &entry["subject"]), (&"claimed".into(), &"nurse01".into()));
    for operation in ["authenticate", "emergency_use"] {
        assert_eq!(operations(&command, operation)[0]["standing"], "claimed", "{operation}");
    }
    let reviews = command.json(&["emergency", "reviews"]);
    assert_eq!(reviews.word("reason"), "forgot the card, patient in danger");
    let review = ["emergency", "review", reviews.word("handle"), "--note", "was called to ward 3"];
    ends(&command.json(&review), 0);
    assert!(command.json(&["emergency", "reviews"]).lines.is_empty());
    let all = command.json(&["emergency", "reviews", "--all"]);
    assert_eq!(all.last()["review"]["note"], "was called to ward 3");
    let whole = code.replace('-', "");
    told_nowhere(&command, &[used, again, list, reviews, all], &[&code, &whole]);
}

#[test]
fn a_slip_costs_no_try_and_a_wrong_code_does() {
    let command = site();
    let (code, other) = (command.json(&ISSUE), command.json(&ISSUE));
    let (code, other) = (code.word("code"), other.word("code"));
    let (first, rest) = code.split_at(1);
    let slip = format!("{}{rest}", if first == "3" { "4" } else { "3" });
    fails(&command.json_fed(&USE, &[&slip]), 2, "code_mistyped");
    assert!(command.json(&["lockout", "list"]).lines.is_empty());
    let handle = command.json(&["emergency", "list"]).word("handle").to_owned();
    ends(&command.json(&["emergency", "revoke", &handle]), 0);
    let revoked = [code, other].map(|code| command.json_fed(&USE, &[code]).exit);
    assert!(revoked.contains(&1) && revoked.contains(&0), "{revoked:?}");
}

#[test]
fn wrong_codes_typed_for_a_person_never_shut_that_persons_way_in() {
    let command = site();
    let code = command.json(&ISSUE).word("code").to_owned();
    let elsewhere = site();
    for _ in 0..6 {
        let wrong = elsewhere.json(&ISSUE).word("code").to_owned();
        ends(&command.json_fed(&USE, &[&wrong]), 1);
    }
    assert!(command.json(&["lockout", "list"]).lines.is_empty());
    ends(&command.json_fed(&USE, &[&code]), 0);
}

#[test]
fn of_processes_that_use_a_code_at_once_exactly_one_is_let_in() {
    let command = site();
    let code = command.json(&[&ISSUE[..2], &["--anybody"], &ISSUE[3..]].concat()).word("code").to_owned();
    let start = |person: &'static str| {
        let mut args = [&["--json"], &USE[..]].concat();
        args[5] = person;
        let mut command = command.command(&args);
        let mut child: Child =
            command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("{code}\n").as_bytes()).unwrap();
        child
    };
    let children: Vec<Child> = ["nurse01", "nurse02", "nurse01", "nurse02"].map(start).into_iter().collect();
    let mut exits: Vec<_> = children.into_iter().map(|mut child| child.wait().unwrap().code()).collect();
    exits.sort();
    assert_eq!(exits, [Some(0), Some(1), Some(1), Some(1)]);
    assert_eq!(command.json(&["emergency", "reviews"]).lines.len(), 1);
}

#[test]
fn a_code_without_a_reason_or_for_something_else_is_refused() {
    let command = site();
    let code = command.json(&ISSUE).word("code").to_owned();
    ends(&command.json_fed(&USE[..6], &[&code]), 2);
    let blank = [&USE[..7], &["  "]].concat();
    fails(&command.json_fed(&blank, &[&code]), 2, "bad_reason");
    for wrong in [["--minutes", "0"], ["--minutes", "1441"], ["--valid", "0"]] {
        let mut args = ISSUE.to_vec();
        let at = args.iter().position(|arg| *arg == wrong[0]).unwrap();
        args[at + 1] = wrong[1];
        fails(&command.json(&args), 2, "invalid");
    }
    ends(&command.json_fed(&USE, &[&code]), 0);
}

/// A site in earnest, with two administrators.
fn hospital() -> Mabataki {
    let command = Mabataki::new();
    let init = ["init", "--terminal", "ward3-a", "--admin", "admin01"];
    ends(&command.json_fed(&init, &[FIRST]), 0);
    let add = ["--admin", "admin01", "person", "add", "admin02", "--name", "B", "--role", "administrator"];
    ends(&command.json_fed(&add, &[FIRST]), 0);
    let set = ["--admin", "admin01", "password", "set", "admin02"];
    ends(&command.json_fed(&set, &[FIRST, "given-4-change!"]), 0);
    let change = ["password", "change", "admin02"];
    ends(&command.json_fed(&change, &["given-4-change!", SECOND]), 0);
    let add = ["--admin", "admin01", "person", "add", "nurse01", "--name", "A Nurse"];
    ends(&command.json_fed(&add, &[FIRST]), 0);
    command
}

fn declare(command: &Mabataki, second: &str, passwords: &[&str]) -> Run {
    let declare = ["emergency", "disaster", "declare", "--hours", "2", "--reason", "earthquake"];
    command.json_fed(&[&["--admin", "admin01"], &declare[..], &["--second", second]].concat(), passwords)
}

#[test]
fn two_administrators_declare_a_disaster_and_then_a_claim_and_a_reason_are_enough() {
    let command = hospital();
    let claim =
        ["authenticate", "--purpose", "emergency", "--claim", "nurse01", "--reason", "no cards, no power"];
    assert_ne!(command.json(&claim).exit, 0);
    fails(&declare(&command, "admin01", &[FIRST, FIRST]), 1, "not_for_oneself");
    fails(&declare(&command, "admin02", &[FIRST, FIRST]), 1, "administrator_refused");
    let declared = declare(&command, "admin02", &[FIRST, SECOND]);
    ends(&declared, 0);
    assert_eq!(declared.last()["declared_by"], serde_json::json!(["admin01", "admin02"]));
    let granted = command.json(&claim);
    ends(&granted, 0);
    assert_eq!((granted.word("outcome"), granted.word("subject")), ("granted", "nurse01"));
    let reviews = command.json_fed(&["--admin", "admin02", "emergency", "reviews"], &[SECOND]);
    assert_eq!(reviews.last()["disaster"], true);
    let handle = reviews.word("handle").to_owned();
    let review = ["--admin", "admin02", "emergency", "review", &handle, "--note", "as it was said"];
    fails(&command.json_fed(&review, &[SECOND]), 1, "not_for_oneself");
    let end = ["--admin", "admin02", "emergency", "disaster", "end"];
    ends(&command.json_fed(&end, &[SECOND]), 0);
    assert_eq!(command.json(&["emergency", "disaster", "show"]).last()["in_force"], false);
    assert_ne!(command.json(&claim).exit, 0);
}

#[test]
fn an_administrator_gives_no_code_to_themselves_and_clears_no_lock_of_their_own() {
    let command = hospital();
    let issue = ["--admin", "admin01", "emergency", "issue", "admin01", "--minutes", "30", "--valid", "8"];
    fails(&command.json_fed(&issue, &[FIRST]), 1, "not_for_oneself");
    let clear = ["--admin", "admin01", "lockout", "clear", "admin01"];
    fails(&command.json_fed(&clear, &[FIRST]), 1, "not_for_oneself");
    fails(&command.json(&["emergency", "list"]), 1, "no_right");
}
