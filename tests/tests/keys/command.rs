//! The command's family `key`.

use std::fs;

use mabataki_test_support::{Mabataki, Run};
use pretty_assertions::assert_eq;
use serde_json::Value;

fn site() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open"]).exit, 0);
    assert_eq!(command.json(&["person", "add", "nurse01", "--name", "A Nurse"]).exit, 0);
    command
}

fn failed(run: &Run) -> (i32, &str) {
    (run.exit, run.last()["error"]["code"].as_str().unwrap_or(&run.stdout))
}

fn opens(command: &Mabataki) -> bool {
    command.json(&["person", "list"]).exit == 0
}

fn shares(told: &[Value]) -> Vec<String> {
    told.iter().filter_map(|line| line["text"].as_str().map(str::to_owned)).collect()
}

#[test]
fn it_tells_who_keeps_the_key_and_what_that_does_not_protect() {
    let command = site();
    let shown = command.json(&["key", "show"]);
    assert_eq!((shown.word("keeper"), &shown.last()["recovery"]), ("file", &Value::Null));
    assert!(shown.word("protection").contains("Does not protect"), "{}", shown.stdout);
    let text = command.text(&["--lang", "ja", "key", "show"]).stdout;
    assert!(text.contains("復旧鍵はありません") && text.contains("守れません"), "{text}");
    let doctor = command.json(&["doctor"]);
    let key = doctor.lines.iter().find(|line| line["check"] == "key").unwrap();
    assert!(key["ok"] == true && key["detail"].as_str().unwrap().contains("Does not protect"), "{key}");
}

#[test]
fn a_copy_of_the_key_is_worth_nothing_after_the_key_is_replaced() {
    let command = site();
    let file = command.folder().join("state.key");
    let copy = fs::read(&file).unwrap();
    let run = command.json(&["key", "replace"]);
    assert_eq!((run.exit, run.word("keeper")), (0, "file"));
    assert!(opens(&command));
    let record = command.json(&["audit", "list"]);
    assert_eq!((record.word("operation"), record.word("object")), ("key_replace", "file"));
    fs::write(&file, copy).unwrap();
    assert_eq!(failed(&command.json(&["person", "list"])), (4, "wrong_key"));
}

#[test]
fn a_key_is_moved_into_the_kernels_keyring_and_back() {
    let command = site();
    let moved = command.json(&["key", "move", "--to", "kernel"]);
    if failed(&moved) == (3, "no_keeper") {
        println!("skipped: no keyring of the kernel here");
        return;
    }
    assert_eq!(moved.exit, 0, "{}", moved.stdout);
    assert_eq!(command.json(&["key", "show"]).word("keeper"), "kernel");
    assert!(opens(&command));
    assert_eq!(command.json(&["key", "move", "--to", "file"]).exit, 0);
    assert_eq!(command.json(&["key", "show"]).word("keeper"), "file");
    assert!(opens(&command));
    for (keeper, code) in [("tpm", (3, "not_built")), ("host", (2, "handed_in"))] {
        assert_eq!(failed(&command.json(&["key", "move", "--to", keeper])), code);
    }
    assert!(opens(&command));
}

#[test]
fn a_lost_key_is_made_good_by_enough_shares_and_told_nowhere() {
    let command = site();
    let (exit, told) = command.make_recovery_key(&[2, 0]);
    assert_eq!((exit, &told[3]["needed"], &told[3]["set"]), (0, &2.into(), &told[0]["set"]));
    let papers = shares(&told);
    assert_eq!(papers.len(), 3);
    assert_eq!(command.json(&["key", "show"]).last()["recovery"]["set"], told[0]["set"]);

    fs::remove_file(command.folder().join("state.key")).unwrap();
    assert_eq!(failed(&command.json(&["person", "list"])), (3, "no_key"));
    let use_shares = |shares: &[&str]| command.json_fed(&["key", "recovery", "use"], shares);
    let mistyped = papers[0].replacen(|c: char| c.is_ascii_digit(), "H", 1);
    assert_eq!(failed(&use_shares(&[&mistyped, &papers[1]])), (2, "share_mistyped"));
    assert_eq!(failed(&use_shares(&[&papers[1], &papers[1]])), (2, "share_twice"));
    assert!(!opens(&command));
    let run = use_shares(&[&papers[1].to_lowercase(), &papers[2].replace('-', " ")]);
    assert_eq!((run.exit, run.word("keeper")), (0, "file"), "{}", run.stdout);
    assert!(opens(&command));

    let log = command.json(&["audit", "list"]);
    for paper in &papers {
        let tail = &paper[paper.len() - 11..];
        assert!(!log.stdout.contains(tail) && !run.stdout.contains(tail) && !run.stderr.contains(tail));
    }
}

#[test]
fn a_recovery_key_that_was_not_read_back_is_not_in_force() {
    let command = site();
    let (exit, told) = command.make_recovery_key(&[1]);
    assert_eq!((exit, told[3]["error"]["code"].as_str()), (2, Some("usage")));
    let papers = shares(&told);
    assert!(command.json(&["key", "show"]).last()["recovery"].is_null());
    let run = command.json_fed(&["key", "recovery", "use"], &[&papers[0], &papers[1]]);
    assert_eq!(failed(&run), (4, "shares_of_another_set"));
    assert!(opens(&command), "what failed changed nothing");
}
