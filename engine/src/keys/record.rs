//! What a store knows of its recovery key.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::SetId;
use crate::store::Document;

/// The recovery key that was made for a store last. None of it helps anybody to have the key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryRecord {
    /// What stands on each of its shares.
    pub set: SetId,
    /// How many shares it takes.
    pub needed: u8,
    /// How many there are.
    pub shares: u8,
    /// When it was made, UTC.
    pub made: Timestamp,
}

impl RecoveryRecord {
    /// The one record's key in the store.
    pub const KEY: &str = "store";
    /// The slot of the recovery key in the store.
    pub const SLOT: &str = "recovery";
}

impl Document for RecoveryRecord {
    const KIND: &'static str = "recovery";
}
