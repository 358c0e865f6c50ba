//! Whether the wall's clock can be believed: the latest time ever seen, and how the two clocks stood to each other.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::Steady;
use crate::store::Document;

/// Smaller differences between the two clocks are corrections, not jumps: network time steps by up to some seconds, and
/// the wall's clock of a machine that slept is read from its chip to the second.
const JUMP: SignedDuration = SignedDuration::from_secs(60);

/// A mark is moved on when it is this old: each move is one more row in a transaction that is written anyway.
const STALE: SignedDuration = SignedDuration::from_secs(1);

/// What was last seen of both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClockMark {
    /// The latest time the wall's clock ever showed, UTC. It never goes back but by an administrator's act.
    pub highest: Timestamp,
    /// What the wall's clock showed last, UTC.
    pub wall: Timestamp,
    /// What the steady clock showed then.
    pub steady: Steady,
}

/// The wall's clock was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jump {
    /// Forwards.
    Forward,
    /// Backwards.
    Back,
}

impl Document for ClockMark {
    const KIND: &'static str = "clock";
}

impl ClockMark {
    /// The first mark.
    #[must_use]
    pub fn new(wall: Timestamp, steady: Steady) -> ClockMark {
        ClockMark { highest: wall, wall, steady }
    }

    /// Whether the wall's clock stands before a time that it has already shown. Then nothing that expires can be
    /// believed to be valid still.
    #[must_use]
    pub fn is_behind(&self, wall: Timestamp) -> bool {
        self.highest.duration_since(wall) > JUMP
    }

    /// What the wall's clock would show now if nobody had set it; after another start of the machine, what it showed last.
    #[must_use]
    pub fn expected(&self, steady: Steady) -> Timestamp {
        if !self.steady.same_boot(steady) {
            return self.wall;
        }
        self.wall.checked_add(self.steady.elapsed(steady)).unwrap_or(self.wall)
    }

    /// The jump since this mark, if there was one. Within one start of the machine both clocks are compared; after
    /// another start only a step back can be told.
    #[must_use]
    pub fn jump(&self, wall: Timestamp, steady: Steady) -> Option<Jump> {
        let passed = wall.duration_since(self.wall);
        let expected = if self.steady.same_boot(steady) {
            SignedDuration::try_from(self.steady.elapsed(steady)).unwrap_or(SignedDuration::MAX)
        } else {
            passed.max(SignedDuration::ZERO)
        };
        let off = passed.saturating_sub(expected);
        if off > JUMP {
            Some(Jump::Forward)
        } else if off < -JUMP {
            Some(Jump::Back)
        } else {
            None
        }
    }

    /// The mark as it is to be kept now; nothing while the old one will do. After a jump it never will, or the same jump
    /// would be told again.
    #[must_use]
    pub fn moved(&self, wall: Timestamp, steady: Steady) -> Option<ClockMark> {
        let fresh = self.steady.same_boot(steady)
            && wall.duration_since(self.wall).abs() < STALE
            && self.jump(wall, steady).is_none();
        (!fresh).then(|| ClockMark { highest: self.highest.max(wall), wall, steady })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wall(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn steady(boot: u8, seconds: u64) -> Steady {
        Steady { boot: [boot; 16], ms: seconds * 1000 }
    }

    fn mark() -> ClockMark {
        ClockMark::new(wall(0), steady(1, 100))
    }

    #[test]
    fn a_clock_that_only_runs_makes_no_jump() {
        assert_eq!(mark().jump(wall(86_400), steady(1, 86_500)), None);
        assert_eq!(mark().jump(wall(30), steady(1, 100)), None);
        assert_eq!(mark().jump(wall(400_000), steady(2, 5)), None, "off for days");
    }

    #[test]
    fn a_clock_that_is_set_is_told_and_in_which_direction() {
        assert_eq!(mark().jump(wall(3600), steady(1, 101)), Some(Jump::Forward));
        assert_eq!(mark().jump(wall(-3600), steady(1, 101)), Some(Jump::Back));
        assert_eq!(mark().jump(wall(0), steady(1, 4000)), Some(Jump::Back));
        assert_eq!(mark().jump(wall(-3600), steady(2, 5)), Some(Jump::Back), "set back while off");
    }

    #[test]
    fn what_the_clock_would_show_is_known_within_one_start_of_the_machine() {
        assert_eq!(mark().expected(steady(1, 160)), wall(60));
        assert_eq!(mark().expected(steady(2, 5)), wall(0));
    }

    #[test]
    fn the_highest_time_stays_when_the_clock_is_set_back() {
        let back = mark().moved(wall(-86_400), steady(1, 200)).unwrap();
        assert_eq!((back.highest, back.wall), (wall(0), wall(-86_400)));
        assert!(back.is_behind(wall(-86_400)));
        assert!(!back.is_behind(wall(-30)));
        assert_eq!(mark().moved(wall(0), steady(1, 100)), None, "too little has passed");
    }

    #[test]
    fn a_clock_set_back_by_just_what_had_passed_is_told_once() {
        let (wall, steady) = (wall(0), steady(1, 4000));
        assert_eq!(mark().jump(wall, steady), Some(Jump::Back));
        assert_eq!(mark().moved(wall, steady).unwrap().jump(wall, steady), None);
    }
}
