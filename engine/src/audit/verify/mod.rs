//! Verifies logs with nothing but the public keys that they began with: of one terminal or of many, from a database, an
//! archive, or a file that several were merged into. Records and checkpoints go in as they come, in each log's own order;
//! what is kept meanwhile are 16 bytes for each checkpoint, and nothing that grows with the records.

mod check;
mod compare;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::Timestamp;
use mabataki_models::Digest;
use serde::Serialize;

use self::check::LogCheck;
use super::{ArchivedPart, Chained, Checkpoint, ESCROW, LogId, MacKey, PublicKey, ShortCode};
use crate::text::vocabulary;

vocabulary! {
    /// What is wrong with a log.
    pub enum Tampering, "what is wrong with a log" {
        /// A record is not as it was written.
        Changed = "changed", "This record was changed.", "この記録は変更されています。";
        /// A record is missing.
        Removed = "removed", "This record is missing.", "この記録がありません。";
        /// A record was put in.
        Added = "added", "This record was put in later.", "この記録は後から挿入されています。";
        /// Records were put into another order.
        Reordered = "reordered", "From here on the order is another.", "ここから記録の順序が入れ替わっています。";
        /// The log's end is missing.
        Cut = "cut", "The log ends before this record, which there was.", "この記録以降が切り取られています。";
        /// A checkpoint does not bear the signature that it must.
        BadSignature = "bad_signature", "The checkpoint that covers this record has not the right signature.",
            "この記録を含むチェックポイントの署名が正しくありません。";
        /// A checkpoint is missing.
        CheckpointMissing = "checkpoint_missing", "The checkpoint that covers this record is missing.",
            "この記録を含むチェックポイントがありません。";
        /// Two checkpoints of one number say different things.
        Forked = "forked", "There are two different checkpoints that cover this record.",
            "この記録を含むチェックポイントが二種類あります。";
        /// The log began with a key that was not given.
        UnknownKey = "unknown_key", "The log did not begin with a key that was given.", "指定された公開鍵で始まるログではありません。";
        /// A checkpoint cannot be read.
        CheckpointUnreadable = "checkpoint_unreadable", "The checkpoint that covers this record cannot be read.",
            "この記録を含むチェックポイントを読み取れません。";
        /// An archive is not the file that was written.
        OtherArchive = "other_archive", "The archive that begins with this record is not the file that was written.",
            "この記録から始まるアーカイブは、書かれたときのファイルと異なります。";
        /// There is no checkpoint at all.
        NotCovered = "not_covered", "No checkpoint covers any of these records.", "チェックポイントがありません。";
    }
}

/// The first thing that is wrong with a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The number of the first record that is not as it was written, or that is not there.
    pub record: u64,
    /// What is wrong.
    pub what: Tampering,
}

/// What no checkpoint covers: whoever has the machine can still change it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Unprotected {
    /// So many records at the end.
    pub records: u64,
    /// The time since the last checkpoint, s.
    pub seconds: u64,
    /// They were held against their message codes, by the key that was sealed for whoever has the recovery key: one that was
    /// changed before somebody had the machine's present keys is named. That records are missing at the end is not told.
    pub checked: bool,
}

/// What became of one log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The log.
    pub log: LogId,
    /// The terminal whose log it is; none where no checkpoint and no record told.
    pub terminal: Option<String>,
    /// The key that it began with; none without a checkpoint.
    pub key: Option<PublicKey>,
    /// So many records were looked at.
    pub records: u64,
    /// The last checkpoint that is as it was signed; 0 for none.
    pub checkpoints: u64,
    /// The records up to this one were not among what was looked at, and need not be: they lie in an archive. 0 for none.
    pub elsewhere: u64,
    /// The first thing that is wrong; none with a log that is as it was written.
    pub finding: Option<Finding>,
    /// What no checkpoint covers.
    pub unprotected: Unprotected,
}

/// Opens the keys that were sealed for whoever has the recovery key. What it is given first says what the key is for: see
/// [`escrow_context`].
pub type OpenEscrow<'a> = Box<dyn Fn(&[u8], &[u8; ESCROW]) -> Option<MacKey> + 'a>;

/// What a record key in a checkpoint is sealed for: this log, after this checkpoint.
#[must_use]
pub fn escrow_context(log: LogId, checkpoint: u64) -> Vec<u8> {
    [&b"mabataki log escrow 1\0"[..], &log.0, &checkpoint.to_be_bytes()].concat()
}

/// What is known of logs before they are looked at.
#[derive(Default)]
pub struct Trust<'a> {
    /// The keys that the logs must have begun with. Without any, each log is held against the key that it says itself: that
    /// shows whether it hangs together, not whose it is.
    pub keys: Vec<PublicKey>,
    /// Codes of checkpoints that were written down, where there is one log.
    pub codes: Vec<ShortCode>,
    /// Opens record keys, where the recovery key is at hand: then the records that no checkpoint covers are checked too.
    pub escrow: Option<OpenEscrow<'a>>,
    /// Whether the logs must be whole: records may be missing at their beginnings only where they say themselves that they
    /// were moved into an archive.
    pub whole: bool,
    /// Whether the archives must be there too: no record may lie elsewhere, whatever the log says.
    pub complete: bool,
}

/// Verifies logs: see the module.
pub struct Verifier<'a> {
    trust: Trust<'a>,
    logs: BTreeMap<LogId, LogCheck>,
    /// What comes is from a file of lines.
    in_file: bool,
}

impl<'a> Verifier<'a> {
    /// Begins.
    #[must_use]
    pub fn new(trust: Trust<'a>) -> Verifier<'a> {
        Verifier { trust, logs: BTreeMap::new(), in_file: false }
    }

    /// A file of lines begins: an archive, lines that were exported, a merged log. It has every record of the checkpoints that
    /// bring the digests of theirs, and ends with a checkpoint.
    pub fn begin_file(&mut self) {
        self.in_file = true;
    }

    /// The file ends; `sha256` is that of all its bytes. Where the log says that its records were moved into an archive, it must
    /// be that archive.
    pub fn end_file(&mut self, sha256: Digest) {
        self.in_file = false;
        let parts: Vec<_> =
            self.logs.values_mut().filter_map(|log| Some((log.end_of_file()?, log))).collect();
        // A file that several logs were merged into is none of their archives.
        if let [((first, last), _)] = parts[..] {
            let part = ArchivedPart { first, last, sha256: Some(sha256) };
            parts.into_iter().for_each(|(_, log)| log.take_file(part));
        }
    }

    /// There must be this log, whether anything comes of it or not.
    pub fn expect(&mut self, log: LogId) {
        self.log(log);
    }

    /// The next record of its log.
    pub fn record(&mut self, record: &Chained) {
        self.log(record.log).record(record);
    }

    /// A record that could not be read, in its place.
    pub fn unreadable(&mut self, log: LogId, seq: u64) {
        self.log(log).unreadable(seq);
    }

    /// The next checkpoint of its log, after the records that it covers. The same one may come from several places: the one
    /// that is trusted most first.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) {
        let log = checkpoint.head.log;
        let check = self.logs.entry(log).or_insert_with(|| LogCheck::new(log));
        check.in_file = self.in_file;
        check.checkpoint(checkpoint, &self.trust);
    }

    /// A checkpoint of this number that could not be read, in its place.
    pub fn unreadable_checkpoint(&mut self, log: LogId, number: u64) {
        self.log(log).unreadable_checkpoint(number);
    }

    /// The logs that something came of.
    pub fn logs(&self) -> impl Iterator<Item = LogId> {
        self.logs.keys().copied()
    }

    /// What became of each log, as of `now`.
    #[must_use]
    pub fn finish(self, now: Timestamp) -> Vec<Verdict> {
        let Verifier { trust, logs, .. } = self;
        logs.into_values().map(|log| log.finish(&trust, now)).collect()
    }

    fn log(&mut self, id: LogId) -> &mut LogCheck {
        let check = self.logs.entry(id).or_insert_with(|| LogCheck::new(id));
        check.in_file = self.in_file;
        check
    }
}
