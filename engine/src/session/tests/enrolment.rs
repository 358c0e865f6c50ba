//! The capture of a template.

use super::*;
use crate::policy::EnrolmentPolicy;

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
