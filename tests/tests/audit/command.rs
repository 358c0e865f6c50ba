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
    assert_eq!(command.json(&["audit", "list", "--after", "4"]).word("operation"), "log_sign");
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
        assert_eq!(archived.last()["archived"]["last"], 5, "{}", archived.stdout);
        let rest = command.json(&["audit", "verify", "--public-key", key]);
        assert_eq!((rest.exit, &rest.last()["archived"]), (0, &5.into()), "{}", rest.stdout);
        archives.push(out.to_owned());
    }
    let (command, _) = &sites[0];
    let merged = command.folder().join("merged.jsonl");
    let merged = merged.to_str().unwrap();
    let lines = command.json(&["audit", "merge", &archives[0], &archives[1], "--out", merged]);
    assert_eq!(lines.last()["lines"], 14, "{}", lines.stdout);
    let keys = ["--public-key", &sites[0].1, "--public-key", &sites[1].1];
    let verify = |file: &str| command.json(&[&["audit", "verify", file][..], &keys].concat());
    let both = verify(merged);
    assert_eq!((both.exit, both.lines.len()), (0, 2), "{}", both.stdout);
    assert!(both.lines.iter().all(|found| found["ok"] == true && found["records"] == 5));
    // A line that is taken out is missed in its own log, and the other stays good.
    let text = fs::read_to_string(merged).unwrap();
    let second = text.lines().filter(|line| line.contains("\"object\":\"p1\"")).nth(1).unwrap();
    fs::write(merged, text.replace(&format!("{second}\n"), "")).unwrap();
    let both = verify(merged);
    let bad: Vec<_> = both.lines.iter().filter(|found| found["ok"] == false).collect();
    assert_eq!((both.exit, bad.len()), (4, 1), "{}", both.stdout);
    assert_eq!((&bad[0]["what"], &bad[0]["first_bad"]), (&"removed".into(), &2.into()));
}

/// A store whose first records were moved into an archive, the key of its log, the archive, and the last record in it.
fn archived() -> (Mabataki, String, String, u64) {
    let (command, key) = trial();
    // Two checkpoints, so that the archive can be cut between them.
    for id in ["p4", "p5"] {
        assert_eq!(command.json(&["audit", "checkpoint"]).exit, 0);
        assert_eq!(command.json(&["person", "add", id, "--name", "Somebody"]).exit, 0);
    }
    let archive = command.folder().join("archive.jsonl").to_str().unwrap().to_owned();
    let made = command.json(&["audit", "archive", "--out", &archive, "--until", "2100-01-01"]);
    let last = made.last()["archived"]["last"].as_u64().unwrap();
    assert_eq!(made.last()["archived"]["sha256"].as_str().unwrap().len(), 64, "{}", made.stdout);
    (command, key, archive, last)
}

/// A copy of an archive without what `gone` picks of its lines.
fn cut(archive: &str, gone: impl Fn(&Value) -> bool) -> String {
    let text = fs::read_to_string(archive).unwrap();
    let stay = text.lines().filter(|line| !gone(&serde_json::from_str(line).unwrap()));
    let stay: String = stay.map(|line| format!("{line}\n")).collect();
    let path = archive.replace("archive.jsonl", "cut.jsonl");
    fs::write(&path, stay).unwrap();
    path
}

#[test]
fn an_archive_of_which_a_part_was_removed_is_not_good_alone_nor_beside_the_store() {
    let (command, key, archive, last) = archived();
    let state = command.state().to_str().unwrap().to_owned();
    let verify =
        |args: &[&str]| command.json(&[&["audit", "verify", "--public-key", &key][..], args].concat());
    let finding = |args: &[&str]| {
        let run = verify(args);
        (run.exit, run.last()["first_bad"].as_u64(), run.last()["what"].as_str().map(str::to_owned))
    };
    let (removed, cut_off) = ("removed", "cut");
    let bad = |record, what: &str| (4, Some(record), Some(what.to_owned()));
    let good = (0, None, None);
    assert_eq!(finding(&[&archive]), good);
    assert_eq!(finding(&[&archive, &state]), good);
    // Its beginning, with the checkpoints left: whether up to a checkpoint or between two.
    for end in [2, 5, last] {
        let beginning = cut(&archive, |line| line["seq"].as_u64().is_some_and(|seq| seq <= end));
        let alone = if end == last { cut_off } else { removed };
        assert_eq!(finding(&[&beginning]), bad(1, alone), "up to {end}");
        assert_eq!(finding(&[&beginning, &state]), bad(1, removed), "up to {end}");
    }
    // Its end: up to a checkpoint, which no file tells by itself, and between two.
    let tail = cut(&archive, |line| line["checkpoint"] == 3 || line["seq"].as_u64() > Some(5));
    assert_eq!(finding(&[&tail, &state]), bad(6, removed));
    let beside = state.clone() + ".witness/checkpoints";
    assert_eq!(finding(&["--whole", "--checkpoints", &beside, &tail]), bad(6, cut_off));
    let tail = cut(&archive, |line| line["checkpoint"] == 3 || line["seq"].as_u64() > Some(6));
    assert_eq!(finding(&[&tail]), bad(7, cut_off));
}

#[test]
fn what_lies_in_an_archive_that_was_not_looked_at_is_told_and_with_whole_it_is_missing() {
    let (command, key, archive, last) = archived();
    let state = command.state().to_str().unwrap().to_owned();
    let verify = ["audit", "verify", "--public-key", &key];
    for (lang, told) in [("en", format!("records 1 to {last}")), ("ja", format!("記録 1 から {last} まで"))]
    {
        let alone = command.text(&[&["--lang", lang][..], &verify, &[state.as_str()]].concat());
        assert_eq!(alone.exit, 0);
        assert!(alone.stdout.contains(&told), "{}", alone.stdout);
        assert!(!alone.stdout.contains("good") && !alone.stdout.contains("正常"), "{}", alone.stdout);
        let both = command.text(&[&["--lang", lang][..], &verify, &[archive.as_str(), &state]].concat());
        assert!(both.stdout.contains("good") || both.stdout.contains("正常"), "{}", both.stdout);
    }
    let whole = |files: &[&str]| command.json(&[&verify[..], &["--whole"], files].concat());
    assert_eq!(whole(&[&archive, &state]).exit, 0);
    let alone = whole(&[&state]);
    assert_eq!((alone.exit, &alone.last()["first_bad"]), (4, &1.into()), "{}", alone.stdout);
    // The same records, but not the file that was written.
    let text = fs::read_to_string(&archive).unwrap();
    fs::write(&archive, text.replace("\n{", "\n {")).unwrap();
    let other = whole(&[&archive, &state]);
    let found = ["what", "table"].map(|key| other.word(key));
    assert_eq!((other.exit, found), (4, ["other_archive", "archive"]), "{}", other.stdout);
}

#[test]
fn whoever_lists_the_log_stands_in_it() {
    let (command, _) = trial();
    assert_eq!(command.json(&["audit", "list", "--after", "2", "--limit", "1"]).lines.len(), 1);
    assert!(command.json(&["audit", "list", "--after", "5"]).lines.is_empty());
    let log = command.json(&["audit", "list", "--after", "4"]);
    let told: Vec<_> = log.lines.iter().map(|line| (&line["operation"], &line["object"])).collect();
    assert_eq!(told, [(&"log_read".into(), &"3-3".into())]);
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
