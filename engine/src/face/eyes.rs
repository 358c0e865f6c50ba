//! How open the eyes are: by a net that looks at them, and by the shape of their lids.

use mabataki_models::{Decoder, EyeState, InputSpec, Pack, Role};

use super::{Eye, Eyes, FaceError, Landmarks, Point, softmax::probability, square::Square};
use crate::{
    frame::{Area, Border, Patch, Pixels, Sampling, fill_tensor},
    inference::{Net, Runtime},
};

/// Six points of one eye: outer or inner corner, two of the upper lid, the other corner, two of the lower lid.
pub(super) type EyePoints = [Point; 6];

/// The eye at the left of an unmirrored picture, and the one at its right.
pub(super) fn eye_points(landmarks: &Landmarks) -> [EyePoints; 2] {
    [36, 42].map(|first| std::array::from_fn(|index| landmarks[first + index]))
}

/// A net that tells an open eye from a closed one.
pub struct EyeNet {
    pub(super) net: Net,
    input: InputSpec,
    decoder: EyeState,
    patch: Patch,
}

impl EyeNet {
    /// Loads the pack's eye net.
    ///
    /// # Errors
    /// [`FaceError`] when the pack's model cannot be used.
    pub fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        let model = pack.load(Role::EyeState)?;
        let Decoder::EyeState(decoder) = model.spec.decoder else {
            return Err(FaceError::Family { role: Role::EyeState, file: model.spec.file });
        };
        let input = model.spec.input;
        let outputs: [(&str, &[usize]); 1] = [(&decoder.output, &[1, decoder.classes as usize])];
        let net =
            Net::load(runtime, &model.spec.file, &model.bytes, (&input.name, &input.shape()), &outputs)?;
        let patch = Patch::new(input.size[0], input.size[1])?;
        Ok(Self { net, input, decoder, patch })
    }

    /// Both eyes. `None` if one of them is not to be seen: in part outside the picture, or so foreshortened that the
    /// head must be turned away from it.
    pub(super) fn look(
        &mut self,
        pixels: &Pixels<'_>,
        landmarks: &Landmarks,
    ) -> Result<Option<Eyes>, FaceError> {
        let [left_of_picture, right_of_picture] = eye_points(landmarks);
        let (Some(a), Some(b)) = (visible(pixels, &left_of_picture), visible(pixels, &right_of_picture))
        else {
            return Ok(None);
        };
        if a.side.min(b.side) < LEAST_SHARE * a.side.max(b.side) {
            return Ok(None);
        }
        // The person's right eye is at the left of an unmirrored picture.
        Ok(Some(Eyes {
            right: Eye {
                closed: self.closed(pixels, self.around(a))?,
                aspect_ratio: aspect_ratio(&left_of_picture),
            },
            left: Eye {
                closed: self.closed(pixels, self.around(b))?,
                aspect_ratio: aspect_ratio(&right_of_picture),
            },
        }))
    }

    /// Probability that the eye which fills this area of a picture is closed, 0..1. The area is that of the net's crops:
    /// a square wider than the eye by the manifest's `crop_scale`, around the middle of its lids.
    ///
    /// # Errors
    /// [`FaceError`] when the area has no size or the net fails.
    pub fn closed(&mut self, pixels: &Pixels<'_>, area: Area) -> Result<f32, FaceError> {
        self.prepare(pixels, area)?;
        self.net.run()?;
        Ok(probability(self.net.output(0), self.decoder.closed))
    }

    /// The area that the net is to see of an eye.
    pub(super) fn around(&self, eye: Square) -> Area {
        eye.scaled(self.decoder.crop_scale).area()
    }

    pub(super) fn prepare(&mut self, pixels: &Pixels<'_>, area: Area) -> Result<(), FaceError> {
        self.patch.crop(pixels, area, Border::Zero, Sampling::Smooth)?;
        fill_tensor(&self.patch.pixels()?, &self.input, self.net.input_mut())?;
        Ok(())
    }
}

/// Below this share of the other eye's width an eye counts as turned away. A head turned by 45° shows its far eye at
/// about half the width of the near one.
const LEAST_SHARE: f32 = 0.4;

/// Eyes narrower than this hold no lids a net could judge, px.
const LEAST_WIDTH: f32 = 4.0;

/// The square as wide as the eye around the middle of its lids, if all six points lie in the picture.
pub(super) fn visible(pixels: &Pixels<'_>, eye: &EyePoints) -> Option<Square> {
    let (width, height) = (pixels.width() as f32, pixels.height() as f32);
    let is_inside = eye.iter().all(|p| (0.0..width).contains(&p.x) && (0.0..height).contains(&p.y));
    let side = distance(eye[0], eye[3]);
    let lids = [eye[1], eye[2], eye[4], eye[5]];
    let centre =
        lids.iter().fold(Point::default(), |sum, p| Point { x: sum.x + p.x / 4.0, y: sum.y + p.y / 4.0 });
    (is_inside && side >= LEAST_WIDTH).then_some(Square { centre, side })
}

/// Distance of the lids over the width of the eye (Soukupová and Čech 2016). 0 for an eye without width.
fn aspect_ratio(eye: &EyePoints) -> f32 {
    let width = distance(eye[0], eye[3]);
    if width > 0.0 { (distance(eye[1], eye[5]) + distance(eye[2], eye[4])) / (2.0 * width) } else { 0.0 }
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

#[cfg(test)]
mod tests {
    use crate::frame::Colour;

    use super::*;

    fn eye(lid: f32) -> EyePoints {
        [
            (10.0, 20.0),
            (13.0, 20.0 - lid),
            (17.0, 20.0 - lid),
            (20.0, 20.0),
            (17.0, 20.0 + lid),
            (13.0, 20.0 + lid),
        ]
        .map(|(x, y)| Point { x, y })
    }

    #[test]
    fn the_aspect_ratio_falls_as_the_lids_meet() {
        assert!((aspect_ratio(&eye(1.5)) - 0.3).abs() < 1e-6);
        assert!(aspect_ratio(&eye(0.0)).abs() < 1e-6);
    }

    #[test]
    fn an_eye_cut_by_the_border_or_too_narrow_is_not_visible() {
        let data = vec![0; 40 * 40];
        let pixels = Pixels::new(Colour::Gray, 40, 40, 40, &data).unwrap();
        assert!(visible(&pixels, &eye(1.5)).is_some());
        assert!(visible(&pixels, &eye(1.5).map(|p| Point { x: p.x - 11.0, ..p })).is_none());
        assert!(visible(&pixels, &eye(1.5).map(|p| Point { y: p.y + 19.0, ..p })).is_none());
        assert!(visible(&pixels, &eye(1.5).map(|p| Point { x: p.x / 4.0, y: p.y / 4.0 })).is_none());
    }
}
