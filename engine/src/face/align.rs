//! Five-point alignment: the similarity (turn, scale, shift; never a reflection, never a shear) that lays a face over
//! the template the embedding net was trained on.

use zeroize::Zeroizing;

use super::{FaceError, Landmarks, Point, light::Light, square::Square};
use crate::frame::{Border, Patch, Pixels, Sampling, Similarity};

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

/// From so many pixels of the frame to one of the aligned picture on, the face is made smaller before it is aligned:
/// sampling four neighbours would leave the others out.
const MUCH_LARGER: f32 = 2.0;

/// Brings faces into the position the embedding net wants.
pub(super) struct Aligner {
    size: [u32; 2],
    patch: Patch,
    /// A face too large to be sampled as it is, brought to twice the size of the aligned picture.
    smaller: Patch,
    gray: Zeroizing<Vec<u8>>,
}

impl Aligner {
    /// For aligned pictures of this width and height, px.
    pub(super) fn new(size: [u32; 2]) -> Result<Self, FaceError> {
        let [width, height] = size;
        let side = 2 * width.max(height);
        let gray = Zeroizing::new(vec![0; width as usize * height as usize]);
        Ok(Self { size, patch: Patch::new(width, height)?, smaller: Patch::new(side, side)?, gray })
    }

    /// Aligns a face and measures its light. `None` if the points are no face.
    pub(super) fn align(
        &mut self,
        pixels: &Pixels<'_>,
        landmarks: &Landmarks,
    ) -> Result<Option<Light>, FaceError> {
        let Some(to_frame) = from_template(landmarks, self.size) else { return Ok(None) };
        if to_frame.a.hypot(to_frame.b) < MUCH_LARGER {
            self.patch.warp(pixels, to_frame)?;
        } else {
            let square = around_template(&to_frame, self.size);
            let area = square.area();
            self.smaller.crop(pixels, area, Border::Zero, Sampling::Smooth)?;
            let smaller = self.smaller.pixels()?;
            let scale = smaller.width() as f32 / square.side;
            // Areas count from pixel edges, similarities from pixel middles.
            let to_smaller = Similarity {
                a: to_frame.a * scale,
                b: to_frame.b * scale,
                tx: (to_frame.tx + 0.5 - area.x) * scale - 0.5,
                ty: (to_frame.ty + 0.5 - area.y) * scale - 0.5,
            };
            self.patch.warp(&smaller, to_smaller)?;
        }
        Ok(Some(Light::measure(&self.patch.pixels()?, &mut self.gray)))
    }

    /// Changes every value of the face last aligned to what the table has for it. Its luma stays as measured.
    pub(super) fn map(&mut self, table: &[u8; 256]) {
        self.patch.map(table);
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

/// The upright square of the frame that holds all of the aligned picture, however it is turned.
fn around_template(to_frame: &Similarity, [width, height]: [u32; 2]) -> Square {
    let (width, height) = (width as f32, height as f32);
    let [x, y] = to_frame.apply([(width - 1.0) / 2.0, (height - 1.0) / 2.0]);
    let diagonal = width.hypot(height) * to_frame.a.hypot(to_frame.b);
    Square { centre: Point { x: x + 0.5, y: y + 0.5 }, side: diagonal }
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
    use crate::{
        face::{Pose, pose::tests::head_at},
        frame::Colour,
    };

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
    fn a_large_face_is_aligned_as_the_same_face_made_smaller_would_be() {
        // Waves 96 px long, seen at full size and at a sixth of it.
        let wave = |x: u32, y: u32, zoom: f32| {
            let phase = |v: u32| ((v as f32 + 0.5) * zoom * std::f32::consts::TAU / 96.0).sin();
            (128.0 + 60.0 * phase(x) + 60.0 * phase(y)) as u8
        };
        let picture = |zoom: f32| -> Vec<u8> {
            let (width, height) = ((1920.0 / zoom) as u32, (1440.0 / zoom) as u32);
            (0..width * height).map(|index| wave(index % width, index / width, zoom)).collect()
        };
        let head = head_at(Pose { roll: 10.0, ..Pose::default() });
        let aligned = |zoom: f32, width: u32, height: u32| {
            let data = picture(zoom);
            let pixels = Pixels::new(Colour::Gray, width, height, width as usize, &data).unwrap();
            // The head of 640×480 px, brought to this picture's size; points count from pixel middles.
            let by = width as f32 / 640.0;
            let landmarks = head.map(|p| Point { x: (p.x + 0.5) * by - 0.5, y: (p.y + 0.5) * by - 0.5 });
            let mut aligner = Aligner::new([112, 112]).unwrap();
            aligner.align(&pixels, &landmarks).unwrap().unwrap();
            aligner.gray().0.to_vec()
        };
        let (large, small) = (aligned(1.0, 1920, 1440), aligned(6.0, 320, 240));
        let worst = large.iter().zip(&small).map(|(a, b)| a.abs_diff(*b)).max().unwrap();
        assert!(worst <= 12, "{worst}");
    }

    #[test]
    fn points_all_in_one_place_have_no_alignment() {
        assert_eq!(fit(&[Point { x: 3.0, y: 4.0 }; 5], &ARCFACE), None);
    }

    #[test]
    fn the_template_grows_with_the_picture_it_is_meant_for() {
        let landmarks = head_at(Pose::default());
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
