//! Five-point alignment: the similarity (turn, scale, shift; never a reflection, never a shear) that lays a face over
//! the template the embedding net was trained on.

use zeroize::Zeroizing;

use super::{FaceError, Landmarks, Point, quality::Light};
use crate::frame::{Patch, Pixels, Similarity};

/// Where the five points of a face lie in an aligned picture of 112×112 px: both eyes (first the one at the left of the
/// picture), the tip of the nose, both corners of the mouth. The template of ArcFace (Deng et al. 2019).
const ARCFACE: [Point; 5] = [
    Point { x: 38.2946, y: 51.6963 },
    Point { x: 73.5318, y: 51.5014 },
    Point { x: 56.0252, y: 71.7366 },
    Point { x: 41.5493, y: 92.3655 },
    Point { x: 70.7299, y: 92.2041 },
];

/// Side of the picture the template is meant for, px.
const ARCFACE_SIDE: f32 = 112.0;

/// Brings faces into the position the embedding net wants.
pub(super) struct Aligner {
    size: [u32; 2],
    patch: Patch,
    gray: Zeroizing<Vec<u8>>,
}

impl Aligner {
    /// For aligned pictures of this width and height, px.
    pub(super) fn new(size: [u32; 2]) -> Result<Self, FaceError> {
        let gray = Zeroizing::new(vec![0; size[0] as usize * size[1] as usize]);
        Ok(Self { size, patch: Patch::new(size[0], size[1])?, gray })
    }

    /// Aligns a face and measures its light. `None` if the points are no face.
    pub(super) fn align(
        &mut self,
        pixels: &Pixels<'_>,
        landmarks: &Landmarks,
    ) -> Result<Option<Light>, FaceError> {
        let Some(to_frame) = from_template(landmarks, self.size) else { return Ok(None) };
        self.patch.warp(pixels, to_frame)?;
        Ok(Some(Light::measure(&self.patch.pixels()?, &mut self.gray)))
    }

    /// The face last aligned, in the frame's colours.
    pub(super) fn aligned(&self) -> Result<Pixels<'_>, FaceError> {
        Ok(self.patch.pixels()?)
    }

    /// The same as luma, row by row, and its width.
    pub(super) fn gray(&self) -> (&[u8], usize) {
        (&self.gray, self.size[0] as usize)
    }
}

/// The similarity that brings `from` nearest to `to` (least squares; Umeyama 1991 without reflection, which in the plane
/// is one complex division). `None` if all of `from` is one point, or not numbers.
fn fit<const N: usize>(from: &[Point; N], to: &[Point; N]) -> Option<Similarity> {
    let (from_mean, to_mean) = (mean(from), mean(to));
    let (mut a, mut b, mut spread) = (0.0f32, 0.0f32, 0.0f32);
    for (p, q) in from.iter().zip(to) {
        let (px, py) = (p.x - from_mean.x, p.y - from_mean.y);
        let (qx, qy) = (q.x - to_mean.x, q.y - to_mean.y);
        a += px * qx + py * qy;
        b += px * qy - py * qx;
        spread += px * px + py * py;
    }
    let (a, b) = (a / spread, b / spread);
    let tx = to_mean.x - (a * from_mean.x - b * from_mean.y);
    let ty = to_mean.y - (b * from_mean.x + a * from_mean.y);
    [a, b, tx, ty].iter().all(|number| number.is_finite()).then_some(Similarity { a, b, tx, ty })
}

/// The similarity from an aligned picture of `width`×`height` px back to the frame. `None` if the points are no face.
fn from_template(landmarks: &Landmarks, [width, height]: [u32; 2]) -> Option<Similarity> {
    let (x, y) = (width as f32 / ARCFACE_SIDE, height as f32 / ARCFACE_SIDE);
    // The template counts from the middle of the first pixel.
    let template = ARCFACE.map(|p| Point { x: (p.x + 0.5) * x - 0.5, y: (p.y + 0.5) * y - 0.5 });
    // Fitted from the face to the template, so that what is least is the error in the aligned picture.
    inverse(fit(&five_points(landmarks), &template)?)
}

/// The other way round. `None` for a similarity that shrinks everything to a point.
fn inverse(similarity: Similarity) -> Option<Similarity> {
    let Similarity { a, b, tx, ty } = similarity;
    let square = a * a + b * b;
    let (a, b) = (a / square, -b / square);
    let (tx, ty) = (-(a * tx - b * ty), -(b * tx + a * ty));
    [a, b, tx, ty].iter().all(|number| number.is_finite()).then_some(Similarity { a, b, tx, ty })
}

/// The five points of the template, from the 68: the middles of the lids, the tip of the nose, the corners of the mouth.
fn five_points(landmarks: &Landmarks) -> [Point; 5] {
    let of = |indices: &[usize]| {
        let count = indices.len() as f32;
        indices.iter().fold(Point::default(), |sum, &index| Point {
            x: sum.x + landmarks[index].x / count,
            y: sum.y + landmarks[index].y / count,
        })
    };
    [of(&[37, 38, 40, 41]), of(&[43, 44, 46, 47]), landmarks[30], of(&[48, 60]), of(&[54, 64])]
}

fn mean(points: &[Point]) -> Point {
    let count = points.len() as f32;
    let sum = points.iter().fold(Point::default(), |sum, p| Point { x: sum.x + p.x, y: sum.y + p.y });
    Point { x: sum.x / count, y: sum.y / count }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn apply(similarity: &Similarity, p: Point) -> Point {
        let [x, y] = similarity.apply([p.x, p.y]);
        Point { x, y }
    }

    #[test]
    fn a_mirrored_face_is_never_fitted_by_a_reflection() {
        let mirrored = ARCFACE.map(|p| Point { x: 112.0 - p.x, y: p.y });
        let found = fit(&mirrored, &ARCFACE).unwrap();
        // A reflection would lay the points on each other; a similarity cannot.
        let furthest = mirrored
            .iter()
            .zip(ARCFACE)
            .map(|(&from, to)| (apply(&found, from).x - to.x).abs())
            .fold(0.0, f32::max);
        assert!(furthest > 10.0, "{furthest}");
    }

    #[test]
    fn points_all_in_one_place_have_no_alignment() {
        assert_eq!(fit(&[Point { x: 3.0, y: 4.0 }; 5], &ARCFACE), None);
    }

    #[test]
    fn the_template_grows_with_the_picture_it_is_meant_for() {
        let landmarks = crate::face::pose::tests::head_at(crate::face::Pose::default());
        let (small, large) = (from_template(&landmarks, [112, 112]), from_template(&landmarks, [224, 224]));
        assert!((small.unwrap().a / large.unwrap().a - 2.0).abs() < 1e-4);
    }

    proptest! {
        #[test]
        fn the_turn_scale_and_shift_that_were_applied_are_found_and_undone(
            angle in -3.1f32..3.1, scale in 0.1f32..8.0, tx in -500f32..500.0, ty in -500f32..500.0,
        ) {
            let applied = Similarity { a: scale * angle.cos(), b: scale * angle.sin(), tx, ty };
            let moved = ARCFACE.map(|p| apply(&applied, p));
            let found = fit(&moved, &ARCFACE).unwrap();
            for (from, to) in moved.iter().zip(ARCFACE) {
                let there = apply(&found, *from);
                prop_assert!((there.x - to.x).abs() < 0.02 && (there.y - to.y).abs() < 0.02, "{there:?} {to:?}");
                let back = apply(&inverse(found).unwrap(), to);
                prop_assert!((back.x - from.x).abs() < 0.2 && (back.y - from.y).abs() < 0.2, "{back:?} {from:?}");
            }
        }
    }
}
