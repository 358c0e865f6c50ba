//! One attempt to be let in with card and face. Whatever is presented, the steps are the same: card, face, blink, and
//! only then a verdict, so that nobody learns from the steps which cards are known.

use std::collections::VecDeque;
use std::time::Duration;

use super::evidence::Evidence;
use super::guidance::{Guidance, Guide};
use super::outcome::{LivenessDetail, Outcome, Verdict, Why};
use crate::card::{CardIdentity, Unusable};
use crate::face::{Embedding, FaceObservation, Hint, Observation, Want};
use crate::liveness::{BlinkDetector, Spoof, SpoofGate, Stillness, Visibility};
use crate::matching::{MatchError, Space, Template, Threshold};
use crate::policy::{Factor, Policy};
use crate::text::vocabulary;

/// How often the face may change in mid-attempt before that is taken for an attack.
const FACE_CHANGES: u32 = 2;

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// The rules.
    pub policy: Policy,
    /// The score that is a match: the policy's FMR by the pack's calibration.
    pub threshold: Threshold,
    /// The space that probes are of.
    pub space: Space,
    /// Below this median the anti-spoof net refuses.
    pub live_threshold: f32,
    /// The host account to be opened, if it matters which.
    pub account: Option<String>,
}

/// What the driver tells the session.
#[derive(Debug)]
pub enum Input<'a> {
    /// A card was read.
    CardSeen(Result<CardIdentity, Unusable>),
    /// The answer to [`Output::Lookup`]: whose card it is, or nobody's.
    Owner(Option<Owner>),
    /// A frame was measured.
    Observation(&'a Observation),
    /// The camera or the reader went away for good.
    DeviceLost,
    /// Nothing, but time passed.
    Tick,
    /// The host calls the attempt off.
    Cancel,
}

/// What the session tells the driver.
#[derive(Debug)]
pub enum Output {
    /// Find whose card this is, and answer with [`Input::Owner`]: when it was read, and again for the verdict.
    Lookup(CardIdentity),
    /// Something happened that a person may want to see.
    Event(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// The factors that would help now.
    Need(Vec<Factor>),
    /// The end. Nothing comes after it.
    Done(Verdict),
}

vocabulary! {
    /// Steps on the way.
    pub enum Event, "a step" {
        /// A card was read (known or not).
        CardRead = "card_read", "Card read.", "カードを読み取りました。";
        /// A usable face is in front of the camera.
        FaceFound = "face_found", "Face found.", "顔を確認しました。";
        /// The blink that was asked for.
        BlinkSeen = "blink_seen", "Blink seen.", "まばたきを確認しました。";
    }
}

/// Whether a person and their card may be used at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Both may.
    Good,
    /// The card is suspended, lost or past its date.
    CardRevoked,
    /// The person is disabled.
    Disabled,
}

/// Whose card it is.
#[derive(Debug, Clone)]
pub struct Owner {
    /// The person's id.
    pub subject: String,
    /// Whether person and card may be used.
    pub standing: Standing,
    /// The host account of this person.
    pub account: Option<String>,
    /// The enrolled face.
    pub template: Option<Template>,
}

#[derive(Debug)]
enum CardState {
    Awaited,
    /// Asked about: with a probe, for the verdict.
    LookedUp {
        card: CardIdentity,
        probe: Option<Embedding>,
    },
    Judged {
        card: CardIdentity,
        subject: Option<String>,
        /// `Err`: why the card will be refused, once everything else has been shown too.
        template: Result<Template, Why>,
    },
}

/// One attempt.
#[derive(Debug)]
pub struct Authentication {
    request: Request,
    started: Option<Duration>,
    card: CardState,
    face_found: bool,
    evidence: Option<Evidence>,
    prompted: bool,
    face_changes: u32,
    blinks: BlinkDetector,
    spoof: SpoofGate,
    stillness: Stillness,
    guide: Guide,
    outputs: VecDeque<Output>,
    ended: bool,
}

impl Authentication {
    /// An attempt that waits for its first input; its time runs from there.
    #[must_use]
    pub fn new(request: Request) -> Authentication {
        let spoof = SpoofGate::new(request.live_threshold);
        let mut outputs = VecDeque::with_capacity(16);
        outputs.push_back(Output::Need(vec![Factor::Card, Factor::Face]));
        Authentication {
            request,
            started: None,
            card: CardState::Awaited,
            face_found: false,
            evidence: None,
            prompted: false,
            face_changes: 0,
            blinks: BlinkDetector::new(),
            spoof,
            stillness: Stillness::default(),
            guide: Guide::default(),
            outputs,
            ended: false,
        }
    }

    /// Takes one input at `now`, on a clock that never goes back.
    ///
    /// # Errors
    /// [`MatchError`] when what was measured cannot be compared: another model's template, a broken embedding.
    pub fn handle(&mut self, now: Duration, input: Input<'_>) -> Result<(), MatchError> {
        if self.ended {
            return Ok(());
        }
        let started = *self.started.get_or_insert(now);
        if now.saturating_sub(started) >= self.request.policy.timeout {
            self.time_out(now);
            return Ok(());
        }
        match input {
            Input::CardSeen(reading) => self.card_seen(now, reading),
            Input::Owner(owner) => self.owner(now, owner)?,
            Input::Observation(observation) => self.observe(now, observation)?,
            Input::DeviceLost => self.call_off(now, Why::DeviceLost),
            Input::Cancel => self.call_off(now, Why::Cancelled),
            Input::Tick => {
                if matches!(self.card, CardState::Awaited) {
                    self.suggest(now, Guidance::TapCard);
                }
            }
        }
        Ok(())
    }

    /// The next thing to do, oldest first.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What is to be measured in a frame taken at `now`.
    #[must_use]
    pub fn want(&mut self, now: Duration) -> Want {
        let Some(evidence) = &self.evidence else { return Want { eyes: true, ..Want::default() } };
        let embedding = evidence.wants_sample(now);
        // The gate needs a few frames to make up its mind, and a look at whatever stands there after the blink.
        let spoof = self.spoof.verdict() == Spoof::Undecided || (embedding && evidence.has_blinked());
        Want { eyes: true, spoof, embedding }
    }

    /// When the time is up, once it has begun to run.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.started.map(|started| started.saturating_add(self.request.policy.timeout))
    }

    fn card_seen(&mut self, now: Duration, reading: Result<CardIdentity, Unusable>) {
        if !matches!(self.card, CardState::Awaited) {
            return;
        }
        self.outputs.push_back(Output::Event(Event::CardRead));
        match reading {
            // Nothing is looked up for such a card, so ending at once tells nobody anything about the people here.
            Err(unusable) => self.end(now, Outcome::Denied, unusable.into()),
            Ok(card) if card.assurance < self.request.policy.least_assurance => {
                self.end(now, Outcome::Denied, Why::CardAssurance);
            }
            Ok(card) => {
                self.outputs.push_back(Output::Need(vec![Factor::Face]));
                self.look_up(card, None);
            }
        }
    }

    fn look_up(&mut self, card: CardIdentity, probe: Option<Embedding>) {
        self.outputs.push_back(Output::Lookup(card.clone()));
        self.card = CardState::LookedUp { card, probe };
    }

    fn owner(&mut self, now: Duration, owner: Option<Owner>) -> Result<(), MatchError> {
        let (card, probe) = match std::mem::replace(&mut self.card, CardState::Awaited) {
            CardState::LookedUp { card, probe } => (card, probe),
            other => {
                self.card = other;
                return Ok(());
            }
        };
        let (subject, template) = match owner {
            None => (None, Err(Why::CardUnknown)),
            Some(owner) => {
                let allowed = self.judge_owner(&owner);
                (Some(owner.subject), allowed.and(owner.template.ok_or(Why::NotEnrolled)))
            }
        };
        self.card = CardState::Judged { card, subject, template };
        match probe {
            Some(probe) => self.judge(now, &probe),
            None => Ok(()),
        }
    }

    fn judge_owner(&self, owner: &Owner) -> Result<(), Why> {
        match owner.standing {
            Standing::CardRevoked => return Err(Why::CardRevoked),
            Standing::Disabled => return Err(Why::Disabled),
            Standing::Good => {}
        }
        match &self.request.account {
            Some(wanted) if owner.account.as_ref() != Some(wanted) => Err(Why::Account),
            _ => Ok(()),
        }
    }

    fn observe(&mut self, now: Duration, observation: &Observation) -> Result<(), MatchError> {
        let blink = self.blinks.update(observation.time, observation.face.as_ref());
        let Some(face) = self.usable_face(now, observation) else { return Ok(()) };
        if !std::mem::replace(&mut self.face_found, true) {
            self.outputs.push_back(Output::Event(Event::FaceFound));
        }
        // Another track, or one that was out of sight, is another face until shown otherwise: evidence does not pass
        // from one to the next.
        if self.evidence.as_ref().is_some_and(|known| known.track() != face.track || known.is_stale(now)) {
            self.start_over();
        }
        self.spoof.update(face);
        self.stillness.update(face);
        let evidence = self.evidence.get_or_insert_with(|| Evidence::of(face.track));
        let likeness = evidence.take(now, face)?;
        if likeness.is_some_and(|likeness| !self.request.threshold.accepts(likeness)) {
            self.face_changed(now);
            return Ok(());
        }
        if let Some(blink) = blink
            && evidence.blinked(blink)
        {
            self.outputs.push_back(Output::Event(Event::BlinkSeen));
        }
        if evidence.ready_for_prompt() {
            evidence.prompt(now);
            let again = std::mem::replace(&mut self.prompted, true);
            self.show(if again { Guidance::BlinkAgain } else { Guidance::PleaseBlink });
        } else if !evidence.prompted() {
            self.suggest(now, Guidance::HoldStill);
        } else if let Some(probe) = evidence.complete()?
            && self.spoof.verdict() != Spoof::Undecided
            && self.stillness.has_moved()
        {
            self.decide(now, probe);
        }
        Ok(())
    }

    /// The face, if the attempt is at the point of looking at it and it is fit to be looked at; else says what is
    /// missing.
    fn usable_face<'a>(
        &mut self,
        now: Duration,
        observation: &'a Observation,
    ) -> Option<&'a FaceObservation> {
        if !matches!(self.card, CardState::Judged { .. }) {
            self.suggest(now, Guidance::TapCard);
            return None;
        }
        if observation.faces > 1 {
            self.start_over();
            self.suggest(now, Guidance::ManyFaces);
            return None;
        }
        let Some(face) = &observation.face else {
            self.suggest(now, Guidance::ShowFace);
            return None;
        };
        if let Some(hint) = face.quality.hint {
            // Motion alone must not end a blink that is under way: the evidence stays, the frame is not used.
            if hint != Hint::Blurred {
                self.suggest(now, hint.into());
            }
            return None;
        }
        if self.blinks.visibility() == Visibility::Hidden {
            self.suggest(now, Guidance::EyesHidden);
        }
        Some(face)
    }

    /// Somebody else on the same track: all begins anew, but not for ever.
    fn face_changed(&mut self, now: Duration) {
        self.start_over();
        self.face_changes += 1;
        if self.face_changes > FACE_CHANGES {
            self.refuse_liveness(now, LivenessDetail::FaceChanged);
        }
    }

    /// What was seen of one face says nothing of the next, the anti-spoof net's opinion included.
    fn start_over(&mut self) {
        self.evidence = None;
        self.spoof.reset();
        self.stillness = Stillness::default();
    }

    /// One decision an attempt, on the mean of all samples: no best of many. The card is looked up once more for it:
    /// who was disabled, or whose card was reported lost, while the blink was awaited is not let in.
    fn decide(&mut self, now: Duration, probe: Embedding) {
        if self.spoof.verdict() != Spoof::Unsuspicious {
            self.refuse_liveness(now, LivenessDetail::Spoof);
        } else if let CardState::Judged { card, .. } = &self.card {
            self.look_up(card.clone(), Some(probe));
        }
    }

    fn judge(&mut self, now: Duration, probe: &Embedding) -> Result<(), MatchError> {
        let (outcome, why, score) = match &self.card {
            CardState::Judged { template: Ok(template), .. } => {
                let score = template.score(self.request.space, probe)?;
                if self.request.threshold.accepts(score) {
                    (Outcome::Granted, Why::Matched, Some(score))
                } else {
                    (Outcome::Denied, Why::NoMatch, Some(score))
                }
            }
            CardState::Judged { template: Err(why), .. } => (Outcome::Denied, *why, None),
            CardState::Awaited | CardState::LookedUp { .. } => (Outcome::Denied, Why::NoCard, None),
        };
        self.finish(now, outcome, why, None, score);
        Ok(())
    }

    fn time_out(&mut self, now: Duration) {
        match self.card {
            CardState::Awaited => self.end(now, Outcome::Abandoned, Why::NoCard),
            _ if self.prompted => {
                let blinked = self.evidence.as_ref().is_some_and(Evidence::has_blinked);
                let still = blinked && !self.stillness.has_moved();
                self.refuse_liveness(
                    now,
                    if still { LivenessDetail::Still } else { LivenessDetail::NoBlink },
                );
            }
            _ => {
                let why = self.card_refusal().unwrap_or(Why::NoFace);
                self.end(now, Outcome::Denied, why);
            }
        }
    }

    /// A challenge that is out cannot be escaped by pulling a plug or pressing cancel: it counts as failed.
    fn call_off(&mut self, now: Duration, why: Why) {
        let outcome = if self.prompted { Outcome::Denied } else { Outcome::Abandoned };
        self.end(now, outcome, why);
    }

    fn refuse_liveness(&mut self, now: Duration, detail: LivenessDetail) {
        match self.card_refusal() {
            Some(why) => self.end(now, Outcome::Denied, why),
            None => self.finish(now, Outcome::Denied, Why::Liveness, Some(detail), None),
        }
    }

    fn card_refusal(&self) -> Option<Why> {
        match &self.card {
            CardState::Judged { template: Err(why), .. } => Some(*why),
            _ => None,
        }
    }

    fn end(&mut self, now: Duration, outcome: Outcome, why: Why) {
        self.finish(now, outcome, why, None, None);
    }

    fn finish(
        &mut self,
        now: Duration,
        outcome: Outcome,
        why: Why,
        detail: Option<LivenessDetail>,
        score: Option<f32>,
    ) {
        self.ended = true;
        self.show(Guidance::Done);
        let card_held = matches!(&self.card, CardState::Judged { template: Ok(_), .. });
        let mut factors = Vec::new();
        if card_held {
            factors.push(Factor::Card);
        }
        if outcome == Outcome::Granted {
            factors.push(Factor::Face);
        }
        let subject = match std::mem::replace(&mut self.card, CardState::Awaited) {
            CardState::Judged { subject, .. } => subject,
            _ => None,
        };
        self.evidence = None;
        let took = now.saturating_sub(self.started.unwrap_or(now));
        self.outputs.push_back(Output::Done(Verdict { outcome, why, detail, factors, subject, took, score }));
    }

    fn suggest(&mut self, now: Duration, guidance: Guidance) {
        if let Some(guidance) = self.guide.suggest(now, guidance) {
            self.outputs.push_back(Output::Guide(guidance));
        }
    }

    fn show(&mut self, guidance: Guidance) {
        if let Some(guidance) = self.guide.show(guidance) {
            self.outputs.push_back(Output::Guide(guidance));
        }
    }
}
