//! How far an outlet has accepted the log, kept in the store.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::engine::Error;
use crate::outlet::Outlet;
use crate::store::{Document, Store, StoreError, Write};

/// How far an outlet has accepted the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Progress {
    /// Where it goes: another destination has nothing yet.
    pub(super) destination: String,
    /// The last checkpoint that it accepted; 0 for none.
    pub(super) checkpoint: u64,
    /// Records up to this one were accepted, or were not for it.
    pub(super) record: u64,
    /// When it accepted something last; before that, when it was first to.
    pub(super) accepted: Timestamp,
    /// The log tells that it was lost.
    pub(super) lost: bool,
}

impl Document for Progress {
    const KIND: &'static str = "log_outlet";
}

impl Progress {
    /// How far this outlet is; none where it was never sent anything.
    pub(super) fn find(store: &Store, outlet: &Outlet) -> Result<Option<Progress>, StoreError> {
        let found = store.document::<Progress>(outlet.code())?;
        Ok(found.filter(|progress| progress.destination == outlet.destination()))
    }

    /// How far this outlet is. One that is new gets all checkpoints, without which none verifies, and the records from here
    /// on; one that took another's place, the records that the other did not accept.
    pub(super) fn find_or_begin(
        store: &Write<'_>,
        outlet: &Outlet,
        now: Timestamp,
        last: u64,
    ) -> Result<Progress, Error> {
        let destination = outlet.destination();
        let before = store.document::<Progress>(outlet.code())?;
        if let Some(progress) = before.as_ref().filter(|progress| progress.destination == destination) {
            return Ok(progress.clone());
        }
        let record = before.map_or(last, |before| before.record);
        let progress = Progress { destination, checkpoint: 0, record, accepted: now, lost: false };
        store.put_document(outlet.code(), &progress)?;
        Ok(progress)
    }

    /// Keeps it. Another process may have come further meanwhile.
    pub(super) fn keep(&mut self, store: &Write<'_>, outlet: &Outlet) -> Result<(), Error> {
        let other = store.document::<Progress>(outlet.code())?;
        if let Some(other) = other.filter(|other| other.destination == self.destination) {
            self.checkpoint = self.checkpoint.max(other.checkpoint);
            self.record = self.record.max(other.record);
            self.accepted = self.accepted.max(other.accepted);
        }
        Ok(store.put_document(outlet.code(), self)?)
    }
}
