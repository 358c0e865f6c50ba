//! What was stopped or removed here stays so until the sender's record itself changes later.
//!
//! When a bundle comes in and a record of the sender's is found stopped or removed here, that moment is noted. The record
//! counts again when it changes after a bundle that was made after that moment, by the two terminals' clocks as far apart
//! as they may be, and still had it as it was: then it certainly changed later than it was stopped here. Until then an
//! administrator here can restore it, and nobody else. A sender may always be stricter than what was done here; that
//! makes nothing of it forgotten: neither when it stops the same record, nor when it takes it back and sends it anew.

use jiff::{SignedDuration, Timestamp};
use mabataki_models::Digest;

use super::ledger::TakenRecord;

/// As far as the clocks of two terminals may be apart: 10 minutes. Machines that keep their clock by the network, or that
/// somebody looks after, are closer.
pub(in crate::engine) const SKEW: SignedDuration = SignedDuration::from_mins(10);

/// How thoroughly a record is stopped that its sender has taken back: more than by any other word.
pub(super) const GONE: u8 = u8::MAX;

/// What is to be done with a record that came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing: the sender says what they said before.
    Keep,
    /// It is taken as it came.
    Take,
    /// It is taken, and what was stopped here stays stopped; what was removed stays away.
    Hold,
}

/// What the sender says of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) digest: Digest,
    /// How thoroughly it is stopped: 0 for not at all.
    pub(super) severity: u8,
    /// When, UTC, by the sender's clock.
    pub(super) made: Timestamp,
}

/// Judges a record that was taken before. `here`: how thoroughly it is stopped here; none if it is here no more.
pub(super) fn judge(
    known: &TakenRecord,
    said: Said,
    here: Option<u8>,
    now: Timestamp,
) -> (Verdict, TakenRecord) {
    let (Said { digest, severity, made }, created) = (said, known.created);
    // What the sender itself had stopped was stopped by nobody here.
    let stopped = here.is_none_or(|here| here > known.severity);
    let stricter = here.is_some_and(|here| severity > here);
    let changed = known.digest != digest;
    let outlived = known.held.is_some_and(|held| held.duration_until(known.made) >= SKEW);
    let verdict = match (changed, stopped) {
        (false, false) => Verdict::Keep,
        (true, false) => Verdict::Take,
        (true, true) if outlived || stricter => Verdict::Take,
        (_, true) => Verdict::Hold,
    };
    if !stopped || (changed && outlived) {
        return (verdict, TakenRecord { digest, made, severity, held: None, created });
    }
    // However strict the sender is meanwhile: what was done here does not become its own doing, to be let go by it.
    let severity = severity.min(known.severity);
    (verdict, TakenRecord { digest, made, severity, held: known.held.or(Some(now)), created })
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    /// Bundles in their order: when made, what they say of the record, whether it is stopped here, and when taken.
    fn verdicts(bundles: &[(i64, &str, bool, i64)]) -> Vec<Verdict> {
        let bundles = bundles
            .iter()
            .map(|(made, says, stopped, taken)| (*made, *says, 0, Some(u8::from(*stopped)), *taken));
        all_verdicts(&bundles.collect::<Vec<_>>())
    }

    /// The same with how thoroughly the bundle stops it, and how thoroughly it is stopped here, if it is here at all.
    fn all_verdicts(bundles: &[(i64, &str, u8, Option<u8>, i64)]) -> Vec<Verdict> {
        let mut known =
            TakenRecord { digest: Digest::of(b"a"), made: at(0), severity: 0, held: None, created: None };
        let mut verdicts = Vec::new();
        for (made, says, severity, here, taken) in bundles {
            let digest = Digest::of(says.as_bytes());
            let said = Said { digest, severity: *severity, made: at(*made) };
            let judged = judge(&known, said, *here, at(*taken));
            verdicts.push(judged.0);
            known = judged.1;
        }
        verdicts
    }

    #[test]
    fn what_the_sender_stopped_the_sender_can_let_go_on() {
        use Verdict::{Hold, Take};
        let found = all_verdicts(&[(10, "b", 1, Some(0), 11), (20, "c", 0, Some(1), 21)]);
        assert_eq!(found, [Take, Take]);
        let stricter_here = all_verdicts(&[(10, "b", 1, Some(2), 11), (20, "c", 0, Some(2), 21)]);
        assert_eq!(stricter_here, [Hold, Hold]);
        assert_eq!(all_verdicts(&[(10, "a", 0, None, 11), (20, "b", 0, None, 21)]), [Hold, Hold]);
    }

    #[test]
    fn what_was_stopped_here_is_let_go_by_no_sender_that_stops_it_too_and_lets_it_go() {
        use Verdict::{Hold, Take};
        let as_strict = all_verdicts(&[(10, "b", 2, Some(2), 11), (11, "c", 0, Some(2), 12)]);
        assert_eq!(as_strict, [Hold, Hold]);
        let stricter = all_verdicts(&[(10, "b", 3, Some(2), 11), (11, "c", 0, Some(3), 12)]);
        assert_eq!(stricter, [Take, Hold]);
        let taken_back = all_verdicts(&[(10, "b", GONE, Some(2), 11), (11, "c", 0, None, 12)]);
        assert_eq!(taken_back, [Take, Hold]);
    }

    #[test]
    fn what_is_not_stopped_here_is_what_the_sender_says() {
        use Verdict::{Keep, Take};
        let found = verdicts(&[(10, "a", false, 11), (20, "b", false, 21), (30, "b", false, 31)]);
        assert_eq!(found, [Keep, Take, Keep]);
    }

    #[test]
    fn what_is_stopped_here_stays_so_while_nobody_can_tell_that_the_sender_changed_it_later() {
        use Verdict::Hold;
        // Stopped before 21; the change at the sender may be of any time from 10 on.
        assert_eq!(verdicts(&[(20, "b", true, 21)]), [Hold]);
        // Nor is the next one known to be later: the bundle before it was made before it was seen to be stopped here.
        assert_eq!(verdicts(&[(20, "b", true, 21), (30, "c", true, 31)]), [Hold, Hold]);
    }

    #[test]
    fn a_change_after_a_bundle_that_is_younger_than_the_stop_here_is_later_than_it() {
        use Verdict::{Hold, Keep, Take};
        let found =
            verdicts(&[(20, "a", true, 21), (31, "a", true, 32), (40, "b", true, 41), (50, "b", false, 51)]);
        assert_eq!(found, [Hold, Hold, Take, Keep]);
        let clocks_apart =
            verdicts(&[(20, "a", true, 21), (30, "a", true, 31), (40, "b", true, 41), (50, "b", true, 51)]);
        assert_eq!(clocks_apart, [Hold; 4]);
    }

    #[test]
    fn what_an_administrator_here_has_restored_is_held_no_more() {
        use Verdict::{Hold, Keep, Take};
        let found = verdicts(&[(20, "a", true, 21), (30, "a", false, 31), (40, "b", false, 41)]);
        assert_eq!(found, [Hold, Keep, Take]);
    }
}
