//! One outlet on its way: what is in flight to it, and when the next try is.

use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::progress::Progress;
use crate::outlet::{Outlet, OutletError, delay};

/// A delivery that takes longer is stuck: a disk or a name server that does not answer, which nobody can end from here.
pub(super) const STUCK: Duration = Duration::from_secs(60);

/// One outlet on its way.
pub(super) struct Lane {
    pub(super) outlet: Outlet,
    pub(super) progress: Progress,
    /// What is being delivered: no second delivery begins beside it. One that began under a former policy may still be
    /// under way, and is not counted.
    pub(super) flight: Option<Flight>,
    /// Whether something was left to send when it was last looked at.
    pub(super) waits: bool,
    /// When it is looked at next.
    pub(super) due: Instant,
    failures: u32,
}

/// A delivery under way.
pub(super) struct Flight {
    pub(super) began: Instant,
    /// When the oldest of what it holds was made.
    pub(super) oldest: Timestamp,
    pub(super) checkpoints: u64,
    pub(super) records: u64,
    /// Where the outlet is when it has accepted it.
    pub(super) checkpoint: u64,
    pub(super) record: u64,
    /// It was told to be stuck.
    pub(super) told: bool,
}

impl Lane {
    pub(super) fn new(outlet: Outlet, progress: Progress) -> Lane {
        Lane { outlet, progress, flight: None, waits: true, due: Instant::now(), failures: 0 }
    }

    /// Whether something may begin now.
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.flight.is_none() && self.due <= now
    }

    /// A delivery succeeded: the next may begin at once.
    pub(super) fn succeeded(&mut self) {
        (self.failures, self.due) = (0, Instant::now());
    }

    /// A delivery failed: the next begins later, the later the more failed before.
    pub(super) fn failed(&mut self) {
        self.failures = self.failures.saturating_add(1);
        let mut random = [0];
        // Without random numbers it is half the time, for every terminal.
        let _ = getrandom::fill(&mut random);
        self.due = Instant::now() + delay(self.failures, random[0]);
    }

    /// The error of a delivery that has been under way for too long, once.
    pub(super) fn stuck(&mut self) -> Option<(OutletError, Timestamp)> {
        let to = self.outlet.destination();
        let flight = self.flight.as_mut().filter(|flight| !flight.told && flight.began.elapsed() >= STUCK)?;
        flight.told = true;
        Some((OutletError::Stuck { to, seconds: flight.began.elapsed().as_secs() }, flight.oldest))
    }
}
