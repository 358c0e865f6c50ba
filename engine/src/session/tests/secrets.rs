//! Passwords, PINs and codes: compared last, all of them, and once.

use super::*;

fn typed(rules: Policy, right: &str, face: Person) -> Drive {
    let mut drive = Drive::new(Some(nurse(0)), under(rules));
    drive.right = set(right);
    drive.tap();
    drive.type_in(Factor::Password);
    assert!(drive.verdict.is_none());
    drive.show_face(face);
    drive
}

#[test]
fn neither_steps_nor_answer_tell_which_factor_was_wrong() {
    let stranger = Person { direction: 1, ..HER };
    let picture = Person { live: 0.01, ..HER };
    let rules = || policy(&["card+face+password"]);
    let good = typed(rules(), "password", HER);
    assert_eq!(good.verdict(), (Outcome::Granted, Why::Matched));
    let cases = [
        ("", HER, Why::WrongSecret),
        ("password", stranger, Why::NoMatch),
        ("", stranger, Why::NoMatch),
        ("password", picture, Why::Liveness),
        ("", picture, Why::Liveness),
    ];
    for (right, face, why) in cases {
        let drive = typed(rules(), right, face);
        assert_eq!(drive.verdict(), (Outcome::Denied, why));
        assert_eq!(drive.verdict.as_ref().unwrap().told, Coarse::Refused);
        assert_eq!((&drive.seen, &drive.asked, &drive.needs), (&good.seen, &good.asked, &good.needs));
    }
}

#[test]
fn a_secret_is_compared_only_when_everything_else_is_there_and_only_once() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+face+password"])));
    drive.tap();
    for _ in 0..3 {
        drive.type_in(Factor::Password);
    }
    drive.show(HER, 0.0, 40);
    assert_eq!(drive.questions(), ["lookup", "reserve face"]);
    drive.blink(HER);
    let all = ["lookup", "reserve face", "reserve password", "lookup", "verify password"];
    assert_eq!(drive.questions(), all);
}

#[test]
fn two_secrets_are_both_compared_even_if_the_first_is_wrong() {
    for (right, held) in [("pin", "pin"), ("password", "password"), ("", "")] {
        let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+password+pin"])));
        drive.right = set(right);
        drive.tap();
        drive.type_in(Factor::Pin);
        drive.type_in(Factor::Password);
        assert_eq!(drive.verdict(), (Outcome::Denied, Why::WrongSecret));
        let all = ["lookup", "reserve password+pin", "lookup", "verify password", "verify pin"];
        assert_eq!(drive.questions(), all);
        assert_eq!(drive.verdict.unwrap().factors, set("card").union(set(held)));
    }
}

#[test]
fn the_hosts_own_password_is_left_to_the_operating_system_and_the_grant_waits_for_it() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["card+host_password"])));
    drive.tap();
    drive.type_in(Factor::HostPassword);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    assert_eq!(drive.questions(), ["lookup", "reserve host_password", "lookup"]);
    let verdict = drive.verdict.unwrap();
    assert!(verdict.provisional);
    assert_eq!((verdict.factors, verdict.succeeded), (set("card+host_password"), Factors::NONE));
    assert!(!typed(policy(&["card+face+password"]), "password", HER).verdict.unwrap().provisional);
}

#[test]
fn an_emergency_code_with_a_typed_id_lets_in_and_says_that_it_did() {
    for (right, expected) in
        [("emergency_code", (Outcome::Granted, Why::Emergency)), ("", (Outcome::Denied, Why::WrongSecret))]
    {
        let mut drive = Drive::new(Some(nurse(0)), under(policy(&["emergency_code"])));
        drive.right = set(right);
        drive.type_in(Factor::EmergencyCode);
        assert_eq!(drive.needs(), ["id"]);
        drive.claim("nurse01");
        assert_eq!(drive.verdict(), expected);
        let all = ["lookup", "reserve emergency_code", "lookup", "verify emergency_code"];
        assert_eq!(drive.questions(), all);
        assert_eq!(drive.verdict.unwrap().factors, set(right));
    }
}

#[test]
fn the_stores_key_lies_at_hand_and_presents_nothing() {
    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["password+store_key"])));
    drive.type_in(Factor::StoreKey);
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Abandoned, Why::NoId));

    let mut drive = Drive::new(Some(nurse(0)), under(policy(&["password+store_key"])));
    drive.right = set("password+store_key");
    drive.type_in(Factor::StoreKey);
    drive.claim("nurse01");
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    assert_eq!(drive.counted, [(Some("nurse01".to_owned()), set("password"))]);
}

#[test]
fn a_secret_that_nobody_asked_for_and_a_factor_that_is_none_change_nothing() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.type_in(Factor::Password);
    drive.type_in(Factor::Card);
    drive.type_in(Factor::Face);
    assert_eq!(drive.needs(), ["card+face"]);
    drive.tap();
    assert!(drive.verdict.is_none());
}

#[test]
fn what_is_missing_at_the_end_is_named() {
    let end = |act: fn(&mut Drive)| {
        let mut drive = Drive::new(Some(nurse(0)), under(policy(&["face+password"])));
        drive.input(Input::Tick);
        let end = drive.now + Policy::ordinary().timeout;
        act(&mut drive);
        drive.nothing_until(end);
        drive.verdict()
    };
    assert_eq!(end(|_| {}), (Outcome::Abandoned, Why::NoFace));
    assert_eq!(end(|drive| drive.claim("nurse01")), (Outcome::Abandoned, Why::NoFace));
    assert_eq!(end(|drive| drive.type_in(Factor::Password)), (Outcome::Denied, Why::NoFace));
    let shown_to_the_end = end(|drive| {
        drive.claim("nurse01");
        drive.show_face(HER);
        drive.show(HER, 0.0, 545);
    });
    assert_eq!(shown_to_the_end, (Outcome::Denied, Why::NoSecret));
    // A face that nobody has named is a passer-by's.
    let passer_by = end(|drive| {
        drive.show_face(HER);
        drive.show(HER, 0.0, 545);
    });
    assert_eq!(passer_by, (Outcome::Abandoned, Why::NoId));
}
