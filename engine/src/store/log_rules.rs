//! What the site's policy says of the log, kept in the store so that every process that writes keeps to it.

use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;
use serde::{Deserialize, Serialize};

use super::{Document, StoreError, Write};
use crate::audit::LocalOffset;

/// The one document's key.
const KEY: &str = "rules";

/// How the log is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogRules {
    /// The site's time zone by its IANA name; UTC where it has none.
    pub zone: Option<String>,
    /// A checkpoint is made after so many records: 1 to 1,024.
    pub every_records: u32,
    /// A checkpoint is made after the record that comes this long after the first without one, minutes.
    pub every_minutes: u32,
}

impl Default for LogRules {
    fn default() -> LogRules {
        LogRules { zone: None, every_records: 64, every_minutes: 15 }
    }
}

impl Document for LogRules {
    const KIND: &'static str = "log_rules";
}

impl LogRules {
    /// How the site's clocks stand to UTC at `time`.
    pub(super) fn offset(&self, time: Timestamp) -> LocalOffset {
        let zone = self.zone.as_deref().and_then(|name| TimeZoneDatabase::bundled().get(name).ok());
        zone.map_or(LocalOffset::UTC, |zone| LocalOffset::of(&zone, time))
    }
}

impl Write<'_> {
    /// Keeps the log by these rules from the next record on.
    ///
    /// # Errors
    /// The database's own.
    pub fn set_log_rules(&self, rules: &LogRules) -> Result<(), StoreError> {
        self.put_document(KEY, rules)
    }
}

/// The rules that are kept; the standard ones in a store that was given none.
pub(super) fn in_force(store: &Write<'_>) -> Result<LogRules, StoreError> {
    Ok(store.document(KEY)?.unwrap_or_default())
}
