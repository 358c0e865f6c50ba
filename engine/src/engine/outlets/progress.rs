//! How far an outlet has accepted the log, kept in the store.

use jiff::Timestamp;

use crate::engine::Error;
use crate::outlet::Outlet;
pub(super) use crate::store::OutletProgress as Progress;
use crate::store::{Store, StoreError, Write};

/// Where a log ends. No outlet is further than that, whatever is written down: what comes next must not wait for it.
#[derive(Debug, Clone, Copy)]
pub(super) struct End {
    pub(super) checkpoint: u64,
    pub(super) record: u64,
}

impl End {
    pub(super) fn of(store: &Store) -> Result<End, StoreError> {
        Ok(End { checkpoint: store.last_checkpoint_number()?, record: store.last_seq()? })
    }
}

impl Progress {
    /// What is written down of this outlet, or of the one whose place it took.
    pub(super) fn find(store: &Store, outlet: &Outlet) -> Result<Option<Progress>, StoreError> {
        store.document::<Progress>(outlet.code())
    }

    /// How far this outlet is, written down where it was not yet.
    pub(super) fn find_or_begin(
        store: &Write<'_>,
        outlet: &Outlet,
        now: Timestamp,
        end: End,
    ) -> Result<Progress, Error> {
        let before = store.document::<Progress>(outlet.code())?;
        let progress = Progress::after(before.clone(), outlet, now, end);
        if before.as_ref() != Some(&progress) {
            store.put_document(outlet.code(), &progress)?;
        }
        Ok(progress)
    }

    /// What follows from what was written down. An outlet that is new gets all checkpoints, without which none verifies, and
    /// the records from here on; one that took another's place, the records that the other did not accept.
    pub(super) fn after(before: Option<Progress>, outlet: &Outlet, now: Timestamp, end: End) -> Progress {
        let destination = outlet.destination();
        let mut progress = match before {
            Some(before) if before.destination == destination => before,
            before => {
                let record = before.map_or(end.record, |before| before.record);
                Progress {
                    destination,
                    checkpoint: 0,
                    record,
                    accepted: now,
                    lost: false,
                    unreadable: 0,
                    unreadable_checkpoint: 0,
                }
            }
        };
        progress.checkpoint = progress.checkpoint.min(end.checkpoint);
        progress.record = progress.record.min(end.record);
        progress
    }

    /// Keeps it. Another process may have come further meanwhile.
    pub(super) fn keep(&mut self, store: &Write<'_>, outlet: &Outlet) -> Result<(), Error> {
        let other = store.document::<Progress>(outlet.code())?;
        if let Some(other) = other.filter(|other| other.destination == self.destination) {
            self.checkpoint = self.checkpoint.max(other.checkpoint);
            self.record = self.record.max(other.record);
            self.accepted = self.accepted.max(other.accepted);
            self.unreadable = self.unreadable.max(other.unreadable);
            self.unreadable_checkpoint = self.unreadable_checkpoint.max(other.unreadable_checkpoint);
        }
        Ok(store.put_document(outlet.code(), self)?)
    }
}
