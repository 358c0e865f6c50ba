//! Blinks: both eyes open, closed, open again, within the time that lids take.

use std::time::Duration;

use super::baseline::{Baseline, Levels, Sample};
use crate::face::{FaceObservation, TrackId};

/// Combined closedness at which the eyes are closed, and below which they are open again. The gap between them keeps a
/// half-open frame in the middle of a blink from splitting it. On the recorded clips every blink peaked at 0.80 or
/// more, and open eyes reached 0.45 at most (`docs/measurements/blink.md`).
const CLOSES: f32 = 0.6;
const OPENS: f32 = 0.45;

/// Each eye must reach this by itself, so that a wink is not a blink.
const EACH_EYE: f32 = 0.5;

/// The longest the eyes can have been closed, between the last open frame before and the first after, must be at least
/// this: spontaneous blinks keep the pupil covered for about 80 ms or more, and one frame at 30 a second spans 67 ms.
const LEAST_CLOSED: Duration = Duration::from_millis(60);

/// The time from the first closed frame to the last must not be more than this. Spontaneous blinks take 100 to 400 ms;
/// blinks made on request are slower. Beyond it the eyes are resting, looking down, or covered.
const MOST_CLOSED: Duration = Duration::from_millis(800);

/// Two frames further apart than this leave room for anything between them, a change of face included.
const MOST_BETWEEN_FRAMES: Duration = Duration::from_millis(300);

/// After this long of nothing but shut eyes it is fair to say that they cannot be judged.
const HIDDEN_AFTER: Duration = Duration::from_millis(1500);

/// A blink that was seen from start to end on one track.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Blink {
    /// Time of the first frame with the eyes closed.
    pub closed_at: Duration,
    /// Time of the first frame with the eyes open again.
    pub reopened_at: Duration,
    /// Whose blink it was.
    pub track: TrackId,
}

/// Whether the eyes can be judged, and what is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Visibility {
    /// There is no face.
    NoFace,
    /// The eyes were not measured: the head is turned away or the eyes are outside of the frame.
    Turned,
    /// The eyes are seen, but too little of them yet to know this person's baseline.
    Learning,
    /// The eyes have read as shut for a second and a half: shut, covered, behind dark glasses, or looking down. Blinks
    /// are still looked for.
    Hidden,
    /// The eyes can be judged.
    Clear,
}

/// Finds blinks in the eye measurements of consecutive frames, each face against its own running baseline.
///
/// No absolute figure decides: the eye net reads some people's open eyes as closed, and aspect ratios differ between
/// people by a factor of two. What counts is the way from the person's own normal and back. After it was made the
/// detector does not allocate.
#[derive(Debug)]
pub struct BlinkDetector {
    baseline: Baseline,
    track: Option<TrackId>,
    last: Option<Duration>,
    state: State,
    signal: f32,
    visibility: Visibility,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// Not seen open yet since the eyes were last lost.
    Waiting,
    /// Not closed, last in the frame of this time.
    Open(Duration),
    /// Closed between two frames.
    Closed {
        open_until: Duration,
        first: Duration,
        peak: [f32; 2],
        /// The baseline they closed against: only against the same one can they be open again.
        levels: Levels,
    },
    /// Closed for too long to be a blink.
    Resting,
}

impl BlinkDetector {
    /// A detector that has seen nothing.
    pub fn new() -> Self {
        Self {
            baseline: Baseline::new(),
            track: None,
            last: None,
            state: State::Waiting,
            signal: 0.0,
            visibility: Visibility::NoFace,
        }
    }

    /// Takes the next frame's face, measured with [`Want::eyes`](crate::face::Want), and tells when a blink has just
    /// ended: in the very frame in which the eyes are open again.
    ///
    /// Another track, or time that runs backwards, starts from nothing. A frame without eyes, or a gap of more than
    /// 300 ms, ends what was under way without a blink. A frame of the same time as the last is ignored.
    pub fn update(&mut self, time: Duration, face: Option<&FaceObservation>) -> Option<Blink> {
        let Some(face) = face else { return self.lose(Visibility::NoFace) };
        if self.track != Some(face.track) || self.last.is_some_and(|last| time < last) {
            self.reset();
            self.track = Some(face.track);
        }
        let Some(sample) = face.eyes.as_ref().and_then(|eyes| Sample::new(time, eyes)) else {
            return self.lose(Visibility::Turned);
        };
        let since_last = self.last.map(|last| time.saturating_sub(last));
        if since_last == Some(Duration::ZERO) {
            return None;
        }
        if since_last.is_some_and(|gap| gap > MOST_BETWEEN_FRAMES) {
            self.state = State::Waiting;
        }
        self.last = Some(time);
        let levels = match self.state {
            State::Closed { levels, .. } => Some(levels),
            _ => self.baseline.levels(time),
        };
        self.visibility = self.judge_visibility(levels.as_ref());
        let blink = match &levels {
            Some(levels) => self.judge(face.track, time, levels.closedness(&sample), *levels),
            None => {
                self.signal = 0.0;
                None
            }
        };
        if !matches!(self.state, State::Closed { .. }) {
            self.baseline.learn(sample);
        }
        blink
    }

    /// How closed both eyes were in the last frame against their own baseline: 0 open, 1 closed. Zero when that could
    /// not be judged.
    pub fn signal(&self) -> f32 {
        self.signal
    }

    /// Whether the eyes could be judged in the last frame.
    pub fn visibility(&self) -> Visibility {
        self.visibility
    }

    /// Forgets everything, for the next attempt.
    pub fn reset(&mut self) {
        self.baseline.clear();
        self.track = None;
        self.last = None;
        self.state = State::Waiting;
        self.signal = 0.0;
        self.visibility = Visibility::NoFace;
    }

    fn lose(&mut self, visibility: Visibility) -> Option<Blink> {
        self.state = State::Waiting;
        self.signal = 0.0;
        self.visibility = visibility;
        None
    }

    fn judge_visibility(&self, levels: Option<&Levels>) -> Visibility {
        match levels {
            None => Visibility::Learning,
            Some(levels) if levels.shut() && levels.span >= HIDDEN_AFTER => Visibility::Hidden,
            Some(_) => Visibility::Clear,
        }
    }

    fn judge(&mut self, track: TrackId, time: Duration, eyes: [f32; 2], levels: Levels) -> Option<Blink> {
        self.signal = (eyes[0] + eyes[1]) / 2.0;
        let open = self.signal < OPENS;
        let mut blink = None;
        self.state = match self.state {
            State::Closed { open_until, first, peak, .. } if open => {
                let long_enough = time.saturating_sub(open_until) >= LEAST_CLOSED;
                let both = peak.iter().all(|&peak| peak >= EACH_EYE);
                if long_enough && both {
                    blink = Some(Blink { closed_at: first, reopened_at: time, track });
                }
                State::Open(time)
            }
            State::Closed { first, .. } if time.saturating_sub(first) > MOST_CLOSED => State::Resting,
            State::Closed { open_until, first, peak, levels } => {
                let peak = [peak[0].max(eyes[0]), peak[1].max(eyes[1])];
                State::Closed { open_until, first, peak, levels }
            }
            State::Open(open_until) if self.signal >= CLOSES => {
                State::Closed { open_until, first: time, peak: eyes, levels }
            }
            State::Waiting | State::Resting if !open => self.state,
            State::Open(_) | State::Waiting | State::Resting => State::Open(time),
        };
        blink
    }
}

impl Default for BlinkDetector {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::{face::Eyes, liveness::fixture};

    /// Net and aspect ratio of an eye: closedness `c` from 0 to 1, ratio 0.30 open and 0.15 closed.
    fn lid(c: f32) -> (f32, f32) {
        (c, 0.30 - 0.15 * c)
    }

    fn both(c: f32) -> Eyes {
        fixture::eyes(lid(c), lid(c))
    }

    /// Feeds a face whose eyes are a function of the time, a frame every `step` from zero up to `end`.
    fn play(step: Duration, end: Duration, eyes: impl Fn(Duration) -> Eyes) -> Vec<Blink> {
        let mut detector = BlinkDetector::new();
        let frames = u32::try_from(end.as_nanos() / step.as_nanos()).unwrap();
        (0..=frames)
            .filter_map(|n| detector.update(n * step, Some(&fixture::face(1, Some(eyes(n * step))))))
            .collect()
    }

    const fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    /// Eyes that are closed in these half-open spans of milliseconds.
    fn closed_in(spans: &[(u64, u64)]) -> impl Fn(Duration) -> Eyes {
        let spans = spans.to_vec();
        move |t| both(f32::from(spans.iter().any(|&(from, to)| (ms(from)..ms(to)).contains(&t))))
    }

    #[test]
    fn a_blink_is_told_in_the_frame_in_which_the_eyes_are_open_again() {
        let blinks = play(ms(40), ms(2000), closed_in(&[(1000, 1120)]));
        assert_eq!(blinks, [Blink { closed_at: ms(1000), reopened_at: ms(1120), track: TrackId(1) }]);
    }

    #[test]
    fn two_blinks_with_one_open_frame_between_are_two() {
        assert_eq!(play(ms(40), ms(2000), closed_in(&[(1000, 1120), (1160, 1400)])).len(), 2);
    }

    #[test]
    fn a_half_open_frame_does_not_split_a_blink() {
        let blinks = play(ms(40), ms(2000), |t| match t.as_millis() {
            1000..1120 | 1160..1280 => both(1.0),
            1120..1160 => both(0.6),
            _ => both(0.0),
        });
        assert_eq!(blinks, [Blink { closed_at: ms(1000), reopened_at: ms(1280), track: TrackId(1) }]);
    }

    #[test]
    fn the_shortest_closure_that_counts_is_sixty_milliseconds_from_open_to_open() {
        // Frames one millisecond apart: the last open one is 1 ms before the closure, so 58 ms closed span 59.
        assert_eq!(play(ms(1), ms(1500), closed_in(&[(1000, 1058)])), []);
        assert_eq!(play(ms(1), ms(1500), closed_in(&[(1000, 1059)])).len(), 1);
    }

    #[test]
    fn the_longest_closure_that_counts_is_eight_hundred_milliseconds() {
        assert_eq!(play(ms(1), ms(3000), closed_in(&[(1000, 1801)])).len(), 1);
        assert_eq!(play(ms(1), ms(3000), closed_in(&[(1000, 1802)])), []);
    }

    #[test]
    fn a_glitch_of_one_frame_at_sixty_a_second_is_no_blink() {
        let frame = Duration::from_secs(1) / 60;
        assert_eq!(play(frame, ms(2000), |t| both(f32::from((ms(1000)..ms(1016)).contains(&t)))), []);
    }

    #[test]
    fn a_wink_is_no_blink() {
        let wink = |closed: bool| fixture::eyes(lid(f32::from(closed)), lid(if closed { 0.2 } else { 0.0 }));
        assert_eq!(play(ms(40), ms(2000), |t| wink((ms(1000)..ms(1200)).contains(&t))), []);
    }

    #[test]
    fn neither_the_net_nor_the_lid_distance_alone_makes_a_blink() {
        let closing = |t: Duration| (ms(1000)..ms(1200)).contains(&t);
        let net = |t| fixture::eyes((f32::from(closing(t)), 0.30), (f32::from(closing(t)), 0.30));
        assert_eq!(play(ms(40), ms(2000), net), []);
        let lids = |t| if closing(t) { fixture::eyes((0.0, 0.1), (0.0, 0.1)) } else { both(0.0) };
        assert_eq!(play(ms(40), ms(2000), lids), []);
    }

    #[test]
    fn eyes_that_the_net_reads_as_closed_when_open_are_judged_by_their_lids() {
        let narrow = |ratio| fixture::eyes((0.95, ratio), (0.9, ratio));
        let blinks =
            play(ms(40), ms(3000), |t| narrow(if (ms(2000)..ms(2200)).contains(&t) { 0.12 } else { 0.2 }));
        assert_eq!(blinks.len(), 1);
    }

    #[test]
    fn a_slow_drift_is_no_blink_and_hides_none() {
        // The aspect ratio falls by half over ten seconds, as a head tilts; a blink is laid over it.
        let ratio = |t: Duration| 0.30 * (1.0 - 0.05 * t.as_secs_f32());
        let drift = |t| fixture::eyes((0.0, ratio(t)), (0.0, ratio(t)));
        assert_eq!(play(ms(40), ms(10_000), drift), []);
        let blinking = |t: Duration| match t.as_millis() {
            8000..8160 => fixture::eyes((1.0, ratio(t) * 0.6), (1.0, ratio(t) * 0.6)),
            _ => drift(t),
        };
        assert_eq!(play(ms(40), ms(10_000), blinking).len(), 1);
    }

    #[test]
    fn lids_that_sink_and_stay_down_are_no_blink() {
        let sinking = |t: Duration| both(((t.as_secs_f32() - 1.0) / 2.0).clamp(0.0, 1.0));
        assert_eq!(play(ms(40), ms(8000), sinking), []);
    }

    #[test]
    fn eyes_that_stay_shut_do_not_blink_when_the_baseline_takes_shut_for_open() {
        assert_eq!(play(ms(40), ms(8000), closed_in(&[(100, 1200), (2200, 9000)])), []);
    }

    #[test]
    fn eyes_closed_from_the_start_must_first_be_seen_open() {
        assert_eq!(play(ms(40), ms(5000), closed_in(&[(0, 1000)])), []);
        let blinks = play(ms(40), ms(5000), closed_in(&[(0, 1000), (3000, 3160)]));
        assert_eq!(blinks, [Blink { closed_at: ms(3000), reopened_at: ms(3160), track: TrackId(1) }]);
    }

    #[test]
    fn a_blink_a_fifth_of_a_second_after_the_face_appears_is_seen() {
        assert_eq!(play(ms(40), ms(1000), closed_in(&[(200, 360)])).len(), 1);
    }

    #[test]
    fn a_trembling_baseline_as_behind_glasses_makes_no_blink_and_hides_none() {
        // The ratio jumps by ±20 % and the net by up to 0.4 from frame to frame, each eye by itself.
        let noise = |t: Duration, salt: u64| {
            let x = (t.as_millis() as u64 / 40 + salt).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
            x as f32 / (1u64 << 24) as f32
        };
        let eye = |t: Duration, salt: u64| (0.4 * noise(t, salt), 0.30 * (0.8 + 0.4 * noise(t, salt + 7)));
        let glasses = |t| fixture::eyes(eye(t, 1), eye(t, 100));
        assert_eq!(play(ms(40), ms(20_000), glasses), []);
        let blinking = |t: Duration| if (ms(4000)..ms(4160)).contains(&t) { both(1.0) } else { glasses(t) };
        assert_eq!(play(ms(40), ms(5000), blinking).len(), 1);
    }

    #[test]
    fn a_blink_is_found_at_any_frame_rate_a_camera_has() {
        for rate in [10, 12, 15, 24, 25, 30, 50, 60] {
            let blinks = play(Duration::from_secs(1) / rate, ms(3000), closed_in(&[(1500, 1700)]));
            assert_eq!(blinks.len(), 1, "at {rate} frames a second");
        }
    }

    #[test]
    fn a_rate_that_changes_in_the_middle_changes_nothing() {
        let times = (0..30).map(|n| ms(n * 33)).chain((0..10).map(|n| ms(1000 + n * 100)));
        let mut detector = BlinkDetector::new();
        let eyes = closed_in(&[(1200, 1400)]);
        let found = times.filter_map(|t| detector.update(t, Some(&fixture::face(1, Some(eyes(t))))));
        assert_eq!(found.count(), 1);
    }

    /// A blink of five frames from frame 30 on, with frame 32 replaced by something else.
    fn interrupted(by: impl Fn(&mut BlinkDetector, Duration) -> Option<Blink>) -> usize {
        let mut detector = BlinkDetector::new();
        (0..60)
            .filter_map(|n| {
                let closed = f32::from((30..35).contains(&n));
                match n {
                    32 => by(&mut detector, n * ms(40)),
                    _ => detector.update(n * ms(40), Some(&fixture::face(1, Some(both(closed))))),
                }
            })
            .count()
    }

    #[test]
    fn another_face_in_the_middle_of_a_blink_ends_it() {
        assert_eq!(interrupted(|d, t| d.update(t, Some(&fixture::face(1, Some(both(1.0)))))), 1);
        assert_eq!(interrupted(|d, t| d.update(t, Some(&fixture::face(2, Some(both(1.0)))))), 0);
    }

    #[test]
    fn a_face_or_eyes_lost_in_the_middle_of_a_blink_end_it() {
        assert_eq!(interrupted(|d, t| d.update(t, None)), 0);
        assert_eq!(interrupted(|d, t| d.update(t, Some(&fixture::face(1, None)))), 0);
        let torn = fixture::eyes((f32::NAN, 0.1), (1.0, f32::INFINITY));
        assert_eq!(interrupted(|d, t| d.update(t, Some(&fixture::face(1, Some(torn))))), 0);
    }

    #[test]
    fn time_that_runs_backwards_starts_from_nothing() {
        assert_eq!(interrupted(|d, _| d.update(ms(3), Some(&fixture::face(1, Some(both(1.0)))))), 0);
    }

    #[test]
    fn a_frame_shown_twice_is_ignored() {
        assert_eq!(interrupted(|d, t| d.update(t - ms(40), Some(&fixture::face(1, Some(both(0.0)))))), 1);
    }

    #[test]
    fn a_gap_that_could_hide_a_change_of_face_ends_a_blink() {
        let late = |gap: u64| {
            let mut detector = BlinkDetector::new();
            let frames = (0..30).map(|n| (ms(n * 40), 0.0)).chain([(ms(1200), 1.0), (ms(1200 + gap), 0.0)]);
            frames.filter_map(|(t, c)| detector.update(t, Some(&fixture::face(1, Some(both(c)))))).count()
        };
        assert_eq!(late(300), 1);
        assert_eq!(late(301), 0);
    }

    #[test]
    fn says_why_the_eyes_cannot_be_judged() {
        let mut detector = BlinkDetector::new();
        assert_eq!(detector.visibility(), Visibility::NoFace);
        let mut show = |n: u64, face: Option<FaceObservation>| {
            detector.update(ms(40 * n), face.as_ref());
            detector.visibility()
        };
        assert_eq!(show(0, Some(fixture::face(1, Some(both(0.0))))), Visibility::Learning);
        let later = (1..10).map(|n| show(n, Some(fixture::face(1, Some(both(0.0)))))).last();
        assert_eq!(later, Some(Visibility::Clear));
        assert_eq!(show(10, Some(fixture::face(1, None))), Visibility::Turned);
        assert_eq!(show(11, None), Visibility::NoFace);
        let covered = (12..80).map(|n| show(n, Some(fixture::face(2, Some(both(0.9)))))).last();
        assert_eq!(covered, Some(Visibility::Hidden));
    }

    proptest! {
        #[test]
        fn no_figures_and_no_times_make_it_panic(
            frames in prop::collection::vec(
                (any::<u64>(), 0u64..3, any::<[f32; 4]>(), prop::option::of(Just(()))), 0..200)
        ) {
            let mut detector = BlinkDetector::new();
            for (time, track, [a, b, c, d], seen) in frames {
                let eyes = seen.map(|()| fixture::eyes((a, b), (c, d)));
                detector.update(Duration::from_nanos(time), Some(&fixture::face(track, eyes)));
                prop_assert!((0.0..=1.0).contains(&detector.signal()));
            }
        }

        #[test]
        fn open_eyes_never_blink(noise in prop::collection::vec((0.0f32..0.2, 0.27f32..0.33), 1..300)) {
            let mut detector = BlinkDetector::new();
            for (n, eye) in (0u64..).zip(noise) {
                let face = fixture::face(1, Some(fixture::eyes(eye, eye)));
                prop_assert_eq!(detector.update(ms(33 * n), Some(&face)), None);
            }
        }
    }
}
