//! The rules of authentication and enrolment, to the millisecond, on made-up observations.

use std::time::Duration;

use mabataki_models::Digest;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::card::{Assurance, CardIdentity, CardKind, IdKind, Unusable};
use crate::face::{
    Embedding, Eye, Eyes, FaceObservation, Hint, Landmarks, Observation, Point, Pose, Quality, Rect, TrackId,
    Want,
};
use crate::matching::{Sample, Space, Template, Threshold};
use crate::policy::{EnrolmentPolicy, Factor, Policy};

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

fn owner(direction: usize) -> Owner {
    Owner {
        subject: "nurse01".to_owned(),
        standing: Standing::Good,
        account: Some("ward3".to_owned()),
        template: Some(template(direction)),
    }
}

fn request() -> Request {
    Request {
        policy: Policy::ordinary(),
        threshold: THRESHOLD,
        space: space(),
        live_threshold: 0.3,
        account: None,
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
}

const HER: Person = Person { direction: 0, track: 1, live: 0.99, sways: true };

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
            quality: Quality { score: 0.9, brightness: 0.5, contrast: 0.2, sharpness: 0.5, hint: None },
            eyes: want.eyes.then_some(Eyes { left: eye, right: eye }),
            live: want.spoof.then_some(self.live),
            mask: None,
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
    owner: Option<Owner>,
    lookups: u32,
    seen: Vec<String>,
    verdict: Option<Verdict>,
}

impl Drive {
    fn new(owner: Option<Owner>, request: Request) -> Drive {
        Drive {
            session: Authentication::new(request),
            now: Duration::from_secs(100),
            owner,
            lookups: 0,
            seen: Vec::new(),
            verdict: None,
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.session.handle(self.now, input).unwrap();
        while let Some(output) = self.session.poll() {
            match output {
                Output::Lookup(_) => {
                    self.lookups += 1;
                    self.session.handle(self.now, Input::Owner(self.owner.clone())).unwrap();
                }
                Output::Event(event) => self.seen.push(event.code().to_owned()),
                Output::Guide(guidance) => self.seen.push(guidance.code().to_owned()),
                Output::Need(_) => {}
                Output::Done(verdict) => {
                    assert!(self.verdict.is_none(), "a second verdict");
                    self.verdict = Some(verdict);
                }
            }
        }
    }

    fn tap(&mut self) {
        self.input(Input::CardSeen(Ok(card())));
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

    fn blink(&mut self, person: Person) {
        self.show(person, 1.0, 5);
        self.show(person, 0.0, 15);
    }

    fn wait(&mut self, time: Duration) {
        self.now += time;
        self.input(Input::Tick);
    }

    fn verdict(&self) -> (Outcome, Why) {
        let verdict = self.verdict.as_ref().expect("no verdict yet");
        (verdict.outcome, verdict.why)
    }
}

fn run(owner: Option<Owner>, person: Person) -> Drive {
    let mut drive = Drive::new(owner, request());
    drive.tap();
    drive.show(person, 0.0, 40);
    drive.blink(person);
    drive.wait(Policy::ordinary().timeout);
    drive
}

#[test]
fn card_face_and_blink_of_one_person_are_let_in() {
    let drive = run(Some(owner(0)), HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    let verdict = drive.verdict.unwrap();
    assert_eq!(verdict.factors, [Factor::Card, Factor::Face]);
    assert_eq!(verdict.subject.as_deref(), Some("nurse01"));
    let steps = ["card_read", "face_found", "please_blink", "blink_seen", "done"];
    let seen: Vec<_> = drive.seen.iter().map(String::as_str).filter(|word| steps.contains(word)).collect();
    assert_eq!(seen, steps);
}

#[test]
fn the_card_may_also_come_after_the_face() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.show(HER, 0.0, 40);
    assert!(drive.seen.contains(&"tap_card".to_owned()));
    drive.tap();
    drive.show(HER, 0.0, 10);
    drive.blink(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn another_persons_face_with_the_card_is_refused() {
    assert_eq!(
        run(Some(owner(0)), Person { direction: 1, ..HER }).verdict(),
        (Outcome::Denied, Why::NoMatch)
    );
}

#[test]
fn a_face_that_never_blinks_is_refused_when_the_time_is_up_and_not_before() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    let end = drive.now + Policy::ordinary().timeout;
    while drive.now < end {
        assert!(drive.verdict.is_none());
        drive.show(HER, 0.0, 1);
    }
    drive.show(HER, 0.0, 1);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::NoBlink));
}

#[test]
fn a_blink_before_it_was_asked_for_does_not_count() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.show(HER, 0.0, 40);
    drive.blink(HER);
    drive.tap();
    drive.show(HER, 0.0, 40);
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
}

#[test]
fn an_unknown_card_takes_the_same_steps_as_a_known_one_and_is_refused() {
    let known = run(Some(owner(1)), HER);
    let unknown = run(None, HER);
    assert_eq!(unknown.verdict(), (Outcome::Denied, Why::CardUnknown));
    assert_eq!((known.seen, known.lookups), (unknown.seen, unknown.lookups));
    assert_eq!(known.verdict.unwrap().took, unknown.verdict.unwrap().took);
}

#[test]
fn an_unknown_card_with_a_still_photo_ends_when_a_known_one_would() {
    let finish = |owner| {
        let mut drive = Drive::new(owner, request());
        drive.tap();
        drive.show(HER, 0.0, 700);
        drive
    };
    let (known, unknown) = (finish(Some(owner(0))), finish(None));
    assert_eq!(unknown.verdict(), (Outcome::Denied, Why::CardUnknown));
    assert_eq!(known.seen, unknown.seen);
    assert_eq!(known.verdict.unwrap().took, unknown.verdict.unwrap().took);
}

#[test]
fn a_card_with_a_random_number_is_refused_at_once() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.input(Input::CardSeen(Err(Unusable::RandomIdentifier)));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::CardRandomId));
}

#[test]
fn a_suspended_card_a_disabled_person_and_a_missing_template_are_refused_after_all_steps() {
    let cases = [
        (Owner { standing: Standing::CardRevoked, ..owner(0) }, Why::CardRevoked),
        (Owner { standing: Standing::Disabled, ..owner(0) }, Why::Disabled),
        (Owner { template: None, ..owner(0) }, Why::NotEnrolled),
    ];
    for (owner, why) in cases {
        let drive = run(Some(owner), HER);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
        assert!(drive.seen.contains(&"blink_seen".to_owned()));
    }
}

#[test]
fn a_shared_account_opens_only_to_those_who_may() {
    let account = |name: &str| Request { account: Some(name.to_owned()), ..request() };
    for (name, expected) in
        [("ward3", (Outcome::Granted, Why::Matched)), ("root", (Outcome::Denied, Why::Account))]
    {
        let mut drive = Drive::new(Some(owner(0)), account(name));
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.blink(HER);
        assert_eq!(drive.verdict(), expected);
    }
}

#[test]
fn a_policy_that_wants_a_proved_card_refuses_a_bare_number() {
    let policy = Policy { least_assurance: Assurance::Proved, ..Policy::ordinary() };
    let mut drive = Drive::new(Some(owner(0)), Request { policy, ..request() });
    drive.tap();
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::CardAssurance));
}

#[test]
fn a_face_that_the_spoof_net_calls_a_picture_is_refused_even_with_a_blink() {
    let drive = run(Some(owner(0)), Person { live: 0.01, ..HER });
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::Spoof));
}

#[test]
fn a_picture_on_a_stand_whose_lids_are_made_to_move_is_refused() {
    let picture = Person { sways: false, ..HER };
    let drive = run(Some(owner(0)), picture);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::Still));
}

#[test]
fn a_live_helper_who_blinks_and_is_then_swapped_for_a_photo_is_not_let_in() {
    let helper = Person { direction: 3, track: 1, live: 0.99, sways: true };
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    for _ in 0..4 {
        drive.show(helper, 0.0, 30);
        drive.show(helper, 1.0, 5);
        drive.show(HER, 0.0, 20);
    }
    drive.wait(Policy::ordinary().timeout);
    assert_ne!(drive.verdict().0, Outcome::Granted);
}

#[test]
fn the_anti_spoof_nets_good_opinion_of_a_helper_does_not_pass_to_the_photo_held_up_next() {
    let helper = Person { direction: 3, ..HER };
    let photo = Person { live: 0.01, ..HER };
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    drive.show(helper, 0.0, 30);
    drive.show(photo, 0.0, 40);
    drive.blink(photo);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::Spoof));
}

#[test]
fn whoever_was_unfit_to_be_compared_for_a_second_is_asked_to_blink_again() {
    for hint in [Hint::TooDark, Hint::Blurred, Hint::LookStraight] {
        let helper = Person { direction: 3, ..HER };
        let mut drive = Drive::new(Some(owner(0)), request());
        drive.tap();
        drive.show(HER, 0.0, 30);
        drive.show_with_hint(helper, 0.0, hint, 31);
        drive.show_with_hint(helper, 1.0, hint, 3);
        drive.show(HER, 0.0, 20);
        assert!(!drive.seen.contains(&"blink_seen".to_owned()), "{hint:?}");
        assert!(drive.seen.contains(&"blink_again".to_owned()), "{hint:?}");
        drive.blink(HER);
        assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched), "{hint:?}");
    }
}

#[test]
fn a_blink_in_which_the_picture_is_blurred_counts() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    drive.show(HER, 0.0, 30);
    drive.show_with_hint(HER, 1.0, Hint::Blurred, 5);
    drive.show(HER, 0.0, 20);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn what_became_of_person_and_card_during_the_attempt_counts() {
    let cases = [
        (Some(Owner { standing: Standing::Disabled, ..owner(0) }), Why::Disabled),
        (Some(Owner { standing: Standing::CardRevoked, ..owner(0) }), Why::CardRevoked),
        (Some(Owner { template: None, ..owner(0) }), Why::NotEnrolled),
        (Some(owner(1)), Why::NoMatch),
        (None, Why::CardUnknown),
    ];
    for (later, why) in cases {
        let mut drive = Drive::new(Some(owner(0)), request());
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.owner = later;
        drive.blink(HER);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
    }
}

#[test]
fn evidence_does_not_pass_from_one_track_to_the_next() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    drive.show(HER, 0.0, 30);
    drive.show(HER, 1.0, 5);
    drive.show(Person { track: 2, ..HER }, 0.0, 30);
    assert!(drive.verdict.is_none());
    assert!(drive.seen.contains(&"blink_again".to_owned()));
}

#[test]
fn two_faces_in_the_frame_are_asked_to_be_one() {
    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    for _ in 0..20 {
        let want = drive.session.want(drive.now);
        let seen = Observation { faces: 2, ..observation(drive.now, Some(HER.face(drive.now, 0.0, want))) };
        drive.input(Input::Observation(&seen));
        drive.now += FRAME;
    }
    assert!(drive.seen.contains(&"many_faces".to_owned()));
    assert!(!drive.seen.contains(&"please_blink".to_owned()));
}

#[test]
fn nothing_presented_is_abandoned_and_a_card_without_a_face_denied() {
    let mut drive = Drive::new(None, request());
    drive.wait(Duration::ZERO);
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Abandoned, Why::NoCard));

    let mut drive = Drive::new(Some(owner(0)), request());
    drive.tap();
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::NoFace));
}

#[test]
fn cancelling_or_unplugging_does_not_undo_a_challenge_that_is_out() {
    for (input, why) in [(Input::Cancel, Why::Cancelled), (Input::DeviceLost, Why::DeviceLost)] {
        let mut drive = Drive::new(Some(owner(0)), request());
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.input(input);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
    }
    for (input, why) in [(Input::Cancel, Why::Cancelled), (Input::DeviceLost, Why::DeviceLost)] {
        let mut drive = Drive::new(Some(owner(0)), request());
        drive.wait(Duration::ZERO);
        drive.input(input);
        assert_eq!(drive.verdict(), (Outcome::Abandoned, why));
    }
}

#[test]
fn nothing_that_comes_after_the_verdict_changes_it() {
    let mut drive = run(Some(owner(0)), Person { direction: 1, ..HER });
    drive.tap();
    drive.show(HER, 0.0, 40);
    drive.blink(HER);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::NoMatch));
}

#[derive(Debug, Clone)]
enum Step {
    Tap,
    RandomTap,
    Show { direction: usize, track: u64, closed: bool, frames: u32 },
    Hint(Hint),
    Wait(u64),
    Cancel,
    Lost,
}

fn step() -> impl Strategy<Value = Step> {
    // Mostly her, mostly on one track: else hardly any run would come as far as a verdict.
    let direction = prop_oneof![6 => Just(0), 1 => 1..3usize];
    let track = prop_oneof![9 => Just(1), 1 => 0..3u64];
    prop_oneof![
        4 => Just(Step::Tap),
        1 => Just(Step::RandomTap),
        40 => (direction, track, any::<bool>(), 1..30u32)
            .prop_map(|(direction, track, closed, frames)| Step::Show { direction, track, closed, frames }),
        2 => prop_oneof![Just(Hint::TooDark), Just(Hint::Blurred)].prop_map(Step::Hint),
        2 => (0..8000u64).prop_map(Step::Wait),
        1 => Just(Step::Cancel),
        1 => Just(Step::Lost),
    ]
}

/// Whether what was shown holds her open eyes and closed eyes, both on one unbroken track.
fn holds_her_blink(shown: &[(usize, u64, bool)]) -> bool {
    shown.chunk_by(|a, b| a.1 == b.1).any(|track| {
        track.iter().any(|&(direction, _, closed)| direction == 0 && !closed)
            && track.iter().any(|&(_, _, closed)| closed)
    })
}

proptest! {
    #[test]
    fn whatever_happens_nobody_is_let_in_without_card_face_and_blink(
        steps in prop::collection::vec(step(), 0..40),
        known in prop::bool::weighted(0.9),
    ) {
        let mut drive = Drive::new(known.then(|| owner(0)), request());
        let (mut tapped, mut shown) = (false, Vec::new());
        for step in steps {
            match step {
                Step::Tap => { tapped = true; drive.tap() }
                Step::RandomTap => drive.input(Input::CardSeen(Err(Unusable::RandomIdentifier))),
                Step::Show { direction, track, closed, frames } => {
                    if tapped && drive.verdict.is_none() {
                        shown.push((direction, track, closed));
                    }
                    let lids = f32::from(u8::from(closed));
                    drive.show(Person { direction, track, live: 0.99, sways: true }, lids, frames);
                }
                Step::Hint(hint) => {
                    if tapped && drive.verdict.is_none() {
                        shown.push((HER.direction, HER.track, false));
                    }
                    drive.show_with_hint(HER, 0.0, hint, 1);
                }
                Step::Wait(ms) => drive.wait(Duration::from_millis(ms)),
                Step::Cancel => drive.input(Input::Cancel),
                Step::Lost => drive.input(Input::DeviceLost),
            }
        }
        if drive.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::Granted) {
            prop_assert!(known && tapped);
            prop_assert!(holds_her_blink(&shown), "{:?}", shown);
        }
    }
}

fn enrol(
    policy: EnrolmentPolicy,
    pictures: &[(usize, Option<Hint>)],
    spacing: Duration,
) -> (EnrolmentResult, usize) {
    let mut session = Enrolment::new(policy, THRESHOLD, space());
    let mut now = Duration::ZERO;
    for (index, (direction, hint)) in pictures.iter().enumerate() {
        let mut face = HER.face(now, 0.0, session.want());
        let wobble = 0.05 + 0.05 * index as f32;
        if let Some(embedding) = &mut face.embedding {
            embedding.0.iter_mut().for_each(|number| *number = 0.0);
            embedding.0[*direction] = (1.0 - wobble * wobble).sqrt();
            embedding.0[7] = wobble;
        }
        face.quality.hint = *hint;
        session.observe(now, &observation(now, Some(face))).unwrap();
        now += spacing;
    }
    session.finish().unwrap();
    let mut samples = 0;
    loop {
        match session.poll().expect("an end") {
            EnrolmentEvent::Sample(..) => samples += 1,
            EnrolmentEvent::Guide(_) => {}
            EnrolmentEvent::Done(result) => return (result, samples),
        }
    }
}

#[test]
fn five_good_pictures_make_a_template_of_five_samples() {
    let (result, samples) = enrol(EnrolmentPolicy::default(), &[(0, None); 8], Duration::from_millis(300));
    assert_eq!((result.samples, samples), (5, 5));
    assert!(result.template.is_some());
    assert!((result.quality - 0.9).abs() < 1e-6);
}

#[test]
fn too_few_good_pictures_make_no_template_and_say_why() {
    let pictures = [(0, None), (0, Some(Hint::TooDark)), (1, None), (0, Some(Hint::TooDark)), (0, None)];
    let (result, _) = enrol(EnrolmentPolicy::default(), &pictures, Duration::from_millis(300));
    assert!(result.template.is_none());
    assert_eq!(result.samples, 2);
    assert_eq!(result.refused[&Refusal::TooDark], 2);
    assert_eq!(result.refused[&Refusal::OtherPerson], 1);
}

#[test]
fn frames_of_one_moment_are_not_five_samples() {
    let (result, _) = enrol(EnrolmentPolicy::default(), &[(0, None); 10], Duration::from_millis(33));
    assert_eq!(result.samples, 2);
    assert!(result.template.is_none());
}

#[test]
fn an_enrolment_without_a_single_readable_frame_ends_when_its_time_is_up() {
    let mut session = Enrolment::new(EnrolmentPolicy::default(), THRESHOLD, space());
    let start = Duration::from_secs(100);
    session.tick(start).unwrap();
    session.tick(start + EnrolmentPolicy::default().timeout - FRAME).unwrap();
    assert!(session.poll().is_none());
    session.tick(start + EnrolmentPolicy::default().timeout).unwrap();
    let end = std::iter::from_fn(|| session.poll()).last();
    assert!(matches!(end, Some(EnrolmentEvent::Done(result)) if result.template.is_none()));
}

#[test]
fn every_word_that_is_said_exists_in_both_languages() {
    use crate::text::Lang;
    fn check(code: &str, en: &str, ja: &str) {
        assert!(
            !code.is_empty() && code.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'),
            "{code}"
        );
        assert!(!en.is_empty() && en.is_ascii(), "{code}");
        assert!(ja.chars().any(|letter| letter as u32 > 0x3000), "{code}");
    }
    for word in Guidance::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Why::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Refusal::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in Outcome::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
    for word in LivenessDetail::ALL {
        check(word.code(), word.text(Lang::En), word.text(Lang::Ja));
    }
}
