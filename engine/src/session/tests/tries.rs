//! Tries are counted before they are judged; a locked factor closes; a slowed terminal waits with its answer.

use super::*;

fn counted(drive: &Drive) -> Vec<(Duration, &str)> {
    let reserved = drive.asked.iter().filter(|(_, question)| question.starts_with("reserve"));
    reserved.map(|(at, question)| (*at, question.as_str())).collect()
}

#[test]
fn the_faces_try_is_counted_when_the_challenge_is_put_and_not_before() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    let start = drive.now;
    drive.show(HER, 0.0, 3);
    assert!(counted(&drive).is_empty());
    drive.show(HER, 0.0, 37);
    assert_eq!(counted(&drive), [(start + 3 * FRAME, "reserve face")]);
    assert!(drive.has_seen("please_blink"));
    drive.blink(HER);
    assert_eq!(drive.counted, [(Some("nurse01".to_owned()), set("face"))]);
    assert_eq!(drive.verdict.unwrap().succeeded, set("face"));
}

#[test]
fn a_challenge_that_is_out_is_counted_as_soon_as_somebody_is_named() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.show(HER, 0.0, 40);
    assert!(drive.has_seen("please_blink") && drive.counted.is_empty());
    drive.tap();
    assert_eq!(counted(&drive), [(drive.now, "reserve face")]);
    drive.input(Input::Cancel);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Cancelled));
}

#[test]
fn what_was_counted_stays_so_however_the_attempt_ends_without_a_grant() {
    type End = fn(&mut Drive);
    let ends: [(End, Why); 4] = [
        (|drive| drive.input(Input::Cancel), Why::Cancelled),
        (|drive| drive.wait(Policy::ordinary().timeout), Why::Liveness),
        (|drive| drive.input(Input::DeviceLost(Device::Camera)), Why::DeviceLost),
        (|drive| drive.blink(Person { direction: 1, ..HER }), Why::NoMatch),
    ];
    for (end, why) in ends {
        let mut drive = Drive::new(Some(nurse(0)), request());
        let person = if why == Why::NoMatch { Person { direction: 1, ..HER } } else { HER };
        drive.tap();
        drive.show(person, 0.0, 40);
        end(&mut drive);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
        assert_eq!(counted(&drive).len(), 1);
        assert_eq!(drive.verdict.unwrap().succeeded, Factors::NONE);
    }
}

#[test]
fn nothing_presented_counts_nothing() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face", "face+password"])));
    drive.claim("nurse01");
    drive.show_nobody(10);
    drive.input(Input::Cancel);
    assert_eq!(drive.verdict(), (Outcome::Abandoned, Why::Cancelled));
    assert!(drive.counted.is_empty());
}

#[test]
fn a_locked_secret_closes_its_combinations_and_leaves_the_others_open() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password", "card+face"])));
    (drive.locked, drive.right) = (set("password"), set("password"));
    drive.tap();
    drive.type_in(Factor::Password);
    assert!(drive.verdict.is_none());
    assert_eq!(drive.needs(), ["face"]);
    drive.show_face(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    let verdict = drive.verdict.unwrap();
    assert_eq!(verdict.locked, Some(Lockout { factor: Factor::Password, locked: Locked::Stopped }));
    assert_eq!((verdict.factors, verdict.succeeded), (set("card+face"), set("face")));
}

#[test]
fn with_the_last_factor_locked_the_attempt_ends_and_says_so() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.locked = set("face");
    drive.tap();
    drive.show(HER, 0.0, 3);
    assert!(drive.verdict.is_none());
    drive.show(HER, 0.0, 1);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::LockedOut));
    assert_eq!(drive.verdict.as_ref().unwrap().told, Coarse::Locked);
    assert!(!drive.has_seen("please_blink"));
}

#[test]
fn a_try_that_the_grant_does_not_rest_on_stays_counted() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face", "card+password"])));
    drive.right = set("password");
    drive.tap();
    drive.show(HER, 0.0, 40);
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    assert_eq!(drive.counted.len(), 2);
    assert_eq!(drive.verdict.unwrap().succeeded, set("password"));
}

#[test]
fn what_was_judged_right_is_told_as_right_whatever_else_was_wrong() {
    let stranger = Person { direction: 1, ..HER };
    let rules = || policy(&["card+face+password"]);
    let cases = [("password", stranger, "password"), ("", HER, "face"), ("", stranger, "")];
    for (right, face, succeeded) in cases {
        let mut drive = Drive::new(Some(nurse(0)), under(rules()));
        drive.right = set(right);
        drive.tap();
        drive.type_in(Factor::Password);
        drive.show_face(face);
        let verdict = drive.verdict.unwrap();
        assert_eq!((verdict.outcome, verdict.succeeded), (Outcome::Denied, set(succeeded)));
    }
    let mut disabled = Drive::new(
        Some(Subject { standing: Standing::Disabled, ..nurse(0) }),
        under(policy(&["card+password", "card+host_password"])),
    );
    disabled.right = set("password");
    disabled.tap();
    disabled.type_in(Factor::Password);
    let verdict = disabled.verdict.unwrap();
    assert_eq!((verdict.why, verdict.succeeded), (Why::Disabled, set("password")));
}

#[test]
fn a_try_that_was_counted_for_one_person_is_never_right_by_anothers_secret() {
    for (before, after) in
        [(Some(nurse(0)), Subject { id: "clerk02".to_owned(), ..nurse(0) }), (None, nurse(0))]
    {
        let mut drive = Drive::new(before, under(policy(&["card+face+password"])));
        drive.right = set("password");
        drive.tap();
        drive.type_in(Factor::Password);
        drive.show(HER, 0.0, 40);
        drive.people = vec![after];
        drive.blink(HER);
        let verdict = drive.verdict.unwrap();
        assert_eq!((verdict.why, verdict.succeeded), (Why::OtherPerson, Factors::NONE));
    }
}

#[test]
fn a_slowed_terminal_answers_to_the_millisecond_when_its_wait_is_over() {
    let slowed = Duration::from_secs(3);
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password"])));
    (drive.slowed, drive.right) = (slowed, set("password"));
    drive.tap();
    drive.type_in(Factor::Password);
    let end = drive.now + slowed;
    assert_eq!(drive.session.deadline(), Some(end));
    drive.nothing_until(end);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn what_was_complete_in_time_is_judged_however_slow_the_terminal_and_nothing_else_is_taken() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password", "card+pin"])));
    (drive.slowed, drive.right) = (Duration::from_secs(5), set("pin"));
    drive.tap();
    drive.now += Policy::ordinary().timeout - Duration::from_millis(1);
    drive.type_in(Factor::Password);
    let end = drive.now + drive.slowed;
    drive.now += Duration::from_secs(1);
    drive.type_in(Factor::Pin);
    drive.nothing_until(end);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::WrongSecret));
    assert_eq!(drive.counted.len(), 1);
}

#[test]
fn whoever_leaves_while_a_slowed_terminal_waits_is_not_judged_after_the_time() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.slowed = Duration::from_secs(5);
    drive.tap();
    drive.now += Duration::from_millis(17_000);
    drive.show(HER, 0.0, 40);
    drive.blink(HER);
    assert!(drive.verdict.is_none() && drive.session.deadline().is_some());
    drive.show_nobody(40);
    drive.wait(Duration::from_secs(5));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
}

#[test]
fn cancelling_while_a_slowed_terminal_waits_is_a_refusal() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password"])));
    (drive.slowed, drive.right) = (Duration::from_secs(5), set("password"));
    drive.tap();
    drive.type_in(Factor::Password);
    drive.input(Input::Cancel);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Cancelled));
}

#[test]
fn an_answer_that_nobody_asked_for_changes_nothing() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password"])));
    drive.input(Input::Verified(Verified::Right));
    drive.input(Input::Reserved(Ok(Duration::ZERO)));
    drive.input(Input::Found(vec![nurse(0)]));
    assert_eq!(drive.needs(), ["card+password"]);
    drive.tap();
    drive.input(Input::Verified(Verified::Right));
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::WrongSecret));
}
