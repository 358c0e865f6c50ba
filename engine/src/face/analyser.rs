//! The way of a frame through the nets.

use std::{fmt, time::Duration};

use mabataki_models::{Calibration, Digest, Pack};

use super::{
    Detection, FaceError, FaceObservation, Hint, Observation, TrackId, Want,
    appearance::{self, Appearance},
    nets::{Nets, Subject},
    square::Square,
    still,
    track::Track,
};
use crate::{
    frame::{Area, Decoder, Frame, Pixels},
    inference::Runtime,
};

/// Measures faces in frames. One for each stream of frames: it remembers the face it follows.
///
/// After the first frames it allocates nothing of its own for a frame of the same size and format. What the binding to
/// ONNX Runtime allocates within a run, and the resizer for its weights, is their own affair.
pub struct Analyser {
    decoder: Decoder,
    follower: Follower,
    calibration: Calibration,
}

impl Analyser {
    /// Loads every net of a pack.
    ///
    /// # Errors
    /// [`FaceError`] if a file is missing or is not the one its manifest names, or a model is not what it says.
    pub fn open(pack: &Pack, runtime: &Runtime) -> Result<Self, FaceError> {
        Ok(Self {
            decoder: Decoder::new(),
            follower: Follower::new(Nets::open(pack, runtime)?),
            calibration: pack.manifest().calibration.clone(),
        })
    }

    /// Takes embeddings of faces as they were taken, however flat the light: to measure what evening it is worth.
    #[must_use]
    pub fn as_taken(mut self) -> Self {
        self.follower.nets.evens_light = false;
        self
    }

    /// Measures the next frame of a stream: the face followed, and how many there are. What was measured is the caller's to
    /// change, until the next frame.
    ///
    /// # Errors
    /// [`FaceError`] if the frame cannot be decoded or a net fails. The next frame may be given all the same.
    pub fn observe(&mut self, frame: &Frame<'_>, want: Want) -> Result<&mut Observation, FaceError> {
        self.follower.begin(frame.time());
        let pixels = self.decoder.decode(frame)?;
        self.follower.observe(&pixels, want)?;
        Ok(&mut self.follower.observation)
    }

    /// Measures every face of one still picture, best first. What is followed in a stream is not touched. A face that
    /// fills the picture, where the detector is at its weakest, is looked for again with a margin around the picture.
    ///
    /// # Errors
    /// As [`Analyser::observe`].
    pub fn faces(&mut self, frame: &Frame<'_>, want: Want) -> Result<Vec<FaceObservation>, FaceError> {
        let pixels = self.decoder.decode(frame)?;
        let follower = &mut self.follower;
        still::faces(&mut follower.nets, &pixels, want, || new_track(&mut follower.next_track))
    }

    /// Forgets the face followed: the next frame begins another stream.
    pub fn reset(&mut self) {
        self.follower.lose();
        self.follower.begin(Duration::ZERO);
        self.follower.observation.faces = 0;
    }

    /// SHA-256 of the embedding model: embeddings of another cannot be compared with this one's.
    pub fn embedding_model(&self) -> Digest {
        self.follower.nets.embedding.model()
    }

    /// How many numbers an embedding has.
    pub fn embedding_len(&self) -> usize {
        self.follower.nets.embedding.len()
    }

    /// Below this probability of being live, 0..1, the pack's manifest says that the anti-spoof net speaks against the
    /// person.
    pub fn refuse_below(&self) -> f32 {
        self.follower.nets.spoof.refuse_below()
    }

    /// What a similarity score of these embeddings is worth.
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }
}

impl fmt::Debug for Analyser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Analyser(following {:?})", self.follower.track.as_ref().map(|track| track.id))
    }
}

/// Follows one face through the frames of a stream.
struct Follower {
    nets: Nets,
    track: Option<Track>,
    appearance: Appearance,
    next_track: u64,
    observation: Observation,
    /// What was in the way when this face was last measured.
    told: Option<Hint>,
}

impl Follower {
    fn new(nets: Nets) -> Self {
        Self {
            nets,
            track: None,
            appearance: Appearance::new(),
            next_track: 0,
            observation: Observation { time: Duration::ZERO, faces: 0, face: None },
            told: None,
        }
    }

    /// Clears the last frame's face, so that a frame that fails shows none.
    fn begin(&mut self, time: Duration) {
        self.observation.time = time;
        if let Some(embedding) = self.observation.face.take().and_then(|face| face.embedding) {
            self.nets.embedding.recycle(embedding);
        }
    }

    fn observe(&mut self, pixels: &Pixels<'_>, want: Want) -> Result<(), FaceError> {
        let time = self.observation.time;
        let is_due = self.track.as_ref().is_none_or(|track| track.is_due(time));
        let mut seen = if is_due { self.look(pixels)? } else { None };
        // Twice at most: once on trust, and if that cannot be right, once more after the detector has looked.
        loop {
            let Some(track) = &mut self.track else { return Ok(()) };
            let landmarks = self.nets.landmarks.find(pixels, track.square)?;
            let Some(light) = self.nets.aligner.align(pixels, &landmarks)? else {
                self.lose();
                return Ok(());
            };
            let (gray, width) = self.nets.aligner.gray();
            let likeness = self.appearance.likeness(gray, width);
            let is_broken = track.is_broken_by(&landmarks);
            if seen.is_none() && (is_broken || likeness < appearance::DOUBTFUL) {
                seen = self.look(pixels)?;
                if let (Some(track), Some(detection)) = (&mut self.track, &seen) {
                    track.square = Square::as_high_as(&detection.rect);
                }
                continue;
            }
            if likeness < appearance::OTHER {
                track.hand_over(new_track(&mut self.next_track));
                self.told = None;
            }
            self.appearance.keep();
            let rect = track.advance(&landmarks, seen.as_ref(), time);
            let (id, score, faces) = (track.id, track.score, self.observation.faces);
            let told = self.told;
            let subject = Subject { track: id, rect, score, landmarks: &landmarks, light, faces, told };
            self.observation.face = self.nets.measure(pixels, &subject, want)?;
            self.told = self.observation.face.as_ref().and_then(|face| face.quality.hint);
            return Ok(());
        }
    }

    /// Lets the detector look. The face followed, if it is still there; else the track ends, and another may begin.
    fn look(&mut self, pixels: &Pixels<'_>) -> Result<Option<Detection>, FaceError> {
        let found = self.nets.detector.detect(pixels, Area::whole(pixels))?;
        self.observation.faces = still::that_matter(found);
        if let Some(same) = self.track.as_ref().and_then(|track| track.find(found)) {
            return Ok(Some(*same));
        }
        let next = most_central(found, pixels).copied();
        self.lose();
        self.track = next.map(|detection| {
            Track::start(new_track(&mut self.next_track), &detection, self.observation.time)
        });
        Ok(next)
    }

    fn lose(&mut self) {
        self.track = None;
        self.appearance.forget();
        self.told = None;
    }
}

fn new_track(next: &mut u64) -> TrackId {
    *next += 1;
    TrackId(*next)
}

/// The widest face, where a face at the frame's corner counts as half as wide as it is.
fn most_central<'a>(found: &'a [Detection], pixels: &Pixels<'_>) -> Option<&'a Detection> {
    let (middle_x, middle_y) = (pixels.width() as f32 / 2.0, pixels.height() as f32 / 2.0);
    let weight = |detection: &Detection| {
        let centre = detection.rect.centre();
        let away = (centre.x - middle_x).hypot(centre.y - middle_y) / middle_x.hypot(middle_y);
        detection.rect.width * (1.0 - away / 2.0)
    };
    found.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)))
}
