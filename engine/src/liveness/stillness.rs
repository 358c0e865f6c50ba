//! Whether a face moves at all.

use crate::face::{FaceObservation, Point, TrackId};

/// Points of the nose: bone, that neither blinks nor speaks.
const NOSE: std::ops::RangeInclusive<usize> = 27..=35;

/// How far the nose must have wandered (standard deviation since the face appeared) to be a living one's, in distances
/// between the eyes. Measured over 0.7 s and more: at least 0.0050 on 14 clips of people who sat still or spoke; at most
/// 0.0023 on a still photograph with camera noise of 10 of 255, 0.0011 with 5.
const LEAST: f64 = 0.0035;

/// Follows the nose of one track and tells whether it has moved as no picture on a stand does.
///
/// It may refuse, never grant: a photograph held in the hand moves too.
#[derive(Debug, Default)]
pub struct Stillness {
    track: Option<TrackId>,
    frames: f64,
    /// Running mean of the nose's place, px.
    mean: [f64; 2],
    /// Running sum of squared distances from the mean (Welford 1962), px².
    spread: f64,
    /// Running sum of the distance between the eyes, px.
    eyes: f64,
}

impl Stillness {
    /// Takes the next frame's face. A new track starts from nothing.
    pub fn update(&mut self, face: &FaceObservation) {
        if self.track != Some(face.track) {
            *self = Stillness { track: Some(face.track), ..Stillness::default() };
        }
        let Point { x, y } = middle(&face.landmarks[NOSE]);
        let (right, left) = (middle(&face.landmarks[36..=41]), middle(&face.landmarks[42..=47]));
        let distance = f64::from((right.x - left.x).hypot(right.y - left.y));
        if !(x.is_finite() && y.is_finite() && distance.is_finite()) {
            return;
        }
        self.frames += 1.0;
        self.eyes += distance;
        for (mean, place) in self.mean.iter_mut().zip([f64::from(x), f64::from(y)]) {
            let before = place - *mean;
            *mean += before / self.frames;
            self.spread += before * (place - *mean);
        }
    }

    /// Whether the face has moved since it appeared.
    pub fn has_moved(&self) -> bool {
        // Multiplied out, so that a face without width has not moved.
        (self.spread / self.frames).sqrt() * self.frames > LEAST * self.eyes && self.eyes > 0.0
    }
}

fn middle(points: &[Point]) -> Point {
    let count = points.len().max(1) as f32;
    let sum =
        points.iter().fold(Point::default(), |sum, point| Point { x: sum.x + point.x, y: sum.y + point.y });
    Point { x: sum.x / count, y: sum.y / count }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liveness::fixture;

    /// A face with eyes 60 px apart whose points stand at these offsets in turn, px.
    fn moved(offsets: impl IntoIterator<Item = (f32, f32)>) -> bool {
        let mut stillness = Stillness::default();
        for (x, y) in offsets {
            stillness.update(&face(1, x, y));
        }
        stillness.has_moved()
    }

    fn face(track: u64, x: f32, y: f32) -> FaceObservation {
        let mut face = fixture::face(track, None);
        face.landmarks = [Point { x: 130.0 + x, y: 130.0 + y }; 68];
        face.landmarks[36..=41].fill(Point { x: 100.0 + x, y: 100.0 + y });
        face.landmarks[42..=47].fill(Point { x: 160.0 + x, y: 100.0 + y });
        face
    }

    #[test]
    fn a_face_seen_once_or_never_has_not_moved() {
        assert!(!Stillness::default().has_moved());
        assert!(!moved([(0.0, 0.0)]));
    }

    #[test]
    fn a_picture_on_a_stand_has_not_moved_whatever_the_camera_adds() {
        assert!(!moved((0..600).map(|_| (0.0, 0.0))));
        // Jitter of a tenth of a pixel: 0.0017 distances between the eyes.
        assert!(!moved((0..600).map(|frame| if frame % 2 == 0 { (0.1, 0.0) } else { (-0.1, 0.0) })));
    }

    #[test]
    fn the_sway_of_a_head_is_seen_within_a_second() {
        assert!(moved((0..30).map(|frame| ((frame as f32 / 10.0).sin(), 0.0))));
        assert!(moved((0..30).map(|frame| (0.0, 0.03 * frame as f32))));
    }

    #[test]
    fn a_new_face_inherits_no_movement() {
        let mut stillness = Stillness::default();
        (0..30).for_each(|frame| stillness.update(&face(1, frame as f32, 0.0)));
        assert!(stillness.has_moved());
        stillness.update(&face(2, 50.0, 0.0));
        assert!(!stillness.has_moved());
    }

    #[test]
    fn points_that_are_no_numbers_count_for_nothing() {
        assert!(!moved((0..30).map(|_| (f32::NAN, f32::INFINITY))));
    }
}
