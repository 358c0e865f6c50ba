//! People and cards, as the operator's command treats them: joiners, leavers, temporary staff, vendors, lost cards, lists.

#![cfg(test)]

use std::fs;
use std::path::PathBuf;

use mabataki_test_support::{Mabataki, Run};
use serde_json::{Value, json};

const CARD: &str = "felica:0114B34C1A2B3C4D";

fn trial() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open", "--terminal", "ward-3"]).exit, 0);
    command
}

/// A trial store with these people in it.
fn with(people: &[&str]) -> Mabataki {
    let command = trial();
    for id in people {
        done(&command, &["person", "add", id, "--name", &format!("Person {id}")]);
    }
    command
}

/// The last line of a run that must end well.
fn done(command: &Mabataki, args: &[&str]) -> Value {
    let run = command.json(args);
    assert_eq!(run.exit, 0, "{args:?}: {}{}", run.stdout, run.stderr);
    run.last().clone()
}

/// The exit status and the word of a run that must fail.
fn refused(command: &Mabataki, args: &[&str]) -> (i32, String) {
    let run = command.json(args);
    assert_ne!(run.exit, 0, "{args:?}: {}", run.stdout);
    (run.exit, run.last()["error"]["code"].as_str().unwrap_or_default().to_owned())
}

fn usage() -> (i32, String) {
    (2, "usage".to_owned())
}

/// A run in the time zone of Japan.
fn in_japan(command: &Mabataki, args: &[&str]) -> Value {
    let args = [&["--json"], args].concat();
    let output = command.command(&args).env("TZ", "JST-9").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn write(command: &Mabataki, name: &str, bytes: &[u8]) -> String {
    let path: PathBuf = command.folder().join(name);
    fs::write(&path, bytes).unwrap();
    path.display().to_string()
}

fn operations(command: &Mabataki) -> Vec<(String, Option<String>)> {
    let log = command.json(&["audit", "list"]);
    let of = |record: &Value, key: &str| record[key].as_str().map(str::to_owned);
    let all = log.lines.iter().map(|record| (of(record, "operation").unwrap(), of(record, "object")));
    // That it was read before is not what these tests are about.
    all.filter(|(operation, _)| operation != "log_read").collect()
}

fn results(run: &Run) -> Vec<(u64, String)> {
    let row = |line: &Value| Some((line["line"].as_u64()?, line["result"].as_str()?.to_owned()));
    run.lines.iter().filter_map(row).collect()
}

#[test]
fn everything_that_is_said_of_a_person_is_kept_changed_and_cleared() {
    let command = with(&["chief"]);
    let added = in_japan(
        &command,
        &[
            "person",
            "add",
            "n1",
            "--name",
            "山田 花子",
            "--reading",
            "やまだ はなこ",
            "--role",
            "nurse",
            "--account",
            "ward3",
            "--account",
            "yamada",
            "--ward",
            "er-1",
            "--valid-from",
            "2026-04-01",
            "--until",
            "2027-03-31",
        ],
    );
    for (key, value) in [
        ("reading", json!("やまだ はなこ")),
        ("accounts", json!(["ward3", "yamada"])),
        ("account", json!("ward3")),
        ("wards", json!(["er-1"])),
        ("status", json!("active")),
        ("valid_from", json!("2026-03-31T15:00:00Z")),
        ("valid_until", json!("2027-03-31T15:00:00Z")),
        ("temporary", json!(false)),
        ("vendor", json!(null)),
        ("consent", json!(null)),
        ("face_exception", json!(null)),
    ] {
        assert_eq!(added[key], value, "{key}");
    }
    let changed = done(
        &command,
        &["person", "change", "n1", "--name", "佐藤 花子", "--account", "sato", "--until", ""],
    );
    assert_eq!((&changed["name"], &changed["accounts"]), (&json!("佐藤 花子"), &json!(["sato"])));
    assert_eq!((&changed["valid_until"], &changed["role"]), (&json!(null), &json!("nurse")));
    assert_eq!(changed["valid_from"], "2026-03-31T15:00:00Z");
    let cleared = done(
        &command,
        &["person", "change", "n1", "--role", "", "--account", "", "--reading", "", "--ward", ""],
    );
    for key in ["role", "reading", "account"] {
        assert_eq!(cleared[key], json!(null), "{key}");
    }
    assert_eq!(refused(&command, &["person", "change", "nobody", "--role", "nurse"]).1, "not_found");
}

#[test]
fn people_read_about_a_person_in_their_own_language() {
    let command = with(&["chief"]);
    done(&command, &["person", "change", "chief", "--role", "nurse", "--until", "2099-03-31T12:00:00Z"]);
    done(&command, &["person", "leave", "chief"]);
    let english = command.text(&["person", "show", "chief"]).stdout;
    assert!(
        ["on leave", "role: nurse", "valid until: 2099"].iter().all(|text| english.contains(text)),
        "{english}"
    );
    let japanese = command.text(&["--lang", "ja", "person", "show", "chief"]).stdout;
    assert!(
        ["休職中", "役割: nurse", "有効期間の終了: 2099"].iter().all(|text| japanese.contains(text)),
        "{japanese}"
    );
}

#[test]
fn temporary_staff_and_vendors_have_an_end() {
    let command = with(&["chief"]);
    let add = |id: &str, more: &[&str]| command.json(&[&["person", "add", id, "--name", "A"], more].concat());
    assert_eq!(add("t1", &["--temporary"]).exit, 2);
    let added = add("t1", &["--temporary", "--until", "2099-03-31"]);
    assert_eq!((added.exit, &added.last()["temporary"]), (0, &json!(true)));
    assert_eq!(done(&command, &["person", "change", "t1", "--temporary=false"])["temporary"], json!(false));
    let vendor = ["--sponsor", "chief", "--scope", "CT scanner"];
    assert_eq!(add("v1", &vendor).exit, 2);
    assert_eq!(add("v1", &["--sponsor", "chief", "--until", "2099-03-31"]).exit, 2);
    let added = add("v1", &[&vendor[..], &["--until", "2099-03-31"]].concat());
    assert_eq!(
        added.last()["vendor"],
        json!({ "sponsor": "chief", "scope": "CT scanner" }),
        "{}",
        added.stdout
    );
    assert_eq!(refused(&command, &["person", "retire", "chief"]), (2, "sponsor".to_owned()));
    let changed = done(&command, &["person", "change", "v1", "--scope", "MRI"]);
    assert_eq!(changed["vendor"], json!({ "sponsor": "chief", "scope": "MRI" }));
    assert_eq!(done(&command, &["person", "change", "v1", "--sponsor", ""])["vendor"], json!(null));
    done(&command, &["person", "retire", "chief"]);
}

#[test]
fn a_person_goes_on_leave_comes_back_and_retires_for_good() {
    let command = with(&["n1"]);
    done(&command, &["card", "bind", "n1", "--card", CARD]);
    let status = |args: &[&str]| done(&command, args)["status"].clone();
    assert_eq!(status(&["person", "leave", "n1"]), "on_leave");
    assert_eq!(status(&["person", "leave", "n1", "--undo"]), "active");
    assert_eq!(status(&["person", "disable", "n1"]), "disabled");
    assert_eq!(status(&["person", "disable", "n1", "--undo"]), "active");
    let retired = done(&command, &["person", "retire", "n1"]);
    assert_eq!((&retired["status"], &retired["cards"]), (&json!("retired"), &json!(0)));
    assert_eq!(retired["name"], "Person n1");
    assert_eq!(refused(&command, &["person", "disable", "n1", "--undo"]), (2, "retired".to_owned()));
    assert_eq!(refused(&command, &["person", "add", "n1", "--name", "B"]), (2, "exists".to_owned()));
    assert_eq!(refused(&command, &["card", "bind", "n1", "--card", CARD]), (2, "retired".to_owned()));
    let names: Vec<String> = operations(&command).into_iter().map(|(operation, _)| operation).collect();
    let expected = ["person_leave", "person_enable", "person_disable", "person_enable", "person_retire"];
    assert!(names.windows(5).any(|part| part == expected), "{names:?}");
}

#[test]
fn an_exception_from_the_face_and_a_consent_are_noted_and_taken_back() {
    let command = with(&["n1"]);
    let excepted =
        in_japan(&command, &["person", "except", "n1", "--reason", "眼帯", "--until", "2099-12-31"]);
    assert_eq!(excepted["face_exception"], json!({ "reason": "眼帯", "until": "2099-12-31T15:00:00Z" }));
    assert_eq!(done(&command, &["person", "except", "n1", "--end"])["face_exception"], json!(null));
    let past = ["person", "except", "n1", "--reason", "x", "--until", "2020-01-01"];
    assert_eq!(refused(&command, &past), (2, "invalid".to_owned()));
    let agreed = done(&command, &["person", "consent", "n1", "--form", "v2", "--date", "2026-04-01"]);
    assert_eq!(agreed["consent"], json!({ "date": "2026-04-01", "version": "v2" }));
    let today = done(&command, &["person", "consent", "n1", "--form", "v3"]);
    assert_eq!(today["consent"]["version"], "v3");
    assert_eq!(done(&command, &["person", "consent", "n1", "--withdraw"])["consent"], json!(null));
    let log = command.json(&["audit", "list"]);
    let reasons: Vec<_> = log.lines.iter().filter_map(|record| record["reason"].as_str()).collect();
    assert!(
        reasons.starts_with(&["face_exception", "face_exception_end", "invalid", "consent"]),
        "{reasons:?}"
    );
}

#[test]
fn what_does_not_go_together_on_the_command_line_is_a_usage_error() {
    let command = with(&["n1"]);
    for args in [
        &["person", "disable"][..],
        &["person", "disable", "n1", "--from", "x.csv"],
        &["person", "disable", "n1", "--dry-run"],
        &["person", "except", "n1"],
        &["person", "except", "n1", "--reason", "x"],
        &["person", "except", "n1", "--until", "2099-01-01"],
        &["person", "consent", "n1"],
        &["person", "consent", "n1", "--form", "v1", "--date", "soon"],
        &["person", "change", "n1", "--until", "soon"],
        &["person", "import"],
        &["person", "import", "/nowhere.csv"],
        &["card", "bind", "n1", "--card", CARD, "--temporary"],
        &["card", "bind", "n1", "--card", CARD, "--until", "2026-02-30"],
    ] {
        assert_eq!(refused(&command, args), usage(), "{args:?}");
    }
}

#[test]
fn a_card_is_lost_found_returned_and_bound_anew_without_being_at_hand() {
    let command = with(&["n1", "n2"]);
    let bound = done(&command, &["card", "bind", "n1", "--card", CARD, "--label", "職員証"]);
    let handle = bound["handle"].as_str().unwrap();
    assert_eq!((&bound["people"], &bound["person"]), (&json!(["n1"]), &json!("n1")));
    for (word, status) in
        [("lost", "lost"), ("restore", "active"), ("suspend", "suspended"), ("return", "returned")]
    {
        let card = done(&command, &["card", word, handle]);
        assert_eq!((&card["status"], &card["label"]), (&json!(status), &json!("職員証")));
    }
    assert_eq!(refused(&command, &["card", "restore", handle]), (2, "card_returned".to_owned()));
    assert_eq!(refused(&command, &["card", "bind", "n2", "--card", CARD]), (2, "card_bound".to_owned()));
    done(&command, &["card", "remove", handle]);
    done(&command, &["card", "bind", "n2", "--card", CARD]);
    assert_eq!(refused(&command, &["card", "lost", handle]), (2, "not_found".to_owned()));
}

#[test]
fn a_temporary_card_says_until_when() {
    let command = with(&["n1"]);
    let bind = [
        "card",
        "bind",
        "n1",
        "--card",
        CARD,
        "--temporary",
        "--until",
        "2099-04-01",
        "--valid-from",
        "2026-04-01",
    ];
    let card = in_japan(&command, &bind);
    assert_eq!(card["status"], "temporary");
    assert_eq!(
        (&card["valid_from"], &card["valid_until"]),
        (&json!("2026-03-31T15:00:00Z"), &json!("2099-04-01T15:00:00Z"))
    );
    let past = ["card", "bind", "n1", "--card", "felica:0114B34C1A2B3C4E", "--until", "2020-01-01"];
    assert_eq!(refused(&command, &past), (2, "invalid".to_owned()));
}

#[test]
fn a_department_card_is_shared_and_goes_on_without_those_who_leave() {
    let command = with(&["n1", "n2", "n3"]);
    let bound = done(&command, &["card", "bind", "n1", "--card", CARD, "--label", "ward 3"]);
    let handle = bound["handle"].as_str().unwrap();
    done(&command, &["card", "share", handle, "n2"]);
    assert_eq!(done(&command, &["card", "share", handle, "n3"])["people"], json!(["n1", "n2", "n3"]));
    assert_eq!(done(&command, &["card", "unshare", handle, "n2"])["people"], json!(["n1", "n3"]));
    done(&command, &["person", "remove", "n1"]);
    let left = command.json(&["card", "list"]);
    assert_eq!((left.lines.len(), &left.last()["people"]), (1, &json!(["n3"])));
    assert_eq!(refused(&command, &["card", "unshare", handle, "n3"]), (2, "invalid".to_owned()));
    assert_eq!(done(&command, &["person", "show", "n3"])["cards"], 1);
}

#[test]
fn a_removed_person_leaves_a_receipt_that_names_the_record_in_the_log() {
    let command = with(&["n1", "n2"]);
    done(&command, &["card", "bind", "n1", "--card", CARD]);
    let receipt = done(&command, &["person", "remove", "n1"]);
    assert_eq!(
        (&receipt["id"], &receipt["removed"], &receipt["wiped"]),
        (&json!("n1"), &json!(true), &json!(true))
    );
    let what: Vec<_> =
        receipt["rows"].as_array().unwrap().iter().map(|row| row["what"].as_str().unwrap()).collect();
    assert_eq!(what, ["person", "card"]);
    let digest = receipt["rows"][0]["sha256"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    let record = command.json(&["audit", "list"]).last().clone();
    assert_eq!((&record["seq"], &record["operation"]), (&receipt["seq"], &json!("person_remove")));
    let text = command.text(&["--lang", "ja", "person", "remove", "n2"]).stdout;
    assert!(text.contains("n2 を消去しました") && text.contains("sha256:"), "{text}");
}

#[test]
fn a_list_is_tried_refused_mended_and_taken_in() {
    let command = with(&["old"]);
    let list = "id,name,role,accounts,wards,valid_until\n\
        old,Person old,,,,\n\
        n1,山田 花子,nurse,ward3;yamada,er-1; icu,2099-03-31\n\
        n2,佐藤 一郎,nurse,,,soon\n";
    let file = write(&command, "staff.csv", list.as_bytes());
    let before = operations(&command).len();
    let tried = command.json(&["person", "import", &file, "--dry-run"]);
    let expected =
        [(2, "unchanged"), (3, "added"), (4, "refused")].map(|(line, word)| (line, word.to_owned()));
    assert_eq!((tried.exit, results(&tried)), (4, expected.to_vec()), "{}", tried.stdout);
    assert!(
        tried.lines[2]["why"].as_str().is_some_and(|why| why.contains("valid_until")),
        "{}",
        tried.stdout
    );
    assert_eq!(operations(&command).len(), before, "a trial leaves no record");
    let whole = command.json(&["person", "import", &file]);
    assert_eq!((whole.exit, results(&whole)), (4, expected.to_vec()));
    assert_eq!((&whole.last()["taken"], &whole.last()["refused"]), (&json!(false), &json!(1)));
    assert_eq!(command.json(&["person", "list"]).lines.len(), 1);

    let mended = list.replace("soon", "2099-03-31");
    let (shift_jis, _, lossy) = encoding_rs::SHIFT_JIS.encode(&mended);
    assert!(!lossy);
    let file = write(&command, "mended.csv", &shift_jis);
    let taken = command.json(&["person", "import", &file]);
    assert_eq!(taken.exit, 0, "{}", taken.stdout);
    let counts =
        ["taken", "dry_run", "added", "changed", "unchanged", "refused"].map(|key| taken.last()[key].clone());
    assert_eq!(counts, [json!(true), json!(false), json!(2), json!(0), json!(1), json!(0)]);
    let person = done(&command, &["person", "show", "n1"]);
    assert_eq!((&person["name"], &person["accounts"]), (&json!("山田 花子"), &json!(["ward3", "yamada"])));
    assert_eq!(person["wards"], json!(["er-1", "icu"]));
    let log = operations(&command);
    let list_record = taken.last()["sha256"].as_str().map(str::to_owned);
    let expected = [
        ("person_add", Some("n1".to_owned())),
        ("person_add", Some("n2".to_owned())),
        ("person_list", list_record),
    ];
    assert_eq!(log[log.len() - 3..], expected.map(|(operation, object)| (operation.to_owned(), object)));
}

#[test]
fn a_file_that_is_no_list_is_refused_as_data() {
    let command = trial();
    for (name, bytes) in [
        ("empty.csv", &b""[..]),
        ("typo.csv", b"id,nmae\nn1,A\n"),
        ("picture.csv", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"),
        ("no-id.csv", b"name\nA\n"),
    ] {
        let file = write(&command, name, bytes);
        assert_eq!(refused(&command, &["person", "import", &file]), (4, "bad_list".to_owned()), "{name}");
    }
}

#[test]
fn leavers_are_disabled_from_a_list_all_or_none() {
    let command = with(&["n1", "n2", "n3"]);
    let wrong = write(&command, "wrong.csv", b"id\nn1\nn9\n");
    let run = command.json(&["person", "disable", "--from", &wrong]);
    assert_eq!((run.exit, &run.last()["taken"]), (4, &json!(false)), "{}", run.stdout);
    assert_eq!(done(&command, &["person", "show", "n1"])["status"], "active");
    let right = write(&command, "right.csv", b"\xef\xbb\xbfid\r\nn1\r\nn2\r\n");
    let tried = done(&command, &["person", "disable", "--from", &right, "--dry-run"]);
    assert_eq!((&tried["disabled"], &tried["taken"]), (&json!(2), &json!(false)));
    assert_eq!(done(&command, &["person", "disable", "--from", &right])["disabled"], 2);
    let people = command.json(&["person", "list"]);
    let status: Vec<_> = people.lines.iter().map(|person| person["status"].as_str().unwrap()).collect();
    assert_eq!(status, ["disabled", "disabled", "active"]);
    let text = command.text(&["--lang", "ja", "person", "disable", "--from", &wrong]).stdout;
    assert!(text.contains("拒否") && text.contains("何も取り込んでいません"), "{text}");
}

#[test]
fn who_was_added_today_is_not_dormant_and_who_never_came_is_after_no_time() {
    let command = with(&["n1", "n2"]);
    done(&command, &["person", "disable", "n2"]);
    assert!(command.json(&["person", "dormant"]).lines.is_empty());
    let dormant = command.json(&["person", "dormant", "--days", "0"]);
    assert_eq!((dormant.lines.len(), dormant.word("id")), (1, "n1"));
    assert_eq!(dormant.last()["last_granted"], json!(null));
}

#[test]
fn every_command_explains_itself() {
    let command = Mabataki::new();
    for family in ["person", "card"] {
        let help = command.text(&[family, "--help"]);
        let listed =
            help.stdout.split("Commands:").nth(1).and_then(|rest| rest.split("Options:").next()).unwrap();
        let names: Vec<&str> = listed
            .lines()
            .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
            .filter_map(|line| line.split_whitespace().next())
            .filter(|name| *name != "help")
            .collect();
        assert!(names.len() > 9, "{names:?}");
        for name in names {
            let run = command.text(&[family, name, "--help"]);
            assert_eq!(run.exit, 0, "{family} {name}");
            assert!(run.stdout.contains("Usage: mabataki"), "{}", run.stdout);
        }
    }
}
