//! What happened: the record of an attempt or an act, its vocabulary, and its form for people and for JSON. And what makes a
//! log of such records one that an inspector can trust.
//!
//! No IO here: the store appends and reads these records, the command prints them. A record has no field
//! for a card's identifier, a score or a sample, so an unknown card leaves nothing that names it.
//!
//! ```text
//!   Record ─► Canonical ─► LogState: MAC and link, the key moves on ─► Checkpoint: signed, sent out
//!   lines: archives, merged logs, the checkpoints' file ─► Verifier ─► the first record that is not as it was written
//! ```

mod access;
mod archived;
mod canonical;
mod chain;
mod checkpoint;
mod code;
pub mod export;
#[cfg(test)]
mod fixture;
mod format;
mod limits;
mod lines;
mod record;
pub mod report;
mod state;
mod verify;
pub mod wording;
mod zone;

pub use access::{Access, AccessTimes};
pub use archived::ArchivedPart;
pub(crate) use canonical::SALT;
pub use canonical::{Canonical, NameProof, RecordDigest};
pub use chain::{LogId, MacKey, Place};
pub use checkpoint::{Checkpoint, CheckpointKey, ESCROW, Head, MOST_COVERED, PublicKey};
pub use code::ShortCode;
pub use limits::InvalidEntry;
pub(crate) use limits::{is_id, is_line, is_word, to_line};
pub use lines::{BadLine, LINE, Line};
pub use record::{Category, Entry, Factor, HostSupplied, Operation, Outcome, Record, Source, Standing};
pub use state::{LogState, NextKeys};
pub use verify::{Finding, OpenEscrow, Tampering, Trust, Unprotected, Verdict, Verifier, escrow_context};
pub use zone::LocalOffset;

/// A record with its place in the chain of its log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chained {
    /// The log.
    pub log: LogId,
    /// The record. Its name is left out where it cannot be read.
    pub record: Record,
    /// Its place in the chain.
    pub place: Place,
    /// What stands for its name there, if it has one.
    pub name: Option<NameProof>,
}
