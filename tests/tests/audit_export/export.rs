//! `audit export`.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use mabataki_engine::audit::export::unguarded;
use mabataki_models::Digest;
use mabataki_test_support::Mabataki;
use serde_json::Value;

use crate::support::{FORMULA, SEPARATORS, ends, path, ward};

/// The rows of a table as the names in them were, headers first.
fn rows(text: &str) -> Vec<Vec<String>> {
    let text = text.strip_prefix('\u{feff}').expect("a byte-order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(|cell| unguarded(cell).to_owned()).collect()).collect()
}

#[test]
fn the_log_comes_out_as_a_table_that_only_its_owner_may_read() {
    let command = ward();
    let file = path(&command, "log.csv");
    let run = command.json(&["--lang", "ja", "audit", "export", "--format", "csv", "--out", &file]);
    ends(&run, 0);
    let bytes = fs::read(&file).unwrap();
    assert_eq!(run.word("sha256"), Digest::of(&bytes).to_string());
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let rows = rows(&String::from_utf8(bytes).unwrap());
    assert_eq!(rows[0][..5], ["利用者ID", "氏名", "時刻", "カテゴリ", "操作情報"]);
    assert_eq!(run.last()["rows"], rows.len() as u64 - 1);
    let seq = rows[0].iter().position(|header| header == "通し番号").unwrap();
    assert_eq!(rows.last().unwrap()[seq], run.last()["seq"].to_string(), "its own record is the last");
    let of = |id: &str, what: &str| {
        rows.iter()
            .filter(|row| row[0] == id && row[4].starts_with(what))
            .map(|row| row[1].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("nurse01", "認証: 許可"), [FORMULA]);
    assert_eq!(of("nurse01", "認証: 拒否"), [FORMULA]);
    assert_eq!(of("nurse02", "認証: 許可"), [SEPARATORS]);
    assert_eq!(of("", "認証: 拒否（登録されていないカードです。）"), [""]);

    let again = command.json(&["audit", "export", "--format", "csv", "--out", &file]);
    ends(&again, 2);
    assert_eq!(rows.len() as u64, run.last()["rows"].as_u64().unwrap() + 1, "what is there stays");
}

#[test]
fn the_lines_are_those_of_the_list_with_what_verifies_them() {
    let command = ward();
    let exported = command.text(&["audit", "export", "--format", "jsonl"]);
    ends(&exported, 0);
    let listed = command.json(&["audit", "list"]);
    let lines = exported.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (checkpoints, lines): (Vec<Value>, Vec<Value>) = lines.partition(|line| line["checkpoint"].is_u64());
    assert!(!checkpoints.is_empty());
    assert_eq!((lines.len(), &listed.last()["operation"]), (listed.lines.len(), &"log_export".into()));
    for (line, listed) in lines.iter().zip(&listed.lines) {
        for (key, value) in listed.as_object().unwrap() {
            assert_eq!(&line[key], value, "{key}");
        }
        for key in ["log", "mac", "link"] {
            assert!(line[key].is_string(), "{key}: {line}");
        }
    }
}

#[test]
fn an_inspector_verifies_the_lines_with_the_public_key_and_nothing_else() {
    let command = ward();
    let key = command.json(&["audit", "public-key"]).word("public_key").to_owned();
    let file = path(&command, "log.jsonl");
    let made = command.json(&["audit", "export", "--format", "jsonl", "--out", &file]);
    assert_eq!((made.exit, &made.last()["verifiable"]), (0, &true.into()), "{}", made.stdout);
    let elsewhere = Mabataki::new();
    let verify = || elsewhere.json(&["audit", "verify", &file, "--public-key", &key]);
    let good = verify();
    assert_eq!((good.exit, &good.last()["records"]), (0, &made.last()["rows"]), "{}", good.stdout);
    assert_eq!(good.last()["unprotected"]["records"], 0);
    let text = fs::read_to_string(&file).unwrap();
    let changed = text.lines().find(|line| line.contains("\"outcome\":\"denied\"")).unwrap();
    let seq = serde_json::from_str::<Value>(changed).unwrap()["seq"].clone();
    fs::write(&file, text.replace(changed, &changed.replace("denied", "granted"))).unwrap();
    let found = verify();
    assert_eq!((found.exit, &found.last()["first_bad"], found.word("what")), (4, &seq, "changed"));
}

#[test]
fn lines_of_some_days_say_that_they_cannot_be_verified_as_a_whole() {
    let command = ward();
    let few = path(&command, "few.jsonl");
    let days = ["audit", "export", "--format", "jsonl", "--from", "2026-01-01", "--out"];
    let made = command.json(&[&days[..], &[&few]].concat());
    assert_eq!((made.exit, &made.last()["verifiable"]), (0, &false.into()), "{}", made.stdout);
    assert!(made.stderr.contains("--whole"), "{}", made.stderr);
    let whole = path(&command, "whole.jsonl");
    let made = command.json(&[&days[..], &[&whole, "--whole"]].concat());
    assert_eq!((made.exit, &made.last()["verifiable"]), (0, &true.into()), "{}", made.stdout);
    assert_eq!(command.json(&["audit", "verify", &few]).word("what"), "not_covered");
    assert_eq!(command.json(&["audit", "verify", &whole]).exit, 0);
}

#[test]
fn a_day_without_records_gives_a_table_without_rows() {
    let command = ward();
    let args =
        ["--lang", "en", "audit", "export", "--format", "csv", "--from", "2020-01-01", "--to", "2020-01-31"];
    let run = command.text(&args);
    ends(&run, 0);
    assert_eq!((rows(&run.stdout).len(), run.stdout.contains("\"User ID\"")), (1, true));
    let backwards = ["audit", "export", "--format", "csv", "--from", "2020-01-31", "--to", "2020-01-01"];
    let run = command.json(&backwards);
    assert_eq!((run.exit, &run.last()["error"]["code"]), (2, &"invalid".into()));
}

#[test]
fn every_access_is_a_row_of_its_own() {
    let command = ward();
    let session = command.json(&["grant", "list"]).word("session").to_owned();
    ends(&command.json(&["grant", "end", &session]), 0);
    let run = command.text(&["--lang", "ja", "audit", "export", "--format", "csv", "--of", "access-times"]);
    ends(&run, 0);
    let rows = rows(&run.stdout);
    assert_eq!((rows.len(), rows[0][4].as_str()), (3, "アクセス時間(秒)"));
    let ended: Vec<_> = rows.iter().filter(|row| row[5] == "管理者が終了しました。").collect();
    assert_eq!((ended.len(), &ended[0][11]), (1, &session));
    assert!(ended[0][4].parse::<u64>().is_ok_and(|seconds| seconds < 600));
    assert_eq!(rows.iter().filter(|row| row[3].is_empty()).count(), 1, "one is still open");
}

#[test]
fn a_folder_that_is_not_there_is_told_and_nothing_is_left_behind() {
    let command = ward();
    let file = path(&command, "nowhere/log.csv");
    let run = command.json(&["audit", "export", "--format", "csv", "--out", &file]);
    ends(&run, 3);
    assert!(!fs::exists(&file).unwrap());
}
