//! The embedding of an aligned face.

use mabataki_models::{Arcface, Decoder, Digest, InputSpec, Pack, Role};
use zeroize::Zeroizing;

use super::{Embedding, FaceError};
use crate::{
    frame::{Pixels, fill_tensor},
    inference::{Net, Runtime},
};

/// An embedding net of the ArcFace kind.
pub(super) struct EmbeddingNet {
    pub(super) net: Net,
    input: InputSpec,
    decoder: Arcface,
    model: Digest,
    /// A buffer for the next embedding, so that a frame need not allocate one.
    spare: Option<Embedding>,
}

impl EmbeddingNet {
    pub(super) fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        let model = pack.load(Role::Embedding)?;
        let Decoder::Arcface(decoder) = model.spec.decoder else {
            return Err(FaceError::Family { role: Role::Embedding, file: model.spec.file });
        };
        let input = model.spec.input;
        let outputs: [(&str, &[usize]); 1] = [(&decoder.output, &[1, decoder.dimension as usize])];
        let net =
            Net::load(runtime, &model.spec.file, &model.bytes, (&input.name, &input.shape()), &outputs)?;
        let spare = Some(Embedding(Zeroizing::new(Vec::with_capacity(decoder.dimension as usize))));
        Ok(Self { net, input, decoder, model: model.spec.sha256, spare })
    }

    /// SHA-256 of the model's file.
    pub(super) fn model(&self) -> Digest {
        self.model
    }

    /// How many numbers an embedding has.
    pub(super) fn len(&self) -> usize {
        self.decoder.dimension as usize
    }

    /// Width and height of the aligned picture it takes, px.
    pub(super) fn size(&self) -> [u32; 2] {
        self.input.size
    }

    /// The embedding of an aligned face, made unit length. `None` if the net gives nothing that has a direction.
    pub(super) fn embed(&mut self, aligned: &Pixels<'_>) -> Result<Option<Embedding>, FaceError> {
        self.prepare(aligned)?;
        self.net.run()?;
        let raw = self.net.output(0);
        let length = raw.iter().map(|number| number * number).sum::<f32>().sqrt();
        let has_direction = length.is_finite() && length > f32::MIN_POSITIVE;
        if !has_direction {
            return Ok(None);
        }
        let mut embedding = self.spare.take().unwrap_or_else(|| {
            Embedding(Zeroizing::new(Vec::with_capacity(self.decoder.dimension as usize)))
        });
        embedding.0.clear();
        embedding.0.extend(raw.iter().map(|number| number / length));
        Ok(Some(embedding))
    }

    /// Takes back the buffer of an embedding that is no longer wanted.
    pub(super) fn recycle(&mut self, embedding: Embedding) {
        self.spare = Some(embedding);
    }

    pub(super) fn prepare(&mut self, aligned: &Pixels<'_>) -> Result<(), FaceError> {
        fill_tensor(aligned, &self.input, self.net.input_mut())?;
        Ok(())
    }
}
