//! Following one face from frame to frame, so that the detector may rest.

use std::time::Duration;

use super::{Detection, Landmarks, Point, Rect, TrackId, nms::intersection_over_union, square::Square};

/// The detector looks again after so many frames, or so long, whichever comes first.
const RECHECK_FRAMES: u32 = 10;
const RECHECK_AFTER: Duration = Duration::from_millis(400);

/// How far a new look of the detector moves what is known about this person's framing. With 0.3 the eyes' aspect ratio
/// is as steady on recorded clips as with the detector in every frame (0.026 against 0.032 from frame to frame); with 1
/// its jitter gets into the landmarks and some tracks run away.
const FRAMING_STEP: f32 = 0.3;

/// How far the square follows the points from one frame to the next. Half way takes out the landmark net's jitter.
const FOLLOW_STEP: f32 = 0.5;

/// Moved further than this, in sides of the square, the face is followed at once and not half way.
const FAST: f32 = 0.12;

/// Moved further than this, in sides of the square, or grown by more than this factor, between two frames is no
/// movement of a head: it is another place, to be looked at by the detector.
const JUMP: f32 = 0.35;
const GROWTH: f32 = 1.35;

/// Least overlap between the followed face and what the detector sees for them to be one.
const SAME_PLACE: f32 = 0.3;

/// One face on its way through the frames.
#[derive(Debug, Clone)]
pub(super) struct Track {
    pub(super) id: TrackId,
    /// Where the landmark net is to look in the next frame.
    pub(super) square: Square,
    /// Width of the detector's box over its height.
    aspect: f32,
    /// The detector's score at its last look.
    pub(super) score: f32,
    /// How this person's box differs from the average box around such points; `None` until points and box were seen
    /// together.
    framing: Option<Framing>,
    checked: Duration,
    unchecked_frames: u32,
}

/// Shift of a box's middle in sides of the average box, and its size over that of the average box.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Framing {
    x: f32,
    y: f32,
    size: f32,
}

impl Track {
    pub(super) fn start(id: TrackId, detection: &Detection, time: Duration) -> Self {
        let rect = &detection.rect;
        Self {
            id,
            square: Square::as_high_as(rect),
            aspect: rect.width / rect.height,
            score: detection.score,
            framing: None,
            checked: time,
            unchecked_frames: 0,
        }
    }

    /// Whether the detector should look at the frame taken at this time. A clock that goes backwards counts as a reason.
    pub(super) fn is_due(&self, time: Duration) -> bool {
        let age = time.checked_sub(self.checked);
        self.unchecked_frames >= RECHECK_FRAMES || age.is_none_or(|age| age >= RECHECK_AFTER)
    }

    /// The one of the detector's faces that is this one, if any of them is.
    pub(super) fn find<'a>(&self, found: &'a [Detection]) -> Option<&'a Detection> {
        let here = self.square.rect(self.aspect);
        found
            .iter()
            .map(|detection| (intersection_over_union(&here, &detection.rect), detection))
            .filter(|(overlap, _)| *overlap >= SAME_PLACE)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, detection)| detection)
    }

    /// Whether points found in this track's square cannot be those of the face that was followed.
    pub(super) fn is_broken_by(&self, landmarks: &Landmarks) -> bool {
        let now = self.expected(landmarks);
        let growth = now.side / self.square.side;
        let is_sound = distance(now.centre, self.square.centre) <= JUMP * self.square.side
            && (1.0 / GROWTH..=GROWTH).contains(&growth);
        !is_sound
    }

    /// Another face has taken the place of this one: what was learned of its framing goes.
    pub(super) fn hand_over(&mut self, id: TrackId) {
        self.id = id;
        self.framing = None;
    }

    /// Takes the points of a frame, and the detector's face if it looked at that frame too. Says where the face is.
    pub(super) fn advance(
        &mut self,
        landmarks: &Landmarks,
        seen: Option<&Detection>,
        time: Duration,
    ) -> Rect {
        match seen {
            Some(detection) => self.check(landmarks, detection, time),
            None => self.unchecked_frames += 1,
        }
        let now = self.expected(landmarks);
        let moved = distance(now.centre, self.square.centre);
        let step = if moved > FAST * self.square.side { 1.0 } else { FOLLOW_STEP };
        let blend = |from: f32, to: f32| from + step * (to - from);
        self.square = Square {
            centre: Point {
                x: blend(self.square.centre.x, now.centre.x),
                y: blend(self.square.centre.y, now.centre.y),
            },
            side: blend(self.square.side, now.side),
        };
        now.rect(self.aspect)
    }

    fn check(&mut self, landmarks: &Landmarks, detection: &Detection, time: Duration) {
        let average = Square::around(landmarks);
        let seen = Square::as_high_as(&detection.rect);
        let framing = Framing {
            x: (seen.centre.x - average.centre.x) / average.side,
            y: (seen.centre.y - average.centre.y) / average.side,
            size: seen.side / average.side,
        };
        self.framing = Some(match self.framing {
            None => framing,
            Some(known) => Framing {
                x: known.x + FRAMING_STEP * (framing.x - known.x),
                y: known.y + FRAMING_STEP * (framing.y - known.y),
                size: known.size + FRAMING_STEP * (framing.size - known.size),
            },
        });
        self.aspect += FRAMING_STEP * (detection.rect.width / detection.rect.height - self.aspect);
        self.score = detection.score;
        self.checked = time;
        self.unchecked_frames = 0;
    }

    /// The square the detector would draw around this person's face with these points.
    fn expected(&self, landmarks: &Landmarks) -> Square {
        let average = Square::around(landmarks);
        let Framing { x, y, size } = self.framing.unwrap_or(Framing { x: 0.0, y: 0.0, size: 1.0 });
        Square {
            centre: Point { x: average.centre.x + x * average.side, y: average.centre.y + y * average.side },
            side: average.side * size,
        }
    }
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::face::{Pose, pose::tests::head_at};

    const FRAME: Duration = Duration::from_millis(33);

    fn head(x: f32, size: f32) -> Landmarks {
        head_at(Pose::default())
            .map(|p| Point { x: 320.0 + size * (p.x - 320.0) + x, y: 240.0 + size * (p.y - 240.0) })
    }

    /// What a detector would say of a head, were this person's box as `size` to the average one.
    fn detection(landmarks: &Landmarks, size: f32) -> Detection {
        Detection { rect: Square::around(landmarks).scaled(size).rect(0.7), score: 0.9 }
    }

    fn started(size: f32) -> Track {
        let landmarks = head(0.0, 1.0);
        let seen = detection(&landmarks, size);
        let mut track = Track::start(TrackId(1), &seen, Duration::ZERO);
        track.advance(&landmarks, Some(&seen), Duration::ZERO);
        track
    }

    #[test]
    fn the_square_stays_where_it_is_while_the_face_does() {
        for size in [0.87, 1.0, 1.13] {
            let mut track = started(size);
            let before = track.square;
            for frame in 1..200 {
                track.advance(&head(0.0, 1.0), None, FRAME * frame);
            }
            assert!(distance(before.centre, track.square.centre) < 0.01 * before.side, "{size}");
            assert!((before.side / track.square.side - 1.0).abs() < 0.01, "{size}");
        }
    }

    #[test]
    fn a_face_that_walks_away_is_followed() {
        let mut track = started(1.1);
        for step in 1..60 {
            let landmarks = head(4.0 * step as f32, 1.0 - 0.005 * step as f32);
            assert!(!track.is_broken_by(&landmarks), "{step}");
            let rect = track.advance(&landmarks, None, FRAME * step);
            let true_square = Square::around(&landmarks).scaled(1.1);
            assert!(distance(rect.centre(), true_square.centre) < 0.02 * true_square.side, "{step}");
            assert!(distance(track.square.centre, true_square.centre) < 0.05 * true_square.side, "{step}");
        }
    }

    #[test]
    fn points_that_jump_or_grow_at_once_break_the_track() {
        let track = started(1.0);
        assert!(!track.is_broken_by(&head(20.0, 1.1)));
        assert!(track.is_broken_by(&head(250.0, 1.0)));
        assert!(track.is_broken_by(&head(0.0, 1.5)));
        assert!(track.is_broken_by(&head(0.0, 0.6)));
        assert!(track.is_broken_by(&[Point { x: f32::NAN, y: f32::NAN }; 68]));
    }

    #[test]
    fn the_detector_looks_again_after_ten_frames_or_four_tenths_of_a_second() {
        let mut track = started(1.0);
        for frame in 1..=10 {
            assert!(!track.is_due(Duration::from_millis(frame)));
            track.advance(&head(0.0, 1.0), None, Duration::from_millis(frame));
        }
        assert!(track.is_due(Duration::from_millis(11)));
        assert!(started(1.0).is_due(Duration::from_millis(400)));
        assert!(!started(1.0).is_due(Duration::from_millis(399)));
    }

    #[test]
    fn a_clock_that_goes_backwards_makes_the_detector_look() {
        let landmarks = head(0.0, 1.0);
        let seen = detection(&landmarks, 1.0);
        let mut track = Track::start(TrackId(1), &seen, Duration::from_secs(9));
        track.advance(&landmarks, Some(&seen), Duration::from_secs(9));
        assert!(track.is_due(Duration::from_secs(8)));
    }

    #[test]
    fn only_a_face_in_the_same_place_is_the_same() {
        let track = started(1.0);
        let (here, near, far) = (
            detection(&head(8.0, 1.0), 1.0),
            detection(&head(60.0, 1.0), 1.0),
            detection(&head(400.0, 1.0), 1.0),
        );
        assert_eq!(track.find(&[far, near, here]), Some(&here));
        assert_eq!(track.find(&[far]), None);
        assert_eq!(track.find(&[]), None);
    }
}
