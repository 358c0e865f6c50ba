//! What there is time for in a frame of a camera, so that half of one core is enough at the camera's own rate. Times come
//! in, wishes are cut down: nothing here reads a clock.
//!
//! Only for frames on real time. A recording waits for whoever reads it, and what comes of it must not depend on how fast
//! that is.

use std::time::Duration;

use crate::face::Want;

/// How much of the time between two frames they may cost. The rest is the host's: it decodes, draws, and runs on.
const SHARE: f64 = 0.5;

/// The longest time between two frames that is planned with: a blink of 100 ms must not fall between two looks, also on
/// a machine that takes longer over a frame than its camera.
const LONGEST: Duration = Duration::from_millis(50);

/// The shortest one: what comes faster need not all be looked at.
const SHORTEST: Duration = Duration::from_millis(10);

/// However slow the machine, one frame in so many may cost more: an attempt takes longer there, and comes to its end.
const SELDOMEST: u32 = 4;

/// How far one measurement moves what is known of a cost: one frame that another program held up changes little.
const STEP: f64 = 0.25;

/// Decides what of the wishes is measured in which frame, by what it cost before on this machine.
///
/// Eyes are looked at in every frame: a blink cannot be asked to wait. The anti-spoof score and the embedding can: they
/// fall into different frames where both in one would take too long, and into fewer frames where one alone does.
#[derive(Debug, Clone, Default)]
pub struct Pacer {
    /// The camera's time between two frames: the shortest seen.
    interval: Option<Duration>,
    last_frame: Option<Duration>,
    /// What a frame costs without them, ms.
    plain: Option<f64>,
    /// What each adds, ms.
    spoof: Option<f64>,
    embedding: Option<f64>,
    /// What was measured last of the two, and how many frames ago.
    last: Option<(Part, u32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Spoof,
    Embedding,
}

impl Pacer {
    /// One that has measured nothing yet: until it has, one wish a frame is granted.
    #[must_use]
    pub fn new() -> Pacer {
        Pacer::default()
    }

    /// What of `want` is to be measured in the next frame.
    #[must_use]
    pub fn allow(&self, want: Want) -> Want {
        let Want { spoof, embedding, .. } = want;
        match (spoof, embedding) {
            (false, false) => want,
            (true, true) if self.fits_both() => want,
            (true, true) => self.allow(match self.last {
                Some((Part::Embedding, _)) => Want { embedding: false, ..want },
                _ => Want { spoof: false, ..want },
            }),
            _ => {
                let cost = if spoof { self.spoof } else { self.embedding };
                let is_turn = self.last.is_none_or(|(_, frames)| frames >= self.frames_for(cost));
                Want { spoof: spoof && is_turn, embedding: embedding && is_turn, ..want }
            }
        }
    }

    /// Takes what a frame cost: when it was taken, on the camera's clock, what was measured in it, and how long that took.
    pub fn note(&mut self, time: Duration, measured: Want, took: Duration) {
        if let Some(passed) = self.last_frame.and_then(|last| time.checked_sub(last)) {
            let shortest = self.interval.unwrap_or(LONGEST).min(passed.max(SHORTEST));
            self.interval = Some(shortest);
        }
        self.last_frame = Some(time);
        let took = took.as_secs_f64() * 1e3;
        let above = (took - self.plain.unwrap_or(0.0)).max(0.0);
        let part = match (measured.spoof, measured.embedding) {
            (false, false) => {
                learn(&mut self.plain, took);
                None
            }
            (true, false) => {
                learn(&mut self.spoof, above);
                Some(Part::Spoof)
            }
            (false, true) => {
                learn(&mut self.embedding, above);
                Some(Part::Embedding)
            }
            // Whose cost is whose cannot be told.
            (true, true) => Some(Part::Embedding),
        };
        self.last = match (part, self.last) {
            (Some(part), _) => Some((part, 1)),
            (None, Some((part, frames))) => Some((part, frames.saturating_add(1))),
            (None, None) => None,
        };
    }

    /// Time for a frame, ms.
    fn budget(&self) -> f64 {
        self.interval.unwrap_or(LONGEST).as_secs_f64() * 1e3 * SHARE
    }

    fn fits_both(&self) -> bool {
        let plain = self.plain.unwrap_or(0.0);
        let known = self.spoof.zip(self.embedding);
        known.is_some_and(|(spoof, embedding)| plain + spoof + embedding <= self.budget())
    }

    /// In one of how many frames there is time for a measurement of this cost.
    fn frames_for(&self, cost: Option<f64>) -> u32 {
        let room = self.budget() - self.plain.unwrap_or(0.0);
        let cost = cost.unwrap_or(0.0);
        (1..SELDOMEST).find(|&frames| cost <= room * f64::from(frames)).unwrap_or(SELDOMEST)
    }
}

fn learn(known: &mut Option<f64>, found: f64) {
    *known = Some(known.map_or(found, |known| known + STEP * (found - known)));
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    const ALL: Want = Want { eyes: true, spoof: true, embedding: true };
    const SPOOF: Want = Want { embedding: false, ..ALL };

    /// What the parts of a frame take on a machine, ms: without the two, anti-spoof, embedding.
    struct Machine([f64; 3]);

    impl Machine {
        /// Asks for `want` in each of so many frames, `interval` ms apart or as far as the machine needs. Gives what was
        /// measured in each, and what it took, ms.
        fn run(&self, want: Want, interval: f64, frames: usize) -> Vec<(Want, f64)> {
            let (mut pacer, mut now) = (Pacer::new(), 0.0f64);
            let mut seen = Vec::new();
            for _ in 0..frames {
                let measured = pacer.allow(want);
                let [plain, spoof, embedding] = self.0;
                let took = plain
                    + if measured.spoof { spoof } else { 0.0 }
                    + if measured.embedding { embedding } else { 0.0 };
                let ms = |ms: f64| Duration::from_secs_f64(ms / 1e3);
                pacer.note(ms(now), measured, ms(took));
                // The camera's next frame is taken once this one is done with.
                now += interval * (took / interval).ceil().max(1.0);
                seen.push((measured, took));
            }
            seen
        }
    }

    /// About what a frame takes on a computer of a clinic.
    const CLINIC: Machine = Machine([1.5, 7.5, 10.0]);

    fn mean(frames: &[(Want, f64)]) -> f64 {
        frames.iter().map(|(_, took)| took).sum::<f64>() / frames.len() as f64
    }

    #[test]
    fn both_nets_never_fall_into_one_frame_at_thirty_a_second_and_take_turns() {
        let frames = CLINIC.run(ALL, 33.3, 60);
        assert!(frames.iter().all(|(want, _)| want.eyes && want.spoof != want.embedding), "{frames:?}");
        assert!(frames.windows(2).all(|pair| pair[0].0.spoof != pair[1].0.spoof), "{frames:?}");
        assert!(frames.iter().all(|(_, took)| *took < 33.3 / 2.0), "{frames:?}");
    }

    #[test]
    fn a_camera_that_leaves_the_time_has_both_measured_in_one_frame() {
        let frames = CLINIC.run(ALL, 66.7, 60);
        assert!(frames[6..].iter().all(|(want, _)| *want == ALL), "{frames:?}");
    }

    #[test]
    fn one_wish_alone_is_granted_in_every_frame_where_there_is_time() {
        assert!(CLINIC.run(SPOOF, 33.3, 60).iter().all(|(want, _)| *want == SPOOF));
    }

    #[test]
    fn a_slower_machine_measures_less_often_and_still_takes_half_of_the_time() {
        for slower in [2.0, 3.0] {
            let frames = Machine(CLINIC.0.map(|ms| ms * slower)).run(ALL, 33.3, 240);
            assert!(mean(&frames[8..]) <= 33.3 / 2.0 + 0.5, "{slower}: {}", mean(&frames[8..]));
            assert!(frames.iter().all(|(want, _)| want.eyes));
        }
    }

    #[test]
    fn the_slowest_machine_still_measures_each_of_both_within_eight_frames() {
        let frames = Machine([40.0, 300.0, 400.0]).run(ALL, 33.3, 80);
        for part in [|want: &Want| want.spoof, |want: &Want| want.embedding] {
            assert!(frames.chunks(8).all(|some| some.iter().any(|(want, _)| part(want))), "{frames:?}");
        }
        assert!(frames.iter().all(|(want, _)| want.eyes));
    }

    #[test]
    fn one_frame_that_was_held_up_changes_little() {
        let mut pacer = Pacer::new();
        let at = |n: u32| Duration::from_millis(33) * n;
        let plain = Want { spoof: false, embedding: false, ..ALL };
        (0..10).for_each(|n| pacer.note(at(n), plain, Duration::from_millis(1)));
        (10..20).for_each(|n| pacer.note(at(n), SPOOF, Duration::from_millis(8)));
        pacer.note(at(20), SPOOF, Duration::from_millis(20));
        assert_eq!(pacer.allow(SPOOF), SPOOF);
        // One that stays slow does.
        (21..30).for_each(|n| pacer.note(at(n), SPOOF, Duration::from_millis(40)));
        assert_eq!(pacer.allow(SPOOF), plain);
    }

    #[test]
    fn times_that_stand_still_or_run_backwards_are_survived() {
        let mut pacer = Pacer::new();
        for time in [5u64, 5, 0, 9, 9, 1] {
            pacer.note(Duration::from_secs(time), pacer.allow(ALL), Duration::from_millis(9));
        }
        assert!(pacer.allow(ALL).eyes);
    }
}
