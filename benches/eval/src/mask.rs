//! How well a mask over mouth and nose is seen: bare faces that are taken for masked ones, and masks drawn on the same
//! faces that are not seen.

use std::path::Path;

use mabataki_engine::{
    face::{Analyser, FaceObservation, Landmarks, Want},
    frame::{FrameSource, open_replay},
};
use serde::Serialize;

use crate::{
    EvalError, Progress,
    dataset::{Dataset, central_face, entries},
    drawn_mask::{KINDS, MaskKind},
    picture::Picture,
    stats::{SplitMix, clopper_pearson_high},
};

/// From this measure on a face counts as masked: the engine's own rule.
const MASKED: f32 = 0.5;

/// Confidence of the upper ends of rates.
const CONFIDENCE: f64 = 0.95;

/// Clips are looked at as cameras give them when nothing is said of them, frames a second.
const CLIP_FPS: f64 = 30.0;

/// What to measure.
#[derive(Debug, Clone, Copy)]
pub struct MaskRequest<'a> {
    /// Folder of people with bare faces in LFW's layout: `ROOT/NAME/NAME_NNNN.jpg`.
    pub root: &'a Path,
    /// Every how many pictures one is taken: with 2 the second, the fourth and so on.
    pub every: usize,
    /// Folder of clips of bare faces; files that are no recordings (JSON) are passed over.
    pub clips: Option<&'a Path>,
}

/// What was found. The keys of its JSON form are a contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MaskReport {
    /// Bare faces on pictures.
    pub bare: Unmasked,
    /// Masks drawn on those that could be judged, by kind.
    pub drawn: Vec<DrawnMasks>,
    /// Bare faces in clips.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<UnmaskedClip>,
}

/// Bare faces.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Unmasked {
    /// Pictures.
    pub pictures: u64,
    /// Without a face that could be judged: none was found, or the head was turned too far.
    pub not_judged: u64,
    /// Taken for masked.
    pub taken_for_masked: u64,
    /// Their share of those judged.
    pub rate: f64,
    /// The upper end of its 95 % interval (Clopper-Pearson).
    pub rate_high: f64,
}

/// Masks of one kind, drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrawnMasks {
    /// The kind.
    pub id: &'static str,
    /// Faces it was drawn on.
    pub drawn: u64,
    /// No face was found under it, or none that could be judged: without a face there is nothing that a mask leads to.
    pub not_judged: u64,
    /// Seen.
    pub seen: u64,
    /// Its share of those judged.
    pub rate: f64,
}

/// A clip of a bare face.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UnmaskedClip {
    /// The clip's name without extension.
    pub clip: String,
    /// Frames in which the face was judged.
    pub frames: u64,
    /// Frames that were taken for masked.
    pub taken_for_masked: u64,
    /// The most of them in a row, ms at 30 frames a second.
    pub longest_ms: u64,
}

/// Measures the mask cue. `progress` is told of every picture.
///
/// # Errors
/// [`EvalError`] naming the file, when the data is not what it should be, a picture cannot be read, or the engine cannot
/// work. A picture without a usable face is no error: it is counted.
pub fn mask(
    analyser: &mut Analyser,
    request: &MaskRequest<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<MaskReport, EvalError> {
    let dataset = Dataset::open(request.root)?;
    let every = request.every.max(1);
    let pictures: Vec<&Path> = dataset
        .pictures
        .iter()
        .skip(every - 1)
        .step_by(every)
        .map(|picture| picture.path.as_path())
        .collect();
    let mut bare = Counts::default();
    let mut drawn = KINDS.map(|_| Counts::default());
    for (done, path) in pictures.iter().enumerate() {
        progress(Progress { done, total: pictures.len() });
        let picture = Picture::read(path)?;
        let face = face_of(analyser, &picture)?;
        bare.add(face.as_ref());
        let Some(face) = face.filter(|face| face.mask.is_some()) else { continue };
        let mut chance = SplitMix::new(done as u64);
        for (kind, counts) in KINDS.iter().zip(&mut drawn) {
            counts.add(masked(analyser, &picture, kind, &face.landmarks, &mut chance)?.as_ref());
        }
    }
    progress(Progress { done: pictures.len(), total: pictures.len() });
    let clips = request.clips.map(|folder| clips(analyser, folder)).transpose()?.unwrap_or_default();
    Ok(MaskReport {
        bare: Unmasked {
            pictures: bare.all,
            not_judged: bare.all - bare.judged,
            taken_for_masked: bare.masked,
            rate: bare.rate(),
            rate_high: clopper_pearson_high(bare.masked, bare.judged, CONFIDENCE),
        },
        drawn: KINDS.iter().zip(drawn).map(|(kind, counts)| counts.report(kind)).collect(),
        clips,
    })
}

#[derive(Debug, Default)]
struct Counts {
    all: u64,
    judged: u64,
    masked: u64,
}

impl Counts {
    fn add(&mut self, face: Option<&FaceObservation>) {
        let measure = face.and_then(|face| face.mask);
        self.all += 1;
        self.judged += u64::from(measure.is_some());
        self.masked += u64::from(measure.is_some_and(|measure| measure >= MASKED));
    }

    fn rate(&self) -> f64 {
        self.masked as f64 / self.judged as f64
    }

    fn report(&self, kind: &MaskKind) -> DrawnMasks {
        DrawnMasks {
            id: kind.id,
            drawn: self.all,
            not_judged: self.all - self.judged,
            seen: self.masked,
            rate: self.rate(),
        }
    }
}

fn face_of(analyser: &mut Analyser, picture: &Picture) -> Result<Option<FaceObservation>, EvalError> {
    central_face(analyser, &picture.frame()?, Want::default())
}

fn masked(
    analyser: &mut Analyser,
    picture: &Picture,
    kind: &MaskKind,
    face: &Landmarks,
    chance: &mut SplitMix,
) -> Result<Option<FaceObservation>, EvalError> {
    let mut picture = picture.clone();
    picture.draw(kind, face, chance);
    face_of(analyser, &picture)
}

fn clips(analyser: &mut Analyser, folder: &Path) -> Result<Vec<UnmaskedClip>, EvalError> {
    let is_clip =
        |path: &Path| path.is_file() && path.extension().is_none_or(|extension| extension != "json");
    entries(folder)?.iter().filter(|path| is_clip(path)).map(|path| watch(analyser, path)).collect()
}

fn watch(analyser: &mut Analyser, path: &Path) -> Result<UnmaskedClip, EvalError> {
    let mut replay = open_replay(path, Some(CLIP_FPS))?;
    analyser.reset();
    let mut counts = Counts::default();
    let (mut run, mut longest) = (0u64, 0u64);
    while let Some(frame) = replay.next_frame()? {
        let observation = analyser.observe(&frame, Want::default())?;
        let before = counts.masked;
        counts.add(observation.face.as_ref());
        run = if counts.masked > before { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    Ok(UnmaskedClip {
        clip: path.file_stem().unwrap_or(path.as_os_str()).to_string_lossy().into_owned(),
        frames: counts.judged,
        taken_for_masked: counts.masked,
        longest_ms: (longest as f64 * 1000.0 / CLIP_FPS) as u64,
    })
}
