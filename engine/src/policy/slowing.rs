//! How a terminal slows down when one try after another fails on it. It never refuses anybody: a visitor with a handful
//! of cards must not be able to shut the terminal of an emergency room.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::lockout::LockoutRules;
use super::steady::Steady;

/// Failures beyond the free ones until the terminal is as slow as it gets.
const STEPS: u32 = 10;

/// The tries at one terminal, whoever made them, that no success has followed.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TerminalCounter {
    failures: u32,
    last: Option<Steady>,
}

impl TerminalCounter {
    /// Counts a try that is about to be judged.
    pub fn count(&mut self, now: Steady, rules: &LockoutRules) {
        let before = if self.is_rested(now, rules) { 0 } else { self.failures };
        self.failures = before.saturating_add(1);
        self.last = Some(now);
    }

    /// Somebody was let in, or somebody with the right cleared it.
    pub fn forgive(&mut self) {
        *self = TerminalCounter::default();
    }

    /// How much longer than usual an answer takes here.
    #[must_use]
    pub fn slowing(&self, now: Steady, rules: &LockoutRules) -> Duration {
        if self.is_rested(now, rules) {
            return Duration::ZERO;
        }
        let steps = self.failures.saturating_sub(rules.terminal_failures).min(STEPS);
        rules.longest_terminal_delay.saturating_mul(steps) / STEPS
    }

    fn is_rested(&self, now: Steady, rules: &LockoutRules) -> bool {
        self.last.is_none_or(|last| last.elapsed(now) >= rules.terminal_rest)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Steady {
        Steady { boot: [1; 16], ms }
    }

    fn after(failures: u32) -> TerminalCounter {
        let mut counter = TerminalCounter::default();
        (0..failures).for_each(|_| counter.count(at(0), &LockoutRules::default()));
        counter
    }

    #[test]
    fn a_terminal_slows_down_step_by_step_and_is_quick_again_after_a_success() {
        let rules = LockoutRules::default();
        let slowing = |failures| after(failures).slowing(at(0), &rules).as_millis();
        assert_eq!([0, 5, 6, 10, 15, 16, 1_000].map(slowing), [0, 0, 500, 2_500, 5_000, 5_000, 5_000]);
        let mut counter = after(20);
        counter.forgive();
        assert_eq!(counter.slowing(at(0), &rules), Duration::ZERO);
    }

    #[test]
    fn ten_minutes_without_a_failure_make_a_terminal_quick_again_and_a_restart_does_not() {
        let rules = LockoutRules::default();
        let mut counter = after(20);
        assert_eq!(counter.slowing(at(599_999), &rules), Duration::from_secs(5));
        assert_eq!(counter.slowing(at(600_000), &rules), Duration::ZERO);
        assert_eq!(counter.slowing(Steady { boot: [2; 16], ms: 0 }, &rules), Duration::from_secs(5));
        counter.count(at(600_000), &rules);
        assert_eq!(counter, TerminalCounter { failures: 1, last: Some(at(600_000)) });
    }

    proptest! {
        #[test]
        fn a_terminal_is_never_slowed_beyond_the_longest_delay(failures: u32, last: u64, now: u64) {
            let rules = LockoutRules::default();
            let mut counter = TerminalCounter { failures, last: Some(at(last)) };
            counter.count(at(now), &rules);
            prop_assert!(counter.slowing(at(now), &rules) <= rules.longest_terminal_delay);
        }
    }
}
