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
