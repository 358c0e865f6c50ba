//! Any factors in any order, and what would help now.

use super::*;

#[test]
fn whatever_comes_first_the_need_is_what_is_still_missing_of_each_combination() {
    let rules = policy(&["card+face", "card+password", "face+password"]);
    let mut drive = Drive::new(Some(nurse(0)), under(rules));
    drive.right = set("password");
    assert_eq!(drive.needs(), ["card+face", "card+password", "id+face+password"]);
    drive.type_in(Factor::Password);
    assert_eq!(drive.needs(), ["card+face", "card", "id+face"]);
    drive.claim("nurse01");
    assert_eq!(drive.needs(), ["card+face", "card", "face"]);
    drive.tap();
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    assert_eq!(drive.verdict.unwrap().factors, set("card+password"));
}

#[test]
fn a_face_is_awaited_only_once_the_card_that_is_asked_for_beside_it_is_there() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face", "card+password"])));
    assert!(!drive.session.awaits_face(drive.now));
    drive.tap();
    assert!(drive.session.awaits_face(drive.now));
    // Nobody's card is no other than somebody's: the camera tells nothing of it.
    let mut drive = Drive::new(None, under(policy(&["card+face"])));
    drive.tap();
    assert!(drive.session.awaits_face(drive.now));

    let fallback = policy_with(&["card+face"], Cause::ReaderLost, &["face+password"]);
    let mut drive = Drive::new(Some(nurse(0)), under(fallback));
    assert!(!drive.session.awaits_face(drive.now));
    drive.input(Input::DeviceLost(Device::Reader));
    assert!(drive.session.awaits_face(drive.now));
    drive.input(Input::DeviceLost(Device::Camera));
    assert!(!drive.session.awaits_face(drive.now));
}

#[test]
fn three_factors_let_in_in_each_of_their_six_orders() {
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face+password"])));
        drive.right = set("password");
        for (index, step) in order.into_iter().enumerate() {
            assert!(drive.verdict.is_none(), "{order:?} at step {index}");
            match step {
                0 => drive.tap(),
                1 => drive.show_face(HER),
                _ => drive.type_in(Factor::Password),
            }
        }
        drive.show(HER, 0.0, 1);
        assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched), "{order:?}");
        assert_eq!(drive.verdict.unwrap().factors, set("card+face+password"));
    }
}

#[test]
fn the_face_is_needed_again_once_it_has_left() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face+password"])));
    drive.tap();
    drive.show_face(HER);
    assert_eq!(drive.needs(), ["password"]);
    drive.show_nobody(31);
    assert_eq!(drive.needs(), ["face+password"]);
}

#[test]
fn whoever_types_with_the_head_down_need_not_blink_again_but_another_face_must() {
    for (person, granted) in [(HER, true), (Person { direction: 3, ..HER }, false)] {
        let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face+password"])));
        drive.right = set("password");
        drive.tap();
        drive.show_face(HER);
        drive.show_with_hint(person, 0.0, Hint::LookStraight, 150);
        drive.show(person, 0.0, 1);
        drive.type_in(Factor::Password);
        assert_eq!(drive.verdict.is_some_and(|verdict| verdict.outcome == Outcome::Granted), granted);
    }
}

#[test]
fn of_two_complete_combinations_the_preferred_is_judged_and_only_that_one() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password", "card+pin"])));
    drive.right = set("pin");
    drive.type_in(Factor::Pin);
    drive.type_in(Factor::Password);
    drive.tap();
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::WrongSecret));
    assert_eq!(drive.questions(), ["lookup", "reserve password", "lookup", "verify password"]);
}

#[test]
fn a_choice_keeps_to_one_alternative_and_can_be_taken_back() {
    let rules = policy(&["card+face", "card+password"]);
    let mut drive = Drive::new(Some(nurse(0)), under(rules));
    drive.tap();
    drive.input(Input::Choose(set("password")));
    assert_eq!(drive.needs(), ["password"]);
    assert_eq!(drive.session.want(drive.now), Want::default());
    drive.show_face(HER);
    assert!(!drive.has_seen("please_blink") && drive.verdict.is_none());
    drive.input(Input::Choose(set("pin")));
    assert_eq!(drive.needs(), ["password"]);
    drive.input(Input::Choose(Factors::NONE));
    assert_eq!(drive.needs(), ["face", "password"]);
    drive.show_face(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn a_factor_that_cannot_be_had_here_leaves_the_other_ways_open() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+pin", "card+password"])));
    drive.type_in(Factor::Pin);
    drive.input(Input::Unavailable(Factor::Pin));
    assert_eq!(drive.needs(), ["card+password"]);
    drive.tap();
    assert!(drive.verdict.is_none());
    drive.input(Input::Unavailable(Factor::Password));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::NothingLeft));
}

#[test]
fn the_next_thing_to_do_is_said() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["face+password"])));
    drive.input(Input::Tick);
    assert_eq!(drive.seen, ["show_face"]);
    drive.show_face(HER);
    drive.wait(Duration::from_millis(300));
    assert_eq!(drive.seen.last().unwrap(), "type_id");
    drive.claim("nurse01");
    drive.wait(Duration::from_millis(300));
    assert_eq!(drive.seen.last().unwrap(), "type_password");
}

#[test]
fn before_the_card_nobody_is_told_how_to_stand() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.show_with_hint(HER, 0.0, Hint::TooFar, 30);
    assert_eq!(drive.seen, ["tap_card"]);
    drive.tap();
    drive.show_with_hint(HER, 0.0, Hint::TooFar, 12);
    assert_eq!(drive.seen.last().unwrap(), "too_far");
}

#[test]
fn where_the_terminal_only_observes_nothing_is_shown_as_granted_and_the_log_hears_the_truth() {
    let observing = || under(Policy { stage: crate::policy::Stage::Observe, ..Policy::ordinary() });
    for (person, judgement) in [(HER, Outcome::Granted), (Person { direction: 1, ..HER }, Outcome::Denied)] {
        let mut drive = Drive::new(Some(nurse(0)), observing());
        drive.tap();
        drive.show_face(person);
        let verdict = drive.verdict.unwrap();
        assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, judgement));
        assert_eq!(verdict.told, Coarse::Observed);
    }
    let mut late = Drive::new(Some(nurse(0)), observing());
    late.tap();
    let end = late.now + Policy::ordinary().timeout;
    late.nothing_until(end);
    assert_eq!(late.verdict.unwrap().told, Coarse::Observed);
    let mut drive = Drive::new(None, observing());
    drive.input(Input::Cancel);
    assert_eq!(drive.verdict(), (Outcome::Abandoned, Why::Cancelled));
}

#[test]
fn a_card_that_must_stay_ends_the_attempt_when_it_is_taken_and_a_tap_does_not() {
    for (card_stays, expected) in
        [(true, (Outcome::Denied, Why::CardRemoved)), (false, (Outcome::Granted, Why::Matched))]
    {
        let mut drive = Drive::new(Some(nurse(0)), under(Policy { card_stays, ..Policy::ordinary() }));
        drive.input(Input::CardGone);
        assert!(drive.verdict.is_none());
        drive.tap();
        drive.show(HER, 0.0, 40);
        drive.input(Input::CardGone);
        drive.blink(HER);
        assert_eq!(drive.verdict(), expected);
    }
}

#[test]
fn a_second_card_changes_nothing() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    let other = CardIdentity { id: Zeroizing::new(vec![1, 2, 3, 4, 5, 6, 7, 8]), ..card() };
    drive.input(Input::CardSeen(Ok(other)));
    assert_eq!(drive.questions(), ["lookup"]);
}

/// A card that is known by the key of a certificate, and has a PIN.
fn certificate() -> CardIdentity {
    let id = Zeroizing::new(vec![7; 32]);
    CardIdentity { kind: CardKind::MyNumber, id_kind: IdKind::CertificateKey, id, ..card() }
}

#[test]
fn a_card_that_proves_itself_by_its_pin_needs_it_where_a_proof_is_asked_for() {
    let rules =
        Policy { least_assurance: Assurance::Proved, ..policy(&["card+face", "card+pin+face", "card+pin"]) };
    let mut drive = Drive::new(Some(nurse(0)), under(rules));
    drive.right = set("pin");
    drive.input(Input::CardSeen(Ok(certificate())));
    assert_eq!(drive.needs(), ["face+pin", "pin"]);
    drive.type_in(Factor::Pin);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    let without = Policy { least_assurance: Assurance::Proved, ..policy(&["card+face"]) };
    let mut drive = Drive::new(Some(nurse(0)), under(without));
    drive.input(Input::CardSeen(Ok(certificate())));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::CardAssurance));
}

#[test]
fn a_pin_that_the_card_would_not_try_is_asked_for_again_and_no_try_more_is_counted() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+pin"])));
    (drive.right, drive.untried) = (set("pin"), set("pin"));
    drive.input(Input::CardSeen(Ok(certificate())));
    drive.type_in(Factor::Pin);
    assert!(drive.verdict.is_none());
    assert_eq!(drive.needs(), ["pin"]);
    drive.untried = Factors::NONE;
    drive.type_in(Factor::Pin);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    let counted = drive.questions().iter().filter(|asked| asked.starts_with("reserve")).count();
    assert_eq!(counted, 1);
}
