//! Stores that earlier versions made. The fixtures were written by those versions themselves, with this key beside them; the
//! people in them are made up, and the template holds no face. That of format 4 was made by the command, up to the template,
//! with what it left in the witness folder, the log's public key, and the shares of its recovery key. The backup of format 4 is
//! the command's own: of a store with an administrator, a nurse with a password, and somebody who was disabled.

use std::fs;
use std::path::{Path, PathBuf};

use mabataki_engine::audit::{Outcome, PublicKey, Trust, Verdict, Verifier};
use mabataki_engine::keys::KeyPlace;
use mabataki_engine::store::{CardStatus, LogFile, LogLines, PersonStatus, Store};
use mabataki_test_support::Mabataki;
use mabataki_test_support::files::set_mode;
use pretty_assertions::assert_eq;

use crate::support::*;

/// Where what a version wrote lies.
fn written(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures").join(name)
}

/// Copies files into a folder that only their owner may read.
fn copy_into(folder: &Path, files: &[PathBuf]) {
    fs::create_dir_all(folder).unwrap();
    set_mode(folder, 0o700);
    for file in files {
        let to = folder.join(file.file_name().unwrap());
        fs::copy(file, &to).unwrap();
        set_mode(&to, 0o600);
    }
}

/// A copy of the fixture in a folder, as `state`, `state.key` and, from format 4 on, `state.witness`.
fn copy(name: &str, into: &Path) {
    let from = written(name);
    copy_into(&into.join("state"), &[from.join("store.sqlite")]);
    copy_into(into, &[from.join("store.key")]);
    fs::rename(into.join("store.key"), into.join("state.key")).unwrap();
    let witness = from.join("witness");
    if witness.exists() {
        let files = fs::read_dir(witness).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
        copy_into(&into.join("state.witness"), &files);
    }
}

/// A copy of the fixture, and its key.
fn fixture(name: &str) -> Trial {
    let mut trial = Trial::new();
    copy(name, trial.root.path());
    trial.key = KeyPlace::new(trial.root.path().join("state.key")).load(&trial.state).unwrap();
    trial
}

fn lines(name: &str, file: &str) -> Vec<String> {
    fs::read_to_string(written(name).join(file)).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn a_store_of_format_3_is_taken_over_with_everything_in_it() {
    let trial = fixture("store-format-3");
    let store = trial.open();
    assert_eq!(store.taken_over_from(), Some(3));
    assert_eq!(store.settings().terminal, "er-1");
    let people = store.people().unwrap();
    let people: Vec<_> = people.iter().map(|person| (person.id.as_str(), person.status)).collect();
    let expected = [
        ("admin01", PersonStatus::Active),
        ("doctor7", PersonStatus::Active),
        ("gone01", PersonStatus::Retired),
        ("nurse01", PersonStatus::Active),
    ];
    assert_eq!(people, expected);
    assert_eq!(store.person("nurse01").unwrap().unwrap().profile.name, "山田 花子");
    assert_eq!(card(&store, &felica([1; 8])).unwrap().people, ["nurse01"]);
    assert_eq!(card(&store, &felica([2; 8])).unwrap().status, CardStatus::Lost);
    assert_eq!(&*store.template("nurse01").unwrap().unwrap().bytes, b"not a face: bytes of a fixture");
    assert!(store.log(0, 1000).unwrap().len() > 10);
}

#[test]
fn a_store_that_was_taken_over_is_one_of_this_format_from_then_on() {
    let trial = fixture("store-format-3");
    let old = fs::read(trial.file()).unwrap();
    drop(trial.open());
    let mut store = trial.open();
    assert_eq!(store.taken_over_from(), None);
    store.write(|w| w.set_status("nurse01", PersonStatus::Disabled)).unwrap();
    drop(store);
    fs::write(trial.file(), old).unwrap();
    let error = Store::open(&trial.location(), &trial.key).unwrap_err();
    assert_eq!(error.code(), "store_rolled_back", "the old one does not come back");
}

#[test]
fn a_store_of_format_3_is_not_taken_over_by_another_key_or_with_anything_changed() {
    let trial = fixture("store-format-3");
    let before = fs::read(trial.file()).unwrap();
    assert_eq!(Store::open(&trial.location(), &key(9)).unwrap_err().code(), "wrong_key");
    assert_eq!(fs::read(trial.file()).unwrap(), before);
    trial.database().execute("UPDATE person SET revision = revision + 1 WHERE id = 'nurse01'", []).unwrap();
    assert_eq!(Store::open(&trial.location(), &trial.key).unwrap_err().code(), "store_corrupt");
    let planted = fixture("store-format-3");
    planted
        .database()
        .execute_batch("CREATE TRIGGER planted AFTER UPDATE ON person BEGIN DELETE FROM template; END")
        .unwrap();
    assert_eq!(Store::open(&planted.location(), &planted.key).unwrap_err().code(), "store_corrupt");
}

/// What an inspector finds in the log who kept the public key, and knows nothing else.
fn verdict(trial: &Trial, name: &str) -> Verdict {
    let keys = lines(name, "public-key").iter().map(|line| line.parse::<PublicKey>().unwrap()).collect();
    let mut verifier = Verifier::new(Trust { keys, whole: true, ..Trust::default() });
    let log = LogFile::open(&trial.state).unwrap();
    let outside = LogLines::open(&trial.location().checkpoints()).unwrap();
    log.feed(&mut verifier, outside.checkpoints_of(log.id()), || {}).unwrap();
    verifier.finish(noon()).remove(0)
}

#[test]
fn a_store_of_format_4_opens_with_everything_in_it_and_goes_on() {
    let trial = fixture("store-format-4");
    let before = verdict(&trial, "store-format-4");
    assert_eq!((before.finding, before.terminal.as_deref()), (None, Some("er-1")));
    assert!(before.checkpoints >= 3 && before.records > 10, "{before:?}");
    let mut store = trial.open();
    assert_eq!(store.taken_over_from(), None);
    let people = store.people().unwrap();
    let people: Vec<_> = people.iter().map(|person| (person.id.as_str(), person.status)).collect();
    let expected = [
        ("admin01", PersonStatus::Active),
        ("doctor7", PersonStatus::Active),
        ("gone01", PersonStatus::Disabled),
        ("nurse01", PersonStatus::Active),
    ];
    assert_eq!(people, expected);
    assert_eq!(store.person("nurse01").unwrap().unwrap().profile.name, "山田 花子");
    let held = [0x01, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, 0x4d];
    assert_eq!(card(&store, &felica(held)).unwrap().people, ["nurse01"]);
    let lost = [0x01, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, 0x4e];
    assert_eq!(card(&store, &felica(lost)).unwrap().status, CardStatus::Lost);
    assert_eq!(&*store.template("nurse01").unwrap().unwrap().bytes, b"not a face: bytes of a fixture");
    let checked = store.check().unwrap();
    store.write(|w| w.append(&attempt(Outcome::Denied))).unwrap();
    assert_eq!(store.check().unwrap().log, checked.log + 1);
    drop(store);
    let after = verdict(&trial, "store-format-4");
    assert_eq!((after.finding, after.records), (None, before.records + 1));
}

#[test]
fn a_store_of_format_4_opens_by_its_recovery_key_when_its_key_is_lost() {
    let command = Mabataki::new();
    copy("store-format-4", command.folder());
    fs::remove_file(command.folder().join("state.key")).unwrap();
    assert_eq!(command.json(&["person", "list"]).exit, 3);
    let shares = lines("store-format-4", "shares");
    let used = command.json_fed(&["key", "recovery", "use"], &[&shares[2], &shares[1]]);
    assert_eq!(used.exit, 0, "{}{}", used.stdout, used.stderr);
    let listed = command.json(&["person", "list"]);
    assert_eq!((listed.exit, listed.lines.len()), (0, 4), "{}{}", listed.stdout, listed.stderr);
}

#[test]
fn a_witness_from_before_it_knew_whether_a_store_was_set_up_hears_it_when_the_store_is_opened() {
    let trial = fixture("store-format-4");
    let anchor = trial.location().witness.join("anchor");
    let said = || fs::read(&anchor).unwrap().windows(8).any(|bytes| bytes == b"mbtkanc2");
    let before = fs::read(&anchor).unwrap();
    drop(trial.open());
    assert!(!said(), "a store for trials, which nobody administers");
    trial.open().write(|w| w.set_up(noon())).unwrap();
    assert!(said());
    fs::write(&anchor, before).unwrap();
    assert!(!said());
    drop(trial.open());
    assert!(said());
}

#[test]
fn a_backup_of_format_4_is_restored_by_its_administrator() {
    const PASSWORD: &str = "Kobe-4711-harbour";
    let command = Mabataki::new();
    let from = written("backup-format-4");
    copy_into(command.folder(), &[from.join("store.key"), from.join("er-1.backup")]);
    fs::rename(command.folder().join("store.key"), command.folder().join("state.key")).unwrap();
    let backup = command.folder().join("er-1.backup").display().to_string();
    let acting = |args: &[&str]| command.json_fed(&[&["--admin", "admin01"], args].concat(), &[PASSWORD]);
    let restored = acting(&["store", "restore", &backup]);
    assert_eq!(
        (restored.exit, restored.word("terminal")),
        (0, "er-1"),
        "{}{}",
        restored.stdout,
        restored.stderr
    );
    let listed = acting(&["person", "list"]);
    let people: Vec<_> = listed.lines.iter().map(|line| (line["id"].as_str(), &line["disabled"])).collect();
    let (yes, no) = (true.into(), false.into());
    assert_eq!(people, [(Some("admin01"), &no), (Some("gone01"), &yes), (Some("nurse01"), &no)]);
    assert_eq!(command.json(&["store", "check"]).exit, 0);
    let log = acting(&["audit", "list"]);
    assert!(log.lines.iter().any(|line| line["operation"] == "store_create"), "{}", log.stdout);
}
