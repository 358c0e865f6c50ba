//! Several threads and processes, and one that is killed.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Barrier,
    thread,
    time::Duration,
};

use mabataki_engine::{
    audit::Outcome,
    keys::{Keeper, KeyPlace},
    store::{Location, Store},
};
use pretty_assertions::assert_eq;

use crate::support::*;

const JOB: &str = "STORE_TEST_JOB";
const STATE: &str = "STORE_TEST_STATE";

/// This test program again, with a job for `another_process`, under a umask.
fn start(job: &str, state: &Path, umask: &str) -> Child {
    Command::new("sh")
        .args([
            "-c",
            "umask \"$1\"; exec \"$2\" --exact processes::another_process --ignored --nocapture",
            "sh",
            umask,
        ])
        .arg(std::env::current_exe().unwrap())
        .env(JOB, job)
        .env(STATE, state)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Not a test of its own: what the other process does.
#[test]
#[ignore = "run by the other tests of this file in a process of its own"]
fn another_process() {
    let state = std::path::PathBuf::from(std::env::var_os(STATE).unwrap());
    let open = || Store::open(&Location::beside(&state), &key(7)).unwrap();
    match std::env::var(JOB).unwrap().as_str() {
        "append" => append(&mut open(), 100),
        "admit" => {
            let mut store = open();
            println!("ready");
            for n in 0_u64.. {
                admit(&mut store, &format!("p{n:06}"), n.to_be_bytes());
            }
        }
        "create" => {
            println!("ready");
            match Store::create(&Location::beside(&state), &key(7), settings()) {
                Ok(_) => println!("outcome created"),
                Err(error) => println!("outcome {}", error.code()),
            }
        }
        "create and wait" => {
            let place = KeyPlace::new(state.with_file_name("keys").join("store.key"));
            place.create(Keeper::File, &state).unwrap();
            let mut store = Store::create(&Location::beside(&state), &key(7), settings()).unwrap();
            append(&mut store, 1);
            println!("ready");
            thread::sleep(Duration::from_secs(60));
        }
        other => panic!("no such job: {other}"),
    }
}

fn append(store: &mut Store, count: usize) {
    for _ in 0..count {
        store.write(|w| w.append(&attempt(Outcome::Granted))).unwrap();
    }
}

/// Waits until the process says so.
fn wait_ready(child: &mut Child) -> BufReader<std::process::ChildStdout> {
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("ready") {
        line.clear();
        assert_ne!(lines.read_line(&mut line).unwrap(), 0, "the process ended early");
    }
    lines
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn threads_that_write_at_once_lose_nothing_and_number_without_a_gap() {
    let trial = Trial::new();
    drop(trial.create());
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| append(&mut trial.open(), 60));
        }
    });
    let numbers: Vec<u64> = trial.open().log(0, 1000).unwrap().iter().map(|record| record.seq).collect();
    assert!(numbers.into_iter().eq(1..=180));
}

#[test]
fn processes_that_write_at_once_lose_nothing() {
    let trial = Trial::new();
    let mut store = trial.create();
    let children: Vec<Child> = (0..2).map(|_| start("append", &trial.state, "022")).collect();
    append(&mut store, 100);
    for child in children {
        assert!(child.wait_with_output().unwrap().status.success());
    }
    let numbers: Vec<u64> = store.log(0, 1000).unwrap().iter().map(|record| record.seq).collect();
    assert!(numbers.into_iter().eq(1..=300));
}

#[test]
fn a_card_is_bound_once_however_many_bind_it_at_the_same_moment() {
    let trial = Trial::new();
    let mut store = trial.create();
    for id in ["a", "b", "c"] {
        store.write(|w| add(w, id)).unwrap();
    }
    let barrier = Barrier::new(3);
    let bind = |id: &'static str| {
        let mut store = trial.open();
        barrier.wait();
        store.write(|w| w.bind_card(id, &felica([5; 8]), &label("card")))
    };
    let outcomes: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = ["a", "b", "c"].into_iter().map(|id| scope.spawn(move || bind(id))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    assert!(
        outcomes
            .iter()
            .filter_map(|outcome| outcome.as_ref().err())
            .all(|error| error.code() == "card_bound")
    );
    assert_eq!(store.cards(None).unwrap().len(), 1);
}

#[test]
fn a_reader_sees_a_write_wholly_or_not_at_all() {
    let trial = Trial::new();
    let mut store = trial.create();
    let reader = trial.open();
    store
        .write(|w| {
            add(w, "a")?;
            assert_eq!(reader.person("a")?, None);
            w.bind_card("a", &felica([1; 8]), &label("card"))?;
            assert_eq!(card(&reader, &felica([1; 8])), None);
            Ok::<(), mabataki_engine::store::StoreError>(())
        })
        .unwrap();
    assert_eq!(card(&reader, &felica([1; 8])).unwrap().people, ["a"]);
}

#[test]
fn a_process_killed_while_it_writes_leaves_whole_writes_only() {
    let mut written = 0;
    for round in 0..12 {
        let trial = Trial::new();
        drop(trial.create());
        let mut child = start("admit", &trial.state, "077");
        let _lines = wait_ready(&mut child);
        thread::sleep(Duration::from_millis(15 + 17 * round));
        kill(child);
        let found = trial.read_all().unwrap();
        let ids: Vec<&str> = found.people.iter().map(|person| person.id.as_str()).collect();
        assert!(found.cards.iter().map(|card| card.people[0].as_str()).eq(ids.iter().copied()));
        assert!(found.templates.iter().map(|(person, _)| person.as_str()).eq(ids.iter().copied()));
        assert!(
            found.log.iter().map(|record| record.entry.object.as_deref().unwrap()).eq(ids.iter().copied())
        );
        written += ids.len();
        admit(&mut trial.open(), "after", [0xee; 8]);
        assert_eq!(trial.read_all().unwrap().people.len(), ids.len() + 1);
    }
    assert!(written > 0, "no process was killed while it wrote");
}

#[test]
fn a_process_killed_while_it_makes_a_store_leaves_a_whole_one_or_none() {
    for round in 0..12 {
        let trial = Trial::new();
        let mut child = start("create", &trial.state, "077");
        let _lines = wait_ready(&mut child);
        thread::sleep(Duration::from_millis(round));
        kill(child);
        match Store::open(&trial.location(), &trial.key) {
            Ok(store) => assert_eq!(store.settings(), &settings()),
            Err(error) => {
                assert_eq!(error.code(), "no_store", "{error}");
                drop(trial.create());
            }
        }
        assert!(trial.read_all().unwrap().people.is_empty());
    }
}

#[test]
fn of_processes_that_make_a_store_at_once_exactly_one_does() {
    for _ in 0..4 {
        let trial = Trial::new();
        let children: Vec<Child> = (0..4).map(|_| start("create", &trial.state, "022")).collect();
        let mut outcomes: Vec<String> = children
            .into_iter()
            .map(|child| String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap())
            .flat_map(|text| {
                text.lines()
                    .filter_map(|line| line.strip_prefix("outcome ").map(str::to_owned))
                    .collect::<Vec<_>>()
            })
            .collect();
        outcomes.sort();
        assert_eq!(outcomes, ["created", "exists", "exists", "exists"]);
        assert_eq!(fs::read_dir(&trial.state).unwrap().count(), 1);
        trial.read_all().unwrap();
    }
}

#[test]
fn no_umask_makes_a_file_open_to_others_or_closed_to_its_owner() {
    for umask in ["000", "022", "077", "0777"] {
        let trial = Trial::new();
        let mut child = start("create and wait", &trial.state, umask);
        let _lines = wait_ready(&mut child);
        let mode = |path: &Path| fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777;
        let keys = trial.root.path().join("keys");
        assert_eq!((mode(&trial.state), mode(&keys)), (0o700, 0o700), "umask {umask}");
        let files =
            ["store.sqlite", "store.sqlite-wal", "store.sqlite-shm"].map(|name| trial.state.join(name));
        for file in files.iter().chain([&keys.join("store.key")]) {
            assert_eq!(mode(file), 0o600, "{} under umask {umask}", file.display());
        }
        kill(child);
        assert_eq!(trial.read_all().unwrap().log.len(), 1);
    }
}
