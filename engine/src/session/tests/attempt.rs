//! Card, face and blink: the ordinary way in.

use proptest::prelude::*;

use super::*;
use crate::card::Unusable;

fn run(owner: Option<Subject>, person: Person) -> Drive {
    let mut drive = Drive::new(owner, request());
    drive.tap();
    drive.show(person, 0.0, 40);
    drive.blink(person);
    drive.wait(Policy::ordinary().timeout);
    drive
}

#[test]
fn card_face_and_blink_of_one_person_are_let_in() {
    let drive = run(Some(nurse(0)), HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    let verdict = drive.verdict.unwrap();
    assert_eq!(verdict.factors, set("card+face"));
    assert_eq!(verdict.subject.as_deref(), Some("nurse01"));
    let steps = ["card_read", "face_found", "please_blink", "blink_seen", "done"];
    let seen: Vec<_> = drive.seen.iter().map(String::as_str).filter(|word| steps.contains(word)).collect();
    assert_eq!(seen, steps);
}

#[test]
fn the_card_may_also_come_after_the_face() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.show(HER, 0.0, 30);
    drive.blink(HER);
    assert!(drive.has_seen("tap_card"));
    drive.tap();
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn whoever_has_shown_the_face_and_left_is_not_let_in_by_a_card_that_comes_later() {
    for away in [32, 60] {
        let mut drive = Drive::new(Some(nurse(0)), request());
        drive.show(HER, 0.0, 30);
        drive.blink(HER);
        drive.show_nobody(away);
        drive.tap();
        assert!(drive.verdict.is_none());
        drive.show(Person { track: 2, ..HER }, 0.0, 20);
        assert!(drive.has_seen("blink_again"));
    }
}

#[test]
fn another_persons_face_with_the_card_is_refused() {
    assert_eq!(
        run(Some(nurse(0)), Person { direction: 1, ..HER }).verdict(),
        (Outcome::Denied, Why::NoMatch)
    );
}

#[test]
fn a_face_that_never_blinks_is_refused_when_the_time_is_up_and_not_before() {
    let mut drive = Drive::new(Some(nurse(0)), request());
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
    let quiet = [Duration::from_secs(1), Duration::ZERO];
    let mut drive = Drive::new(Some(nurse(0)), Request { quiet, ..request() });
    drive.tap();
    drive.show(HER, 0.0, 15);
    drive.blink(HER);
    drive.show(HER, 0.0, 20);
    assert!(drive.has_seen("please_blink") && !drive.has_seen("blink_seen"));
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
}

#[test]
fn an_unknown_card_takes_the_same_steps_as_a_known_one_and_is_refused() {
    let known = run(Some(nurse(1)), HER);
    let unknown = run(None, HER);
    assert_eq!(unknown.verdict(), (Outcome::Denied, Why::CardUnknown));
    assert_eq!((known.seen, known.asked), (unknown.seen, unknown.asked));
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
    let (known, unknown) = (finish(Some(nurse(0))), finish(None));
    assert_eq!(unknown.verdict(), (Outcome::Denied, Why::CardUnknown));
    assert_eq!(known.seen, unknown.seen);
    assert_eq!(known.verdict.unwrap().took, unknown.verdict.unwrap().took);
}

#[test]
fn when_the_time_is_up_nobody_is_told_whether_the_card_is_known() {
    let acts: [fn(&mut Drive); 2] = [|_| {}, |drive| drive.show(HER, 0.0, 545)];
    for act in acts {
        let told = |owner| {
            let mut drive = Drive::new(owner, request());
            drive.tap();
            let end = drive.now + Policy::ordinary().timeout;
            act(&mut drive);
            drive.nothing_until(end);
            let verdict = drive.verdict.unwrap();
            (verdict.outcome, verdict.told)
        };
        let known = told(Some(nurse(0)));
        assert_eq!(known, (Outcome::Denied, Coarse::TooLate));
        assert_eq!(told(None), known);
        assert_eq!(told(Some(Subject { standing: Standing::Disabled, ..nurse(0) })), known);
        assert_eq!(told(Some(Subject { template: None, ..nurse(0) })), known);
    }
}

#[test]
fn a_card_with_a_random_number_is_refused_at_once() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.input(Input::CardSeen(Err(Unusable::RandomIdentifier)));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::CardRandomId));
}

#[test]
fn a_suspended_card_a_disabled_person_and_a_missing_template_are_refused_after_all_steps() {
    let cases = [
        (Subject { standing: Standing::CardRevoked, ..nurse(0) }, Why::CardRevoked),
        (Subject { standing: Standing::Disabled, ..nurse(0) }, Why::Disabled),
        (Subject { template: None, ..nurse(0) }, Why::NotEnrolled),
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
        let mut drive = Drive::new(Some(nurse(0)), account(name));
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.blink(HER);
        assert_eq!(drive.verdict(), expected);
    }
}

#[test]
fn a_policy_that_wants_a_proved_card_refuses_a_bare_number() {
    let policy = Policy { least_assurance: Assurance::Proved, ..Policy::ordinary() };
    let mut drive = Drive::new(Some(nurse(0)), Request { policy, ..request() });
    drive.tap();
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::CardAssurance));
}

#[test]
fn a_face_that_the_spoof_net_calls_a_picture_is_refused_even_with_a_blink() {
    let drive = run(Some(nurse(0)), Person { live: 0.01, ..HER });
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::Spoof));
}

#[test]
fn a_picture_on_a_stand_whose_lids_are_made_to_move_is_refused() {
    let picture = Person { sways: false, ..HER };
    let drive = run(Some(nurse(0)), picture);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::Still));
}

#[test]
fn a_live_helper_who_blinks_and_is_then_swapped_for_a_photo_is_not_let_in() {
    let helper = Person { direction: 3, ..HER };
    let mut drive = Drive::new(Some(nurse(0)), request());
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
    let mut drive = Drive::new(Some(nurse(0)), request());
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
        let mut drive = Drive::new(Some(nurse(0)), request());
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
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.show(HER, 0.0, 30);
    drive.show_with_hint(HER, 1.0, Hint::Blurred, 5);
    drive.show(HER, 0.0, 20);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn what_became_of_person_and_card_during_the_attempt_counts() {
    let cases = [
        (Some(Subject { standing: Standing::Disabled, ..nurse(0) }), Why::Disabled),
        (Some(Subject { standing: Standing::CardRevoked, ..nurse(0) }), Why::CardRevoked),
        (Some(Subject { template: None, ..nurse(0) }), Why::NotEnrolled),
        (Some(nurse(1)), Why::NoMatch),
        (None, Why::CardUnknown),
    ];
    for (later, why) in cases {
        let mut drive = Drive::new(Some(nurse(0)), request());
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.people = later.into_iter().collect();
        drive.blink(HER);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
    }
}

#[test]
fn evidence_does_not_pass_from_one_track_to_the_next() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.show(HER, 0.0, 30);
    drive.show(HER, 1.0, 5);
    drive.show(Person { track: 2, ..HER }, 0.0, 30);
    assert!(drive.verdict.is_none());
    assert!(drive.seen.contains(&"blink_again".to_owned()));
}

#[test]
fn two_faces_in_the_frame_are_asked_to_be_one() {
    let mut drive = Drive::new(Some(nurse(0)), request());
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

    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::NoFace));
}

#[test]
fn cancelling_or_unplugging_does_not_undo_a_challenge_that_is_out() {
    for (input, why) in
        [(Input::Cancel, Why::Cancelled), (Input::DeviceLost(Device::Camera), Why::DeviceLost)]
    {
        let mut drive = Drive::new(Some(nurse(0)), request());
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.input(input);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
    }
    for (input, why) in
        [(Input::Cancel, Why::Cancelled), (Input::DeviceLost(Device::Camera), Why::DeviceLost)]
    {
        let mut drive = Drive::new(Some(nurse(0)), request());
        drive.wait(Duration::ZERO);
        drive.input(input);
        assert_eq!(drive.verdict(), (Outcome::Abandoned, why));
    }
}

#[test]
fn nothing_that_comes_after_the_verdict_changes_it() {
    let mut drive = run(Some(nurse(0)), Person { direction: 1, ..HER });
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
        let mut drive = Drive::new(known.then(|| nurse(0)), request());
        let (mut tapped, mut shown) = (false, Vec::new());
        for step in steps {
            match step {
                Step::Tap => { tapped = true; drive.tap() }
                Step::RandomTap => drive.input(Input::CardSeen(Err(Unusable::RandomIdentifier))),
                Step::Show { direction, track, closed, frames } => {
                    if drive.verdict.is_none() {
                        shown.push((direction, track, closed));
                    }
                    let lids = f32::from(u8::from(closed));
                    drive.show(Person { direction, track, ..HER }, lids, frames);
                }
                Step::Hint(hint) => {
                    if drive.verdict.is_none() {
                        shown.push((HER.direction, HER.track, false));
                    }
                    drive.show_with_hint(HER, 0.0, hint, 1);
                }
                Step::Wait(ms) => drive.wait(Duration::from_millis(ms)),
                Step::Cancel => drive.input(Input::Cancel),
                Step::Lost => drive.input(Input::DeviceLost(Device::Camera)),
            }
        }
        if drive.verdict.as_ref().is_some_and(|verdict| verdict.outcome == Outcome::Granted) {
            prop_assert!(known && tapped);
            prop_assert!(holds_her_blink(&shown), "{:?}", shown);
        }
    }
}
