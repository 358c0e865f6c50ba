//! Which pictures go into a template: good ones of one person, of different moments or views.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::face::{FaceObservation, Hint, Observation};
use crate::matching::{self, MatchError, Sample, Threshold};
use crate::text::vocabulary;

/// Above this cosine two pictures are the same picture: a second frame of one still adds nothing. Neighbouring frames
/// of a live person stay below it (0.97 to 0.995 on the recorded clips).
const SAME_PICTURE: f32 = 0.9995;

/// Below this cosine a picture differs enough from those taken to be worth having at once.
const ANOTHER_VIEW: f32 = 0.9;

vocabulary! {
    /// Why a picture was not taken into a template.
    pub enum Refusal, "a reason not to take a picture" {
        /// No face in it.
        NoFace = "no_face", "no face", "顔がありません";
        /// More than one face in it.
        ManyFaces = "many_faces", "several faces", "複数の顔があります";
        /// The face is cut by the border.
        OffCentre = "off_centre", "the face is cut by the border", "顔が画面からはみ出しています";
        /// The face is too small.
        TooFar = "too_far", "the face is too small", "顔が小さすぎます";
        /// The face fills the picture.
        TooNear = "too_near", "the face is too near", "顔が近すぎます";
        /// The head is turned away.
        LookStraight = "look_straight", "the head is turned away", "正面を向いていません";
        /// The light is behind the person.
        BackLight = "back_light", "the light is behind the person", "逆光です";
        /// Too dark.
        TooDark = "too_dark", "too dark", "暗すぎます";
        /// Too bright.
        TooBright = "too_bright", "too bright", "明るすぎます";
        /// Blurred.
        Blurred = "blurred", "blurred", "ぼけています";
        /// The face is not the one of the pictures before.
        OtherPerson = "other_person", "another person than in the pictures before", "前の写真と別の人です";
        /// Taken already.
        SamePicture = "same_picture", "the same picture again", "同じ写真です";
    }
}

impl From<Hint> for Refusal {
    fn from(hint: Hint) -> Refusal {
        match hint {
            Hint::NoFace => Refusal::NoFace,
            Hint::ManyFaces => Refusal::ManyFaces,
            Hint::OffCentre => Refusal::OffCentre,
            Hint::TooFar => Refusal::TooFar,
            Hint::TooNear => Refusal::TooNear,
            Hint::LookStraight => Refusal::LookStraight,
            Hint::BackLight => Refusal::BackLight,
            Hint::TooDark => Refusal::TooDark,
            Hint::TooBright => Refusal::TooBright,
            Hint::Blurred => Refusal::Blurred,
        }
    }
}

/// How many pictures were refused, by reason.
pub type Refused = BTreeMap<Refusal, u32>;

/// The pictures taken so far, and those refused.
#[derive(Debug)]
pub(super) struct Pictures {
    /// Pictures below this cosine to those before show another person.
    threshold: Threshold,
    spacing: Duration,
    taken: Option<Duration>,
    pub(super) samples: Vec<Sample>,
    pub(super) refused: Refused,
}

impl Pictures {
    pub(super) fn new(threshold: Threshold, spacing: Duration, samples: usize) -> Pictures {
        let samples = Vec::with_capacity(samples.min(matching::MAX_SAMPLES));
        Pictures { threshold, spacing, taken: None, samples, refused: Refused::new() }
    }

    /// Takes the picture of a frame if it is worth having and `wanted`; says whether it did.
    pub(super) fn take(
        &mut self,
        now: Duration,
        observation: &Observation,
        wanted: bool,
    ) -> Result<bool, MatchError> {
        match self.judge(now, observation)? {
            Judgement::Take(sample) if wanted => {
                self.samples.push(sample);
                self.taken = Some(now);
                return Ok(true);
            }
            Judgement::Refuse(refusal) => *self.refused.entry(refusal).or_default() += 1,
            Judgement::Take(_) | Judgement::TooSoon => {}
        }
        Ok(false)
    }

    fn judge(&self, now: Duration, observation: &Observation) -> Result<Judgement, MatchError> {
        let face = match usable(observation) {
            Ok(face) => face,
            Err(hint) => return Ok(Judgement::Refuse(hint.into())),
        };
        let Some(embedding) = &face.embedding else { return Ok(Judgement::TooSoon) };
        let mut nearest = -1.0_f32;
        for sample in &self.samples {
            let likeness = matching::cosine(&sample.embedding, embedding)?;
            if !self.threshold.accepts(likeness) {
                return Ok(Judgement::Refuse(Refusal::OtherPerson));
            }
            nearest = nearest.max(likeness);
        }
        if nearest > SAME_PICTURE {
            return Ok(Judgement::Refuse(Refusal::SamePicture));
        }
        let soon = self.taken.is_some_and(|taken| now.saturating_sub(taken) < self.spacing);
        if soon && nearest > ANOTHER_VIEW {
            return Ok(Judgement::TooSoon);
        }
        Ok(Judgement::Take(Sample { embedding: embedding.clone(), quality: face.quality.score }))
    }
}

/// What becomes of one picture.
enum Judgement {
    Take(Sample),
    Refuse(Refusal),
    /// Nothing wrong with it, but it says what the one before said.
    TooSoon,
}

/// The one good face of a frame, or what is in the way.
pub(super) fn usable(observation: &Observation) -> Result<&FaceObservation, Hint> {
    if observation.faces > 1 {
        return Err(Hint::ManyFaces);
    }
    let face = observation.face.as_ref().ok_or(Hint::NoFace)?;
    match face.quality.hint {
        Some(hint) => Err(hint),
        None => Ok(face),
    }
}
