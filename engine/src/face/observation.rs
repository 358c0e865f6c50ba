//! What one frame says about the face in it. `face` measures and reports here; `liveness`, `matching` and `session`
//! judge from it and never see a pixel.

use std::time::Duration;

use zeroize::Zeroizing;

/// A point in pixels of the frame, origin at the top left corner.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// To the right, px.
    pub x: f32,
    /// Downwards, px.
    pub y: f32,
}

/// An upright rectangle in pixels of the frame. It may reach over the frame's border.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge, px.
    pub x: f32,
    /// Upper edge, px.
    pub y: f32,
    /// Width, px.
    pub width: f32,
    /// Height, px.
    pub height: f32,
}

impl Rect {
    /// The middle.
    pub fn centre(&self) -> Point {
        Point { x: self.x + self.width / 2.0, y: self.y + self.height / 2.0 }
    }
}

/// Names one uninterrupted appearance of one face. It changes when the face is lost, jumps, or another takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TrackId(pub u64);

/// The 68 points of the iBUG 300-W scheme (0-based: 0–16 jaw, 17–26 brows, 27–35 nose, 36–41 and 42–47 eyes, 48–67
/// mouth), px of the frame.
pub type Landmarks = [Point; 68];

/// Where the head looks, degrees. Zero is straight into the camera.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Pose {
    /// Positive: the nose moves to the right of the picture.
    pub yaw: f32,
    /// Positive: the nose moves down.
    pub pitch: f32,
    /// Positive: the head tilts clockwise in the picture.
    pub roll: f32,
}

/// What one eye looks like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eye {
    /// Probability by the eye net that this eye is closed, 0..1. Only its change over time means anything: narrow eyes,
    /// glasses and downward gaze read as closed on stills.
    pub closed: f32,
    /// Eye aspect ratio of the landmarks (Soukupová and Čech 2016): lid distance over eye width. About 0.3 open.
    pub aspect_ratio: f32,
}

/// Both eyes, named as the person would.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Eyes {
    /// The person's left eye (at the right of an unmirrored picture).
    pub left: Eye,
    /// The person's right eye.
    pub right: Eye,
}

/// How well this face could be used for matching.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Quality {
    /// All of it in one figure, 0 (useless) ..1 (as good as an enrolment picture should be).
    pub score: f32,
    /// Mean luma over the middle of the face, 0..1.
    pub brightness: f32,
    /// Standard deviation of luma over the middle of the face, 0..1.
    pub contrast: f32,
    /// Variance of the Laplacian of the aligned face over that of its luma, 0..1; 1 is as sharp as a press photograph.
    pub sharpness: f32,
    /// Share of the middle of the face, 0..1, that is as good as black: what it showed is lost.
    pub clipped_dark: f32,
    /// Share of the middle of the face, 0..1, that is as good as white.
    pub clipped_bright: f32,
    /// Mean luma of what is seen beside and above the head over that of the face: well above 1 when the light is behind
    /// the person. `None` if the face leaves too little else to be seen.
    pub back_light: Option<f32>,
    /// What the person should change first, when something is in the way of matching.
    pub hint: Option<Hint>,
}

/// What stands in the way of a usable picture of a face, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hint {
    /// No face in the frame.
    NoFace,
    /// More than one face of a size that matters.
    ManyFaces,
    /// The face is cut by the frame's border, or far from its middle.
    OffCentre,
    /// The face is too small to match well.
    TooFar,
    /// The face fills the frame.
    TooNear,
    /// The head is turned away.
    LookStraight,
    /// The light is behind the person, and the face in the shade.
    BackLight,
    /// The face is under-exposed.
    TooDark,
    /// The face is over-exposed.
    TooBright,
    /// The face is out of focus or moving.
    Blurred,
}

/// A face's embedding: unit length, as many numbers as the model gives. Biometric data: wiped on drop, never printed.
#[derive(Clone, PartialEq)]
pub struct Embedding(pub Zeroizing<Vec<f32>>);

impl std::fmt::Debug for Embedding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Embedding([{} numbers])", self.0.len())
    }
}

/// One face in one frame, as far as it was asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FaceObservation {
    /// The appearance it belongs to.
    pub track: TrackId,
    /// Where the face is.
    pub rect: Rect,
    /// The detector's score, 0..1, of the frame it last looked at.
    pub score: f32,
    /// The 68 points.
    pub landmarks: Landmarks,
    /// Head pose, estimated from the points.
    pub pose: Pose,
    /// Fitness for matching.
    pub quality: Quality,
    /// Eye state; `None` if not asked for, or if the eyes cannot be seen (head turned, outside the frame).
    pub eyes: Option<Eyes>,
    /// Probability by the anti-spoof net that the face is live, 0..1. May refuse, never grant.
    pub live: Option<f32>,
    /// How much it looks as if something covers mouth and nose, 0..1: from one half on it speaks for a
    /// mask. `None` if that cannot be measured (head turned). A cue: it may lead to another way in that the policy lists,
    /// never grant.
    pub mask: Option<f32>,
    /// The embedding, if asked for.
    pub embedding: Option<Embedding>,
}

/// Everything measured on one frame.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// Time of capture on the source's steady clock.
    pub time: Duration,
    /// Faces that matter in the frame, by the last look of the detector: those at least half as wide as the widest.
    pub faces: usize,
    /// The face followed: the widest one near the middle. `None`: no face.
    pub face: Option<FaceObservation>,
}

/// What is to be measured in the next frame. Detection, tracking, landmarks, pose and quality always are: all the rest
/// stands on them. What is not wanted is not run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Want {
    /// Eye state of both eyes (two runs of a tiny net).
    pub eyes: bool,
    /// Anti-spoof score (5 ms).
    pub spoof: bool,
    /// Embedding (about 9 ms).
    pub embedding: bool,
}
