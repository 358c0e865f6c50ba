//! Signs that must last before they count.

use std::time::Duration;

/// How long a sign must be seen without a break.
const LASTS: Duration = Duration::from_secs(2);

/// Between two looks further apart than this the sign may have gone and come back.
const MOST_BETWEEN: Duration = Duration::from_millis(500);

/// A sign that is seen, or not, in each frame.
#[derive(Debug, Default)]
pub(super) struct Lasting {
    since: Option<Duration>,
    last: Option<Duration>,
}

impl Lasting {
    /// Takes what a frame showed: the sign, or its absence, or nothing either way. Says whether the sign has now been
    /// seen for two seconds.
    pub(super) fn update(&mut self, now: Duration, seen: Option<bool>) -> bool {
        match seen {
            None => return false,
            Some(false) => {
                *self = Lasting::default();
                return false;
            }
            Some(true) => {}
        }
        let unbroken = self.last.is_some_and(|last| now.saturating_sub(last) <= MOST_BETWEEN);
        let since = self.since.filter(|_| unbroken).unwrap_or(now);
        *self = Lasting { since: Some(since), last: Some(now) };
        now.saturating_sub(since) >= LASTS
    }

    /// Whether the sign was there when it was last looked for.
    pub(super) fn is_seen(&self) -> bool {
        self.since.is_some()
    }

    /// Another face: what was seen before is not its.
    pub(super) fn reset(&mut self) {
        *self = Lasting::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_sign_counts_after_two_seconds_and_not_a_millisecond_before() {
        let mut sign = Lasting::default();
        assert!((0..20).all(|frame| !sign.update(ms(frame * 100), Some(true))));
        assert!(!sign.update(ms(1_999), Some(true)));
        assert!(sign.update(ms(2_000), Some(true)));
    }

    #[test]
    fn a_frame_without_it_or_half_a_second_without_a_look_begins_it_anew() {
        for break_at in [Some(1_000), None] {
            let mut sign = Lasting::default();
            (0..10).for_each(|frame| assert!(!sign.update(ms(frame * 100), Some(true))));
            if let Some(at) = break_at {
                sign.update(ms(at), Some(false));
            }
            let again = if break_at.is_some() { 1_001 } else { 1_401 };
            assert!(!sign.update(ms(again), Some(true)));
            assert!((1..20).all(|frame| !sign.update(ms(again + frame * 100), Some(true))));
            assert!(sign.update(ms(again + 2_000), Some(true)));
        }
    }

    #[test]
    fn a_frame_in_which_it_was_not_looked_for_says_nothing() {
        let mut sign = Lasting::default();
        for frame in 0..20 {
            let look = (frame % 3 == 0).then_some(true);
            assert!(!sign.update(ms(frame * 100), look));
        }
        assert!(sign.is_seen());
        assert!(sign.update(ms(2_000), Some(true)));
    }
}
