//! How far the log has left the terminal, kept beside it: the store is the outbox.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Document;

/// How far an outlet has accepted the log. Its numbers are this log's: they mean nothing in one that went another way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OutletProgress {
    /// Where it goes: another destination has nothing yet.
    pub destination: String,
    /// The last checkpoint that it accepted; 0 for none.
    pub checkpoint: u64,
    /// Records up to this one were accepted, or were not for it.
    pub record: u64,
    /// When it accepted something last; before that, when it was first to.
    pub accepted: Timestamp,
    /// The log tells that it was lost.
    pub lost: bool,
    /// The log tells of the records up to this one that they cannot be read.
    #[serde(default)]
    pub unreadable: u64,
    /// The log tells of the checkpoints up to this one that they cannot be read.
    #[serde(default)]
    pub unreadable_checkpoint: u64,
}

impl Document for OutletProgress {
    const KIND: &'static str = "log_outlet";
}
