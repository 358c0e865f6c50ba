//! Work that takes its time, over a connection of its own: how far it is, what came of it, and one file with what is too long
//! for a message. Closing the connection calls it off.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::CardEntry;
use crate::engine::{ExportFormat, ExportOf};
use crate::service::Refusal;

/// What is to be done, and by whose grant.
#[derive(Debug, Serialize, Deserialize)]
pub struct Job {
    /// The administrator's grant; without one only where none is needed.
    pub by: Option<u64>,
    /// What.
    pub task: Task,
}

/// The kinds of work.
#[derive(Debug, Serialize, Deserialize)]
pub enum Task {
    /// Takes the log out.
    ExportLog(ExportOrder),
    /// Finds out whether the log is as it was written.
    VerifyLog {
        /// The key that it must have begun with, as it is written; if none, the one that it says itself.
        key: Option<String>,
    },
    /// Looks at the whole store, record by record.
    CheckStore,
    /// Writes a sealed backup of the store.
    BackUp,
    /// Makes a bundle for another terminal.
    ExportBundle(BundleOrder),
    /// Takes a bundle in. Its bytes come in sealed memory with the message.
    ImportBundle {
        /// Whether to take the rest where records are rejected.
        skip_rejected: bool,
        /// Whether only to tell what would become of it.
        check: bool,
    },
    /// Takes in a list of people, a CSV file: all of it, or nothing. Its bytes come in sealed memory with the message.
    TakeList {
        /// Whether its people are to be disabled, and not taken in.
        disable: bool,
        /// Whether only to tell what would become of it.
        check: bool,
    },
    /// Finds the threshold that a false-match rate takes among the people enrolled here.
    Calibrate {
        /// The rate; if none, the one that the pack is made for.
        fmr: Option<f64>,
    },
    /// Waits for a card on the reader, and ties it to a person.
    BindCard(BindOrder),
    /// Reviews a month of the log, for somebody to look through and sign.
    Review(ReviewOrder),
    /// Who could come in, and has not for long.
    Dormant {
        /// For so long, s; if none, for as long as the policy says.
        time_s: Option<u64>,
    },
}

/// How the log is taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOrder {
    /// What is taken out.
    pub of: ExportOf,
    /// How it is written.
    pub format: ExportFormat,
    /// From the beginning of this day; from the log's beginning if none.
    pub from: Option<Date>,
    /// To the end of this day; to the log's end if none.
    pub to: Option<Date>,
    /// From checkpoint to checkpoint, so that it can be verified by itself.
    pub whole: bool,
    /// Whether headers and words are in Japanese.
    pub japanese: bool,
}

/// Which bundle is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BundleOrder {
    /// For which terminal.
    pub peer: String,
    /// Whether only what follows is wanted, of all that the pairing lets through.
    pub only: bool,
    /// Wards whose people are wanted, each with a `*` at its end for all that begin like it.
    pub wards: Vec<String>,
    /// Applications whose logins are wanted, alike.
    pub applications: Vec<String>,
    /// Whether the policy is wanted.
    pub policy: bool,
    /// For how long it is to be good, s.
    pub valid_s: u64,
}

/// Which month is reviewed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewOrder {
    /// The month, such as `2026-10`.
    pub month: String,
    /// The hours of an ordinary day, such as `07:00-20:00`; if none, those.
    pub hours: Option<String>,
    /// The public key that the log must have begun with; if none, the one that it says itself.
    pub key: Option<String>,
    /// Whether it is written as HTML, and not as text.
    pub html: bool,
    /// Whether it is in Japanese.
    pub japanese: bool,
}

/// Which card is bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BindOrder {
    /// To whom.
    pub person: String,
    /// The reader; without a name, the first.
    pub reader: Option<String>,
    /// What its owner calls it.
    pub label: String,
    /// Whether it stands in for another one.
    pub temporary: bool,
    /// From when on it is valid, UTC.
    pub valid_from: Option<Timestamp>,
    /// From when on it is not valid any more, UTC.
    pub valid_until: Option<Timestamp>,
    /// How long to wait for it, ms.
    pub wait_ms: u64,
}

/// What is heard of a job. The last is anything but [`JobReply::Progress`].
#[derive(Debug, Serialize, Deserialize)]
pub enum JobReply {
    /// So much is done, of so much.
    Progress(u64, u64),
    /// It is done. Where there is more to read, it comes as a file with the message.
    Done(Box<Report>),
    /// It was not done.
    Refused(Refusal),
}

/// What came of a job.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Report {
    /// The log was taken out: it is the file.
    Exported(ExportedLog),
    /// What a verification found.
    Verified(Verified),
    /// The store is as it should be.
    Checked {
        /// Sealed records, each of which opens.
        records: u64,
        /// Records of the log.
        log: u64,
    },
    /// A backup: it is the file.
    BackedUp {
        /// The revision that the store had reached.
        revision: u64,
        /// The last record of the log that is in it.
        last_record: u64,
    },
    /// A bundle: it is the file.
    Bundled {
        /// Which one it is of those made for that terminal.
        revision: u64,
        /// Records in it.
        records: u64,
        /// Until when it is good, UTC.
        until: Timestamp,
        /// SHA-256 of it, in hex.
        sha256: String,
    },
    /// What became of a bundle. The file has a line of JSON for each record that was rejected, the first thousand.
    Imported(Imported),
    /// What became of a list. The file has a line of JSON for each row.
    Listed(Imported),
    /// A calibration. The file has a line of JSON for each pair of people who look alike.
    Calibrated {
        /// People compared.
        people: u64,
        /// Pairs of different people.
        pairs: u64,
        /// How many of them reach the threshold.
        reached: u64,
        /// The rate it was made for.
        fmr: f64,
        /// The score to ask for.
        threshold: f64,
    },
    /// A card that was bound.
    Bound(Box<CardEntry>),
    /// A review: it is the file.
    Reviewed(Verified),
    /// So many people have not come for long. The file has a line of JSON for each.
    Dormant(u64),
}

/// A log that was taken out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportedLog {
    /// Records, or access times.
    pub rows: u64,
    /// Whether it can be verified by itself.
    pub verifiable: bool,
    /// SHA-256 of all of it, in hex.
    pub sha256: String,
    /// The number of the log's own record of it.
    pub seq: u64,
}

/// What a verification found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Records that were looked at.
    pub records: u64,
    /// The last checkpoint that is as it was signed; 0 for none.
    pub checkpoints: u64,
    /// The first record that is not as it was written, and what is wrong with it.
    pub finding: Option<(u64, String)>,
    /// Records at the end that no checkpoint covers yet.
    pub unprotected: u64,
}

/// What became of the records of a bundle, or of the rows of a list.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Imported {
    /// Of a bundle, which one it is.
    pub revision: u64,
    /// It is taken in now.
    pub taken: bool,
    /// It had been taken in before.
    pub already: bool,
    /// What was not here.
    pub added: u64,
    /// What was here otherwise.
    pub changed: u64,
    /// What is here no more, or was disabled.
    pub removed: u64,
    /// What was like that already.
    pub unchanged: u64,
    /// What was stopped or removed here, and stays so.
    pub held: u64,
    /// What was not taken in.
    pub rejected: u64,
}
