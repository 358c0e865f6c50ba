//! One log under verification.

use jiff::Timestamp;
use mabataki_models::Digest;

use super::compare::{Waiting, first_difference};
use super::{Finding, Tampering, Trust, Unprotected, Verdict, escrow_context};
use crate::audit::chain::{genesis, next_link};
use crate::audit::checkpoint::{Head, MOST_COVERED};
use crate::audit::{ArchivedPart, Canonical, Chained, Checkpoint, LogId, MacKey, PublicKey, ShortCode};

/// How far a log was found to be as it was written.
pub(super) struct LogCheck {
    log: LogId,
    terminal: Option<String>,
    identity: Option<PublicKey>,
    /// The beginnings of the digests of all heads so far: to know one again that comes twice.
    heads: Vec<[u8; 16]>,
    last: Option<Head>,
    /// The records since the last checkpoint.
    waiting: Vec<Pending>,
    /// The key of the next record, where it could be opened.
    key: Option<MacKey>,
    records: u64,
    /// Checkpoints up to this record came without their records, before any record came.
    elsewhere: u64,
    /// The log says under a signature that the records up to this one were moved into an archive.
    archived: u64,
    /// An archive of which only the end was looked at begins with this record.
    cut_archive: Option<u64>,
    /// What comes is from a file of lines.
    pub(super) in_file: bool,
    /// The first and the last record that the file has.
    here: Option<(u64, u64)>,
    /// The files so far that are of this log alone.
    files: Vec<ArchivedPart>,
    finding: Option<Finding>,
    /// Another copy of a checkpoint was not as it should be. It tells less than a record that is not as it was.
    doubt: Option<Finding>,
    /// The finding is that records are missing, and no later one has come yet.
    open_end: bool,
}

/// A record since the last checkpoint.
struct Pending {
    waiting: Waiting,
    link: Digest,
    /// It is what its link says it is, after the link of the one before it.
    linked: bool,
    /// Its MAC is right, as far as the key is known.
    authentic: bool,
    time: Option<Timestamp>,
    archived: Option<ArchivedPart>,
    /// It came from a file of lines.
    in_file: bool,
}

impl LogCheck {
    pub(super) fn new(log: LogId) -> LogCheck {
        LogCheck {
            log,
            terminal: None,
            identity: None,
            heads: Vec::new(),
            last: None,
            waiting: Vec::new(),
            key: None,
            records: 0,
            elsewhere: 0,
            archived: 0,
            cut_archive: None,
            in_file: false,
            here: None,
            files: Vec::new(),
            finding: None,
            doubt: None,
            open_end: false,
        }
    }

    pub(super) fn record(&mut self, chained: &Chained) {
        let record = &chained.record;
        if !self.expects(record.seq) {
            return;
        }
        self.terminal.get_or_insert_with(|| record.terminal.clone());
        let canonical = Canonical::of(record, chained.name.as_ref());
        let before = self.link();
        let named = chained.name.is_none_or(|name| name.fits(record.entry.name.as_deref()))
            && (chained.name.is_some() || record.entry.name.is_none());
        let linked = before
            .is_none_or(|before| next_link(&before, &canonical, &chained.place.mac) == chained.place.link);
        let authentic = match (&mut self.key, before) {
            (Some(key), Some(before)) => key.accepts(&before, &canonical, &chained.place.mac),
            _ => true,
        };
        self.waiting.push(Pending {
            // A name that was not committed to makes it another record, though its digest does not show it.
            waiting: Waiting { seq: record.seq, digest: named.then(|| canonical.digest(&chained.place.mac)) },
            link: chained.place.link,
            linked: linked && named,
            authentic,
            time: Some(record.entry.time),
            archived: ArchivedPart::told_by(&record.entry),
            in_file: self.in_file,
        });
    }

    pub(super) fn unreadable(&mut self, seq: u64) {
        if self.expects(seq) {
            let link = Digest::from_bytes([0; 32]);
            let waiting = Waiting { seq, digest: None };
            self.waiting.push(Pending {
                waiting,
                link,
                linked: false,
                authentic: false,
                time: None,
                archived: None,
                in_file: self.in_file,
            });
        }
    }

    pub(super) fn checkpoint(&mut self, checkpoint: &Checkpoint, trust: &Trust<'_>) {
        if self.finding.is_some() {
            return;
        }
        let head = &checkpoint.head;
        self.terminal.get_or_insert_with(|| head.terminal.clone());
        if let Some(known) =
            usize::try_from(head.number).ok().and_then(|number| self.heads.get(number.checked_sub(1)?))
        {
            let what = if *known != beginning(&head.digest()) {
                Tampering::Forked
            } else if !checkpoint.is_signed_by(&head.key) {
                Tampering::BadSignature
            } else {
                return;
            };
            self.doubt.get_or_insert(Finding { record: head.first, what });
            return;
        }
        if let Err(what) = self.follows(checkpoint, trust) {
            // What is right up to here begins after the last checkpoint that is.
            self.finding = Some(Finding { record: self.next(), what });
            return;
        }
        let written_down = trust.codes.iter().find(|code| code.checkpoint == head.number);
        if written_down.is_some_and(|code| *code != ShortCode::of(checkpoint)) {
            self.finding = Some(Finding { record: head.first, what: Tampering::Forked });
            return;
        }
        // Whoever brings the digests of records into a file brings the records.
        if self.records == 0 && !(self.in_file && checkpoint.records.is_some()) {
            self.elsewhere = head.last;
        } else {
            self.finding = self.compare(checkpoint);
            let end = self.waiting.last().map_or(0, |record| record.waiting.seq);
            self.open_end = self.finding.is_some_and(|finding| finding.record > end);
        }
        let told: Vec<_> = self.waiting.drain(..).filter_map(|record| record.archived).collect();
        told.into_iter().for_each(|part| self.archive(part));
        self.identity.get_or_insert(head.key);
        self.heads.push(beginning(&head.digest()));
        let open = |sealed| trust.escrow.as_ref()?(&escrow_context(self.log, head.number), sealed);
        self.key = head.escrow.as_ref().and_then(open);
        self.last = Some(head.clone());
    }

    /// A checkpoint that could not be read: another copy of one that was as it should be, or the only one.
    pub(super) fn unreadable_checkpoint(&mut self, number: u64) {
        if self.finding.is_some() {
            return;
        }
        let what = Tampering::CheckpointUnreadable;
        if number > self.heads.len() as u64 {
            self.finding = Some(Finding { record: self.next(), what });
        } else {
            let record = self.last.as_ref().map_or(1, |head| head.first);
            self.doubt.get_or_insert(Finding { record, what });
        }
    }

    /// The first and the last record that the file had, if it had any.
    pub(super) fn end_of_file(&mut self) -> Option<(u64, u64)> {
        self.in_file = false;
        self.here.take()
    }

    /// A file that was of this log alone.
    pub(super) fn take_file(&mut self, part: ArchivedPart) {
        self.files.push(part);
    }

    pub(super) fn finish(mut self, trust: &Trust<'_>, now: Timestamp) -> Verdict {
        if self.finding.is_none() {
            self.finding = self.tail();
        }
        let number = self.heads.len() as u64;
        if self.finding.is_none() && trust.codes.iter().any(|code| code.checkpoint > number) {
            self.finding = Some(Finding { record: self.next(), what: Tampering::Cut });
        }
        let missing = if trust.complete && self.elsewhere > 0 {
            Some(1)
        } else if trust.whole && self.elsewhere > self.archived {
            Some(self.archived.saturating_add(1))
        } else {
            self.cut_archive
        };
        if let Some(record) = missing {
            self.finding = Some(Finding { record, what: Tampering::Removed });
        } else if let Some(finding) = &mut self.finding
            && finding.what == Tampering::Removed
            && self.open_end
        {
            finding.what = Tampering::Cut;
        }
        let begin = self.last.as_ref().map(|head| head.time).or_else(|| self.waiting.first()?.time);
        let seconds = begin.map_or(0, |begin| now.duration_since(begin).as_secs());
        Verdict {
            log: self.log,
            terminal: self.terminal,
            key: self.identity,
            records: self.records,
            checkpoints: self.heads.len() as u64,
            elsewhere: self.elsewhere,
            finding: self.finding.or(self.doubt),
            unprotected: Unprotected {
                records: self.waiting.len() as u64,
                seconds: u64::try_from(seconds).unwrap_or(0),
                checked: self.key.is_some(),
            },
        }
    }

    /// The log says that this part was moved into an archive.
    fn archive(&mut self, part: ArchivedPart) {
        self.archived = self.archived.max(part.last);
        if self.finding.is_some() {
            return;
        }
        // An archive is there with all its records, or with none.
        if part.first <= self.elsewhere && self.elsewhere < part.last {
            self.cut_archive.get_or_insert(part.first);
        }
        let same_records = |file: &&ArchivedPart| (file.first, file.last) == (part.first, part.last);
        let file = self.files.iter().find(same_records);
        if file.is_some_and(|file| part.sha256.is_some() && file.sha256 != part.sha256) {
            let finding = Finding { record: part.first, what: Tampering::OtherArchive };
            self.doubt.get_or_insert(finding);
        }
    }

    /// Counts a record that comes, and says whether it is still to be looked at.
    fn expects(&mut self, seq: u64) -> bool {
        self.records += 1;
        if self.in_file {
            self.here = Some((self.here.map_or(seq, |(first, _)| first), seq));
        }
        if self.finding.is_some_and(|finding| seq > finding.record) {
            self.open_end = false;
        }
        if self.finding.is_none() && self.waiting.len() > MOST_COVERED {
            let record = self.next();
            self.finding = Some(Finding { record, what: Tampering::CheckpointMissing });
        }
        self.finding.is_none()
    }

    /// The number of the first record that no checkpoint covers.
    fn next(&self) -> u64 {
        self.last.as_ref().map_or(1, |head| head.last.saturating_add(1))
    }

    /// What the next record must be tied to; none while that is not known.
    fn link(&self) -> Option<Digest> {
        let waiting = self.waiting.last().map(|record| record.link);
        waiting.or_else(|| self.last.as_ref().map(|head| head.link))
    }

    /// Whether a checkpoint is the one after the last.
    fn follows(&self, checkpoint: &Checkpoint, trust: &Trust<'_>) -> Result<(), Tampering> {
        let head = &checkpoint.head;
        let Some(last) = &self.last else {
            if head.number != 1 {
                return Err(Tampering::CheckpointMissing);
            }
            if !trust.keys.is_empty() && !trust.keys.contains(&head.key) {
                return Err(Tampering::UnknownKey);
            }
            let begins = head.previous == genesis(self.log, &head.key) && head.first == 1;
            let good = begins && checkpoint.is_signed_by(&head.key);
            return if good { Ok(()) } else { Err(Tampering::BadSignature) };
        };
        if head.number != last.number.saturating_add(1) {
            return Err(Tampering::CheckpointMissing);
        }
        let continues = head.previous == last.digest()
            && head.first == last.last.saturating_add(1)
            && head.generation >= last.generation;
        // Where a store was put back from a copy that others may have, people name the key that it went on with.
        let named = trust.keys.is_empty() || trust.keys.contains(&head.key);
        let renewed = head.generation > last.generation && named;
        let good = continues
            && (checkpoint.is_signed_by(&last.next_key) || renewed && checkpoint.is_signed_by(&head.key));
        if good { Ok(()) } else { Err(Tampering::BadSignature) }
    }

    /// The first of the records that the checkpoint covers that is not as it was.
    fn compare(&self, checkpoint: &Checkpoint) -> Option<Finding> {
        let head = &checkpoint.head;
        if let Some(list) = checkpoint.list() {
            let found: Vec<Waiting> = self.waiting.iter().map(|record| record.waiting).collect();
            if let Some(finding) = first_difference(&found, list, head.first) {
                return Some(finding);
            }
        }
        if let Some(finding) = self.in_order(head.first) {
            return Some(finding);
        }
        let missing = head.first.saturating_add(self.waiting.len() as u64);
        if missing != head.last.saturating_add(1) {
            let what = if missing <= head.last { Tampering::Removed } else { Tampering::Added };
            return Some(Finding { record: missing.min(head.last.saturating_add(1)), what });
        }
        if self.link() == Some(head.link) {
            return None;
        }
        // With the digests it can be but the last link; without them any record may be the changed one.
        let record = if checkpoint.list().is_some() { head.last } else { head.first };
        Some(Finding { record, what: Tampering::Changed })
    }

    /// The first of the records after the last checkpoint that is not as it was, as far as that can be told.
    fn tail(&self) -> Option<Finding> {
        if self.last.is_some() {
            // A file ends with a checkpoint, or it was cut.
            let cut = self
                .waiting
                .last()
                .filter(|record| record.in_file)
                .map(|last| Finding { record: last.waiting.seq.saturating_add(1), what: Tampering::Cut });
            return self.in_order(self.next()).or(cut);
        }
        let record = self.waiting.first().map_or(1, |first| first.waiting.seq);
        Some(Finding { record, what: Tampering::NotCovered })
    }

    /// The first of the waiting records that has not its number, or is not what its link and its MAC say.
    fn in_order(&self, first: u64) -> Option<Finding> {
        for (expected, (place, record)) in (first..).zip(self.waiting.iter().enumerate()) {
            let seq = record.waiting.seq;
            if seq != expected {
                let later = self.waiting.iter().skip(place + 1).any(|later| later.waiting.seq == expected);
                return Some(match (seq > expected, later) {
                    (true, true) => Finding { record: expected, what: Tampering::Reordered },
                    (true, false) => Finding { record: expected, what: Tampering::Removed },
                    (false, _) => Finding { record: seq, what: Tampering::Added },
                });
            }
            if !record.linked || !record.authentic {
                return Some(Finding { record: seq, what: Tampering::Changed });
            }
        }
        None
    }
}

fn beginning(digest: &Digest) -> [u8; 16] {
    let mut beginning = [0; 16];
    beginning.copy_from_slice(&digest.as_bytes()[..16]);
    beginning
}
