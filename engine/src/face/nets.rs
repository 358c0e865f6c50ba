//! All the nets of a pack, and the one pass a face takes through them.

use mabataki_models::Pack;

use super::{
    FaceError, FaceObservation, Hint, Landmarks, Rect, TrackId, Want,
    align::Aligner,
    contrast,
    detect::Detector,
    embed::EmbeddingNet,
    eyes::EyeNet,
    landmarks::LandmarkNet,
    light::{self, Light},
    mask, pose,
    quality::{self, Setting},
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
    /// Whether a face in flat light is made one of ordinary contrast before its embedding is taken.
    pub(super) evens_light: bool,
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
    /// What was in the way in the frame before, if this face was seen in it.
    pub(super) told: Option<Hint>,
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
            evens_light: true,
        })
    }

    /// Measures what is wanted of the face last aligned. `None` if its points are those of no head.
    pub(super) fn measure(
        &mut self,
        pixels: &Pixels<'_>,
        subject: &Subject<'_>,
        want: Want,
    ) -> Result<Option<FaceObservation>, FaceError> {
        let Subject { track, rect, score, landmarks, light, faces, told } = *subject;
        let Some(pose) = pose::estimate(landmarks) else { return Ok(None) };
        let frame = [pixels.width() as f32, pixels.height() as f32];
        let behind = light::behind(pixels, &rect);
        let quality = quality::judge(&light, &Setting { rect, pose, frame, faces, behind, told });
        let eyes = if want.eyes { self.eyes.look(pixels, landmarks)? } else { None };
        let live = if want.spoof { Some(self.spoof.live(pixels, &rect)?) } else { None };
        let mask = mask::measure(&self.aligner.aligned()?, self.aligner.gray().0, &pose);
        if let Some(table) = self.evens_light.then(|| contrast::table(&light)).flatten() {
            self.aligner.map(&table);
        }
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
