//! Time that no clock change moves: since this start of the machine, and which start that was.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment on the machine's steady clock. It goes on while the machine sleeps, and begins anew with each start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Steady {
    /// Which start of the machine it counts from: random, given by the operating system.
    pub boot: [u8; 16],
    /// Since that start, ms.
    pub ms: u64,
}

impl Steady {
    /// How long before `now` this moment certainly was: exact within one start of the machine, and after another start
    /// no more than the time since then. So what must last a while never lasts less.
    #[must_use]
    pub fn elapsed(self, now: Steady) -> Duration {
        let ms = if self.boot == now.boot { now.ms.saturating_sub(self.ms) } else { now.ms };
        Duration::from_millis(ms)
    }

    /// Whether both are of one start of the machine.
    #[must_use]
    pub fn same_boot(self, other: Steady) -> bool {
        self.boot == other.boot
    }

    /// This moment and `time` more.
    #[must_use]
    pub fn after(self, time: Duration) -> Steady {
        let ms = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        Steady { boot: self.boot, ms: self.ms.saturating_add(ms) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restart_never_makes_a_wait_shorter() {
        let before = Steady { boot: [1; 16], ms: 1_000_000 };
        assert_eq!(before.elapsed(Steady { boot: [1; 16], ms: 1_000_500 }), Duration::from_millis(500));
        assert_eq!(before.elapsed(Steady { boot: [2; 16], ms: 20 }), Duration::from_millis(20));
        assert_eq!(before.elapsed(Steady { boot: [1; 16], ms: 3 }), Duration::ZERO);
    }
}
