//! What leaves the log, in what order, and what becomes of an outage.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};

use jiff::SignedDuration;
use pretty_assertions::assert_eq;

use super::*;
use crate::audit::{Operation, Outcome, Record};
use crate::engine::clock::Clock;
use crate::engine::trial::{self, Site};
use crate::policy::STANDARD;
use crate::store::Profile;

const LONG: Duration = Duration::from_secs(20);

/// The standard policy with these keys of `[log]` and a checkpoint after each second record.
fn policy(keys: &str) -> String {
    let (every, keep) = ("every_records = 64", "keep = \"400 d\"");
    let changed =
        STANDARD.replacen(every, "every_records = 2", 1).replacen(keep, &format!("{keep}\n{keys}\n#"), 1);
    assert!(changed.contains("every_records = 2") && changed.contains(keys));
    changed
}

fn set(site: &mut Site, keys: &str) {
    site.engine.acting().set_policy(&policy(keys)).unwrap();
}

fn add(site: &mut Site, id: &str) {
    site.engine.acting().add_person(id, &Profile::named("Somebody")).unwrap();
}

fn alarm(site: &mut Site) {
    let entry = site.engine.entry(Operation::Alarm, Outcome::Failed);
    site.engine.append(&entry).unwrap();
}

/// Sends what waits; gives what was told of failures.
fn send(site: &mut Site, wait: Duration) -> (Vec<OutletState>, Vec<&'static str>) {
    let mut failures = Vec::new();
    let states = site.engine.send_log(wait, &mut |event| {
        if let OutletEvent::Failed { error, .. } = event {
            failures.push(error.code());
        }
    });
    (states.unwrap(), failures)
}

/// The messages that came, by kind and number.
struct Collector {
    socket: UnixDatagram,
    path: PathBuf,
}

impl Collector {
    fn at(path: &Path) -> Collector {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Collector { socket, path: path.to_owned() }
    }

    fn keys(&self, records: bool) -> String {
        format!("[log.syslog]\nto = \"unix:{}\"\nrecords = {records}", self.path.display())
    }

    fn heard(&self) -> Vec<String> {
        let mut buffer = vec![0; 65_536];
        let mut heard = Vec::new();
        while let Ok(length) = self.socket.recv(&mut buffer) {
            let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
            let kind = text.split(' ').nth(5).unwrap().to_owned();
            let key = if kind == "checkpoint" { "number=\"" } else { "seq=\"" };
            let number = text.split_once(key).unwrap().1.split('"').next().unwrap().to_owned();
            heard.push(format!("{kind} {number}"));
        }
        heard
    }
}

fn of(site: &Site, operation: Operation) -> Vec<Record> {
    let log = site.engine.store.log(0, 10_000).unwrap();
    log.into_iter().filter(|record| record.entry.operation == operation).collect()
}

/// The wall's clock from now on.
fn later(site: &mut Site, time: SignedDuration) {
    let now = trial::at(site.engine.clock.now().wall + time, 9, 1_000_000);
    site.engine.clock = Clock::Set { wall: now.wall, steady: now.steady };
}

#[test]
fn a_collector_gets_every_checkpoint_and_alarm_in_the_order_of_the_log_and_records_only_where_asked_for() {
    let mut site = trial::site();
    let collector = Collector::at(&site.folder.path().join("log"));
    set(&mut site, &collector.keys(false));
    let (states, failures) = send(&mut site, LONG);
    assert_eq!((failures, states[0].waiting, states[0].since), (vec![], 0, None));
    let first = collector.heard();
    let made = site.engine.store.last_checkpoint().unwrap().unwrap().head.number;
    let all: Vec<String> = (1..=made).map(|number| format!("checkpoint {number}")).collect();
    assert_eq!(first, all, "without the first none verifies");
    send(&mut site, LONG);
    assert_eq!(collector.heard(), Vec::<String>::new(), "each once");

    add(&mut site, "p1");
    alarm(&mut site);
    let seq = of(&site, Operation::Alarm)[0].seq;
    send(&mut site, LONG);
    let heard = collector.heard();
    assert!(
        heard.contains(&format!("alarm {seq}")) && !heard.iter().any(|one| one.starts_with("record")),
        "{heard:?}"
    );

    set(&mut site, &collector.keys(true));
    send(&mut site, LONG);
    collector.heard();
    let before = site.engine.store.last_seq().unwrap();
    add(&mut site, "p2");
    add(&mut site, "p3");
    send(&mut site, LONG);
    let heard = collector.heard();
    let records: Vec<&String> = heard.iter().filter(|one| one.starts_with("record")).collect();
    assert_eq!(records, [&format!("record {}", before + 1), &format!("record {}", before + 2)]);
    let covering = site.engine.store.last_checkpoint().unwrap().unwrap().head;
    let place = |one: &str| heard.iter().position(|heard| heard == one);
    let checkpoint = place(&format!("checkpoint {}", covering.number));
    assert!(checkpoint > place(&format!("record {}", covering.last)), "{heard:?}");
}

#[test]
fn after_an_outage_everything_comes_in_order_and_the_log_tells_of_it_once() {
    let mut site = trial::site();
    let path = site.folder.path().join("log");
    set(
        &mut site,
        &format!("warn_after = \"10 min\"\n[log.syslog]\nto = \"unix:{}\"\nrecords = true", path.display()),
    );
    send(&mut site, Duration::from_millis(100));
    let begin = site.engine.store.last_seq().unwrap();
    for n in 0..3 {
        add(&mut site, &format!("p{n}"));
        let (states, failures) = send(&mut site, Duration::from_millis(100));
        assert!(failures.contains(&"outlet_unreachable") && states[0].waiting > 0, "{failures:?}");
    }
    assert_eq!(of(&site, Operation::OutletLost), [], "not for long yet");
    assert!(!site.engine.outlets().unwrap()[0].overdue);
    later(&mut site, SignedDuration::from_mins(11));
    for _ in 0..2 {
        send(&mut site, Duration::from_millis(100));
    }
    let lost = of(&site, Operation::OutletLost);
    assert_eq!((lost.len(), lost[0].entry.reason.as_deref()), (1, Some("outlet_unreachable")));
    assert_eq!(lost[0].entry.object.as_deref(), Some(&*format!("syslog unix:{}", path.display())));
    assert!(site.engine.outlets().unwrap()[0].overdue);

    let collector = Collector::at(&path);
    let (states, _) = send(&mut site, LONG);
    let heard = collector.heard();
    let numbers = |kind: &[&str]| -> Vec<u64> {
        let of_kind =
            heard.iter().filter_map(|one| one.split_once(' ')).filter(|(one, _)| kind.contains(one));
        of_kind.map(|(_, number)| number.parse().unwrap()).collect()
    };
    let back = of(&site, Operation::OutletBack);
    assert_eq!(back.len(), 1);
    assert_eq!(numbers(&["record", "alarm"]), (begin + 1..=back[0].seq).collect::<Vec<u64>>());
    assert_eq!(numbers(&["checkpoint"]), (1..=states[0].delivered).collect::<Vec<u64>>());
    assert_eq!((states[0].waiting, states[0].overdue), (0, false));
}

#[test]
fn a_copy_on_another_disk_is_that_of_the_witness_folder() {
    let mut site = trial::site();
    let disk = site.folder.path().join("disk");
    fs::create_dir(&disk).unwrap();
    set(&mut site, &format!("copy = \"{}\"", disk.display()));
    send(&mut site, LONG);
    add(&mut site, "p1");
    add(&mut site, "p2");
    send(&mut site, LONG);
    let copy = fs::read_dir(&disk).unwrap().next().unwrap().unwrap().path();
    let witness = fs::read_to_string(site.engine.config.location().checkpoints()).unwrap();
    assert_eq!(fs::read_to_string(&copy).unwrap(), witness);
    assert!(witness.lines().count() > 1);
}

#[test]
fn one_outlet_that_is_lost_holds_the_other_up_in_nothing() {
    let mut site = trial::site();
    let collector = Collector::at(&site.folder.path().join("log"));
    let missing = site.folder.path().join("unmounted");
    set(&mut site, &format!("copy = \"{}\"\n{}", missing.display(), collector.keys(false)));
    let (states, failures) = send(&mut site, Duration::from_millis(500));
    assert!(
        failures.iter().all(|code| *code == "outlet_not_written") && !failures.is_empty(),
        "{failures:?}"
    );
    let waiting: Vec<(&str, bool)> =
        states.iter().map(|state| (state.outlet.code(), state.waiting > 0)).collect();
    assert_eq!(waiting, [("copy", true), ("syslog", false)]);
    assert!(!collector.heard().is_empty());
}

#[test]
fn another_collector_gets_all_checkpoints_and_the_records_that_the_former_one_did_not_accept() {
    let mut site = trial::site();
    let former = Collector::at(&site.folder.path().join("former"));
    set(&mut site, &former.keys(true));
    send(&mut site, LONG);
    let known = site.engine.store.last_seq().unwrap();
    fs::remove_file(&former.path).unwrap();
    add(&mut site, "p1");
    send(&mut site, Duration::from_millis(100));
    let other = Collector::at(&site.folder.path().join("other"));
    set(&mut site, &other.keys(true));
    send(&mut site, LONG);
    let heard = other.heard();
    assert_eq!(heard[0], "checkpoint 1");
    let first = heard.iter().find(|one| one.starts_with("record"));
    assert_eq!(first, Some(&format!("record {}", known + 1)));
}

#[test]
fn whoever_keeps_the_log_signs_it_by_the_clock_sends_it_and_ends_at_once() {
    let mut site = trial::site();
    let collector = Collector::at(&site.folder.path().join("log"));
    set(&mut site, &collector.keys(false));
    let mut keeper = LogKeeper::start(trial::config(&site.folder)).unwrap();
    assert_eq!(of(&site, Operation::Start).len(), 1);
    // A nurse came an hour ago, and nobody since.
    let mut entry = site.engine.entry(Operation::Authenticate, Outcome::Denied);
    entry.time -= SignedDuration::from_hours(1);
    site.engine.store.write(|store| store.sign_log()).unwrap();
    site.engine.append(&entry).unwrap();
    let unsigned = site.engine.store.last_seq().unwrap();
    let before = site.engine.store.last_checkpoint().unwrap().unwrap().head;
    assert!(before.last < unsigned);
    let mut through = 0;
    while let Some(event) = keeper.next_event(LONG).unwrap() {
        match event {
            OutletEvent::Delivered { through: number, .. } => through = number,
            OutletEvent::Failed { error, .. } => panic!("{error}"),
            OutletEvent::Trouble { error } => panic!("{error}"),
            OutletEvent::Unreadable { part, .. } => panic!("{part}"),
            OutletEvent::Signed { .. } => {}
        }
        if through > before.number {
            break;
        }
    }
    let last = site.engine.store.last_checkpoint().unwrap().unwrap().head;
    assert_eq!((last.last, through), (unsigned, last.number));
    assert_eq!(collector.heard().len() as u64, last.number);
    assert_eq!(of(&site, Operation::Stop), []);
    let began = Instant::now();
    drop(keeper);
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    let stop = of(&site, Operation::Stop).pop().unwrap();
    let last = site.engine.store.last_checkpoint().unwrap().unwrap().head;
    assert_eq!((stop.seq, last.last), (unsigned + 1, unsigned + 1), "what was written last is signed");
}

#[test]
fn whoever_keeps_the_log_of_a_store_that_was_replaced_ends_and_says_why() {
    let mut site = trial::site();
    set(&mut site, "warn_after = \"10 min\"");
    let mut keeper = LogKeeper::start(trial::config(&site.folder)).unwrap();
    let database = site.engine.config.state.join("store.sqlite");
    let aside = site.folder.path().join("aside");
    fs::rename(&database, &aside).unwrap();
    fs::copy(&aside, &database).unwrap();
    let ended = loop {
        match keeper.next_event(LONG) {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it goes on"),
            Err(error) => break error.code(),
        }
    };
    assert_eq!(ended, "store_replaced");
    assert_eq!(keeper.next_event(LONG).unwrap_err().code(), "log_not_kept");
    assert!(site.engine.config.location().alarms().unwrap().len() <= 1);
}

#[test]
fn an_alarm_that_was_not_accepted_waits_though_every_checkpoint_was() {
    let mut site = trial::site();
    let path = site.folder.path().join("log");
    let collector = Collector::at(&path);
    set(&mut site, &collector.keys(false).replace("[log.syslog]", "warn_after = \"10 min\"\n[log.syslog]"));
    site.engine.store.write(|store| store.sign_log()).unwrap();
    send(&mut site, LONG);
    drop(collector);
    fs::remove_file(&path).unwrap();
    alarm(&mut site);
    let (states, failures) = send(&mut site, Duration::from_millis(100));
    assert!(failures.contains(&"outlet_unreachable"), "{failures:?}");
    assert!(states[0].waiting == 0 && states[0].since.is_some(), "{states:?}");
    later(&mut site, SignedDuration::from_mins(11));
    assert!(site.engine.outlets().unwrap()[0].overdue);
    let _collector = Collector::at(&path);
    assert_eq!(send(&mut site, LONG).0[0].since, None);
}

#[test]
fn no_outlet_is_further_than_the_log() {
    let mut site = trial::site();
    let collector = Collector::at(&site.folder.path().join("log"));
    set(&mut site, &collector.keys(true));
    let (states, _) = send(&mut site, LONG);
    let kept = site.engine.store.document::<Progress>("syslog").unwrap().unwrap();
    let beyond = Progress { checkpoint: 1000, record: 1000, ..kept };
    site.engine.store.write(|store| store.put_document("syslog", &beyond)).unwrap();
    assert_eq!(site.engine.outlets().unwrap()[0].delivered, states[0].delivered);
    send(&mut site, LONG);
    collector.heard();
    alarm(&mut site);
    send(&mut site, LONG);
    let seq = of(&site, Operation::Alarm)[0].seq;
    assert!(collector.heard().contains(&format!("alarm {seq}")));
}

#[test]
fn an_outlet_that_never_answers_holds_up_neither_the_log_nor_the_end() {
    let mut site = trial::site();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let ca = site.folder.path().join("ca.pem");
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    fs::write(&ca, params.self_signed(&key).unwrap().pem()).unwrap();
    set(&mut site, &format!("[log.syslog]\nto = \"tls:localhost:{port}\"\nca = \"{}\"", ca.display()));
    let keeper = LogKeeper::start(trial::config(&site.folder)).unwrap();
    listener.accept().unwrap();
    let began = Instant::now();
    add(&mut site, "p1");
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    drop(keeper);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
}
