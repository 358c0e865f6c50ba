//! The way of a bundle from one terminal to the other.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use mabataki_engine::bundle::{Bundle, Records};
use mabataki_test_support::{Mabataki, clip::cut, workspace};
use pretty_assertions::assert_eq;
use serde_json::json;

use crate::support::*;

/// The person of the recording: frames to enrol from, and frames of another moment, with a blink.
fn her(command: &Mabataki, range: std::ops::RangeInclusive<usize>) -> String {
    let clip = workspace().join(".mabataki/samples/single_face.mjpeg");
    assert!(clip.exists(), "{} is missing: cargo xtask setup makes it", clip.display());
    cut(&clip, range, command.folder()).display().to_string()
}

fn number(run: &mabataki_test_support::Run, key: &str) -> u64 {
    run.last()[key].as_u64().unwrap()
}

#[test]
fn a_nurse_enrolled_at_one_terminal_is_let_in_at_the_other_by_her_card_and_face() {
    let (ward, er) = two();
    add(&ward, "nurse01", "er-1", CARD);
    done(&ward.json(&["enrol", "nurse01", "--frames", &her(&ward, 40..=71)]));
    let attempt = ["authenticate", "--card", CARD, "--frames", &her(&er, 0..=39)];
    assert_eq!(er.json(&attempt).exit, 1, "she is not known there yet");
    let taken = import(&er, &export(&ward, "bundle"));
    assert_eq!(
        (taken.exit, number(&taken, "added"), number(&taken, "revision")),
        (0, 3, 1),
        "{}",
        taken.stdout
    );
    let granted = er.json(&attempt);
    assert_eq!((granted.exit, granted.word("outcome"), granted.word("subject")), (0, "granted", "nurse01"));
    assert_eq!(granted.last()["factors"], json!(["card", "face"]));
    // Her card is reported lost at home, and opens nothing there after the next bundle.
    let cards = ward.json(&["card", "list", "nurse01"]);
    done(&ward.json(&["card", "lost", cards.word("handle")]));
    done(&import(&er, &export(&ward, "bundle-2")));
    let denied = er.json(&attempt);
    assert_eq!((denied.exit, denied.word("outcome")), (1, "denied"), "{}", denied.stdout);
}

#[test]
fn a_bundle_is_made_shown_checked_taken_and_taken_once_more_without_effect() {
    let (ward, er) = two();
    add(&ward, "nurse01", "er-1", CARD);
    add(&ward, "nurse02", "icu", "felica:0114B34C1A2B3C4E");
    let file = path(&ward, "bundle");
    let made = ward.json(&["bundle", "export", "er-1", "--out", &file, "--valid-for", "12h"]);
    done(&made);
    assert_eq!((number(&made, "revision"), &made.last()["counts"]["people"]), (1, &json!(1)));
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let shown = er.json(&["bundle", "show", &file]);
    assert_eq!((shown.word("signer"), &shown.last()["for_this_terminal"]), ("pinned", &json!(true)));
    assert_eq!(shown.last()["sender"], json!({ "terminal": "ward3", "number": 1 }));
    assert_eq!(shown.last()["sha256"], made.last()["sha256"]);
    let text = er.text(&["--lang", "ja", "bundle", "show", &file]).stdout;
    assert!(text.contains("固定した鍵による署名") && text.contains("利用者 1"), "{text}");

    let checked = er.json(&["bundle", "import", &file, "--check"]);
    assert_eq!((checked.exit, &checked.last()["taken"], number(&checked, "added")), (0, &json!(false), 2));
    assert!(people(&er).is_empty());
    let taken = import(&er, Path::new(&file));
    assert_eq!((taken.exit, &taken.last()["taken"], number(&taken, "added")), (0, &json!(true), 2));
    assert_eq!(people(&er), ["nurse01"]);
    let again = import(&er, Path::new(&file));
    assert_eq!((again.exit, &again.last()["already"], number(&again, "added")), (0, &json!(true), 0));

    let records = er.json(&["audit", "list"]);
    let of_bundles: Vec<_> =
        records.lines.iter().filter(|line| line["operation"] == "bundle_import").collect();
    assert_eq!(of_bundles.len(), 1);
    assert_eq!((&of_bundles[0]["object"], &of_bundles[0]["outcome"]), (&json!("ward3/1"), &json!("done")));
    let list = er.json(&["terminal", "list"]);
    assert!(list.stdout.contains("\"revision\":1"), "{}", list.stdout);
}

#[test]
fn what_is_carried_can_be_narrowed_by_ward_by_application_and_to_the_policy_alone() {
    let (ward, _er) = two();
    for (id, name, card) in [("nurse01", "er-1", CARD), ("nurse02", "er-2", "felica:0114B34C1A2B3C4E")] {
        add(&ward, id, name, card);
        done(&ward.json_fed(&["login", "put", id, "chart", "--user", id], &["Otaru-2020-canal"]));
    }
    for (n, (narrow, people, logins, policies)) in [
        (&[][..], 2, 2, 1),
        (&["--ward", "er-2"][..], 1, 0, 0),
        (&["--ward", "er-2", "--application", "chart"], 1, 1, 0),
        (&["--policy"], 0, 0, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let file = path(&ward, &format!("bundle-{n}"));
        let made = ward.json(&[&["bundle", "export", "er-1", "--out", &file], narrow].concat());
        done(&made);
        let counts = &made.last()["counts"];
        assert_eq!(
            (&counts["people"], &counts["logins"], &counts["policies"]),
            (&json!(people), &json!(logins), &json!(policies)),
            "{narrow:?}"
        );
        assert_eq!(made.last()["whole"], narrow.is_empty(), "{narrow:?}");
    }
}

#[test]
fn nothing_of_a_bundle_is_in_the_clear_in_its_file_or_in_the_folders_of_either_terminal() {
    let (ward, er) = two();
    add(&ward, "nurse01", "er-1", CARD);
    done(&ward.json_fed(&["password", "set", "nurse01"], &["Kobe-4711-harbour"]));
    let file = export(&ward, "bundle");
    done(&import(&er, &file));
    let mut files = vec![file];
    for folder in [ward.folder(), er.folder()] {
        for name in ["state", "state.witness"] {
            let Ok(entries) = std::fs::read_dir(folder.join(name)) else { continue };
            files.extend(entries.map(|entry| entry.unwrap().path()));
        }
    }
    assert!(files.len() >= 5, "{files:?}");
    let identifier = [0x01, 0x14, 0xB3, 0x4C, 0x1A, 0x2B, 0x3C, 0x4D];
    let secrets: [&[u8]; 5] =
        ["山田".as_bytes(), b"Kobe-4711", b"argon2id$v", b"0114b34c1a2b3c4d", &identifier];
    for file in files {
        let content = std::fs::read(&file).unwrap();
        for secret in secrets {
            let found = content.windows(secret.len()).any(|part| part == secret);
            assert!(!found, "{} holds {secret:?}", file.display());
        }
    }
}

#[test]
fn what_fuzzing_begins_with_is_a_bundle_and_a_body_of_every_kind_of_record() {
    let seeds = workspace().join("fuzz/seeds/bundle");
    let bundle = Bundle::read(std::fs::File::open(seeds.join("made.bundle")).unwrap()).unwrap();
    assert_eq!(bundle.header().counts.total(), 2);
    let body = std::fs::read(seeds.join("body.jsonl")).unwrap();
    let mut kinds: Vec<_> = Records::new(&*body).map(|record| record.unwrap().key().what()).collect();
    kinds.sort_unstable();
    kinds.dedup();
    assert_eq!(kinds, ["card", "login", "password", "person", "policy", "template"]);
}
