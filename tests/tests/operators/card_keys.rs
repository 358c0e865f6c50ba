//! The keys of a site's cards: set, compared and removed with the command, and missed where the policy needs one.

use std::fs;

use mabataki_test_support::{Mabataki, Run};
use pretty_assertions::assert_eq;
use serde_json::Value;

const KEY: &str = "00112233445566778899AABBCCDDEEFF";

fn site() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open"]).exit, 0);
    command
}

fn doctor(command: &Mabataki) -> Value {
    let told = command.json(&["doctor"]);
    told.lines.into_iter().find(|line| line["check"] == "card keys").unwrap()
}

fn set(command: &Mabataki, kind: &str, key: &str) -> Run {
    command.json_fed(&["card", "key", "set", kind], &[key])
}

#[test]
fn a_key_is_set_compared_and_removed_and_never_shown() {
    let command = site();
    let told = set(&command, "desfire", KEY);
    assert_eq!(
        (told.exit, told.word("kind"), told.word("check").len()),
        (0, "desfire", 6),
        "{}",
        told.stdout
    );
    // Spaces and small letters are the same key.
    let again = set(&command, "desfire", "0011 2233 4455 6677 8899 aabb ccdd eeff");
    assert_eq!(again.word("check"), told.word("check"));
    let other = set(&command, "desfire", &KEY.replace("FF", "FE"));
    assert_ne!(other.word("check"), told.word("check"));
    let listed = command.json(&["card", "key", "list"]);
    assert_eq!((listed.lines.len(), listed.word("check")), (1, other.word("check")));
    let removed = || command.json(&["card", "key", "remove", "desfire"]).last()["removed"].clone();
    assert_eq!([removed(), removed()], [true, false]);
    assert!(command.json(&["card", "key", "list"]).lines.is_empty());
    let log = command.json(&["audit", "list"]).stdout;
    assert!(log.contains("card_key_set") && log.contains("card_key_remove"), "{log}");
    for text in [told.stdout, other.stdout, listed.stdout, log] {
        assert!(!text.to_uppercase().contains("8899AABB"), "{text}");
    }
}

#[test]
fn what_is_no_key_of_the_kind_is_refused_without_being_repeated() {
    let command = site();
    for (kind, key) in [("desfire", &KEY[2..]), ("lite_s", KEY), ("mifare", "A0A1A2A3A4ZZ"), ("felica", KEY)]
    {
        let run = set(&command, kind, key);
        assert_eq!(run.exit, 2, "{kind}: {}", run.stdout);
        assert!(!run.stdout.contains("A0A1") && !run.stdout.contains("8899"), "{}", run.stdout);
    }
    assert!(command.json(&["card", "key", "list"]).lines.is_empty());
}

#[test]
fn a_policy_that_needs_a_key_which_is_not_set_is_told_of_when_it_is_set_and_by_the_doctor_until_it_is() {
    let command = site();
    assert_eq!(doctor(&command)["ok"], true);
    let shown = command.json(&["policy", "show"]);
    let file = command.folder().join("site.toml");
    let text = format!("{}\n[cards]\naccept = [\"desfire\", \"identifier\"]\n", shown.word("policy"));
    fs::write(&file, text).unwrap();
    let path = file.to_str().unwrap();
    let told = command.json(&["policy", "set", path]);
    assert_eq!(
        (told.exit, &told.last()["card_keys_missing"]),
        (0, &serde_json::json!(["desfire"])),
        "{}",
        told.stdout
    );
    let missing = doctor(&command);
    assert_eq!(missing["ok"], false, "{missing}");
    assert!(missing["fix"].as_str().unwrap().contains("card key set desfire"), "{missing}");
    assert_eq!(set(&command, "desfire", KEY).exit, 0);
    assert_eq!(doctor(&command)["ok"], true);
    let told = command.json(&["policy", "set", path]);
    assert_eq!(told.last()["card_keys_missing"], serde_json::json!([]));
}
