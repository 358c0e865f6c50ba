//! The rules of authentication, enrolment and watching, to the millisecond, on made-up observations.

mod attempt;
mod blinks;
mod cards;
mod combinations;
mod enrolment;
mod fallbacks;
mod pace;
mod people;
mod random;
mod secrets;
mod tries;
mod watching;
mod words;

use std::time::Duration;

use mabataki_models::Digest;
use zeroize::Zeroizing;

use super::*;
use crate::card::{Assurance, CardIdentity, CardKind, IdKind};
use crate::face::{
    Embedding, Eye, Eyes, FaceObservation, Hint, Landmarks, Observation, Point, Pose, Quality, Rect, TrackId,
    Want,
};
use crate::matching::{Sample, Space, Template, Threshold};
use crate::policy::{Cause, Factor, Factors, Fallback, Locked, Policy};

const FRAME: Duration = Duration::from_millis(33);
const THRESHOLD: Threshold = Threshold { score: 0.5, fmr: 1e-4, extrapolated: false };

fn space() -> Space {
    Space::bare(Digest::of(b"a model"))
}

fn embedding(direction: usize) -> Embedding {
    let mut numbers = vec![0.0; 8];
    numbers[direction] = 1.0;
    Embedding(Zeroizing::new(numbers))
}

fn template(direction: usize) -> Template {
    Template::from_samples(space(), vec![Sample { embedding: embedding(direction), quality: 0.9 }]).unwrap()
}

fn card() -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![1, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, 0x4d]),
    }
}

/// A nurse whose face looks this way.
fn nurse(direction: usize) -> Subject {
    Subject {
        id: "nurse01".to_owned(),
        standing: Standing::Good,
        accounts: vec!["ward3".to_owned()],
        exception: false,
        template: Some(template(direction)),
    }
}

fn set(factors: &str) -> Factors {
    factors.parse().unwrap()
}

/// A policy of these combinations, the preferred first.
fn policy(combinations: &[&str]) -> Policy {
    Policy { combinations: combinations.iter().map(|text| set(text)).collect(), ..Policy::ordinary() }
}

fn request() -> Request {
    under(Policy::ordinary())
}

/// The same with what stands in for them when `cause` occurs.
fn policy_with(combinations: &[&str], cause: Cause, stand_ins: &[&str]) -> Policy {
    let fallback = Fallback { when: vec![cause], combinations: policy(stand_ins).combinations };
    Policy { fallbacks: vec![fallback], ..policy(combinations) }
}

/// A request under this policy.
fn under(policy: Policy) -> Request {
    Request {
        policy,
        threshold: THRESHOLD,
        among: vec![Threshold { score: 0.6, ..THRESHOLD }; 2],
        space: space(),
        live_threshold: 0.3,
        account: None,
        claim: None,
        camera: true,
        reader: true,
        closed: None,
        explains_cards: false,
        quiet: [Duration::ZERO; 2],
    }
}

/// A person in front of the camera.
#[derive(Clone, Copy)]
struct Person {
    direction: usize,
    track: u64,
    live: f32,
    /// Whether the head moves a little, as living ones do.
    sways: bool,
    mask: Option<f32>,
}

const HER: Person = Person { direction: 0, track: 1, live: 0.99, sways: true, mask: None };

impl Person {
    /// Eyes 80 px apart, in a head that goes one pixel to and fro.
    fn landmarks(self, now: Duration) -> Landmarks {
        let sway = if self.sways { (now.as_secs_f32() * 5.0).sin() } else { 0.0 };
        let mut points = [Point { x: 300.0 + sway, y: 220.0 }; 68];
        points[36..=41].fill(Point { x: 260.0 + sway, y: 180.0 });
        points[42..=47].fill(Point { x: 340.0 + sway, y: 180.0 });
        points
    }

    fn face(self, now: Duration, lids: f32, want: Want) -> FaceObservation {
        let eye = Eye { closed: lids, aspect_ratio: 0.32 - 0.2 * lids };
        FaceObservation {
            track: TrackId(self.track),
            rect: Rect { x: 200.0, y: 100.0, width: 200.0, height: 240.0 },
            score: 0.99,
            landmarks: self.landmarks(now),
            pose: Pose::default(),
            quality: Quality {
                score: 0.9,
                brightness: 0.5,
                contrast: 0.2,
                sharpness: 0.5,
                clipped_dark: 0.0,
                clipped_bright: 0.0,
                back_light: Some(1.0),
                hint: None,
            },
            eyes: want.eyes.then_some(Eyes { left: eye, right: eye }),
            live: want.spoof.then_some(self.live),
            mask: self.mask,
            embedding: want.embedding.then(|| embedding(self.direction)),
        }
    }
}

fn observation(time: Duration, face: Option<FaceObservation>) -> Observation {
    Observation { time, faces: usize::from(face.is_some()), face }
}

/// Drives one attempt, as the engine would.
struct Drive {
    session: Authentication,
    now: Duration,
    /// Whom the card leads to.
    people: Vec<Subject>,
    /// Whom the typed id leads to, if not to the same.
    claimed: Option<Vec<Subject>>,
    /// The secrets that are right when they are compared.
    right: Factors,
    /// What is taken back when it is to be compared.
    untried: Factors,
    /// What is locked.
    locked: Factors,
    /// How much the terminal is slowed.
    slowed: Duration,
    /// Words of steps, guidance and turns.
    seen: Vec<String>,
    /// The questions, with when they came and without whom they name.
    asked: Vec<(Duration, String)>,
    /// Whose tries were counted.
    counted: Vec<(Option<String>, Factors)>,
    needs: Vec<Vec<Need>>,
    verdict: Option<Verdict>,
}

impl Drive {
    fn new(person: Option<Subject>, request: Request) -> Drive {
        Drive {
            session: Authentication::new(request),
            now: Duration::from_secs(100),
            people: person.into_iter().collect(),
            claimed: None,
            right: Factors::NONE,
            untried: Factors::NONE,
            locked: Factors::NONE,
            slowed: Duration::ZERO,
            seen: Vec::new(),
            asked: Vec::new(),
            counted: Vec::new(),
            needs: Vec::new(),
            verdict: None,
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.session.handle(self.now, input).unwrap();
        self.carry_out();
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.session.poll() {
            assert!(self.verdict.is_none(), "{output:?} after the verdict");
            match output {
                Output::Lookup(who) => {
                    self.answer("lookup".to_owned(), |drive| match (who, &drive.claimed) {
                        (Who::Claimed(_), Some(claimed)) => Input::Found(claimed.clone()),
                        _ => Input::Found(drive.people.clone()),
                    })
                }
                Output::Reserve { factors, subject } => {
                    self.counted.push((subject, factors));
                    self.answer(format!("reserve {factors}"), |drive| Input::Reserved(drive.count(factors)));
                }
                Output::Verify { factor, subject } => self.answer(format!("verify {factor}"), |drive| {
                    Input::Verified(match subject.is_some() && drive.right.contains(factor) {
                        _ if drive.untried.contains(factor) => Verified::NotTried,
                        true => Verified::Right,
                        false => Verified::Wrong,
                    })
                }),
                Output::Turn(cause) => self.seen.push(format!("turn {cause}")),
                Output::Event(event) => self.seen.push(event.code().to_owned()),
                Output::Guide(guidance) => self.seen.push(guidance.code().to_owned()),
                Output::Need(needs) => self.needs.push(needs),
                Output::Done(verdict) => self.verdict = Some(verdict),
            }
        }
    }

    fn answer(&mut self, question: String, answer: impl FnOnce(&Drive) -> Input<'static>) {
        self.asked.push((self.now, question));
        let answer = answer(self);
        self.session.handle(self.now, answer).unwrap();
    }

    fn count(&self, factors: Factors) -> Result<Duration, Lockout> {
        match factors.iter().find(|factor| self.locked.contains(*factor)) {
            Some(factor) => Err(Lockout { factor, locked: Locked::Stopped }),
            None => Ok(self.slowed),
        }
    }

    fn tap(&mut self) {
        self.input(Input::CardSeen(Ok(card())));
    }

    /// The person says who they are.
    fn claim(&mut self, id: &str) {
        self.input(Input::Claim(id.to_owned()));
    }

    /// A secret is typed.
    fn type_in(&mut self, factor: Factor) {
        self.input(Input::Secret(factor));
    }

    /// She comes, is asked, and blinks.
    fn show_face(&mut self, person: Person) {
        self.show(person, 0.0, 40);
        self.blink(person);
    }

    fn show(&mut self, person: Person, lids: f32, frames: u32) {
        for _ in 0..frames {
            let want = self.session.want(self.now);
            let seen = observation(self.now, Some(person.face(self.now, lids, want)));
            self.input(Input::Observation(&seen));
            self.now += FRAME;
        }
    }

    /// The person in a frame that is not fit to be compared.
    fn show_with_hint(&mut self, person: Person, lids: f32, hint: Hint, frames: u32) {
        for _ in 0..frames {
            let mut face = person.face(self.now, lids, self.session.want(self.now));
            face.quality.hint = Some(hint);
            let seen = observation(self.now, Some(face));
            self.input(Input::Observation(&seen));
            self.now += FRAME;
        }
    }

    fn show_nobody(&mut self, frames: u32) {
        for _ in 0..frames {
            let seen = observation(self.now, None);
            self.input(Input::Observation(&seen));
            self.now += FRAME;
        }
    }

    fn blink(&mut self, person: Person) {
        self.show(person, 1.0, 5);
        self.show(person, 0.0, 15);
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.input(Input::Tick);
    }

    /// Time passes to `end`, to the millisecond: nothing may happen before.
    fn nothing_until(&mut self, end: Duration) {
        self.now = end - Duration::from_millis(1);
        self.input(Input::Tick);
        assert!(self.verdict.is_none(), "a verdict before its time");
        self.now = end;
        self.input(Input::Tick);
    }

    fn has_seen(&self, word: &str) -> bool {
        self.seen.iter().any(|seen| seen == word)
    }

    /// The questions that were asked, in order.
    fn questions(&self) -> Vec<&str> {
        self.asked.iter().map(|(_, question)| question.as_str()).collect()
    }

    /// What would help now, as text: `id` where an id must be typed too.
    fn needs(&mut self) -> Vec<String> {
        self.carry_out();
        let text = |need: &Need| match (need.claim, need.factors.is_empty()) {
            (false, _) => need.factors.to_string(),
            (true, true) => "id".to_owned(),
            (true, false) => format!("id+{}", need.factors),
        };
        self.needs.last().into_iter().flatten().map(text).collect()
    }

    fn verdict(&self) -> (Outcome, Why) {
        let verdict = self.verdict.as_ref().expect("no verdict yet");
        (verdict.outcome, verdict.why)
    }
}
