//! All the nets of a pack, and the one pass a face takes through them.

use mabataki_models::Pack;

use super::{
    FaceError, FaceObservation, Landmarks, Rect, TrackId, Want,
    align::Aligner,
    detect::Detector,
    embed::EmbeddingNet,
    eyes::EyeNet,
    landmarks::LandmarkNet,
    mask, pose,
    quality::{self, Light, Setting},
    spoof::SpoofNet,
};
use crate::{frame::Pixels, inference::Runtime};

/// One of each.
pub(super) struct Nets {
    pub(super) detector: Detector,
    pub(super) landmarks: LandmarkNet,
    pub(super) eyes: EyeNet,
    pub(super) spoof: SpoofNet,
    pub(super) embedding: EmbeddingNet,
    pub(super) aligner: Aligner,
}

/// A face found and aligned, about to be measured.
pub(super) struct Subject<'a> {
    pub(super) track: TrackId,
    pub(super) rect: Rect,
    pub(super) score: f32,
    pub(super) landmarks: &'a Landmarks,
    pub(super) light: Light,
    /// How many faces matter in the frame.
    pub(super) faces: usize,
}

impl Nets {
    pub(super) fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        let embedding = EmbeddingNet::open(pack, runtime)?;
        Ok(Self {
            detector: Detector::open(pack, runtime)?,
            landmarks: LandmarkNet::open(pack, runtime)?,
            eyes: EyeNet::open(pack, runtime)?,
            spoof: SpoofNet::open(pack, runtime)?,
            aligner: Aligner::new(embedding.size())?,
            embedding,
        })
    }

    /// Measures what is wanted of the face last aligned. `None` if its points are those of no head.
    pub(super) fn measure(
        &mut self,
        pixels: &Pixels<'_>,
        subject: &Subject<'_>,
        want: Want,
    ) -> Result<Option<FaceObservation>, FaceError> {
        let Subject { track, rect, score, landmarks, light, faces } = *subject;
        let Some(pose) = pose::estimate(landmarks) else { return Ok(None) };
        let frame = [pixels.width() as f32, pixels.height() as f32];
        let quality = quality::judge(&light, &Setting { rect, pose, frame, faces });
        let eyes = if want.eyes { self.eyes.look(pixels, landmarks)? } else { None };
        let live = if want.spoof { Some(self.spoof.live(pixels, &rect)?) } else { None };
        let mask = mask::measure(&self.aligner.aligned()?, self.aligner.gray().0, &pose);
        let embedding = if want.embedding { self.embedding.embed(&self.aligner.aligned()?)? } else { None };
        Ok(Some(FaceObservation {
            track,
            rect,
            score,
            landmarks: *landmarks,
            pose,
            quality,
            eyes,
            live,
            mask,
            embedding,
        }))
    }
}
