//! The log as a whole: what a start closes, and what an archive takes along.

use jiff::SignedDuration;
use mabataki_models::Digest;

use super::*;
use crate::audit::{Finding, Record, Tampering, Trust, Verdict, Verifier};
use crate::engine::clock::Clock;
use crate::engine::trial::{self, Site, config, grant, site};
use crate::policy::Purpose;
use crate::store::{LogFile, LogLines};

fn log_of(engine: &Engine) -> Vec<Record> {
    engine.store.log(0, 10_000).unwrap()
}

/// What an inspector finds who has the store, what lies outside of it, an archive, and the key from the beginning.
fn verdict(engine: &Engine, key: PublicKey, archive: Option<&Path>) -> Verdict {
    let location = engine.config.location();
    let mut verifier = Verifier::new(Trust { keys: vec![key], whole: true, ..Trust::default() });
    if let Some(archive) = archive {
        LogLines::open(archive).unwrap().feed(&mut verifier, || {}).unwrap();
    }
    let file = LogFile::open(&location.state).unwrap();
    let outside = LogLines::open(&location.checkpoints()).unwrap().checkpoints_of(file.id());
    file.feed(&mut verifier, outside, || {}).unwrap();
    verifier.finish(Timestamp::now()).remove(0)
}

fn set(engine: &mut Engine, wall: Timestamp, boot: u8, ms: u64) {
    let now = trial::at(wall, boot, ms);
    engine.clock = Clock::Set { wall: now.wall, steady: now.steady };
}

#[test]
fn the_first_use_after_a_start_of_the_machine_is_written_down_and_closes_what_was_open() {
    let Site { mut engine, folder: _folder } = site();
    let wall = Timestamp::now();
    set(&mut engine, wall, 1, 1_000);
    let open = grant(&mut engine, "nurse01", Purpose::Login, None);
    set(&mut engine, wall + SignedDuration::from_secs(90), 1, 91_000);
    engine.examine(&open).unwrap();
    set(&mut engine, wall + SignedDuration::from_hours(10), 2, 5_000);
    assert_eq!(engine.examine(&open).unwrap_err().code(), "grant_ended");
    let log = log_of(&engine);
    let starts = log.iter().filter(|record| record.entry.operation == Operation::Start).count();
    // The test's own clock is another start than the one that the store was made in.
    assert_eq!(starts, 2);
    let end = log.iter().rfind(|record| record.entry.operation == Operation::GrantEnd).unwrap();
    assert_eq!(end.entry.session.as_deref(), Some(open.session()));
    assert_eq!((end.entry.reason.as_deref(), end.entry.duration_ms), (Some("restarted"), Some(90_000)));
    engine.acting().person("nurse01").unwrap();
    assert_eq!(log_of(&engine).len(), log.len(), "once");
}

#[test]
fn a_grant_that_ran_out_before_a_start_of_the_machine_is_told_to_have_run_out_after_its_life() {
    let Site { mut engine, folder: _folder } = site();
    let wall = Timestamp::now();
    set(&mut engine, wall, 1, 1_000);
    let open = grant(&mut engine, "nurse01", Purpose::Login, None);
    // The store is used eight hours later, and nobody asks about the grant.
    set(&mut engine, wall + SignedDuration::from_hours(8), 1, 28_801_000);
    engine.transact(|_, _| Ok(())).unwrap();
    set(&mut engine, wall + SignedDuration::from_hours(10), 2, 5_000);
    assert_eq!(engine.examine(&open).unwrap_err().code(), "grant_ended");
    let log = log_of(&engine);
    let end = log.iter().rfind(|record| record.entry.operation == Operation::GrantEnd).unwrap();
    assert_eq!(end.entry.session.as_deref(), Some(open.session()));
    assert_eq!((end.entry.reason.as_deref(), end.entry.duration_ms), (Some("expired"), Some(600_000)));
}

#[test]
fn a_service_that_ends_leaves_nothing_unsigned() {
    let Site { mut engine, folder: _folder } = site();
    let (_, key) = engine.log_identity().unwrap();
    engine.start().unwrap();
    engine.stop().unwrap();
    let verdict = verdict(&engine, key, None);
    assert_eq!((verdict.finding, verdict.unprotected.records), (None, 0));
    let last = log_of(&engine).pop().unwrap().entry;
    assert_eq!((last.operation, last.outcome), (Operation::Stop, Outcome::Done));
}

#[test]
fn what_was_archived_is_in_the_store_no_more_and_both_together_are_the_whole_log() {
    let Site { mut engine, folder } = site();
    let (_, key) = engine.log_identity().unwrap();
    let until = Timestamp::now() + SignedDuration::from_hours(1);
    let path = |name: &str| folder.path().join(name);
    assert_eq!(
        engine.acting().archive_log(&path("none"), None, &mut |_, _| {}).unwrap(),
        None,
        "nothing is that old"
    );
    assert!(!path("none").exists());
    engine.acting().sign_log().unwrap();
    engine.acting().add_person("nurse03", &crate::store::Profile::named("Nurse nurse03")).unwrap();
    let before = log_of(&engine);
    let mut heard = Vec::new();
    let mut progress = |done, of| heard.push((done, of));
    let archived = engine.acting().archive_log(&path("first"), Some(until), &mut progress).unwrap().unwrap();
    assert_eq!((archived.first, archived.last), (1, 4));
    // Four records and two checkpoints, written and read back.
    assert_eq!(heard, [(12, 12)]);
    let after = log_of(&engine);
    assert_eq!(after[0], before[4]);
    let last = &after.last().unwrap().entry;
    let sha256 = Digest::of(&std::fs::read(path("first")).unwrap());
    let told = format!("1-4 sha256 {sha256}");
    assert_eq!((last.operation, last.object.as_deref()), (Operation::LogArchive, Some(&*told)));
    let alone = verdict(&engine, key, None);
    assert_eq!((alone.finding, alone.elsewhere), (None, 4));
    let both = verdict(&engine, key, Some(&path("first")));
    assert_eq!((both.finding, both.elsewhere, both.records), (None, 0, 6));
    // The same records, but not the same file.
    let text = std::fs::read_to_string(path("first")).unwrap();
    std::fs::write(path("other"), text.replace("\n{", "\n {")).unwrap();
    let other = verdict(&engine, key, Some(&path("other"))).finding;
    assert_eq!(other, Some(Finding { record: 1, what: Tampering::OtherArchive }));
    // The next one goes on where the first ended, and can be verified by itself.
    engine.stop().unwrap();
    let second = engine.acting().archive_log(&path("second"), Some(until), &mut |_, _| {}).unwrap().unwrap();
    assert_eq!((second.first, second.last), (5, 6));
    let mut verifier = Verifier::new(Trust { keys: vec![key], ..Trust::default() });
    LogLines::open(&path("second")).unwrap().feed(&mut verifier, || {}).unwrap();
    let found = verifier.finish(until).remove(0);
    assert_eq!((found.finding, found.elsewhere, found.records), (None, 4, 2));
    assert!(text.contains("\"operation\":\"store_create\""));
    drop(engine);
    let engine = Engine::open(config(&folder)).unwrap();
    assert_eq!(verdict(&engine, key, None).finding, None);
}

#[test]
fn whoever_asks_for_a_checkpoint_stands_in_the_log_under_it_and_where_nothing_is_to_be_signed_nothing_is_written()
 {
    let Site { mut engine, folder: _folder } = site();
    let made = engine.acting().sign_log().unwrap().unwrap();
    let last = log_of(&engine).pop().unwrap();
    assert_eq!((last.entry.operation, last.seq), (Operation::LogSign, made.head.last));
    assert_eq!(engine.acting().sign_log().unwrap().unwrap(), made);
    assert_eq!(log_of(&engine).len() as u64, last.seq);
}

#[test]
fn a_service_that_begins_closes_what_has_run_out_since_and_nothing_else() {
    let Site { mut engine, folder: _folder } = site();
    let wall = Timestamp::now();
    set(&mut engine, wall, 1, 1_000);
    let open = grant(&mut engine, "nurse01", Purpose::Login, None);
    set(&mut engine, wall + SignedDuration::from_secs(300), 1, 301_000);
    let later = grant(&mut engine, "nurse02", Purpose::Login, None);
    engine.start().unwrap();
    let ends = |engine: &Engine| -> Vec<_> {
        let log = log_of(engine).into_iter().map(|record| record.entry);
        let ends = log.filter(|entry| entry.operation == Operation::GrantEnd);
        ends.map(|entry| (entry.session.unwrap(), entry.reason.unwrap(), entry.duration_ms)).collect()
    };
    assert_eq!(ends(&engine), []);
    set(&mut engine, wall + SignedDuration::from_secs(700), 1, 701_000);
    engine.start().unwrap();
    assert_eq!(ends(&engine), [(open.session().to_owned(), "expired".to_owned(), Some(600_000))]);
    engine.examine(&later).unwrap();
}
