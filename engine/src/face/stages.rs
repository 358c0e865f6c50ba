//! Each stage of a frame's way on its own, to be timed beside the bare nets in it.

use mabataki_models::Pack;

use super::{FaceError, Landmarks, Rect, nets::Nets, square::Square, still};
use crate::{
    frame::{Area, Pixels},
    inference::Runtime,
};

/// One stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Stage {
    /// The frame brought to the detector's input.
    Resize,
    /// Faces found: resized, net, boxes read.
    Detect,
    /// The 68 points: cut out, net, points read.
    Landmarks,
    /// Both eyes: each cut out, net, probability.
    Eyes,
    /// Anti-spoof: cut out with its surroundings, net, probability.
    Spoof,
    /// The face aligned, and its light measured.
    Warp,
    /// The embedding: net fed with the aligned face, run, made unit length.
    Embed,
}

impl Stage {
    /// Every stage, in the order of the pipeline.
    pub const ALL: [Self; 7] =
        [Self::Resize, Self::Detect, Self::Landmarks, Self::Eyes, Self::Spoof, Self::Warp, Self::Embed];

    /// A short stable name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Resize => "resize",
            Self::Detect => "detect",
            Self::Landmarks => "landmarks",
            Self::Eyes => "eyes",
            Self::Spoof => "spoof",
            Self::Warp => "warp",
            Self::Embed => "embed",
        }
    }

    /// Whether a net is run in it.
    pub const fn has_net(self) -> bool {
        !matches!(self, Self::Resize | Self::Warp)
    }
}

/// The nets of a pack and a face in a picture, so that any stage can be run again and again.
pub struct Stages {
    nets: Nets,
    face: Rect,
    landmarks: Landmarks,
}

impl Stages {
    /// Loads the nets and runs every stage once. `None` if the detector finds no face in this picture, or none with
    /// both eyes in view.
    ///
    /// # Errors
    /// [`FaceError`] if the pack cannot be used or a net fails.
    pub fn open(pack: &Pack, runtime: &Runtime, pixels: &Pixels<'_>) -> Result<Option<Self>, FaceError> {
        let mut nets = Nets::open(pack, runtime)?;
        let Some(&best) = still::find(&mut nets, pixels)?.first() else { return Ok(None) };
        let landmarks = nets.landmarks.find(pixels, Square::as_high_as(&best.rect))?;
        if nets.eyes.look(pixels, &landmarks)?.is_none() {
            return Ok(None);
        }
        let mut stages = Self { nets, face: best.rect, landmarks };
        for stage in Stage::ALL {
            stages.run(stage, pixels)?;
        }
        Ok(Some(stages))
    }

    /// Runs a stage as it is run on a frame.
    ///
    /// # Errors
    /// [`FaceError`] if a net fails, or the picture is not one such as it was opened with.
    pub fn run(&mut self, stage: Stage, pixels: &Pixels<'_>) -> Result<(), FaceError> {
        let nets = &mut self.nets;
        match stage {
            Stage::Resize => nets.detector.prepare(pixels, Area::whole(pixels))?,
            Stage::Detect => {
                nets.detector.detect(pixels, Area::whole(pixels))?;
            }
            Stage::Landmarks => {
                nets.landmarks.find(pixels, Square::as_high_as(&self.face))?;
            }
            Stage::Eyes => {
                nets.eyes.look(pixels, &self.landmarks)?;
            }
            Stage::Spoof => {
                nets.spoof.live(pixels, &self.face)?;
            }
            Stage::Warp => {
                nets.aligner.align(pixels, &self.landmarks)?;
            }
            Stage::Embed => {
                if let Some(embedding) = nets.embedding.embed(&nets.aligner.aligned()?)? {
                    nets.embedding.recycle(embedding);
                }
            }
        }
        Ok(())
    }

    /// Runs the bare net of a stage, as often as the stage does, on the input it was last fed with. Does nothing for a
    /// stage without a net.
    ///
    /// # Errors
    /// [`FaceError`] if the net fails.
    pub fn run_raw(&mut self, stage: Stage) -> Result<(), FaceError> {
        let nets = &mut self.nets;
        match stage {
            Stage::Resize | Stage::Warp => {}
            Stage::Detect => nets.detector.net.run()?,
            Stage::Landmarks => nets.landmarks.net.run()?,
            Stage::Eyes => {
                nets.eyes.net.run()?;
                nets.eyes.net.run()?;
            }
            Stage::Spoof => nets.spoof.net.run()?,
            Stage::Embed => nets.embedding.net.run()?,
        }
        Ok(())
    }
}
