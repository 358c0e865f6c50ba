//! Squares, the shape in which faces and eyes are cut out.

use super::{Landmarks, Point, Rect};
use crate::frame::Area;

/// An upright square of the frame, px. It may reach over the frame's border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Square {
    pub(super) centre: Point,
    pub(super) side: f32,
}

impl Square {
    /// As high as the box, around its middle.
    pub(super) fn as_high_as(rect: &Rect) -> Self {
        Self { centre: rect.centre(), side: rect.height }
    }

    /// Larger or smaller around the same middle.
    pub(super) fn scaled(self, by: f32) -> Self {
        Self { side: self.side * by, ..self }
    }

    /// The box of the same height and middle, `aspect` times as wide as high.
    pub(super) fn rect(&self, aspect: f32) -> Rect {
        let width = self.side * aspect;
        Rect { x: self.centre.x - width / 2.0, y: self.centre.y - self.side / 2.0, width, height: self.side }
    }

    /// What is to be cut out.
    pub(super) fn area(&self) -> Area {
        let Rect { x, y, width, height } = self.rect(1.0);
        Area { x, y, width, height }
    }

    /// The square a detector's box would have around a face with these points, on average over people.
    ///
    /// Its side is 3.605 times the spread (root mean square) of the points; its middle lies 0.5 % of the side to the
    /// right of the middle of their extent, and 9.85 % above their mean height. Medians over the detector's boxes on 4,797
    /// photographs; a single person's box differs by some 7 % in size and 2 % in place. Fed back into the landmark net,
    /// these measures settle; the mere extent of the points does not.
    pub(super) fn around(landmarks: &Landmarks) -> Self {
        let count = landmarks.len() as f32;
        let (mut left, mut right) = (f32::INFINITY, f32::NEG_INFINITY);
        let mut mean = Point::default();
        for point in landmarks {
            left = left.min(point.x);
            right = right.max(point.x);
            mean.x += point.x / count;
            mean.y += point.y / count;
        }
        let spread =
            landmarks.iter().map(|p| (p.x - mean.x).powi(2) + (p.y - mean.y).powi(2)).sum::<f32>() / count;
        let side = 3.605 * spread.sqrt();
        Self { centre: Point { x: (left + right) / 2.0 + 0.0053 * side, y: mean.y - 0.0985 * side }, side }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::face::{Pose, pose::tests::head_at};

    #[test]
    fn the_square_moves_and_grows_with_the_points() {
        let landmarks = head_at(Pose::default());
        let moved = landmarks.map(|p| Point { x: 2.0 * p.x + 30.0, y: 2.0 * p.y - 70.0 });
        let (square, found) = (Square::around(&landmarks), Square::around(&moved));
        assert!((found.side - 2.0 * square.side).abs() < 0.1);
        assert!((found.centre.x - (2.0 * square.centre.x + 30.0)).abs() < 0.1);
        assert!((found.centre.y - (2.0 * square.centre.y - 70.0)).abs() < 0.1);
    }

    #[test]
    fn a_box_and_its_square_have_one_middle_and_one_height() {
        let rect = Rect { x: 10.0, y: 20.0, width: 60.0, height: 80.0 };
        let square = Square::as_high_as(&rect);
        assert_eq!(square.rect(0.75), rect);
        assert_eq!(square.scaled(1.5).area(), Area { x: -20.0, y: 0.0, width: 120.0, height: 120.0 });
    }
}
