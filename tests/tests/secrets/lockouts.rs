//! Lock-outs, as they outlast a process and hold against several at once.

use std::io::Write;
use std::process::Stdio;

use mabataki_test_support::Mabataki;

use crate::support::{ends, fails, site};

const RIGHT: &str = "Kobe-4711-harbour";
const NEW: &str = "Nara-1868-temple!";

fn guess(command: &Mabataki) -> mabataki_test_support::Run {
    command.json_fed(&["password", "change", "nurse01"], &["a guess", NEW])
}

fn site_with_password() -> Mabataki {
    let command = site();
    ends(&command.json_fed(&["password", "set", "nurse01"], &[RIGHT]), 0);
    command
}

#[test]
fn five_failures_lock_a_person_out_until_an_administrator_clears_it() {
    let command = site_with_password();
    assert!(command.json(&["lockout", "list"]).lines.is_empty());
    for _ in 0..5 {
        fails(&guess(&command), 1, "wrong_password");
    }
    let locked = command.json_fed(&["password", "change", "nurse01"], &[RIGHT, NEW]);
    fails(&locked, 1, "locked");
    let list = command.json(&["lockout", "list"]);
    assert_eq!(list.lines.len(), 1);
    let lockout = list.last();
    assert_eq!((&lockout["person"], &lockout["factor"]), (&"nurse01".into(), &"password".into()));
    assert_eq!((&lockout["failures"], &lockout["stopped"]), (&5.into(), &false.into()));
    assert!(lockout["locked_until"].is_string());
    fails(&command.json(&["lockout", "clear", "nobody"]), 2, "not_found");
    let other = command.json(&["lockout", "clear", "nurse01", "--factor", "face"]);
    assert_eq!(other.last()["forgiven"], 0);
    let cleared = command.json(&["lockout", "clear", "nurse01", "--factor", "password"]);
    ends(&cleared, 0);
    assert_eq!(cleared.last()["forgiven"], 5);
    ends(&command.json_fed(&["password", "change", "nurse01"], &[RIGHT, NEW]), 0);
    assert!(command.json(&["lockout", "list"]).lines.is_empty());
}

#[test]
fn processes_that_guess_at_once_get_no_more_tries_than_one() {
    let command = site_with_password();
    let start = || {
        let mut guessing = command.command(&["--json", "password", "change", "nurse01"]);
        let mut child =
            guessing.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(format!("a guess\n{NEW}\n").as_bytes()).unwrap();
        child
    };
    let children: Vec<_> = (0..12).map(|_| start()).collect();
    let outputs: Vec<String> = children
        .into_iter()
        .map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
        .collect();
    let count = |code: &str| outputs.iter().filter(|output| output.contains(code)).count();
    assert_eq!((count("\"wrong_password\""), count("\"locked\"")), (5, 7), "{outputs:?}");
    assert_eq!(command.json(&["lockout", "list"]).last()["failures"], 5);
}

#[test]
fn a_process_killed_while_it_judges_has_tried() {
    let command = site_with_password();
    for _ in 0..5 {
        let mut guessing = command.command(&["--json", "password", "change", "nurse01"]);
        let mut child =
            guessing.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let before = command.json(&["lockout", "list"]).lines.first().map_or(0, failures);
        child.stdin.take().unwrap().write_all(format!("a guess\n{NEW}\n").as_bytes()).unwrap();
        while command.json(&["lockout", "list"]).lines.first().map_or(0, failures) == before {}
        // Judged already or not: either way it has tried.
        child.kill().unwrap();
        child.wait().unwrap();
    }
    fails(&command.json_fed(&["password", "change", "nurse01"], &[RIGHT, NEW]), 1, "locked");
}

fn failures(lockout: &serde_json::Value) -> u64 {
    lockout["failures"].as_u64().unwrap()
}
