//! Bad luck: killed in the middle of a write, a disk that is full, a disk that cannot be written.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use mabataki_engine::audit::{Outcome, Trust, Verifier};
use mabataki_engine::store::{Backup, Location, LogFile, LogLines, Staged, Store, StoreError};
use pretty_assertions::assert_eq;

use crate::support::*;

const JOB: &str = "STORE_FAULT_JOB";
const FOLDER: &str = "STORE_FAULT_FOLDER";

/// Counts together with a record in the log.
fn count(store: &mut Store) -> Result<u64, StoreError> {
    store.write(|w| {
        let next = w.document::<Counter>("tries")?.unwrap_or_default().0 + 1;
        w.put_document("tries", &Counter(next))?;
        w.append(&attempt(Outcome::Denied))?;
        Ok(next)
    })
}

fn counted(store: &Store) -> u64 {
    store.document::<Counter>("tries").unwrap().unwrap_or_default().0
}

/// Not a test of its own: what the other process does.
#[test]
#[ignore = "run by the other tests of this file in a process of its own"]
fn another_process() {
    let folder = PathBuf::from(std::env::var_os(FOLDER).unwrap());
    let location = Location::beside(&folder.join("state"));
    match std::env::var(JOB).unwrap().as_str() {
        "count" => {
            let mut store = Store::open(&location, &key(7)).unwrap();
            println!("ready");
            loop {
                println!("counted {}", count(&mut store).unwrap());
            }
        }
        "fill" => {
            let other_things = folder.join("other things");
            fs::write(&other_things, vec![0; 1 << 16]).unwrap();
            let mut store = Store::create(&location, &key(7), settings()).unwrap();
            let error = loop {
                if let Err(error) = count(&mut store) {
                    break error;
                }
            };
            println!("error {}", error.code());
            drop(store);
            // The mirror may be behind, and there is no room to bring it level: somebody makes some.
            fs::remove_file(other_things).unwrap();
            let store = Store::open(&location, &key(7)).unwrap();
            assert_eq!(store.check().unwrap().log, counted(&store));
            println!("all {}", counted(&store) > 10);
        }
        "restore" => {
            let backup = Backup::read(&folder.join("backup")).unwrap();
            Staged::unpack(&location, &backup, &key(7), None).unwrap().put_in_place().unwrap();
            println!("records {}", Store::open(&location, &key(7)).unwrap().check().unwrap().log);
        }
        "read only" => {
            let error = Store::open(&location, &key(7)).unwrap_err();
            println!("error {}: {error}", error.code());
        }
        other => panic!("no such job: {other}"),
    }
}

fn job(program: &mut Command, job: &str, folder: &Path) -> Child {
    program.env(JOB, job).env(FOLDER, folder).stdout(Stdio::piped()).spawn().unwrap()
}

fn this_program() -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "faults::another_process", "--ignored", "--nocapture"]);
    command
}

/// Random enough to come at any point of a write, and the same in every run.
fn moment(round: u64) -> Duration {
    let mixed = (round + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    Duration::from_micros(mixed % 20_000)
}

#[test]
fn of_two_hundred_kills_while_writing_none_loses_half_a_write_or_a_whole_one() {
    let trial = Trial::new();
    drop(trial.create());
    let (mut before, mut killed_writing) = (0, 0);
    for round in 0..200 {
        let mut child = job(&mut this_program(), "count", trial.root.path());
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| line.unwrap().contains("ready")), "the process ended early");
        thread::sleep(moment(round));
        child.kill().unwrap();
        child.wait().unwrap();
        let told = lines.map_while(Result::ok).filter_map(|line| line.strip_prefix("counted ")?.parse().ok());
        let told: u64 = told.last().unwrap_or(before);
        let store = trial.open();
        let after = counted(&store);
        assert!(after >= told && told >= before, "round {round}: {before}, told {told}, found {after}");
        assert_eq!(store.last_seq().unwrap(), after, "the counter and its record go together");
        killed_writing += u64::from(after > before);
        before = after;
    }
    trial.open().check().unwrap();
    // On a slow machine there may be fewer records than a checkpoint waits for.
    trial.open().write(|w| w.sign_log()).unwrap();
    let log = LogFile::open(&trial.state).unwrap();
    let outside = LogLines::open(&trial.location().witness.join("checkpoints")).unwrap();
    let trust = Trust { keys: vec![trial.open().log_key().unwrap()], whole: true, ..Trust::default() };
    let mut verifier = Verifier::new(trust);
    log.feed(&mut verifier, outside.checkpoints_of(log.id()), || {}).unwrap();
    let verdict = verifier.finish(noon()).remove(0);
    assert_eq!((verdict.finding, verdict.records), (None, before));
    assert!(killed_writing > 50, "hardly any process was killed while it wrote: {killed_writing}");
}

/// Runs a job as root of mounts of its own, after these commands; `None` where that is not possible.
fn with_mounts(commands: &str, job: &str, folder: &Path) -> Option<Output> {
    for arguments in [&["--mount"][..], &["--mount", "--map-root-user"]] {
        let possible = Command::new("unshare").args(arguments).arg("true").output();
        if !possible.is_ok_and(|output| output.status.success()) {
            continue;
        }
        let script = format!("{commands}; exec \"$0\" --exact faults::another_process --ignored --nocapture");
        let mut command = Command::new("unshare");
        command.args(arguments).args(["sh", "-ec", &script]);
        command.arg(std::env::current_exe().unwrap());
        let child = self::job(&mut command, job, folder);
        return Some(child.wait_with_output().unwrap());
    }
    eprintln!("skipped: mounts of one's own are not possible here");
    None
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_full_disk_is_told_and_everything_written_before_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mount = format!("mount -t tmpfs -o size=1m,mode=0700 none \"${FOLDER}\"");
    let Some(output) = with_mounts(&mount, "fill", folder.path()) else { return };
    let text = text(&output);
    assert!(text.contains("error disk_full"), "{text}");
    assert!(text.contains("all true"), "{text}");
}

#[test]
fn a_disk_that_cannot_be_written_is_told_and_nobody_is_let_in_from_it() {
    let trial = Trial::new();
    drop(trial.create());
    let mount =
        format!("mount --bind -o ro \"${FOLDER}\" \"${FOLDER}\"; mount -o remount,bind,ro \"${FOLDER}\"");
    let Some(output) = with_mounts(&mount, "read only", trial.root.path()) else { return };
    let text = text(&output);
    assert!(text.contains("error store_read_only:"), "{text}");
    trial.open();
}

#[test]
fn a_backup_is_restored_where_the_state_folder_is_a_disk_of_its_own() {
    let trial = Trial::new();
    let mut store = trial.create();
    count(&mut store).unwrap();
    store.back_up(&trial.root.path().join("backup"), noon()).unwrap();
    drop(store);
    let mount = format!("mount -t tmpfs -o mode=0700 none \"${FOLDER}/state\"");
    let Some(output) = with_mounts(&mount, "restore", trial.root.path()) else { return };
    let text = text(&output);
    assert!(text.contains("records 1"), "{text}");
}
