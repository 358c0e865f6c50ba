//! The guided capture of a template: several good pictures of one person, all of which agree, with a blink between them
//! and the person's own card on the reader.

mod comparison;
mod pictures;
mod result;

use std::collections::VecDeque;
use std::time::Duration;

pub use comparison::{Comparison, Resemblance};
pub use pictures::{Refusal, Refused};
pub use result::{EnrolmentFailure, EnrolmentResult, ReviewReason};

use self::pictures::{Pictures, usable};
use super::authenticate::{Device, Event};
use super::guidance::{CardTrouble, Guidance, Guide};
use super::sight::{Shown, Sight, SightRules};
use crate::card::{CardIdentity, Unusable};
use crate::face::{Embedding, Hint, Observation, Want};
use crate::matching::{MatchError, Space, Template, Threshold};
use crate::policy::{Challenge, EnrolmentPolicy};
use zeroize::Zeroizing;

/// Whom to enrol, and by what rules.
#[derive(Debug, Clone)]
pub struct EnrolmentRequest {
    /// The person.
    pub person: String,
    /// The rules.
    pub policy: EnrolmentPolicy,
    /// The score at which two pictures show one person.
    pub threshold: Threshold,
    /// The space that templates are of.
    pub space: Space,
    /// Below this median the anti-spoof net refuses.
    pub live_threshold: f32,
    /// The template that would be replaced.
    pub before: Option<Template>,
    /// How long the face is watched in silence before the prompt: random, at most one second.
    pub quiet: Duration,
}

/// What the driver tells the session.
#[derive(Debug)]
pub enum EnrolmentInput<'a> {
    /// A frame was measured.
    Observation(&'a Observation),
    /// A card was read.
    CardSeen(Result<CardIdentity, Unusable>),
    /// A card could not be read, or is stopped: then in place of [`EnrolmentInput::Holders`].
    CardTrouble(CardTrouble),
    /// The card was taken away.
    CardGone,
    /// The answer to [`EnrolmentOutput::Lookup`]: the ids of all whom the card is bound to.
    Holders(Vec<String>),
    /// The answer to [`EnrolmentOutput::Search`].
    Compared(Comparison),
    /// A device went away.
    DeviceLost(Device),
    /// There are no more frames: what was taken must do.
    FramesOver,
    /// Nothing, but time passed.
    Tick,
    /// It is called off.
    Cancel,
}

/// What the session tells the driver.
#[derive(Debug)]
pub enum EnrolmentOutput {
    /// Find out whom this card is bound to, and answer with [`EnrolmentInput::Holders`].
    Lookup(CardIdentity),
    /// Compare this template with everybody's, and answer with [`EnrolmentInput::Compared`].
    Search(Template),
    /// A step was taken.
    Event(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// A sample was taken: so many of so many.
    Sample(usize, usize),
    /// The end. Nothing comes after it.
    Done(EnrolmentResult),
}

#[derive(Debug)]
enum Card {
    Awaited,
    LookedUp(CardIdentity),
    /// Theirs already, or bound to nobody yet.
    Own {
        card: CardIdentity,
        bound: bool,
    },
}

/// One enrolment.
#[derive(Debug)]
pub struct Enrolment {
    request: EnrolmentRequest,
    started: Option<Duration>,
    pictures: Pictures,
    sight: Sight,
    /// The face that blinked.
    live: Option<Shown>,
    card: Card,
    /// Made, and compared with everybody's now.
    searching: Option<Template>,
    /// Templates that it could not be compared with.
    left_out: usize,
    frames_over: bool,
    guide: Guide,
    outputs: VecDeque<EnrolmentOutput>,
    ended: bool,
}

impl Enrolment {
    /// An enrolment that waits for its first input; its time runs from there.
    #[must_use]
    pub fn new(request: EnrolmentRequest) -> Enrolment {
        let policy = &request.policy;
        Enrolment {
            started: None,
            pictures: Pictures::new(request.threshold, policy.spacing, policy.samples),
            sight: Sight::new(SightRules {
                threshold: request.threshold,
                live_threshold: request.live_threshold,
                challenge: Challenge::Blink,
                quiet: [request.quiet; 2],
                heeds: Vec::new(),
            }),
            live: None,
            card: Card::Awaited,
            searching: None,
            left_out: 0,
            frames_over: false,
            guide: Guide::default(),
            outputs: VecDeque::with_capacity(8),
            ended: false,
            request,
        }
    }

    /// What is to be measured in a frame taken at `now`.
    #[must_use]
    pub fn want(&mut self, now: Duration) -> Want {
        let live = if self.awaits_liveness() { self.sight.want(now) } else { Want::default() };
        Want { embedding: true, ..live }
    }

    /// When the time is up, once it has begun to run.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.started.map(|started| started.saturating_add(self.request.policy.timeout))
    }

    /// Takes one input at `now`, on a clock that never goes back.
    ///
    /// # Errors
    /// [`MatchError`] when what was measured cannot be compared. The enrolment is over then, without a result.
    pub fn handle(&mut self, now: Duration, input: EnrolmentInput<'_>) -> Result<(), MatchError> {
        if self.ended {
            return Ok(());
        }
        self.started.get_or_insert(now);
        let handled = self.take(now, input).and_then(|()| self.advance(now));
        self.ended |= handled.is_err();
        handled
    }

    /// The next thing to do, oldest first.
    pub fn poll(&mut self) -> Option<EnrolmentOutput> {
        self.outputs.pop_front()
    }

    fn take(&mut self, now: Duration, input: EnrolmentInput<'_>) -> Result<(), MatchError> {
        match input {
            EnrolmentInput::Compared(comparison) => self.compared(&comparison),
            EnrolmentInput::Cancel => self.fail(EnrolmentFailure::Cancelled),
            // What was taken is being compared: nothing is added to it, and nothing taken from it.
            _ if self.searching.is_some() => {}
            EnrolmentInput::Observation(observation) => self.observe(now, observation)?,
            EnrolmentInput::CardSeen(reading) => self.card_seen(now, reading),
            EnrolmentInput::CardTrouble(trouble) => self.card_trouble(now, trouble),
            EnrolmentInput::CardGone => self.card = Card::Awaited,
            EnrolmentInput::Holders(holders) => self.held_by(now, &holders),
            EnrolmentInput::DeviceLost(device) => {
                if device == Device::Camera || self.awaits_card() {
                    self.fail(EnrolmentFailure::DeviceLost);
                }
            }
            EnrolmentInput::FramesOver => self.frames_over = true,
            EnrolmentInput::Tick => {}
        }
        Ok(())
    }

    /// Ends it, when all is there or nothing more can come.
    fn advance(&mut self, now: Duration) -> Result<(), MatchError> {
        if self.ended || self.searching.is_some() {
            return Ok(());
        }
        let over = self.frames_over || self.deadline().is_some_and(|end| now >= end);
        let taken = self.pictures.samples.len();
        let enough = if over { self.least_samples() } else { self.request.policy.samples.max(1) };
        let failure = if taken < enough {
            EnrolmentFailure::TooFewSamples
        } else if self.awaits_liveness() {
            EnrolmentFailure::NoBlink
        } else if self.awaits_card() {
            EnrolmentFailure::NoCard
        } else {
            return self.make();
        };
        if over {
            self.fail(failure);
        } else if taken >= enough && failure == EnrolmentFailure::NoCard {
            self.suggest(now, Guidance::TapCard);
        }
        Ok(())
    }

    /// Makes the template and has it compared with everybody's.
    fn make(&mut self) -> Result<(), MatchError> {
        let samples = std::mem::take(&mut self.pictures.samples);
        let template = Template::from_samples(self.request.space, samples)?;
        if let Some(live) = self.live.take() {
            let same = self.request.threshold.accepts(template.score(self.request.space, &live.probe)?);
            if !same || live.doubt.is_some() {
                self.finish(None, template.sample_count(), Some(EnrolmentFailure::NotLive));
                return Ok(());
            }
        }
        self.outputs.push_back(EnrolmentOutput::Search(template.clone()));
        self.searching = Some(template);
        Ok(())
    }

    fn compared(&mut self, comparison: &Comparison) {
        let Some(template) = self.searching.take() else { return };
        let resembles = comparison.other_than(&self.request.person).map(str::to_owned);
        let review = if resembles.is_some() {
            Some(ReviewReason::OtherPersonMatches)
        } else if self.differs_from_before(&template) {
            Some(ReviewReason::DiffersFromBefore)
        } else {
            (self.request.policy.approvers > 1).then_some(ReviewReason::SecondApprover)
        };
        let taken = template.sample_count();
        self.left_out = comparison.left_out;
        self.finish(Some((template, review, resembles)), taken, None);
    }

    /// A template that cannot be compared, because it is another model's, might be anybody's.
    fn differs_from_before(&self, template: &Template) -> bool {
        let Some(before) = &self.request.before else { return false };
        let probe = Embedding(Zeroizing::new(template.mean().to_vec()));
        let likeness = before.score(template.space(), &probe);
        !likeness.is_ok_and(|likeness| self.request.threshold.accepts(likeness))
    }

    fn observe(&mut self, now: Duration, observation: &Observation) -> Result<(), MatchError> {
        let taken = self.pictures.samples.len();
        let awaits_liveness = self.awaits_liveness();
        let mut wanted = taken < self.request.policy.samples;
        if awaits_liveness {
            self.look_for_blink(now, observation)?;
            // No picture while the eyes may be shut, and one is left to be taken after the blink.
            wanted &= !self.sight.was_challenged() && taken + 1 < self.request.policy.samples.max(2);
        }
        if self.ended {
            return Ok(());
        }
        if self.pictures.take(now, observation, wanted)? {
            let taken = self.pictures.samples.len();
            self.outputs.push_back(EnrolmentOutput::Sample(taken, self.request.policy.samples));
        }
        match usable(observation) {
            Err(Hint::NoFace) if self.awaits_card() => self.suggest(now, Guidance::TapCard),
            Err(hint) => self.suggest(now, hint.into()),
            Ok(_) if self.awaits_liveness() && self.sight.was_challenged() => {
                self.sight.hint().into_iter().for_each(|hint| self.suggest(now, hint));
            }
            Ok(_) if self.pictures.samples.len() < self.request.policy.samples => {
                self.suggest(now, Guidance::HoldStill);
            }
            Ok(_) => {}
        }
        Ok(())
    }

    /// Asks for the blink once half of the pictures are taken.
    fn look_for_blink(&mut self, now: Duration, observation: &Observation) -> Result<(), MatchError> {
        let sighting = self.sight.observe(now, observation)?;
        if sighting.blinked {
            self.outputs.push_back(EnrolmentOutput::Event(Event::BlinkSeen));
        }
        if sighting.swapped {
            self.fail(EnrolmentFailure::NotLive);
            return Ok(());
        }
        let half = self.pictures.samples.len() * 2 >= self.request.policy.samples;
        if self.sight.is_due()
            && half
            && let Some(prompt) = self.sight.prompt(now)
        {
            self.show(prompt);
        }
        self.live = self.sight.shown(now)?;
        Ok(())
    }

    /// Of two cards nobody knows which is meant, and one that is stopped is nobody's.
    fn card_trouble(&mut self, now: Duration, trouble: CardTrouble) {
        if !self.request.policy.card {
            return;
        }
        if matches!(trouble, CardTrouble::Several | CardTrouble::Stopped) {
            self.card = Card::Awaited;
        }
        self.show_of_card(now, trouble.into());
    }

    fn card_seen(&mut self, now: Duration, reading: Result<CardIdentity, Unusable>) {
        if !self.request.policy.card {
            return;
        }
        self.outputs.push_back(EnrolmentOutput::Event(Event::CardRead));
        self.guide.card_is_read();
        match reading {
            Ok(card) => {
                self.outputs.push_back(EnrolmentOutput::Lookup(card.clone()));
                self.card = Card::LookedUp(card);
            }
            Err(unusable) => {
                self.card = Card::Awaited;
                self.show_of_card(now, unusable.into());
            }
        }
    }

    fn held_by(&mut self, now: Duration, holders: &[String]) {
        let Card::LookedUp(card) = std::mem::replace(&mut self.card, Card::Awaited) else { return };
        match holders {
            [] => self.card = Card::Own { card, bound: false },
            [only] if *only == self.request.person => self.card = Card::Own { card, bound: true },
            _ => self.show_of_card(now, Guidance::OtherCard),
        }
    }

    fn awaits_card(&self) -> bool {
        self.request.policy.card && !matches!(self.card, Card::Own { .. })
    }

    fn awaits_liveness(&self) -> bool {
        self.request.policy.blink && self.live.is_none()
    }

    fn least_samples(&self) -> usize {
        self.request.policy.least_samples.max(1)
    }

    fn fail(&mut self, failure: EnrolmentFailure) {
        let taken = self.pictures.samples.len();
        self.finish(None, taken, Some(failure));
    }

    fn finish(
        &mut self,
        made: Option<(Template, Option<ReviewReason>, Option<String>)>,
        samples: usize,
        failure: Option<EnrolmentFailure>,
    ) {
        self.show(Guidance::Done);
        self.ended = true;
        self.sight.close();
        (self.live, self.searching) = (None, None);
        self.pictures.samples.clear();
        let card = match std::mem::replace(&mut self.card, Card::Awaited) {
            Card::Own { card, bound: false } if made.is_some() => Some(card),
            _ => None,
        };
        let quality = made.as_ref().map_or(0.0, |(template, ..)| template.quality());
        let (template, review, resembles) = match made {
            Some((template, review, resembles)) => (Some(template), review, resembles),
            None => (None, None, None),
        };
        self.outputs.push_back(EnrolmentOutput::Done(EnrolmentResult {
            template,
            card,
            failure,
            review,
            resembles,
            left_out: self.left_out,
            samples,
            least_samples: self.request.policy.least_samples,
            quality,
            refused: std::mem::take(&mut self.pictures.refused),
        }));
    }

    fn suggest(&mut self, now: Duration, guidance: Guidance) {
        if let Some(guidance) = self.guide.suggest(now, guidance) {
            self.outputs.push_back(EnrolmentOutput::Guide(guidance));
        }
    }

    fn show_of_card(&mut self, now: Duration, guidance: Guidance) {
        if let Some(guidance) = self.guide.show_of_card(now, guidance) {
            self.outputs.push_back(EnrolmentOutput::Guide(guidance));
        }
    }

    fn show(&mut self, guidance: Guidance) {
        if let Some(guidance) = self.guide.show(guidance) {
            self.outputs.push_back(EnrolmentOutput::Guide(guidance));
        }
    }
}
