//! What goes out together: the oldest of what an outlet has not accepted yet, in the order of the log.

use jiff::Timestamp;

use super::LogPart;
use super::progress::Progress;
use crate::outlet::{Item, Outlet};
use crate::store::{FoundCheckpoint, Store, StoreError};

/// As soon as it has so many, a batch is full: some hundred kilobytes.
const ITEMS: usize = 128;
/// Records read at a time.
const PAGE: u32 = 128;

/// Checkpoints and records, each checkpoint after the records that it covers.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) items: Vec<Item>,
    /// Where the outlet is once it has accepted them: the last checkpoint, and the last record that was looked at for it.
    pub(super) checkpoint: u64,
    pub(super) record: u64,
    /// What cannot be read before that, each with its reason. It is not sent, and holds nothing up.
    pub(super) unreadable: Vec<(LogPart, StoreError)>,
}

impl Batch {
    /// What comes next for this outlet. Records that were archived before it accepted them are not among it.
    pub(super) fn next(store: &Store, outlet: &Outlet, progress: &Progress) -> Result<Batch, StoreError> {
        let Progress { checkpoint, record, .. } = *progress;
        let mut batch = Batch { checkpoint, record, ..Batch::default() };
        while batch.items.len() < ITEMS {
            let next = store.checkpoints_as_found(batch.checkpoint, 1)?.pop();
            let last = next.as_ref().map_or(u64::MAX, FoundCheckpoint::last);
            if outlet.takes_alarms() && batch.take_records(store, outlet, last)? {
                continue;
            }
            let Some(next) = next else { break };
            batch.checkpoint = next.number;
            match next.checkpoint {
                Ok(checkpoint) => {
                    batch.record = batch.record.max(last);
                    batch.items.push(Item::Checkpoint(Box::new(checkpoint)));
                }
                Err(error @ StoreError::Corrupt { .. }) => {
                    batch.unreadable.push((LogPart::Checkpoint(next.number), error));
                }
                Err(error) => return Err(error),
            }
        }
        Ok(batch)
    }

    /// Takes what is for the outlet of the next records up to number `last`; says whether there were any.
    fn take_records(&mut self, store: &Store, outlet: &Outlet, last: u64) -> Result<bool, StoreError> {
        if self.record >= last {
            return Ok(false);
        }
        let before = self.record;
        for (seq, record) in store.log_as_found(before, PAGE)?.into_iter().take_while(|(seq, _)| *seq <= last)
        {
            match record {
                Ok(record) if outlet.takes_records() || Item::is_alarm(&record) => {
                    self.items.push(Item::nameless(record));
                }
                Ok(_) => {}
                Err(error @ StoreError::Corrupt { .. }) => {
                    self.unreadable.push((LogPart::Record(seq), error))
                }
                Err(error) => return Err(error),
            }
            self.record = seq;
        }
        Ok(self.record > before)
    }

    /// When the oldest of what is in it was made; none when it is empty.
    pub(super) fn oldest(&self) -> Option<Timestamp> {
        self.items.iter().map(Item::time).min()
    }

    /// How many checkpoints are in it.
    pub(super) fn checkpoints(&self) -> u64 {
        self.items.iter().filter(|item| matches!(item, Item::Checkpoint(_))).count() as u64
    }
}
