//! A terminal that no bundle has reached for too long, as its operators see it.

use mabataki_engine::keys::KeyPlace;
use mabataki_engine::store::{Location, Store};
use mabataki_engine::terminal::PeerRecord;
use mabataki_test_support::Mabataki;
use pretty_assertions::assert_eq;

use crate::site::{ends, introduction, path, terminal};

const CARD: &str = "felica:0114B34C1A2B3C4D";
const PASSWORD: &str = "Kobe-4711-harbour";
const DAY: i64 = 24 * 3600;

/// A ward that expects bundles of `centre`, with a nurse whose card and password let in where there is no camera.
fn ward() -> Mabataki {
    let (centre, ward) = (terminal("centre"), terminal("ward3-a"));
    ends(&ward.json(&["person", "add", "nurse01", "--name", "山田 花子"]), 0);
    ends(&ward.json(&["card", "bind", "nurse01", "--card", CARD]), 0);
    ends(&ward.json_fed(&["password", "set", "nurse01"], &[PASSWORD]), 0);
    let (file, heard) = introduction(&centre, "centre.json");
    ends(&ward.json(&["terminal", "pair", &file, "--fingerprint", &heard, "--take-ward", "*"]), 0);
    let policy = ward.json(&["policy", "show"]).word("policy").to_owned();
    let expected = format!("{policy}\n[sync]\nfrom = [\"centre\"]\n");
    let site = path(&ward, "site.toml");
    std::fs::write(&site, expected).unwrap();
    ends(&ward.json(&["policy", "set", &site]), 0);
    ward
}

/// The two were paired so many days ago.
fn paired_before(ward: &Mabataki, days: i64) {
    let key = KeyPlace::new(ward.folder().join("state.key")).load(&ward.state()).unwrap();
    let mut store = Store::open(&Location::beside(&ward.state()), &key).unwrap();
    store
        .write(|store| {
            let (key, peer) = store.documents::<PeerRecord>()?.remove(0);
            let paired = jiff::Timestamp::now() - jiff::SignedDuration::from_secs(days * DAY);
            store.put_document(&key, &PeerRecord { paired, ..peer })
        })
        .unwrap();
}

fn log_in(ward: &Mabataki) -> mabataki_test_support::Run {
    ward.json_fed(&["authenticate", "--card", CARD, "--password"], &[PASSWORD])
}

fn check(ward: &Mabataki) -> serde_json::Value {
    let doctor = ward.json(&["doctor"]);
    doctor.lines.into_iter().find(|line| line["check"] == "sync").unwrap()
}

#[test]
fn a_late_terminal_warns_at_each_attempt_and_in_the_doctor_and_an_overdue_one_lets_nobody_in() {
    let ward = ward();
    assert_eq!(check(&ward)["ok"], true);
    let run = log_in(&ward);
    assert_eq!((run.exit, run.word("outcome")), (0, "granted"), "{}", run.stdout);
    assert!(!run.lines.iter().any(|line| line["event"] == "late"));

    paired_before(&ward, 5);
    let run = log_in(&ward);
    assert_eq!((run.exit, &run.lines[0]["event"]), (0, &"late".into()), "{}", run.stdout);
    assert_eq!((&run.lines[0]["freshness"], &run.lines[0]["peer"]), (&"late".into(), &"centre".into()));
    let late = check(&ward);
    assert!(late["ok"] == false && late["fix"].as_str().unwrap().contains("bundle import"), "{late}");

    paired_before(&ward, 15);
    let run = log_in(&ward);
    assert_eq!((run.exit, run.word("outcome"), run.word("why")), (1, "denied", "offline"), "{}", run.stdout);
    assert_eq!(run.last()["subject"], serde_json::Value::Null, "nobody was looked up");
    let text =
        ward.text(&["--lang", "ja", "authenticate", "--card", CARD, "--claim", "nurse01", "--password"]);
    assert!(text.stdout.contains("同期の期限を過ぎた"), "{}", text.stdout);
    let log = ward.json(&["audit", "list"]);
    let late = log.lines.iter().filter(|line| line["operation"] == "sync_late").count();
    assert_eq!(late, 1, "once a day");
}
