//! One attempt to be let in. Factors come in any order; the session tells what would help now, asks for the face's
//! challenge, has tries counted before anything is judged, and judges once, when all of a combination is there.
//!
//! Whoever is presented, known or not, the steps are the same until the verdict. Two things about a person show before
//! it, because they change what the person is asked for: that they are excused from the face, and that a factor is locked
//! for them. The first is what an exception is for; the second takes as many failed tries as lock somebody out.

mod ending;
mod judgement;
mod request;
mod subject;
mod telling;
mod ways;

use std::collections::VecDeque;
use std::time::Duration;

pub use request::{Device, Event, Input, Lockout, Need, Output, Request, Verified, Who};
pub use subject::{Standing, Subject};

use self::judgement::{Case, Judgement};
use self::subject::Identity;
use self::ways::Ways;
use super::guidance::{Guidance, Guide};
use super::outcome::{LivenessDetail, Outcome, Why};
use super::sight::{Shown, Sight, SightRules, WAKE};
use crate::card::{CardIdentity, Unusable};
use crate::face::{Observation, Want};
use crate::matching::MatchError;
use crate::policy::{Cause, Factor, Factors};

/// Secrets that are typed, or lie at hand.
const SECRETS: [Factor; 5] =
    [Factor::Password, Factor::HostPassword, Factor::Pin, Factor::StoreKey, Factor::EmergencyCode];

/// What is counted before it is judged. Nobody guesses a store's key.
const COUNTED: [Factor; 5] =
    [Factor::Face, Factor::Password, Factor::HostPassword, Factor::Pin, Factor::EmergencyCode];

/// The question that is open.
#[derive(Debug)]
enum Asked {
    Lookup(Who),
    Reserve(Factors),
    /// Who it is, once more, for the verdict: whoever was disabled, or whose card was reported lost, while a blink was
    /// awaited is not let in.
    LookupAgain(Factors, Option<Shown>),
    Verify(Judgement),
}

/// The tries of this attempt.
#[derive(Debug, Default)]
struct Tries {
    counted: Factors,
    /// Whose they are, once any was to be counted: one person's, or nobody's in particular.
    subject: Option<Option<String>>,
    /// Nothing is judged before: the terminal is slowed.
    not_before: Duration,
    /// The last factor that turned out to be locked.
    locked: Option<Lockout>,
}

/// One attempt.
#[derive(Debug)]
pub struct Authentication {
    request: Request,
    started: Option<Duration>,
    identity: Identity,
    secrets: Factors,
    lost: Vec<Device>,
    ways: Ways,
    sight: Sight,
    tries: Tries,
    asked: Option<Asked>,
    /// All is there, and the terminal is slowed: until then.
    waits: Option<Duration>,
    needs: Vec<Need>,
    guide: Guide,
    outputs: VecDeque<Output>,
    /// The time was up before all was there.
    timed_out: bool,
    ended: bool,
}

impl Authentication {
    /// An attempt that waits for its first input; its time runs from there.
    #[must_use]
    pub fn new(mut request: Request) -> Authentication {
        let ways = Ways::of(&request.policy);
        let sight = Sight::new(SightRules {
            threshold: request.threshold,
            live_threshold: request.live_threshold,
            challenge: request.policy.challenge,
            quiet: request.quiet,
            heeds: Cause::ALL.iter().copied().filter(|cause| ways.lists(*cause)).collect(),
        });
        let identity = Identity::claimed(request.claim.take());
        let lost: Vec<Device> = [(request.camera, Device::Camera), (request.reader, Device::Reader)]
            .into_iter()
            .filter_map(|(there, device)| (!there).then_some(device))
            .collect();
        let mut attempt = Authentication {
            request,
            started: None,
            identity,
            secrets: Factors::NONE,
            lost: Vec::new(),
            ways,
            sight,
            tries: Tries::default(),
            asked: None,
            waits: None,
            needs: Vec::new(),
            guide: Guide::default(),
            outputs: VecDeque::with_capacity(16),
            timed_out: false,
            ended: false,
        };
        if let Some(why) = attempt.request.closed {
            attempt.end(Duration::ZERO, Outcome::Denied, why);
            return attempt;
        }
        lost.into_iter().for_each(|device| attempt.lose(Duration::ZERO, device));
        if attempt.ways.open(Factors::NONE).next().is_none() {
            attempt.end_closed(Duration::ZERO);
        }
        attempt.tell_needs(Duration::ZERO);
        attempt
    }

    /// Takes one input at `now`, on a clock that never goes back.
    ///
    /// # Errors
    /// [`MatchError`] when what was measured cannot be compared: another model's template, a broken embedding. The
    /// attempt is over then, without a verdict.
    pub fn handle(&mut self, now: Duration, input: Input<'_>) -> Result<(), MatchError> {
        if self.ended {
            return Ok(());
        }
        self.started.get_or_insert(now);
        let in_time = !self.is_over(now) || self.waits.is_some() || self.is_judging();
        let handled = if in_time {
            self.take(now, input).and_then(|()| self.advance(now))
        } else {
            self.time_out(now);
            Ok(())
        };
        // What could not be judged is not granted by what comes after.
        self.ended |= handled.is_err();
        handled
    }

    /// The next thing to do, oldest first.
    pub fn poll(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// What is to be measured in a frame taken at `now`; nothing at all while the face is of no use.
    #[must_use]
    pub fn want(&mut self, now: Duration) -> Want {
        if self.looks(now) { self.sight.want(now) } else { Want::default() }
    }

    /// Whether a face would help now, with nothing to be shown before it: a card that is asked for beside it is there.
    #[must_use]
    pub fn awaits_face(&mut self, now: Duration) -> bool {
        let looks = self.looks(now);
        let given = self.given(now);
        let after_card = |missing: Factors| missing.contains(Factor::Face) && !missing.contains(Factor::Card);
        looks && self.ways.followed(given).any(|combination| after_card(combination.minus(given)))
    }

    /// How long the next frame of a camera may wait: seldom is enough while nobody is there, or the face of no use.
    #[must_use]
    pub fn pace(&mut self, now: Duration) -> Duration {
        if self.looks(now) { self.sight.pace(now) } else { WAKE }
    }

    /// When something happens without any more input, once time has begun to run: the time is up, or a slowed terminal
    /// judges.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        self.waits.or_else(|| self.end_of_time())
    }

    fn take(&mut self, now: Duration, input: Input<'_>) -> Result<(), MatchError> {
        match input {
            // A slowed terminal still judges what was given in time, and nothing that comes later.
            Input::CardSeen(_) | Input::Claim(_) | Input::Secret(_) | Input::Choose(_)
                if self.is_over(now) => {}
            Input::CardSeen(reading) => self.card_seen(now, reading),
            Input::CardTrouble(trouble) => self.show_of_card(now, trouble.into()),
            Input::CardGone => {
                if self.request.policy.card_stays && self.identity.has_card() {
                    self.end(now, Outcome::Denied, Why::CardRemoved);
                }
            }
            Input::Claim(claim) => self.identity.take_claim(claim),
            Input::Secret(factor) => {
                if SECRETS.contains(&factor) {
                    self.secrets = self.secrets.with(factor);
                }
            }
            Input::Found(subjects) => return self.found(now, subjects),
            Input::Reserved(answer) => self.reserved(now, answer),
            Input::Verified(verified) => self.verified(now, verified),
            Input::Observation(observation) => return self.observe(now, observation),
            Input::Unavailable(factor) => self.ways.bar(factor),
            Input::DeviceLost(device) => self.lose(now, device),
            Input::DeviceBack(device) => {
                self.lost.retain(|lost| *lost != device);
                self.ways.regain(device.factors());
            }
            Input::Choose(choice) => {
                let given = self.given(now);
                self.ways.choose(choice, given);
            }
            Input::Tick => {}
            Input::Cancel => self.call_off(now, Why::Cancelled),
        }
        Ok(())
    }

    /// Does what follows from all that is known now.
    fn advance(&mut self, now: Duration) -> Result<(), MatchError> {
        if self.ended || self.asked.is_some() {
            return Ok(());
        }
        let given = self.given(now);
        if self.ways.open(given).next().is_none() {
            self.end_closed(now);
            return Ok(());
        }
        self.tell_needs(now);
        if let Some(who) = self.identity.unasked() {
            self.ask(Output::Lookup(who.clone()), Asked::Lookup(who));
            return Ok(());
        }
        if self.looks(now) && !self.is_over(now) && (self.sight.is_due() || self.sight.was_challenged()) {
            // Before the challenge is put, or as soon as it is known to whom: whoever pulls the plug now has tried.
            let face = Factors::of(&[Factor::Face]);
            if self.identity.is_known() && !self.tries.counted.contains_all(face) {
                self.reserve(face);
                return Ok(());
            }
            if self.sight.is_due()
                && let Some(prompt) = self.sight.prompt(now)
            {
                self.show(prompt);
            }
        }
        self.conclude(now, given)?;
        self.guide(now);
        Ok(())
    }

    /// Judges, if all of a combination is there.
    fn conclude(&mut self, now: Duration, given: Factors) -> Result<(), MatchError> {
        self.waits = None;
        let Some(combination) = self.ways.complete(given, self.identity.is_known()) else {
            if self.is_over(now) {
                self.time_out(now);
            }
            return Ok(());
        };
        let counted: Factors = combination.iter().filter(|factor| COUNTED.contains(factor)).collect();
        let uncounted = counted.minus(self.tries.counted);
        if !uncounted.is_empty() {
            self.reserve(uncounted);
        } else if now < self.tries.not_before {
            self.waits = Some(self.tries.not_before);
        } else if let Some(who) = self.identity.who() {
            let shown = if combination.contains(Factor::Face) { self.sight.shown(now)? } else { None };
            self.ask(Output::Lookup(who), Asked::LookupAgain(combination, shown));
        }
        Ok(())
    }

    fn card_seen(&mut self, now: Duration, reading: Result<CardIdentity, Unusable>) {
        if self.identity.has_card() || self.is_judging() {
            return;
        }
        self.outputs.push_back(Output::Event(Event::CardRead));
        self.guide.card_is_read();
        match reading {
            // Nothing is looked up for such a card, so ending at once tells nobody anything about the people here.
            Err(unusable) => {
                self.show_of_card(now, unusable.into());
                self.end(now, Outcome::Denied, unusable.into());
            }
            Ok(card) if card.assurance >= self.request.policy.least_assurance => {
                self.identity.take_card(card);
            }
            Ok(card) => {
                if card.judges_pin() {
                    self.ways.demand_pin();
                }
                let given = self.given(now).with(Factor::Card);
                if card.judges_pin() && self.ways.open(given).next().is_some() {
                    self.identity.take_card(card);
                } else {
                    self.show_of_card(now, Guidance::CardNotAllowed);
                    self.end(now, Outcome::Denied, Why::CardAssurance);
                }
            }
        }
    }

    fn found(&mut self, now: Duration, subjects: Vec<Subject>) -> Result<(), MatchError> {
        match self.asked.take() {
            Some(Asked::Lookup(who)) => {
                self.identity.found(who, subjects);
                if self.identity.person().is_some_and(|person| person.exception) {
                    self.bar_face(Cause::Exception);
                }
            }
            Some(Asked::LookupAgain(combination, shown)) => {
                let case = Case {
                    request: &self.request,
                    identity: &self.identity,
                    ways: &self.ways,
                    counted: self.tries.subject.as_ref().map(Option::as_deref),
                };
                let judgement = Judgement::begin(combination, shown, &subjects, &case)?;
                self.judge_on(now, judgement);
            }
            other => self.asked = other,
        }
        Ok(())
    }

    fn reserve(&mut self, factors: Factors) {
        let subject = self.identity.person().map(|person| person.id.clone());
        self.tries.subject.get_or_insert_with(|| subject.clone());
        self.ask(Output::Reserve { factors, subject }, Asked::Reserve(factors));
    }

    fn reserved(&mut self, now: Duration, answer: Result<Duration, Lockout>) {
        match (self.asked.take(), answer) {
            (Some(Asked::Reserve(factors)), Ok(slowed)) => {
                self.tries.counted = self.tries.counted.union(factors);
                self.tries.not_before = self.tries.not_before.max(now.saturating_add(slowed));
            }
            (Some(Asked::Reserve(_)), Err(lockout)) => {
                self.tries.locked = Some(lockout);
                match lockout.factor {
                    Factor::Face => self.bar_face(Cause::FaceLocked),
                    factor => self.ways.bar(factor),
                }
            }
            (other, _) => self.asked = other,
        }
    }

    fn verified(&mut self, now: Duration, verified: Verified) {
        match self.asked.take() {
            Some(Asked::Verify(judgement)) if verified == Verified::NotTried => {
                if let Some((factor, _)) = judgement.next_secret() {
                    self.secrets = self.secrets.without(factor);
                }
            }
            Some(Asked::Verify(mut judgement)) => {
                judgement.compared(verified == Verified::Right);
                self.judge_on(now, judgement);
            }
            other => self.asked = other,
        }
    }

    /// Has the next secret compared, or ends with what came of it all.
    fn judge_on(&mut self, now: Duration, judgement: Judgement) {
        match judgement.next_secret() {
            Some((factor, subject)) => {
                self.ask(Output::Verify { factor, subject }, Asked::Verify(judgement));
            }
            None => {
                let judged = judgement.end();
                let outcome = if judged.granted { Outcome::Granted } else { Outcome::Denied };
                self.finish(now, outcome, judged);
            }
        }
    }

    fn observe(&mut self, now: Duration, observation: &Observation) -> Result<(), MatchError> {
        if !self.looks(now) {
            return Ok(());
        }
        let sighting = self.sight.observe(now, observation)?;
        sighting.causes.into_iter().flatten().for_each(|cause| self.turn(cause));
        if sighting.found {
            self.outputs.push_back(Output::Event(Event::FaceFound));
        }
        if sighting.blinked {
            self.outputs.push_back(Output::Event(Event::BlinkSeen));
        }
        if sighting.swapped {
            self.refuse_liveness(now, LivenessDetail::FaceChanged);
        }
        Ok(())
    }

    fn lose(&mut self, now: Duration, device: Device) {
        if self.lost.contains(&device) {
            return;
        }
        self.lost.push(device);
        self.ways.lose(device.factors());
        self.turn(device.cause());
        match device {
            Device::Camera => self.sight.close(),
            // Whether the card still lies there cannot be told any more.
            Device::Reader if self.request.policy.card_stays && self.identity.has_card() => {
                self.end(now, Outcome::Denied, Why::DeviceLost);
            }
            Device::Reader => {}
        }
    }

    /// The face is no use in this attempt, because of the person: it is not even looked at any more.
    fn bar_face(&mut self, cause: Cause) {
        self.ways.bar(Factor::Face);
        self.sight.close();
        self.turn(cause);
    }

    fn turn(&mut self, cause: Cause) {
        if self.ways.occurs(cause) {
            self.outputs.push_back(Output::Turn(cause));
        }
    }

    /// Whether the face is of any use now.
    fn looks(&mut self, now: Duration) -> bool {
        if self.ended || self.is_judging() || self.lost.contains(&Device::Camera) {
            return false;
        }
        let given = self.given(now);
        self.ways.follow(Factor::Face, given)
    }

    /// What is there now.
    fn given(&mut self, now: Duration) -> Factors {
        let mut given = self.secrets;
        if self.lost.contains(&Device::Reader) {
            // Only the card can judge its PIN.
            given = given.without(Factor::Pin);
        }
        if self.identity.has_card() {
            given = given.with(Factor::Card);
        }
        if self.sight.is_shown(now) {
            given = given.with(Factor::Face);
        }
        given
    }

    fn is_judging(&self) -> bool {
        matches!(self.asked, Some(Asked::LookupAgain(..) | Asked::Verify(_)))
    }

    fn end_of_time(&self) -> Option<Duration> {
        self.started.map(|started| started.saturating_add(self.request.policy.timeout))
    }

    fn is_over(&self, now: Duration) -> bool {
        self.end_of_time().is_some_and(|end| now >= end)
    }

    fn ask(&mut self, question: Output, asked: Asked) {
        self.outputs.push_back(question);
        self.asked = Some(asked);
    }
}
