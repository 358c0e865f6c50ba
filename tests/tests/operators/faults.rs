//! A store that is not as it was left: nobody is let in from it, and whoever tries is told what it is.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use mabataki_test_support::{Mabataki, Run};
use rusqlite::{Connection, params};

use super::support::{CARD, PASSWORD, authenticate, ends, fails, ward};

/// The card of `nurse02`.
const OTHER_CARD: &str = "felica:0114B34C1A2B3C4E";

/// One bit of what is sealed in the row that `of` picks is another.
fn flip(command: &Mabataki, table: &str, of: &str) {
    let database = Connection::open(command.state().join("store.sqlite")).unwrap();
    let read = format!("SELECT sealed FROM {table} WHERE {of}");
    let mut sealed: Vec<u8> = database.query_row(&read, [], |row| row.get(0)).unwrap();
    let middle = sealed.len() / 2;
    sealed[middle] ^= 1;
    let changed =
        database.execute(&format!("UPDATE {table} SET sealed = ?1 WHERE {of}"), params![sealed]).unwrap();
    assert_eq!(changed, 1, "{table}: {of}");
}

/// Nobody was let in: the run says why, has no grant in it, and left none behind that the log would know of.
fn refused(run: &Run, exit: i32, code: &str) {
    fails(run, exit, code);
    assert!(!run.stdout.contains("granted") && !run.stdout.contains("session"), "{}", run.stdout);
}

#[test]
fn nobody_is_let_in_from_a_store_with_a_damaged_record_that_the_attempt_needs() {
    for (table, of) in [
        ("person", "id = 'nurse01'"),
        ("card", "handle = (SELECT card FROM holder WHERE person = 'nurse01')"),
        ("document", "kind = 'password' AND key = 'nurse01'"),
        ("document", "kind = 'log_state'"),
        ("root", "one = 1"),
        ("store", "one = 1"),
    ] {
        let command = ward();
        flip(&command, table, of);
        refused(&authenticate(&command, &[]), 4, "store_corrupt");
    }
}

#[test]
fn a_damaged_record_of_one_person_lets_that_person_in_under_no_card_and_stops_nobody_else() {
    let command = ward();
    ends(&command.json(&["person", "add", "nurse02", "--name", "佐藤 次郎"]), 0);
    ends(&command.json(&["card", "bind", "nurse02", "--card", OTHER_CARD]), 0);
    ends(&command.json_fed(&["password", "set", "nurse02"], &[PASSWORD]), 0);
    flip(&command, "person", "id = 'nurse01'");
    refused(&authenticate(&command, &[]), 4, "store_corrupt");
    let other = command.json_fed(&["authenticate", "--card", OTHER_CARD, "--password"], &[PASSWORD]);
    ends(&other, 0);
    assert_eq!(other.word("outcome"), "granted", "{}", other.stdout);
}

#[test]
fn a_damaged_record_that_somebody_runs_into_is_an_alarm_in_the_log() {
    type Act = fn(&Mabataki) -> Run;
    let runs: [(&str, Act); 3] = [
        ("an attempt", |command| authenticate(command, &[])),
        ("a list", |command| command.json(&["person", "list"])),
        ("a change", |command| command.json(&["person", "disable", "nurse01"])),
    ];
    for (what, run) in runs {
        let command = ward();
        flip(&command, "person", "id = 'nurse01'");
        fails(&run(&command), 4, "store_corrupt");
        let log = command.json(&["audit", "list"]);
        ends(&log, 0);
        let alarms: Vec<_> = log.lines.iter().filter(|line| line["operation"] == "alarm").collect();
        assert_eq!(alarms.len(), 1, "{what}: {}", log.stdout);
        assert_eq!(alarms[0]["reason"], "store_corrupt", "{what}");
    }
}

#[test]
fn nobody_is_let_in_from_last_weeks_store_and_a_card_that_was_lost_since_stays_lost() {
    let command = ward();
    let store = command.state().join("store.sqlite");
    let old = fs::read(&store).unwrap();
    ends(&command.json(&["person", "disable", "nurse01"]), 0);
    fs::write(&store, old).unwrap();
    refused(&authenticate(&command, &[]), 3, "store_rolled_back");
}

#[test]
fn nobody_is_let_in_with_another_key_or_without_one() {
    let (command, other) = (ward(), ward());
    let key = command.folder().join("state.key");
    fs::copy(other.folder().join("state.key"), &key).unwrap();
    refused(&authenticate(&command, &[]), 4, "wrong_key");
    fs::remove_file(&key).unwrap();
    refused(&authenticate(&command, &[]), 3, "no_key");
}

#[test]
fn nobody_is_let_in_from_a_disk_that_cannot_be_written() {
    let command = ward();
    let Some(run) = on_read_only_disk(&command) else { return };
    assert_ne!(run.0, 0, "{}", run.1);
    assert!(run.1.contains("\"store_read_only\"") && !run.1.contains("granted"), "{}", run.1);
    assert_eq!(run.0, 3, "{}", run.1);
    ends(&authenticate(&command, &[]), 0);
}

#[test]
fn nobody_is_let_in_from_a_full_disk() {
    // Full to the last byte, and with so little left that the store opens and the verdict does not fit.
    let mut told = Vec::new();
    for left_kb in [0, 40, 56, 64, 72] {
        let command = ward();
        let Some(run) = on_full_disk(&command, left_kb) else { return };
        if run.0 == 0 {
            // It fitted after all.
            continue;
        }
        assert!(!run.1.contains("granted") && !run.1.contains("session"), "{left_kb} KB: {}", run.1);
        assert_eq!(run.0, 3, "{left_kb} KB: {}", run.1);
        told.extend(["disk_full", "store_failed"].into_iter().filter(|code| run.1.contains(code)));
        ends(&authenticate(&command, &[]), 0);
    }
    assert!(told.contains(&"disk_full"), "{told:?}");
}

/// As [`on_read_only_disk`], where they are a small disk with so much room left.
fn on_full_disk(command: &Mabataki, left_kb: u32) -> Option<(i32, String)> {
    let script = format!(
        "copy=$(mktemp -d); cp -a \"$0\"/. \"$copy\"; mount -t tmpfs -o size=8m,mode=0700 none \"$0\"; \
         cp -a \"$copy\"/. \"$0\"; rm -r \"$copy\"; \
         room=$(df -k --output=avail \"$0\" | tail -n 1); \
         head -c $(( (room - {left_kb}) * 1024 )) /dev/zero > \"$0/filler\"; exec \"$@\""
    );
    in_mounts_of_its_own(command, &script)
}

/// Exit status and standard output of an attempt where the store's folders are a disk that only reads; `None` where a
/// process cannot have mounts of its own.
fn on_read_only_disk(command: &Mabataki) -> Option<(i32, String)> {
    in_mounts_of_its_own(
        command,
        "mount --bind -o ro \"$0\" \"$0\"; mount -o remount,bind,ro \"$0\"; exec \"$@\"",
    )
}

/// What an attempt ends in that this script begins, in mounts of its own: `$0` is the store's folder, `$@` the attempt.
fn in_mounts_of_its_own(command: &Mabataki, script: &str) -> Option<(i32, String)> {
    let unshare = mounts_of_its_own()?;
    let attempt = command.command(&["--json", "authenticate", "--card", CARD, "--password"]);
    let mut wrapped = Command::new("unshare");
    wrapped.args(unshare).args(["sh", "-ec", script]).arg(command.folder());
    wrapped.arg(attempt.get_program()).args(attempt.get_args());
    for (name, value) in attempt.get_envs() {
        match value {
            Some(value) => wrapped.env(name, value),
            None => wrapped.env_remove(name),
        };
    }
    wrapped.current_dir(attempt.get_current_dir().unwrap_or(Path::new(".")));
    let typed = command.folder().join("typed");
    fs::write(&typed, format!("{PASSWORD}\n")).unwrap();
    let output = wrapped.stdin(Stdio::from(fs::File::open(typed).unwrap())).output().unwrap();
    Some((output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

/// How a process gets mounts of its own here; `None`, said in one line, where it cannot.
fn mounts_of_its_own() -> Option<&'static [&'static str]> {
    let ways: [&[&str]; 2] = [&["--mount"], &["--mount", "--map-root-user"]];
    let possible = |way: &&[&str]| {
        let run = Command::new("unshare").args(*way).arg("true").output();
        run.is_ok_and(|output| output.status.success())
    };
    let way = ways.into_iter().find(|way| possible(way));
    if way.is_none() {
        eprintln!("skipped: mounts of one's own are not possible here");
    }
    way
}
