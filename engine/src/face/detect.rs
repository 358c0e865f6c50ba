//! The detector: faces in a picture, or in a part of it.

use mabataki_models::{Decoder, InputSpec, Pack, Role, Ultralight};

use super::{Detection, FaceError, Rect, nms};
use crate::{
    frame::{Area, Border, Patch, Pixels, Sampling, fill_tensor},
    inference::{Net, Runtime},
};

/// Most candidates that are compared with each other: a net that calls everything a face must not cost a second.
const MAX_CANDIDATES: usize = 512;

/// A detector of the UltraLight kind: the picture is stretched to the net's size, boxes come decoded.
pub(super) struct Detector {
    pub(super) net: Net,
    input: InputSpec,
    decoder: Ultralight,
    patch: Patch,
    found: Vec<Detection>,
}

impl Detector {
    pub(super) fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        let model = pack.load(Role::Detector)?;
        let Decoder::Ultralight(decoder) = model.spec.decoder else {
            return Err(FaceError::Family { role: Role::Detector, file: model.spec.file });
        };
        let input = model.spec.input;
        let anchors = decoder.anchors as usize;
        let outputs: [(&str, &[usize]); 2] =
            [(&decoder.scores, &[1, anchors, 2]), (&decoder.boxes, &[1, anchors, 4])];
        let net =
            Net::load(runtime, &model.spec.file, &model.bytes, (&input.name, &input.shape()), &outputs)?;
        let patch = Patch::new(input.size[0], input.size[1])?;
        Ok(Self { net, input, decoder, patch, found: Vec::with_capacity(MAX_CANDIDATES) })
    }

    /// The faces in an area of the picture, best first, in pixels of the whole picture. Where the area reaches over the
    /// picture's border it is black.
    pub(super) fn detect(&mut self, pixels: &Pixels<'_>, area: Area) -> Result<&[Detection], FaceError> {
        self.prepare(pixels, area)?;
        self.net.run()?;
        decode(self.net.output(0), self.net.output(1), &self.decoder, area, &mut self.found);
        Ok(&self.found)
    }

    pub(super) fn prepare(&mut self, pixels: &Pixels<'_>, area: Area) -> Result<(), FaceError> {
        // To half its size four neighbours are the exact mean; beyond that they would leave pixels out.
        let is_far_smaller =
            area.width > 2.0 * self.input.size[0] as f32 || area.height > 2.0 * self.input.size[1] as f32;
        let sampling = if is_far_smaller { Sampling::Smooth } else { Sampling::Linear };
        self.patch.crop(pixels, area, Border::Zero, sampling)?;
        fill_tensor(&self.patch.pixels()?, &self.input, self.net.input_mut())?;
        Ok(())
    }
}

/// Reads `scores` `[anchors, 2]` (background, face) and `boxes` `[anchors, 4]` (x1 y1 x2 y2, each 0..1 of the area).
fn decode(scores: &[f32], boxes: &[f32], decoder: &Ultralight, area: Area, found: &mut Vec<Detection>) {
    found.clear();
    let (scores, _) = scores.as_chunks::<2>();
    let (boxes, _) = boxes.as_chunks::<4>();
    for (&[_, score], &[left, top, right, bottom]) in scores.iter().zip(boxes) {
        let is_face = score > decoder.threshold && right > left && bottom > top;
        if is_face && found.len() < MAX_CANDIDATES {
            let rect = Rect {
                x: area.x + left * area.width,
                y: area.y + top * area.height,
                width: (right - left) * area.width,
                height: (bottom - top) * area.height,
            };
            found.push(Detection { rect, score });
        }
    }
    nms::suppress(found, decoder.nms);
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    const AREA: Area = Area { x: -100.0, y: 50.0, width: 200.0, height: 100.0 };

    fn decoder() -> Ultralight {
        Ultralight { scores: "scores".into(), boxes: "boxes".into(), anchors: 3, threshold: 0.6, nms: 0.4 }
    }

    fn decoded(scores: &[f32], boxes: &[f32]) -> Vec<Detection> {
        let mut found = Vec::new();
        decode(scores, boxes, &decoder(), AREA, &mut found);
        found
    }

    #[test]
    fn boxes_of_an_area_come_out_in_pixels_of_the_whole_picture() {
        let found = decoded(&[0.1, 0.9, 0.9, 0.1], &[0.5, 0.0, 0.75, 0.5, 0.0, 0.0, 1.0, 1.0]);
        let rect = Rect { x: 0.0, y: 50.0, width: 50.0, height: 50.0 };
        assert_eq!(found, [Detection { rect, score: 0.9 }]);
    }

    #[test]
    fn a_box_turned_inside_out_is_no_face() {
        assert_eq!(decoded(&[0.0, 1.0], &[0.5, 0.5, 0.4, 0.9]), []);
    }

    #[test]
    fn a_net_that_calls_everything_a_face_ends_in_bounded_work() {
        let anchors = 100_000;
        let scores = [0.0, 1.0].repeat(anchors);
        let boxes: Vec<f32> = (0..anchors)
            .flat_map(|index| {
                let (x, y) = ((index % 300) as f32 / 300.0, (index / 300) as f32 / 400.0);
                [x, y, x + 0.003, y + 0.0025]
            })
            .collect();
        assert_eq!(decoded(&scores, &boxes).len(), MAX_CANDIDATES);
    }

    proptest! {
        #[test]
        fn whatever_the_net_says_every_face_has_a_size_and_a_score_above_the_threshold(
            scores in prop::collection::vec(-0.5f32..1.5, 60), boxes in prop::collection::vec(-2f32..3.0, 120),
        ) {
            for face in decoded(&scores, &boxes) {
                prop_assert!(face.rect.width > 0.0 && face.rect.height > 0.0 && face.score > 0.6);
            }
        }
    }
}
