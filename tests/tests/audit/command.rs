//! What an operator and an inspector do with the command.

use std::fs;

use mabataki_test_support::Mabataki;
use pretty_assertions::assert_eq;
use serde_json::Value;

/// A store for trials with some records, and the key that `init` showed.
fn trial() -> (Mabataki, String) {
    let command = Mabataki::new();
    let made = command.json(&["init", "--open", "--terminal", "ward3-a"]);
    assert_eq!(made.exit, 0, "{}", made.stderr);
    let key = made.word("public_key").to_owned();
    for id in ["p1", "p2", "p3"] {
        assert_eq!(command.json(&["person", "add", id, "--name", "Somebody"]).exit, 0);
    }
    (command, key)
}

fn tamper(command: &Mabataki, sql: &str) {
    let database = rusqlite::Connection::open(command.state().join("store.sqlite")).unwrap();
    let guard: String = database
        .query_row("SELECT sql FROM sqlite_schema WHERE name = 'log_is_not_changed'", [], |row| row.get(0))
        .unwrap();
    database.execute_batch(&format!("DROP TRIGGER log_is_not_changed; {sql}; {guard}")).unwrap();
}

#[test]
fn the_key_that_init_showed_verifies_the_log_without_the_store_key() {
    let (command, key) = trial();
    assert_eq!(command.json(&["audit", "public-key"]).word("public_key"), key);
    fs::remove_file(command.folder().join("state.key")).unwrap();
    let verified = command.json(&["audit", "verify", "--public-key", &key]);
    assert_eq!(verified.exit, 0, "{}", verified.stdout);
    let found = verified.last();
    assert_eq!(
        (&found["ok"], &found["records"], &found["terminal"]),
        (&true.into(), &4.into(), &"ward3-a".into())
    );
    assert_eq!(
        (&found["first_bad"], &found["what"], &found["table"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );
    assert_eq!(found["unprotected"]["records"], 3);
    assert!(found["unprotected"]["seconds"].is_u64());
    let text = command.text(&["audit", "verify"]);
    assert!(
        text.stdout.contains("good") && text.stderr.contains("No public key"),
        "{}{}",
        text.stdout,
        text.stderr
    );
    let other = "00".repeat(32);
    let refused = command.json(&["audit", "verify", "--public-key", &other]);
    assert_eq!((refused.exit, refused.word("what"), refused.word("table")), (4, "unknown_key", "checkpoint"));
}

#[test]
fn a_record_that_was_changed_is_named_and_the_command_ends_with_4() {
    let (command, key) = trial();
    let code = command.json(&["audit", "checkpoint"]).word("code").to_owned();
    assert_eq!(command.json(&["audit", "code"]).word("code"), code);
    assert_eq!(command.json(&["audit", "verify", "--public-key", &key, "--code", &code]).exit, 0);
    tamper(&command, "UPDATE log SET object = 'p9' WHERE seq = 3");
    let verified = command.json(&["audit", "verify", "--public-key", &key]);
    let found = verified.last();
    assert_eq!(verified.exit, 4);
    assert_eq!((&found["ok"], &found["first_bad"]), (&false.into(), &3.into()));
    assert_eq!((&found["what"], &found["table"]), (&"changed".into(), &"log".into()));
    let text = command.text(&["--lang", "ja", "audit", "verify", "--public-key", &key]);
    assert!(text.stdout.contains("異常 記録 3"), "{}", text.stdout);
}

#[test]
fn logs_of_two_terminals_are_archived_merged_and_verified_together() {
    let sites = [trial(), trial()];
    let mut archives = Vec::new();
    for (command, key) in &sites {
        assert_eq!(command.json(&["audit", "checkpoint"]).exit, 0);
        assert_eq!(command.json(&["person", "add", "p4", "--name", "Somebody"]).exit, 0);
        let path = command.folder().join("archive.jsonl");
        let out = path.to_str().unwrap();
        let archived = command.json(&["audit", "archive", "--out", out, "--until", "2100-01-01"]);
        assert_eq!(archived.last()["archived"]["last"], 4, "{}", archived.stdout);
        let rest = command.json(&["audit", "verify", "--public-key", key]);
        assert_eq!((rest.exit, &rest.last()["archived"]), (0, &4.into()), "{}", rest.stdout);
        archives.push(out.to_owned());
    }
    let (command, _) = &sites[0];
    let merged = command.folder().join("merged.jsonl");
    let merged = merged.to_str().unwrap();
    let lines = command.json(&["audit", "merge", &archives[0], &archives[1], "--out", merged]);
    assert_eq!(lines.last()["lines"], 12, "{}", lines.stdout);
    let keys = ["--public-key", &sites[0].1, "--public-key", &sites[1].1];
    let verify = |file: &str| command.json(&[&["audit", "verify", file][..], &keys].concat());
    let both = verify(merged);
    assert_eq!((both.exit, both.lines.len()), (0, 2), "{}", both.stdout);
    assert!(both.lines.iter().all(|found| found["ok"] == true && found["records"] == 4));
    // A line that is taken out is missed in its own log, and the other stays good.
    let text = fs::read_to_string(merged).unwrap();
    let second = text.lines().filter(|line| line.contains("\"object\":\"p1\"")).nth(1).unwrap();
    fs::write(merged, text.replace(&format!("{second}\n"), "")).unwrap();
    let both = verify(merged);
    let bad: Vec<_> = both.lines.iter().filter(|found| found["ok"] == false).collect();
    assert_eq!((both.exit, bad.len()), (4, 1), "{}", both.stdout);
    assert_eq!((&bad[0]["what"], &bad[0]["first_bad"]), (&"removed".into(), &2.into()));
}

#[test]
fn what_is_no_log_is_told_with_its_line() {
    let (command, _) = trial();
    let path = command.folder().join("list.csv");
    fs::write(&path, "a;b;c\n").unwrap();
    let path = path.to_str().unwrap();
    let refused = command.json(&["audit", "verify", path]);
    assert_eq!(refused.last()["error"]["code"], "bad_log", "{}", refused.stdout);
    assert!(refused.stderr.contains("line 1"), "{}", refused.stderr);
}
