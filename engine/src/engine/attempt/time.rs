//! The steady clock of one attempt.

use std::time::{Duration, Instant};

/// Live frames run on real time. Recorded frames carry their own: their first one is taken to come right after the card,
/// and then time goes as fast as frames are read.
#[derive(Debug)]
pub(super) enum AttemptClock {
    Live(Instant),
    WaitingForCard(Instant),
    Recorded { base: Duration, now: Duration },
}

impl AttemptClock {
    pub(super) fn live() -> AttemptClock {
        AttemptClock::Live(Instant::now())
    }

    /// For recorded frames: they wait for the card.
    pub(super) fn recorded() -> AttemptClock {
        AttemptClock::WaitingForCard(Instant::now())
    }

    pub(super) fn now(&self) -> Duration {
        match self {
            AttemptClock::Live(start) | AttemptClock::WaitingForCard(start) => start.elapsed(),
            AttemptClock::Recorded { now, .. } => *now,
        }
    }

    pub(super) fn waits_for_card(&self) -> bool {
        matches!(self, AttemptClock::WaitingForCard(_))
    }

    /// The card came, or none will.
    pub(super) fn start_frames(&mut self) {
        if let AttemptClock::WaitingForCard(start) = self {
            let base = start.elapsed();
            *self = AttemptClock::Recorded { base, now: base };
        }
    }

    pub(super) fn at_frame(&mut self, time: Duration) -> Duration {
        if let AttemptClock::Recorded { base, now } = self {
            *now = base.saturating_add(time);
        }
        self.now()
    }

    /// The recording is over: time goes on without frames.
    pub(super) fn jump(&mut self, to: Duration) {
        if let AttemptClock::Recorded { now, .. } = self {
            *now = to;
        }
    }
}
