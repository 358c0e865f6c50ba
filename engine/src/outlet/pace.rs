//! How long to wait before another try: longer each time, and never all terminals at once.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(1);
/// After many.
const LONGEST: Duration = Duration::from_secs(300);

/// How long to wait after so many failures in a row: a second, doubled each time, at most five minutes; of that, by `random`,
/// between the half and the whole, so that terminals which lost a collector together do not come back to it together.
#[must_use]
pub(crate) fn delay(failures: u32, random: u8) -> Duration {
    let doubled = FIRST.saturating_mul(1 << failures.saturating_sub(1).min(16)).min(LONGEST);
    doubled / 2 + doubled / 2 * u32::from(random) / 255
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn tries_come_a_second_apart_at_first_and_five_minutes_at_last() {
        let seconds: Vec<u64> = (1..12).map(|failures| delay(failures, 255).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(delay(20, 0), Duration::from_secs(150));
    }

    proptest! {
        #[test]
        fn no_try_comes_at_once_or_later_than_five_minutes(failures: u32, random: u8) {
            let delay = delay(failures, random);
            prop_assert!(delay >= FIRST / 2 && delay <= LONGEST);
        }
    }
}
