//! Whatever is done to one record is found and named, whoever did it: somebody who changed a row, who computed all links
//! anew, or who has the machine with its present keys and signed anew.

mod files;

use mabataki_models::Digest;
use pretty_assertions::assert_eq;
use proptest::prelude::*;

use super::*;
use crate::audit::chain::{genesis, next_link};
use crate::audit::checkpoint::{CheckpointKey, digest_of};
use crate::audit::{Canonical, Head, Line, LogState, NextKeys, Operation, Outcome, fixture};

/// So many records a checkpoint covers, and so many there are after the last.
const COVERED: usize = 7;
const TAIL: usize = 3;

/// A log as it was written, with the state of the machine that writes it.
#[derive(Clone)]
struct Log {
    records: Vec<Chained>,
    checkpoints: Vec<Checkpoint>,
    state: LogState,
    key: PublicKey,
}

/// A log with so many checkpoints.
fn log(checkpoints: usize) -> Log {
    log_of(checkpoints, |n| NextKeys { escrow: Some([n; ESCROW]), ..fixture::keys(n) })
}

fn log_of(checkpoints: usize, keys: impl Fn(u8) -> NextKeys) -> Log {
    let mut state = fixture::state();
    let mut log =
        Log { records: Vec::new(), checkpoints: Vec::new(), key: state.signer(), state: state.clone() };
    for seq in 1..=checkpoints * COVERED + TAIL {
        let (mut record, mut name) = (fixture::record(seq as u64), None);
        if seq % 3 == 0 {
            let (full, proof) = fixture::full(seq as u64);
            (record, name) = (full, Some(proof));
        }
        let place = state.extend(&record, name.as_ref());
        log.records.push(Chained { log: state.log(), record, place, name });
        if seq % COVERED == 0 {
            let number = u8::try_from(seq / COVERED).unwrap();
            log.checkpoints.push(state.sign("ward3-a", 1, keys(number)).unwrap());
        }
    }
    log.state = state;
    log
}

fn trust(key: PublicKey) -> Trust<'static> {
    Trust { keys: vec![key], whole: true, ..Trust::default() }
}

/// Reads a log as the store does: for each checkpoint the records with its numbers, then the checkpoint as it lies outside
/// and as it lies beside the records.
fn verify_store(log: &Log, outside: &[Checkpoint], trust: Trust<'_>) -> Verdict {
    let mut verifier = Verifier::new(trust);
    verifier.expect(log.state.log());
    let mut records = log.records.iter().peekable();
    let number_of = |checkpoint: &Checkpoint| checkpoint.head.number;
    let most = log.checkpoints.iter().chain(outside).map(number_of).max().unwrap_or(0);
    for number in 1..=most {
        let here = |from: &[Checkpoint]| from.iter().find(|c| number_of(c) == number).cloned();
        let candidates: Vec<Checkpoint> = here(outside).into_iter().chain(here(&log.checkpoints)).collect();
        let last = candidates[0].head.last;
        while let Some(record) = records.next_if(|next| next.record.seq <= last) {
            verifier.record(record);
        }
        candidates.iter().for_each(|checkpoint| verifier.checkpoint(checkpoint));
    }
    records.for_each(|record| verifier.record(record));
    verifier.finish(now()).remove(0)
}

/// A log as a file: each checkpoint after the records that it covers.
fn lines(log: &Log) -> Vec<Line> {
    let mut lines = Vec::new();
    for (place, record) in log.records.iter().enumerate() {
        lines.push(Line::Record(Box::new(record.clone())));
        if (place + 1).is_multiple_of(COVERED) {
            let checkpoint = log.checkpoints.get(place / COVERED).cloned();
            lines.extend(checkpoint.map(|checkpoint| Line::Checkpoint(Box::new(checkpoint))));
        }
    }
    lines
}

/// Reads lines as they lie.
fn verify_file(lines: &[Line], trust: Trust<'_>) -> Verdict {
    let mut verifier = Verifier::new(trust);
    for line in lines {
        match line {
            Line::Record(record) => verifier.record(record),
            Line::Checkpoint(checkpoint) => verifier.checkpoint(checkpoint),
        }
    }
    verifier.finish(now()).remove(0)
}

fn now() -> Timestamp {
    Timestamp::from_second(1_900_000_000).unwrap()
}

/// What somebody does to a record of the log.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Attack {
    Change,
    Remove,
    Add,
    Swap,
}

fn attack(log: &mut Log, attack: Attack, place: usize) {
    match attack {
        Attack::Change => log.records[place].record.entry.account = Some("another".to_owned()),
        Attack::Remove => drop(log.records.remove(place)),
        Attack::Swap => log.records.swap(place, place + 1),
        Attack::Add => {
            let mut added = log.records[place].clone();
            added.record.entry.account = Some("another".to_owned());
            added.place.mac = Digest::of(b"made up");
            log.records.insert(place, added);
        }
    }
}

fn number_anew(log: &mut Log) {
    for (place, record) in log.records.iter_mut().enumerate() {
        record.record.seq = place as u64 + 1;
    }
}

/// Computes all links anew. The MACs stay: their keys are gone.
fn link_anew(log: &mut Log) {
    let mut link = genesis(log.state.log(), &log.key);
    for chained in &mut log.records {
        let canonical = Canonical::of(&chained.record, chained.name.as_ref());
        link = next_link(&link, &canonical, &chained.place.mac);
        chained.place.link = link;
    }
}

/// Makes all checkpoints anew, with the one key that the machine has.
fn sign_anew(log: &mut Log) {
    let key: CheckpointKey = fixture::keys(u8::try_from(log.checkpoints.len()).unwrap()).checkpoint;
    let mut previous = genesis(log.state.log(), &key.public());
    for (number, checkpoint) in log.checkpoints.iter_mut().enumerate() {
        let covered = &log.records[number * COVERED..(number + 1) * COVERED];
        let digest = |chained: &Chained| {
            Canonical::of(&chained.record, chained.name.as_ref()).digest(&chained.place.mac)
        };
        let list: Vec<_> = covered.iter().map(digest).collect();
        let link = covered[COVERED - 1].place.link;
        let (key_now, next_key) = (key.public(), key.public());
        let head = Head {
            link,
            previous,
            key: key_now,
            next_key,
            digests: digest_of(&list),
            ..checkpoint.head.clone()
        };
        previous = head.digest();
        *checkpoint = head.sign(&key, list);
    }
}

#[test]
fn a_log_as_it_was_written_is_good_and_its_unprotected_end_is_told() {
    let log = log(4);
    for verdict in
        [verify_store(&log, &log.checkpoints, trust(log.key)), verify_file(&lines(&log), trust(log.key))]
    {
        assert_eq!(verdict.finding, None);
        assert_eq!((verdict.records, verdict.checkpoints, verdict.elsewhere), (31, 4, 0));
        assert_eq!(verdict.key, Some(log.key));
        let since = now().duration_since(log.checkpoints[3].head.time).as_secs();
        let seconds = u64::try_from(since).unwrap();
        assert_eq!(verdict.unprotected, Unprotected { records: 3, seconds, checked: false });
    }
}

proptest! {
    /// The genuine checkpoints lie outside; beside the records lie those that the attacker left, or made.
    #[test]
    fn whatever_is_done_to_one_record_is_named(
        which in prop::sample::select(vec![Attack::Change, Attack::Remove, Attack::Add, Attack::Swap]),
        place in 0..27_usize, numbers: bool, links: bool, signs: bool,
    ) {
        let mut log = log(4);
        let outside = log.checkpoints.clone();
        attack(&mut log, which, place);
        // A database has each number once.
        if numbers || which == Attack::Add || which == Attack::Swap {
            number_anew(&mut log);
        }
        if links {
            link_anew(&mut log);
        }
        if signs {
            sign_anew(&mut log);
        }
        let finding = verify_store(&log, &outside, trust(log.key)).finding.unwrap();
        prop_assert_eq!(finding.record, place as u64 + 1);
        let expected = match which {
            Attack::Change => Tampering::Changed,
            Attack::Remove => Tampering::Removed,
            Attack::Add => Tampering::Added,
            Attack::Swap => Tampering::Reordered,
        };
        // At the end of what a checkpoint covers, where all is numbered anew, a neighbour stands in the record's place.
        let at_the_end = place % COVERED == COVERED - 1;
        prop_assert!(finding.what == expected || at_the_end && finding.what == Tampering::Changed, "{:?}", finding);
    }

    #[test]
    fn whatever_is_done_to_one_line_of_a_file_is_named(
        which in prop::sample::select(vec![Attack::Change, Attack::Remove, Attack::Add, Attack::Swap]),
        chunk in 0..4_usize, place in 0..COVERED - 1,
    ) {
        let mut log = log(4);
        let at = chunk * (COVERED + 1) + place;
        let place = chunk * COVERED + place;
        let mut file = lines(&log);
        match which {
            Attack::Remove => drop(file.remove(at)),
            Attack::Swap => file.swap(at, at + 1),
            Attack::Change | Attack::Add => {
                attack(&mut log, Attack::Change, place);
                log.records[place].place.mac = Digest::of(b"made up");
                let line = Line::Record(Box::new(log.records[place].clone()));
                if which == Attack::Change { file[at] = line } else { file.insert(at, line) }
            }
        }
        let what = match which {
            Attack::Change => Tampering::Changed,
            Attack::Remove => Tampering::Removed,
            Attack::Add => Tampering::Added,
            Attack::Swap => Tampering::Reordered,
        };
        let finding = verify_file(&file, trust(log.key)).finding;
        prop_assert_eq!(finding, Some(Finding { record: place as u64 + 1, what }));
    }

    #[test]
    fn a_log_that_was_cut_is_told_by_the_checkpoints_outside(place in 0..28_usize, links: bool) {
        let mut log = log(4);
        let outside = log.checkpoints.clone();
        log.records.truncate(place);
        log.checkpoints.truncate(place / COVERED);
        if links {
            link_anew(&mut log);
        }
        let finding = verify_store(&log, &outside, trust(log.key)).finding.unwrap();
        let what = if place == 0 { Tampering::Removed } else { Tampering::Cut };
        prop_assert_eq!(finding, Finding { record: place as u64 + 1, what });
    }

    #[test]
    fn whoever_signs_anew_with_the_present_key_is_found_without_anything_outside(place in 0..28_usize) {
        let mut log = log(4);
        attack(&mut log, Attack::Change, place);
        link_anew(&mut log);
        let genuine = log.checkpoints.clone();
        sign_anew(&mut log);
        // The best that can be done: the checkpoints before the change stay as they are.
        let chunk = place / COVERED;
        log.checkpoints[..chunk].clone_from_slice(&genuine[..chunk]);
        let first = (chunk * COVERED) as u64 + 1;
        let what = if chunk == 0 { Tampering::UnknownKey } else { Tampering::BadSignature };
        prop_assert_eq!(verify_store(&log, &[], trust(log.key)).finding, Some(Finding { record: first, what }));
    }

    #[test]
    fn with_the_recovery_key_the_records_that_no_checkpoint_covers_are_held_against_their_macs(at in 28..31_usize) {
        let mut log = log(4);
        attack(&mut log, Attack::Change, at);
        link_anew(&mut log);
        let blind = verify_store(&log, &log.checkpoints, trust(log.key));
        prop_assert_eq!(blind.finding, None, "nothing but the MAC tells");
        let finding = verify_store(&log, &log.checkpoints, with_escrow(log.key)).finding;
        prop_assert_eq!(finding, Some(Finding { record: at as u64 + 1, what: Tampering::Changed }));
    }
}

/// The escrow of the fixture: the number of the keys, again and again.
fn with_escrow(key: PublicKey) -> Trust<'static> {
    let open = |context: &[u8], sealed: &[u8; ESCROW]| {
        assert_eq!(context.last(), Some(&sealed[0]), "sealed for another checkpoint");
        Some(MacKey::from_bytes([sealed[0]; 32]))
    };
    Trust { escrow: Some(Box::new(open)), ..trust(key) }
}

#[test]
fn with_the_recovery_key_a_good_log_is_good() {
    let log = log(4);
    let verdict = verify_store(&log, &log.checkpoints, with_escrow(log.key));
    assert_eq!((verdict.finding, verdict.unprotected.checked), (None, true));
}

#[test]
fn a_name_that_was_not_committed_to_is_a_change_and_one_that_is_not_shown_is_none() {
    let mut log = log(1);
    log.records[2].record.entry.name = Some("somebody else".to_owned());
    let finding = verify_store(&log, &[], trust(log.key)).finding;
    assert_eq!(finding, Some(Finding { record: 3, what: Tampering::Changed }));
    log.records[2].record.entry.name = None;
    log.records[2].name.as_mut().unwrap().salt = None;
    assert_eq!(verify_store(&log, &[], trust(log.key)).finding, None);
    log.records[3].record.entry.name = Some("somebody".to_owned());
    assert_eq!(verify_store(&log, &[], trust(log.key)).finding.unwrap().record, 4);
}

#[test]
fn a_record_that_cannot_be_read_is_named() {
    let log = log(2);
    let mut verifier = Verifier::new(trust(log.key));
    for chained in &log.records[..COVERED] {
        match chained.record.seq {
            4 => verifier.unreadable(chained.log, 4),
            _ => verifier.record(chained),
        }
    }
    verifier.checkpoint(&log.checkpoints[0]);
    let finding = verifier.finish(now()).remove(0).finding;
    assert_eq!(finding, Some(Finding { record: 4, what: Tampering::Changed }));
}

#[test]
fn checkpoints_that_are_missing_or_of_another_log_are_told() {
    let good = log(4);
    let without = |number: usize| {
        let mut file = lines(&good);
        file.remove(number * (COVERED + 1) - 1);
        verify_file(&file, trust(good.key)).finding
    };
    let missing = |record| Some(Finding { record, what: Tampering::CheckpointMissing });
    assert_eq!(without(1), missing(1));
    assert_eq!(without(3), missing(15));
    let bare = Log { checkpoints: Vec::new(), ..good.clone() };
    let finding = verify_file(&lines(&bare), trust(good.key)).finding;
    assert_eq!(finding, Some(Finding { record: 1, what: Tampering::NotCovered }));
    let other = CheckpointKey::from_seed([9; 32]).public();
    let finding = verify_file(&lines(&good), trust(other)).finding;
    assert_eq!(finding, Some(Finding { record: 1, what: Tampering::UnknownKey }));
    let nobody = Trust { whole: true, ..Trust::default() };
    assert_eq!(verify_file(&lines(&good), nobody).finding, None, "it hangs together, whosever it is");
}

#[test]
fn a_code_that_was_written_down_tells_a_log_that_was_written_anew_or_cut() {
    let genuine = log(4);
    let code = ShortCode::of(&genuine.checkpoints[2]);
    let with_code = |key| Trust { codes: vec![code], ..trust(key) };
    assert_eq!(verify_store(&genuine, &[], with_code(genuine.key)).finding, None);
    let mut cut = genuine.clone();
    cut.records.truncate(14);
    cut.checkpoints.truncate(2);
    let finding = verify_store(&cut, &[], with_code(cut.key)).finding;
    assert_eq!(finding, Some(Finding { record: 15, what: Tampering::Cut }));
    // Whoever had the keys from the beginning can write all of it anew, but not so that the code fits.
    let other = log_of(4, |n| NextKeys { escrow: Some([n + 1; ESCROW]), ..fixture::keys(n) });
    let finding = verify_store(&other, &[], with_code(other.key)).finding;
    assert_eq!(finding, Some(Finding { record: 15, what: Tampering::Forked }));
}

#[test]
fn a_log_of_which_nothing_is_left_is_not_good() {
    let log = log(1);
    let mut verifier = Verifier::new(trust(log.key));
    verifier.expect(log.state.log());
    let finding = verifier.finish(now()).remove(0).finding;
    assert_eq!(finding, Some(Finding { record: 1, what: Tampering::NotCovered }));
}

#[test]
fn two_checkpoints_of_one_number_that_say_different_things_are_told() {
    let mut log = log(2);
    let key = fixture::keys(1).checkpoint;
    let outside = log.checkpoints.clone();
    let head = Head { generation: 2, ..log.checkpoints[1].head.clone() };
    log.checkpoints[1] = head.sign(&key, outside[1].records.clone().unwrap());
    let finding = verify_store(&log, &outside, trust(log.key)).finding;
    assert_eq!(finding, Some(Finding { record: 8, what: Tampering::Forked }));
    log.checkpoints[1] = Checkpoint { signature: [0; 64], ..outside[1].clone() };
    let finding = verify_store(&log, &outside, trust(log.key)).finding;
    assert_eq!(finding, Some(Finding { record: 8, what: Tampering::BadSignature }));
}

#[test]
fn records_may_be_missing_at_the_beginning_only_where_the_log_says_that_they_were_archived() {
    let archive_at = |seq: u64, covered: bool| {
        let mut state = fixture::state();
        let mut log = log(0);
        (log.records, log.key) = (Vec::new(), state.signer());
        for number in 1..=if covered { 40 } else { 36 } {
            let mut record = fixture::record(number);
            if number == seq {
                record.entry.operation = Operation::LogArchive;
                record.entry.outcome = Outcome::Done;
                record.entry.object = Some("1-14".to_owned());
            }
            let place = state.extend(&record, None);
            log.records.push(Chained { log: state.log(), record, place, name: None });
            if number % COVERED as u64 == 0 {
                log.checkpoints.push(state.sign("ward3-a", 1, fixture::keys(number as u8)).unwrap());
            }
        }
        log.state = state;
        log.records.drain(..14);
        log
    };
    let said = archive_at(30, true);
    let verdict = verify_store(&said, &said.checkpoints, trust(said.key));
    assert_eq!((verdict.finding, verdict.elsewhere), (None, 14));
    let removed = |record| Some(Finding { record, what: Tampering::Removed });
    let silent = archive_at(0, true);
    assert_eq!(verify_store(&silent, &silent.checkpoints, trust(silent.key)).finding, removed(1));
    let unsigned = archive_at(36, false);
    assert_eq!(verify_store(&unsigned, &unsigned.checkpoints, trust(unsigned.key)).finding, removed(1));
    let mut more = said;
    more.records.drain(..7);
    assert_eq!(verify_store(&more, &more.checkpoints, trust(more.key)).finding, removed(15));
    // A file that holds a part of a log need not hold the rest.
    let part = Trust { whole: false, ..trust(silent.key) };
    assert_eq!(verify_store(&silent, &silent.checkpoints, part).finding, None);
}

#[test]
fn a_log_that_went_on_with_another_key_after_a_restore_is_good_for_whoever_knows_the_key() {
    let mut log = log(2);
    let renewed = CheckpointKey::from_seed([77; 32]);
    let last = log.checkpoints[1].clone();
    let head = Head { generation: 2, key: renewed.public(), ..last.head };
    log.checkpoints[1] = head.sign(&renewed, last.records.unwrap());
    let finding = verify_store(&log, &[], trust(log.key)).finding;
    assert_eq!(finding, Some(Finding { record: 8, what: Tampering::BadSignature }));
    let both = Trust { keys: vec![log.key, renewed.public()], ..trust(log.key) };
    assert_eq!(verify_store(&log, &[], both).finding, None);
    assert_eq!(verify_store(&log, &[], Trust { whole: true, ..Trust::default() }).finding, None, "by itself");
}

#[test]
fn logs_of_many_terminals_are_verified_together_each_by_its_own_key() {
    let one = log(3);
    let mut other = LogState::begin(LogId([8; 16]), fixture::keys(50));
    let key = other.signer();
    let mut verifier = Verifier::new(Trust { keys: vec![one.key, key], ..Trust::default() });
    let mut checkpoints = one.checkpoints.iter();
    for (place, chained) in one.records.iter().enumerate() {
        verifier.record(chained);
        let record = fixture::record(chained.record.seq);
        let at = other.extend(&record, None);
        let tampered = place == 4;
        let mut line = Chained { log: other.log(), record, place: at, name: None };
        if tampered {
            line.record.entry.subject = Some("nurse02".to_owned());
        }
        verifier.record(&line);
        if (place + 1) % COVERED == 0 {
            checkpoints.next().into_iter().for_each(|checkpoint| verifier.checkpoint(checkpoint));
            verifier
                .checkpoint(&other.sign("ward3-b", 1, fixture::keys(51 + (place / COVERED) as u8)).unwrap());
        }
    }
    let verdicts = verifier.finish(now());
    let findings: Vec<_> = verdicts.iter().map(|verdict| (verdict.log, verdict.finding)).collect();
    let changed = Finding { record: 5, what: Tampering::Changed };
    assert_eq!(findings, [(LogId([3; 16]), None), (LogId([8; 16]), Some(changed))]);
    assert_eq!(verdicts[1].terminal.as_deref(), Some("ward3-a"), "what the first record says");
}
