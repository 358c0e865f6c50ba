//! The capture of a template.

use super::*;
use crate::card::Unusable;
use crate::policy::EnrolmentPolicy;

/// An enrolment of this person, by pictures alone.
fn by_pictures(policy: EnrolmentPolicy) -> EnrolmentRequest {
    EnrolmentRequest {
        person: "nurse01".to_owned(),
        policy: EnrolmentPolicy { blink: false, card: false, ..policy },
        threshold: THRESHOLD,
        space: space(),
        live_threshold: 0.3,
        before: None,
        quiet: Duration::ZERO,
    }
}

/// What the engine answers where these are the nearest.
fn compared(nearest: Vec<Resemblance>) -> EnrolmentInput<'static> {
    let threshold = Threshold { score: 0.7, ..THRESHOLD };
    EnrolmentInput::Compared(Comparison { nearest, threshold, left_out: 0 })
}

fn enrol(pictures: &[(usize, Option<Hint>)], spacing: Duration) -> (EnrolmentResult, usize) {
    let mut session = Enrolment::new(by_pictures(EnrolmentPolicy::default()));
    let mut now = Duration::ZERO;
    for (index, (direction, hint)) in pictures.iter().enumerate() {
        let mut face = HER.face(now, 0.0, session.want(now));
        let wobble = 0.05 + 0.05 * index as f32;
        if let Some(embedding) = &mut face.embedding {
            embedding.0.iter_mut().for_each(|number| *number = 0.0);
            embedding.0[*direction] = (1.0 - wobble * wobble).sqrt();
            embedding.0[7] = wobble;
        }
        face.quality.hint = *hint;
        session.handle(now, EnrolmentInput::Observation(&observation(now, Some(face)))).unwrap();
        now += spacing;
    }
    session.handle(now, EnrolmentInput::FramesOver).unwrap();
    let mut samples = 0;
    loop {
        match session.poll().expect("an end") {
            EnrolmentOutput::Sample(..) => samples += 1,
            EnrolmentOutput::Search(_) => session.handle(now, compared(Vec::new())).unwrap(),
            EnrolmentOutput::Done(result) => return (result, samples),
            _ => {}
        }
    }
}

#[test]
fn five_good_pictures_make_a_template_of_five_samples() {
    let (result, samples) = enrol(&[(0, None); 8], Duration::from_millis(300));
    assert_eq!((result.samples, samples), (5, 5));
    assert!(result.template.is_some());
    assert!((result.quality - 0.9).abs() < 1e-6);
}

#[test]
fn too_few_good_pictures_make_no_template_and_say_why() {
    let pictures = [(0, None), (0, Some(Hint::TooDark)), (1, None), (0, Some(Hint::TooDark)), (0, None)];
    let (result, _) = enrol(&pictures, Duration::from_millis(300));
    assert!(result.template.is_none());
    assert_eq!(result.samples, 2);
    assert_eq!(result.refused[&Refusal::TooDark], 2);
    assert_eq!(result.refused[&Refusal::OtherPerson], 1);
}

#[test]
fn frames_of_one_moment_are_not_five_samples() {
    let (result, _) = enrol(&[(0, None); 10], Duration::from_millis(33));
    assert_eq!(result.samples, 2);
    assert!(result.template.is_none());
}

#[test]
fn an_enrolment_without_a_single_readable_frame_ends_when_its_time_is_up() {
    let mut session = Enrolment::new(by_pictures(EnrolmentPolicy::default()));
    let start = Duration::from_secs(100);
    let end = start + EnrolmentPolicy::default().timeout;
    session.handle(start, EnrolmentInput::Tick).unwrap();
    assert_eq!(session.deadline(), Some(end));
    session.handle(end - Duration::from_millis(1), EnrolmentInput::Tick).unwrap();
    assert!(session.poll().is_none());
    session.handle(end, EnrolmentInput::Tick).unwrap();
    let last = std::iter::from_fn(|| session.poll()).last();
    let Some(EnrolmentOutput::Done(result)) = last else { panic!("{last:?}") };
    assert_eq!(result.failure, Some(EnrolmentFailure::TooFewSamples));
}

/// Drives an enrolment in front of the camera, as the engine would.
struct Desk {
    session: Enrolment,
    now: Duration,
    holders: Vec<String>,
    hits: Vec<Resemblance>,
    seen: Vec<String>,
    samples: Vec<Duration>,
    result: Option<EnrolmentResult>,
}

impl Desk {
    fn new(request: EnrolmentRequest) -> Desk {
        Desk {
            session: Enrolment::new(request),
            now: Duration::from_secs(100),
            holders: Vec::new(),
            hits: Vec::new(),
            seen: Vec::new(),
            samples: Vec::new(),
            result: None,
        }
    }

    fn input(&mut self, input: EnrolmentInput<'_>) {
        self.session.handle(self.now, input).unwrap();
        while let Some(output) = self.session.poll() {
            assert!(self.result.is_none(), "{output:?} after the end");
            match output {
                EnrolmentOutput::Lookup(_) => {
                    let holders = EnrolmentInput::Holders(self.holders.clone());
                    self.session.handle(self.now, holders).unwrap();
                }
                EnrolmentOutput::Search(_) => {
                    self.session.handle(self.now, compared(self.hits.clone())).unwrap();
                }
                EnrolmentOutput::Event(event) => self.seen.push(event.code().to_owned()),
                EnrolmentOutput::Guide(guidance) => self.seen.push(guidance.code().to_owned()),
                EnrolmentOutput::Sample(..) => self.samples.push(self.now),
                EnrolmentOutput::Done(result) => self.result = Some(result),
            }
        }
    }

    fn put_card(&mut self) {
        self.input(EnrolmentInput::CardSeen(Ok(card())));
    }

    /// A face that looks a little different in every frame, as living ones do.
    fn show(&mut self, person: Person, lids: f32, frames: u32) {
        for _ in 0..frames {
            let want = self.session.want(self.now);
            let mut face = person.face(self.now, lids, want);
            if let Some(embedding) = &mut face.embedding {
                let wobble = 0.1 * (self.now.as_secs_f32() * 7.0).sin();
                embedding.0[person.direction] = (1.0 - wobble * wobble).sqrt();
                embedding.0[7] = wobble;
            }
            self.input(EnrolmentInput::Observation(&observation(self.now, Some(face))));
            self.now += FRAME;
        }
    }

    fn blink(&mut self, person: Person) {
        self.show(person, 0.0, 40);
        self.show(person, 1.0, 5);
        self.show(person, 0.0, 40);
    }

    fn time_is_up(&mut self) {
        self.now += EnrolmentPolicy::default().timeout;
        self.input(EnrolmentInput::Tick);
    }

    fn failure(&self) -> Option<EnrolmentFailure> {
        self.result.as_ref().expect("no end yet").failure
    }

    fn review(&self) -> Option<ReviewReason> {
        let result = self.result.as_ref().expect("no end yet");
        assert!(result.template.is_some() && result.failure.is_none());
        result.review
    }
}

/// By the rules of a site: a blink, and the own card.
fn in_full() -> EnrolmentRequest {
    EnrolmentRequest { policy: EnrolmentPolicy::default(), ..by_pictures(EnrolmentPolicy::default()) }
}

fn enrolled(request: EnrolmentRequest, hits: &[(&str, f32)]) -> Desk {
    let mut desk = Desk::new(request);
    desk.hits = hits
        .iter()
        .map(|(person, score)| Resemblance { person: (*person).to_owned(), score: *score })
        .collect();
    desk.put_card();
    desk.blink(HER);
    desk
}

#[test]
fn a_live_person_with_their_own_card_is_enrolled_and_the_card_comes_with_the_template() {
    let desk = enrolled(in_full(), &[]);
    let result = desk.result.expect("an end");
    assert_eq!((result.failure, result.review, result.samples), (None, None, 5));
    assert!(result.template.is_some());
    assert_eq!(result.card, Some(card()));
}

#[test]
fn the_blink_is_asked_for_between_the_pictures_and_none_is_taken_in_the_meantime() {
    let mut desk = Desk::new(in_full());
    desk.put_card();
    while !desk.seen.contains(&"please_blink".to_owned()) {
        desk.show(HER, 0.0, 1);
    }
    assert_eq!(desk.samples.len(), 3);
    desk.show(HER, 0.0, 40);
    desk.show(HER, 1.0, 5);
    assert_eq!(desk.samples.len(), 3);
    desk.show(HER, 0.0, 40);
    assert_eq!(desk.samples.len(), 5);
    assert_eq!(desk.failure(), None);
}

#[test]
fn without_a_blink_nothing_is_kept() {
    let mut desk = Desk::new(in_full());
    desk.put_card();
    desk.show(HER, 0.0, 300);
    assert!(desk.result.is_none());
    desk.time_is_up();
    assert_eq!(desk.failure(), Some(EnrolmentFailure::NoBlink));
    let result = desk.result.unwrap();
    assert!(result.template.is_none() && result.card.is_none());
}

#[test]
fn a_picture_that_the_anti_spoof_net_refuses_is_not_enrolled_even_with_a_blink() {
    let mut desk = Desk::new(in_full());
    desk.put_card();
    desk.blink(Person { live: 0.01, ..HER });
    assert_eq!(desk.failure(), Some(EnrolmentFailure::NotLive));
}

#[test]
fn whoever_blinks_must_be_whoever_the_pictures_show() {
    let mut desk = Desk::new(in_full());
    desk.put_card();
    desk.show(HER, 0.0, 18);
    let helper = Person { direction: 3, track: 2, ..HER };
    desk.blink(helper);
    desk.show(Person { track: 3, ..HER }, 0.0, 60);
    assert_eq!(desk.failure(), Some(EnrolmentFailure::NotLive));
}

#[test]
fn without_the_card_everything_else_waits_for_it() {
    let mut desk = Desk::new(in_full());
    desk.blink(HER);
    assert!(desk.result.is_none() && desk.samples.len() == 5);
    desk.now += Duration::from_millis(300);
    desk.input(EnrolmentInput::Tick);
    assert_eq!(desk.seen.last().unwrap(), "tap_card");
    desk.put_card();
    assert_eq!(desk.failure(), None);

    let mut desk = Desk::new(in_full());
    desk.blink(HER);
    desk.time_is_up();
    assert_eq!(desk.failure(), Some(EnrolmentFailure::NoCard));
}

#[test]
fn a_card_that_is_taken_away_before_the_end_is_not_on_the_reader() {
    let mut desk = Desk::new(in_full());
    desk.put_card();
    desk.input(EnrolmentInput::CardGone);
    desk.blink(HER);
    assert!(desk.result.is_none());
    desk.put_card();
    assert_eq!(desk.failure(), None);
}

#[test]
fn of_two_cards_on_the_reader_none_is_the_persons_own() {
    let mut desk = Desk::new(in_full());
    desk.put_card();
    desk.input(EnrolmentInput::CardTrouble(CardTrouble::Several));
    assert_eq!(desk.seen.last().unwrap(), "two_cards");
    desk.blink(HER);
    assert!(desk.result.is_none());
    desk.input(EnrolmentInput::CardGone);
    desk.input(EnrolmentInput::CardTrouble(CardTrouble::Torn));
    assert_eq!(desk.seen.last().unwrap(), "hold_longer");
    desk.put_card();
    assert_eq!(desk.failure(), None);
}

#[test]
fn a_card_of_somebody_else_or_of_several_or_that_is_none_is_not_the_persons_own() {
    for holders in [vec!["clerk02"], vec!["nurse01", "clerk02"]] {
        let mut desk = Desk::new(in_full());
        desk.holders = holders.into_iter().map(str::to_owned).collect();
        desk.put_card();
        assert_eq!(desk.seen.last().unwrap(), "other_card");
        desk.blink(HER);
        assert!(desk.result.is_none());
        desk.holders = vec!["nurse01".to_owned()];
        desk.put_card();
        assert_eq!(desk.failure(), None);
        // It is hers already: nothing is to be bound.
        assert_eq!(desk.result.unwrap().card, None);
    }
    let mut desk = Desk::new(in_full());
    desk.input(EnrolmentInput::CardSeen(Err(Unusable::RandomIdentifier)));
    assert_eq!(desk.seen.last().unwrap(), "identifier_changes");
    desk.blink(HER);
    desk.time_is_up();
    assert_eq!(desk.failure(), Some(EnrolmentFailure::NoCard));
}

#[test]
fn a_face_like_another_persons_goes_to_review_and_like_the_own_does_not() {
    assert_eq!(enrolled(in_full(), &[("nurse01", 0.95), ("clerk02", 0.69)]).review(), None);
    let twins = enrolled(in_full(), &[("nurse01", 0.95), ("clerk02", 0.7), ("porter03", 0.8)]);
    assert_eq!(twins.review(), Some(ReviewReason::OtherPersonMatches));
    assert_eq!(twins.result.unwrap().resembles.as_deref(), Some("porter03"));
}

#[test]
fn a_face_unlike_the_one_it_would_replace_goes_to_review() {
    let replacing = |before| EnrolmentRequest { before: Some(before), ..in_full() };
    assert_eq!(enrolled(replacing(template(0)), &[]).review(), None);
    let differs = Some(ReviewReason::DiffersFromBefore);
    assert_eq!(enrolled(replacing(template(1)), &[]).review(), differs);
    // What cannot be compared might be anybody's.
    let sample = Sample { embedding: embedding(0), quality: 0.9 };
    let foreign = Template::from_samples(Space::bare(Digest::of(b"another model")), vec![sample]).unwrap();
    assert_eq!(enrolled(replacing(foreign), &[]).review(), differs);
}

#[test]
fn where_two_must_agree_every_enrolment_goes_to_the_second() {
    let policy = EnrolmentPolicy { approvers: 2, ..EnrolmentPolicy::default() };
    let desk = enrolled(EnrolmentRequest { policy: policy.clone(), ..in_full() }, &[]);
    assert_eq!(desk.review(), Some(ReviewReason::SecondApprover));
    let desk = enrolled(EnrolmentRequest { policy, ..in_full() }, &[("clerk02", 0.9)]);
    assert_eq!(desk.review(), Some(ReviewReason::OtherPersonMatches));
}

#[test]
fn what_was_taken_in_time_does_if_it_is_enough() {
    let mut desk = Desk::new(by_pictures(EnrolmentPolicy::default()));
    desk.show(HER, 0.0, 20);
    assert_eq!(desk.samples.len(), 3);
    desk.time_is_up();
    assert_eq!(desk.failure(), None);
    assert_eq!(desk.result.unwrap().samples, 3);
}

#[test]
fn an_enrolment_that_is_called_off_or_loses_a_device_keeps_nothing() {
    for (input, failure) in [
        (EnrolmentInput::Cancel, EnrolmentFailure::Cancelled),
        (EnrolmentInput::DeviceLost(Device::Camera), EnrolmentFailure::DeviceLost),
        (EnrolmentInput::DeviceLost(Device::Reader), EnrolmentFailure::DeviceLost),
    ] {
        let mut desk = Desk::new(in_full());
        desk.blink(HER);
        desk.input(input);
        assert_eq!(desk.failure(), Some(failure));
        assert!(desk.result.unwrap().template.is_none());
    }
}
