//! Two terminals pair, rotate their keys, and part.

use pretty_assertions::assert_eq;
use serde_json::{Value, json};

use crate::site::{PASSWORD, administered, change, ends, fails, introduction, path, terminal};

const ADMIN: [&str; 2] = ["--admin", "boss"];

#[test]
fn two_terminals_pair_by_files_and_fingerprints_each_for_what_goes_its_way() {
    let (centre, ward) = (administered("centre"), administered("ward3-a"));
    let (from_centre, heard_from_centre) = introduction(&centre, "centre.json");
    let (from_ward, heard_from_ward) = introduction(&ward, "ward.json");
    let takes = ["--take-ward", "ward3", "--take-application", "charts", "--take-policy"];
    let pair = [&ADMIN[..], &["terminal", "pair", &from_centre], &takes].concat();
    // People type it as they hear it.
    let typed = heard_from_centre.to_lowercase().replace('-', " ");
    let paired = ward.json_fed(&pair, &[PASSWORD, &typed]);
    ends(&paired, 0);
    let scope = json!({
        "wards": ["ward3"], "applications": ["charts"], "policy": true, "administrators": false,
    });
    assert_eq!((paired.word("terminal"), &paired.last()["takes"]), ("centre", &scope));
    assert_eq!((&paired.last()["sends"], paired.word("by")), (&Value::Null, "boss"));
    let sends = ["--fingerprint", &heard_from_ward, "--send-ward", "*", "--send-policy"];
    let pair = [&ADMIN[..], &["terminal", "pair", &from_ward], &sends].concat();
    ends(&centre.json_fed(&pair, &[PASSWORD]), 0);

    let list = centre.json_fed(&[&ADMIN[..], &["terminal", "list"]].concat(), &[PASSWORD]);
    assert_eq!((list.lines.len(), list.word("terminal")), (1, "ward3-a"));
    assert_eq!(list.word("fingerprint"), heard_from_ward);
    fails(&centre.json(&["terminal", "list"]), 1, "no_right");
    let log = ward.json_fed(&[&ADMIN[..], &["audit", "list"]].concat(), &[PASSWORD]);
    let record = log.lines.iter().find(|line| line["operation"] == "terminal_pair").unwrap();
    assert_eq!((&record["object"], &record["subject"]), (&"centre".into(), &"boss".into()));
}

#[test]
fn a_file_that_was_exchanged_on_its_way_is_found_out_by_the_fingerprint_which_is_not_shown() {
    let (centre, forger, ward) = (terminal("centre"), terminal("centre"), terminal("ward3-a"));
    let (_, heard) = introduction(&centre, "centre.json");
    let (forged, forged_fingerprint) = introduction(&forger, "centre.json");
    let run = ward.json_fed(&["terminal", "pair", &forged, "--take-ward", "*"], &[&heard]);
    fails(&run, 1, "other_fingerprint");
    assert!(!run.stdout.contains(&forged_fingerprint) && !run.stderr.contains(&forged_fingerprint));
    ends(&ward.json(&["terminal", "list"]), 0);
    assert_eq!(ward.json(&["terminal", "list"]).stdout, "");
    let run = ward.json_fed(&["terminal", "pair", &forged, "--take-ward", "*"], &["7KQM3-W9XHT"]);
    fails(&run, 2, "fingerprint_mistyped");
}

#[test]
fn a_file_that_was_changed_or_is_none_is_refused_and_nothing_is_asked() {
    let (centre, ward) = (terminal("centre"), terminal("ward3-a"));
    let (file, heard) = introduction(&centre, "centre.json");
    let pair = ["terminal", "pair", &file, "--fingerprint", &heard, "--take-ward", "*"];
    change(&file, |text| text.replacen("\"terminal\":\"centre\"", "\"terminal\":\"centra\"", 1));
    fails(&ward.json(&pair), 4, "introduction_signature");
    change(&file, |text| text.repeat(100));
    fails(&ward.json(&pair), 4, "not_an_introduction");
    fails(&ward.json(&["terminal", "pair", &path(&ward, "none"), "--take-ward", "*"]), 3, "io");
    let own = introduction(&ward, "own.json").0;
    let run = ward.json(&["terminal", "pair", &own, "--fingerprint", &heard, "--take-ward", "*"]);
    fails(&run, 1, "other_fingerprint");
    let (file, heard) = introduction(&centre, "again.json");
    fails(&ward.json(&["terminal", "pair", &file, "--fingerprint", &heard]), 2, "pairing_for_nothing");
    let run = ward.json(&["terminal", "pair", &file, "--fingerprint", &heard, "--take-ward", "a b"]);
    fails(&run, 2, "bad_scope");
    let again = centre.json(&["terminal", "show", "--out", &file]);
    fails(&again, 2, "usage");
}

#[test]
fn rotated_keys_are_renewed_by_the_file_alone_and_a_terminal_that_was_parted_from_stays_out() {
    let (centre, ward) = (terminal("centre"), terminal("ward3-a"));
    let (first, heard) = introduction(&centre, "centre.json");
    let pair = ["terminal", "pair", &first, "--fingerprint", &heard, "--take-ward", "*"];
    ends(&ward.json(&pair), 0);
    let [second, third] = ["second.json", "third.json"].map(|file| path(&centre, file));
    ends(&centre.json(&["terminal", "rotate", "--out", &second]), 0);
    let rotated = centre.json(&["terminal", "rotate", "--out", &third]);
    assert_eq!((rotated.exit, &rotated.last()["number"]), (0, &3.into()));
    let renewed = ward.json(&["terminal", "renew", &third]);
    assert_eq!((renewed.exit, &renewed.last()["number"]), (0, &3.into()), "{}", renewed.stdout);
    assert_eq!(renewed.word("fingerprint"), rotated.word("fingerprint"));
    fails(&ward.json(&["terminal", "renew", &second]), 4, "not_a_successor");
    let text = ward.text(&["terminal", "list"]).stdout;
    assert!(text.contains("key pair 3") && text.contains("may be taken: people of *"), "{text}");
    let text = ward.text(&["--lang", "ja", "terminal", "list"]).stdout;
    assert!(text.contains("受け取れるもの: 病棟 *") && text.contains("送信できるもの: なし"), "{text}");

    ends(&ward.json(&["terminal", "unpair", "centre"]), 0);
    fails(&ward.json(&["terminal", "unpair", "centre"]), 2, "not_paired");
    fails(&ward.json(&["terminal", "renew", &third]), 2, "not_paired");
    fails(&ward.json(&pair), 4, "not_a_successor");
    let pair = ["terminal", "pair", &third, "--fingerprint", rotated.word("fingerprint"), "--take-ward", "*"];
    ends(&ward.json(&pair), 0);
}
