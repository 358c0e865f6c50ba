//! Files of lines: they hold what they say that they hold, and an archive is the one that the log speaks of.

use pretty_assertions::assert_eq;

use super::*;
use crate::audit::ArchivedPart;

/// What an archive's bytes are said to have.
const SHA256: &[u8] = b"the archive";

/// A log of 42 records, whose record 30 says that those up to 14 were moved into an archive.
fn archived() -> Log {
    let mut state = fixture::state();
    let (key, mut records, mut checkpoints) = (state.signer(), Vec::new(), Vec::new());
    for seq in 1..=42 {
        let mut record = fixture::record(seq);
        if seq == 30 {
            let part = ArchivedPart { first: 1, last: 14, sha256: Some(Digest::of(SHA256)) };
            record.entry.operation = Operation::LogArchive;
            record.entry.outcome = Outcome::Done;
            record.entry.object = Some(part.to_string());
        }
        let place = state.extend(&record, None);
        records.push(Chained { log: state.log(), record, place, name: None });
        if seq.is_multiple_of(COVERED as u64) {
            checkpoints.push(state.sign("ward3-a", 1, fixture::keys(seq as u8)).unwrap());
        }
    }
    Log { records, checkpoints, state, key }
}

/// Reads files of lines, one after the other, each with what its bytes have as their digest.
fn verify_files(files: &[(&[Line], &[u8])], trust: Trust<'_>) -> Verdict {
    let mut verifier = Verifier::new(trust);
    for (file, bytes) in files {
        verifier.begin_file();
        for line in *file {
            match line {
                Line::Record(record) => verifier.record(record),
                Line::Checkpoint(checkpoint) => verifier.checkpoint(checkpoint),
            }
        }
        verifier.end_file(Digest::of(bytes));
    }
    verifier.finish(now()).remove(0)
}

fn some(key: PublicKey) -> Trust<'static> {
    Trust { whole: false, ..trust(key) }
}

/// The lines without the digests of the records, in those before this place.
fn bare(lines: &mut [Line], before: usize) {
    for line in &mut lines[..before] {
        if let Line::Checkpoint(checkpoint) = line {
            checkpoint.records = None;
        }
    }
}

fn removed(record: u64) -> Option<Finding> {
    Some(Finding { record, what: Tampering::Removed })
}

proptest! {
    #[test]
    fn records_that_were_taken_out_of_a_file_are_missed_though_its_checkpoints_stayed(
        first in 0..28_u64, count in 1..28_u64,
    ) {
        let log = log(4);
        let gone = first + 1..=first + count;
        let mut file = lines(&log);
        file.truncate(4 * (COVERED + 1));
        file.retain(|line| !matches!(line, Line::Record(record) if gone.contains(&record.record.seq)));
        let finding = verify_files(&[(&file, b"")], some(log.key)).finding;
        prop_assert_eq!(finding.map(|finding| finding.record), Some(first + 1));
    }
}

#[test]
fn a_file_that_does_not_end_with_a_checkpoint_was_cut() {
    let log = log(4);
    let file = lines(&log);
    assert_eq!(verify_files(&[(&file[..16], b"")], some(log.key)).finding, None);
    for end in 17..23 {
        let finding = verify_files(&[(&file[..end], b"")], some(log.key)).finding;
        assert_eq!(finding, Some(Finding { record: end as u64 - 1, what: Tampering::Cut }));
    }
}

#[test]
fn an_archive_is_there_with_all_its_records_or_with_none_whatever_is_taken_from_its_checkpoints() {
    let log = archived();
    let all = lines(&log);
    let (archive, rest) = all.split_at(2 * (COVERED + 1));
    let both = verify_files(&[(archive, SHA256), (rest, b"")], trust(log.key));
    assert_eq!((both.finding, both.elsewhere, both.records), (None, 0, 42));
    let heads: Vec<Line> = log.checkpoints[..2]
        .iter()
        .map(|head| Line::Checkpoint(Box::new(Checkpoint { records: None, ..head.clone() })))
        .collect();
    let none = verify_files(&[(&[&heads, rest].concat(), b"")], some(log.key));
    assert_eq!((none.finding, none.elsewhere), (None, 14));
    // Its first half is taken out, and the checkpoint left as those before an archive's own are.
    let mut cut = archive[COVERED..].to_vec();
    bare(&mut cut, 1);
    let alone = verify_files(&[(&cut, b"")], some(log.key));
    assert_eq!((alone.finding, alone.elsewhere), (None, 7), "by itself it may be one that begins there");
    assert_eq!(verify_files(&[(&cut, b""), (rest, b"")], some(log.key)).finding, removed(1));
    assert_eq!(verify_files(&[(&cut, b""), (rest, b"")], trust(log.key)).finding, removed(1));
}

#[test]
fn an_archive_that_is_not_the_file_that_was_written_is_told() {
    let log = archived();
    let all = lines(&log);
    let (archive, rest) = all.split_at(2 * (COVERED + 1));
    let other = verify_files(&[(archive, b"another"), (rest, b"")], trust(log.key));
    assert_eq!(other.finding, Some(Finding { record: 1, what: Tampering::OtherArchive }));
    // Lines that hold more than the archive are no archive.
    assert_eq!(verify_files(&[(&all, b"another")], trust(log.key)).finding, None);
}

#[test]
fn where_everything_must_be_there_nothing_may_lie_in_an_archive() {
    let log = archived();
    let all = lines(&log);
    let complete = || Trust { complete: true, ..trust(log.key) };
    assert_eq!(verify_files(&[(&all, b"")], complete()).finding, None);
    let mut rest = log.clone();
    rest.records.drain(..14);
    assert_eq!(verify_store(&rest, &rest.checkpoints, trust(log.key)).finding, None);
    assert_eq!(verify_store(&rest, &rest.checkpoints, complete()).finding, removed(1));
}

#[test]
fn a_checkpoint_that_cannot_be_read_is_told_and_the_other_copy_of_it_verifies_the_log() {
    let mut log = log(4);
    let unreadable = |record| Some(Finding { record, what: Tampering::CheckpointUnreadable });
    for copy in [true, false] {
        let mut verifier = Verifier::new(trust(log.key));
        for (number, covered) in (1..).zip(log.records.chunks(COVERED)) {
            covered.iter().for_each(|record| verifier.record(record));
            match (log.checkpoints.get(number - 1), number) {
                (Some(checkpoint), 3) => {
                    if copy {
                        verifier.checkpoint(checkpoint);
                    }
                    verifier.unreadable_checkpoint(log.state.log(), 3);
                }
                (Some(checkpoint), _) => verifier.checkpoint(checkpoint),
                (None, _) => {}
            }
        }
        let verdict = verifier.finish(now()).remove(0);
        assert_eq!((verdict.finding, verdict.checkpoints), (unreadable(15), if copy { 4 } else { 2 }));
    }
    attack(&mut log, Attack::Change, 3);
    let mut verifier = Verifier::new(trust(log.key));
    log.records[..COVERED].iter().for_each(|record| verifier.record(record));
    verifier.checkpoint(&log.checkpoints[0]);
    verifier.unreadable_checkpoint(log.state.log(), 1);
    let finding = verifier.finish(now()).remove(0).finding;
    assert_eq!(finding, Some(Finding { record: 4, what: Tampering::Changed }), "a record tells more");
}
