//! The 68 points of a face.

use mabataki_models::{Decoder, InputSpec, Landmarks68, Pack, Role};

use super::{FaceError, Landmarks, Point, square::Square};
use crate::{
    frame::{Border, Patch, Pixels, Sampling, fill_tensor},
    inference::{Net, Runtime},
};

/// A net that finds 68 points in a square picture of one face.
pub(super) struct LandmarkNet {
    pub(super) net: Net,
    input: InputSpec,
    decoder: Landmarks68,
    patch: Patch,
}

impl LandmarkNet {
    pub(super) fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        let model = pack.load(Role::Landmarks)?;
        let Decoder::Landmarks68(decoder) = model.spec.decoder else {
            return Err(FaceError::Family { role: Role::Landmarks, file: model.spec.file });
        };
        let input = model.spec.input;
        let outputs: [(&str, &[usize]); 1] = [(&decoder.output, &[1, 136])];
        let net =
            Net::load(runtime, &model.spec.file, &model.bytes, (&input.name, &input.shape()), &outputs)?;
        let patch = Patch::new(input.size[0], input.size[1])?;
        Ok(Self { net, input, decoder, patch })
    }

    /// The points of the face in a square as high as its box, px of the picture. The net always answers, also where
    /// there is no face.
    pub(super) fn find(&mut self, pixels: &Pixels<'_>, face: Square) -> Result<Landmarks, FaceError> {
        self.prepare(pixels, face)?;
        self.net.run()?;
        let square = face.scaled(self.decoder.crop_scale).rect(1.0);
        let mut landmarks = [Point::default(); 68];
        let (pairs, _) = self.net.output(0).as_chunks::<2>();
        for (landmark, [x, y]) in landmarks.iter_mut().zip(pairs) {
            *landmark = Point { x: square.x + x * square.width, y: square.y + y * square.height };
        }
        Ok(landmarks)
    }

    pub(super) fn prepare(&mut self, pixels: &Pixels<'_>, face: Square) -> Result<(), FaceError> {
        let area = face.scaled(self.decoder.crop_scale).area();
        self.patch.crop(pixels, area, Border::Zero, Sampling::Smooth)?;
        fill_tensor(&self.patch.pixels()?, &self.input, self.net.input_mut())?;
        Ok(())
    }
}
