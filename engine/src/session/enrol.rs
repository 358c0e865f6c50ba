//! The guided capture of a template: several good pictures of one person, all of which agree.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::guidance::{Guidance, Guide};
use crate::face::{FaceObservation, Hint, Observation, Want};
use crate::matching::{self, MatchError, Sample, Space, Template, Threshold};
use crate::policy::EnrolmentPolicy;
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
            Hint::TooDark => Refusal::TooDark,
            Hint::TooBright => Refusal::TooBright,
            Hint::Blurred => Refusal::Blurred,
        }
    }
}

/// How many pictures were refused, by reason.
pub type Refused = BTreeMap<Refusal, u32>;

/// What the session tells the driver.
#[derive(Debug)]
pub enum EnrolmentEvent {
    /// What the person should do now.
    Guide(Guidance),
    /// A sample was taken: so many of so many.
    Sample(usize, usize),
    /// The end.
    Done(EnrolmentResult),
}

/// The end of an enrolment.
#[derive(Debug)]
pub struct EnrolmentResult {
    /// The template; `None` if there were too few good pictures.
    pub template: Option<Template>,
    /// Samples taken.
    pub samples: usize,
    /// Samples without which nothing is kept.
    pub least_samples: usize,
    /// Mean quality of the samples, 0..1.
    pub quality: f32,
    /// Pictures refused.
    pub refused: Refused,
}

/// One enrolment.
#[derive(Debug)]
pub struct Enrolment {
    policy: EnrolmentPolicy,
    /// Pictures below this cosine to those before show another person.
    threshold: Threshold,
    space: Space,
    started: Option<Duration>,
    taken: Option<Duration>,
    samples: Vec<Sample>,
    refused: Refused,
    guide: Guide,
    events: VecDeque<EnrolmentEvent>,
    ended: bool,
}

impl Enrolment {
    /// An enrolment for templates of this space.
    #[must_use]
    pub fn new(policy: EnrolmentPolicy, threshold: Threshold, space: Space) -> Enrolment {
        let samples = Vec::with_capacity(policy.samples);
        Enrolment {
            policy,
            threshold,
            space,
            started: None,
            taken: None,
            samples,
            refused: Refused::new(),
            guide: Guide::default(),
            events: VecDeque::with_capacity(8),
            ended: false,
        }
    }

    /// What is to be measured in the next frame.
    #[must_use]
    pub fn want(&self) -> Want {
        Want { eyes: false, spoof: false, embedding: true }
    }

    /// Takes one frame at `now`, on a clock that never goes back.
    pub fn observe(&mut self, now: Duration, observation: &Observation) -> Result<(), MatchError> {
        if self.ended {
            return Ok(());
        }
        match self.judge(now, observation)? {
            Judgement::Take(sample) => {
                self.samples.push(sample);
                self.taken = Some(now);
                self.events.push_back(EnrolmentEvent::Sample(self.samples.len(), self.policy.samples));
            }
            Judgement::Refuse(refusal) => *self.refused.entry(refusal).or_default() += 1,
            Judgement::TooSoon => {}
        }
        if self.samples.len() >= self.policy.samples { self.finish() } else { self.tick(now) }
    }

    /// Time passed, with or without a frame that could be looked at: ends the enrolment when its time is up.
    pub fn tick(&mut self, now: Duration) -> Result<(), MatchError> {
        let started = *self.started.get_or_insert(now);
        if now.saturating_sub(started) >= self.policy.timeout { self.finish() } else { Ok(()) }
    }

    /// The frames have ended: what was taken must do.
    pub fn finish(&mut self) -> Result<(), MatchError> {
        if std::mem::replace(&mut self.ended, true) {
            return Ok(());
        }
        let samples = std::mem::take(&mut self.samples);
        let taken = samples.len();
        let enough = taken >= self.policy.least_samples.max(1);
        let template = enough.then(|| Template::from_samples(self.space, samples)).transpose()?;
        let quality = template.as_ref().map_or(0.0, Template::quality);
        self.events.push_back(EnrolmentEvent::Guide(Guidance::Done));
        self.events.push_back(EnrolmentEvent::Done(EnrolmentResult {
            template,
            samples: taken,
            least_samples: self.policy.least_samples,
            quality,
            refused: std::mem::take(&mut self.refused),
        }));
        Ok(())
    }

    /// The next thing that happened, oldest first.
    pub fn poll(&mut self) -> Option<EnrolmentEvent> {
        self.events.pop_front()
    }

    fn judge(&mut self, now: Duration, observation: &Observation) -> Result<Judgement, MatchError> {
        let face = match usable(observation) {
            Ok(face) => face,
            Err(hint) => {
                self.suggest(now, hint.into());
                return Ok(Judgement::Refuse(hint.into()));
            }
        };
        self.suggest(now, Guidance::HoldStill);
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
        let soon = self.taken.is_some_and(|taken| now.saturating_sub(taken) < self.policy.spacing);
        if soon && nearest > ANOTHER_VIEW {
            return Ok(Judgement::TooSoon);
        }
        Ok(Judgement::Take(Sample { embedding: embedding.clone(), quality: face.quality.score }))
    }

    fn suggest(&mut self, now: Duration, guidance: Guidance) {
        if let Some(guidance) = self.guide.suggest(now, guidance) {
            self.events.push_back(EnrolmentEvent::Guide(guidance));
        }
    }
}

/// What becomes of one picture.
enum Judgement {
    Take(Sample),
    Refuse(Refusal),
    /// Nothing wrong with it, but it says what the one before said.
    TooSoon,
}

fn usable(observation: &Observation) -> Result<&FaceObservation, Hint> {
    if observation.faces > 1 {
        return Err(Hint::ManyFaces);
    }
    let face = observation.face.as_ref().ok_or(Hint::NoFace)?;
    match face.quality.hint {
        Some(hint) => Err(hint),
        None => Ok(face),
    }
}
