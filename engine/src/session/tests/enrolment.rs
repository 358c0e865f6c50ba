//! The capture of a template.

use super::*;
use crate::policy::EnrolmentPolicy;

/// An enrolment of this person, by pictures alone.
fn by_pictures(policy: EnrolmentPolicy) -> EnrolmentRequest {
    EnrolmentRequest {
        person: "nurse01".to_owned(),
        policy: EnrolmentPolicy { blink: false, card: false, ..policy },
        threshold: THRESHOLD,
        among_all: Threshold { score: 0.7, ..THRESHOLD },
        space: space(),
        live_threshold: 0.3,
        before: None,
        quiet: Duration::ZERO,
    }
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
            EnrolmentOutput::Search(_) => session.handle(now, EnrolmentInput::Hits(Vec::new())).unwrap(),
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
