//! The log on its way out of the terminal: what the policy's outlets have not accepted yet is sent, in order, until they have.
//!
//! The store is the outbox. Checkpoints and records have numbers, and of each outlet the store keeps the last that it
//! accepted. So after an outage everything goes out, none is lost and none takes memory meanwhile; what was accepted just
//! before a crash may come twice. Each delivery has a thread of its own: nobody who logs in waits for any of this.
//!
//! ```text
//!   policy ─► Dispatch: a Lane for each outlet ─► Batch: what waits ─► thread: Outlet::deliver ─► Progress, in the store
//! ```

mod batch;
mod dispatch;
mod keeper;
mod lane;
mod progress;
#[cfg(test)]
mod tests;

use std::fmt;
use std::time::{Duration, Instant};

use jiff::Timestamp;

pub use keeper::LogKeeper;

use self::batch::Batch;
use self::dispatch::Dispatch;
use self::progress::{End, Progress};
use super::{Engine, Error};
use crate::outlet::{Outlet, OutletError};

/// What happened on the way out.
#[derive(Debug)]
pub enum OutletEvent {
    /// A checkpoint was made: its time had come.
    Signed {
        /// Its number.
        checkpoint: u64,
        /// The last record that it covers.
        last: u64,
    },
    /// An outlet accepted something.
    Delivered {
        /// Which: `copy` or `syslog`.
        outlet: &'static str,
        /// So many checkpoints.
        checkpoints: u64,
        /// So many records.
        records: u64,
        /// The last checkpoint that it has now.
        through: u64,
    },
    /// An outlet did not accept what was sent. It is sent again.
    Failed {
        /// Which: `copy` or `syslog`.
        outlet: &'static str,
        /// Why.
        error: OutletError,
    },
    /// A part of the log cannot be read, and does not go out: it was changed, or the disk fails. The log has an alarm of it.
    Unreadable {
        /// Where it does not go: `copy` or `syslog`.
        outlet: &'static str,
        /// What cannot be read.
        part: LogPart,
    },
    /// The store could not be used for it. It is tried again.
    Trouble {
        /// Why.
        error: Error,
    },
}

/// What a log is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogPart {
    /// The record of this number.
    Record(u64),
    /// The checkpoint of this number.
    Checkpoint(u64),
}

/// As the log has it: `record 12`.
impl fmt::Display for LogPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Record(number) => write!(f, "record {number}"),
            Self::Checkpoint(number) => write!(f, "checkpoint {number}"),
        }
    }
}

/// How far an outlet is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutletState {
    /// The outlet, as the policy has it.
    pub outlet: Outlet,
    /// The last checkpoint that it accepted; 0 for none.
    pub delivered: u64,
    /// So many checkpoints wait for it; alarms or records may wait although none of these does.
    pub waiting: u64,
    /// Since when it has accepted nothing although something waited; none when it has everything that goes to it.
    pub since: Option<Timestamp>,
    /// That is longer than the policy lets it be.
    pub overdue: bool,
}

impl Engine {
    /// How far each outlet of the policy is. It takes no right: nothing of the log is in it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn outlets(&self) -> Result<Vec<OutletState>, Error> {
        let rules = self.rulebook()?;
        let log = rules.log();
        let (now, end) = (self.clock.now().wall, End::of(&self.store)?);
        let state = |outlet: Outlet| {
            let found = Progress::find(&self.store, &outlet)?;
            let here = found.as_ref().filter(|found| found.destination == outlet.destination());
            let accepted = here.map(|here| here.accepted);
            let progress = Progress::after(found, &outlet, now, end);
            let next = Batch::next(&self.store, &outlet, &progress)?;
            let oldest = next.oldest();
            let since = oldest.map(|oldest| accepted.map_or(oldest, |accepted| accepted.max(oldest)));
            let overdue =
                since.is_some_and(|since| now.duration_since(since).unsigned_abs() >= log.warn_after);
            let delivered = progress.checkpoint;
            // A checkpoint that cannot be read waits for nothing.
            let passed = if next.items.is_empty() { next.checkpoint } else { delivered };
            let waiting = end.checkpoint.saturating_sub(passed);
            Ok(OutletState { outlet, delivered, waiting, since, overdue })
        };
        log.outlets().into_iter().map(state).collect()
    }

    /// Sends what waits, until the outlets have accepted it or `wait` is over; `hear` is told what happens. Gives how far they
    /// are then. It takes no right: nothing goes anywhere but where the policy says.
    ///
    /// # Errors
    /// When the store fails.
    pub fn send_log(
        &mut self,
        wait: Duration,
        hear: &mut dyn FnMut(OutletEvent),
    ) -> Result<Vec<OutletState>, Error> {
        let end = Instant::now() + wait;
        let mut dispatch = Dispatch::default();
        loop {
            dispatch.begin_due(self, hear)?;
            let left = end.saturating_duration_since(Instant::now());
            if dispatch.is_idle() || left.is_zero() || !dispatch.wait(self, (Duration::ZERO, left), hear)? {
                return self.outlets();
            }
        }
    }
}
