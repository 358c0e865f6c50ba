//! Whether a face is live or a picture of one, by a net that looks at it with its surroundings. The answer may refuse a
//! person, never let one in.

use mabataki_models::{AntiSpoof, Decoder, InputSpec, Pack, Role};

use super::{FaceError, Point, Rect, softmax::probability, square::Square};
use crate::{
    frame::{Border, Patch, Pixels, Sampling, fill_tensor},
    inference::{Net, Runtime},
};

/// An anti-spoof net of the MiniFASNet kind.
pub(super) struct SpoofNet {
    pub(super) net: Net,
    input: InputSpec,
    decoder: AntiSpoof,
    patch: Patch,
}

impl SpoofNet {
    pub(super) fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        let model = pack.load(Role::AntiSpoof)?;
        let Decoder::AntiSpoof(decoder) = model.spec.decoder else {
            return Err(FaceError::Family { role: Role::AntiSpoof, file: model.spec.file });
        };
        let input = model.spec.input;
        let outputs: [(&str, &[usize]); 1] = [(&decoder.output, &[1, decoder.classes as usize])];
        let net =
            Net::load(runtime, &model.spec.file, &model.bytes, (&input.name, &input.shape()), &outputs)?;
        let patch = Patch::new(input.size[0], input.size[1])?;
        Ok(Self { net, input, decoder, patch })
    }

    /// Below this probability of being live the model's maker would refuse.
    pub(super) fn refuse_below(&self) -> f32 {
        self.decoder.refuse_below
    }

    /// Probability that the face is live, 0..1.
    pub(super) fn live(&mut self, pixels: &Pixels<'_>, face: &Rect) -> Result<f32, FaceError> {
        self.prepare(pixels, face)?;
        self.net.run()?;
        Ok(probability(self.net.output(0), self.decoder.live))
    }

    pub(super) fn prepare(&mut self, pixels: &Pixels<'_>, face: &Rect) -> Result<(), FaceError> {
        let size = [pixels.width() as f32, pixels.height() as f32];
        let area = surroundings(face, self.decoder.crop_scale, size).area();
        self.patch.crop(pixels, area, Border::Nearest, Sampling::Linear)?;
        fill_tensor(&self.patch.pixels()?, &self.input, self.net.input_mut())?;
        Ok(())
    }
}

/// The face with its surroundings: `scale` times the longer side of its box, or as much as the picture has, shifted to
/// stay inside the picture.
fn surroundings(face: &Rect, scale: f32, [width, height]: [f32; 2]) -> Square {
    let side = (face.width.max(face.height) * scale).min(width).min(height);
    let inside = |middle: f32, length: f32| middle.max(side / 2.0).min(length - side / 2.0);
    let Point { x, y } = face.centre();
    Square { centre: Point { x: inside(x, width), y: inside(y, height) }, side }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_face_in_the_middle_is_seen_with_its_surroundings() {
        let face = Rect { x: 300.0, y: 200.0, width: 40.0, height: 80.0 };
        let found = surroundings(&face, 2.5, [640.0, 480.0]);
        assert_eq!(found, Square { centre: Point { x: 320.0, y: 240.0 }, side: 200.0 });
    }

    proptest! {
        #[test]
        fn the_surroundings_never_leave_the_picture(
            x in -300f32..900.0, y in -300f32..700.0, width in 1f32..800.0, height in 1f32..800.0, scale in 0.5f32..4.0,
        ) {
            let found = surroundings(&Rect { x, y, width, height }, scale, [640.0, 480.0]).area();
            prop_assert!(found.x >= -0.01 && found.x + found.width <= 640.01, "{found:?}");
            prop_assert!(found.y >= -0.01 && found.y + found.height <= 480.01, "{found:?}");
        }
    }
}
