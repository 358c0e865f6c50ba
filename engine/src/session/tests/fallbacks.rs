//! What stands in for the ordinary factors, and for which cause. Nothing else opens anything.

use super::*;

/// Card and face; card and password when `cause` occurs.
fn turning(cause: Cause) -> Request {
    under(policy_with(&["card+face"], cause, &["card+password"]))
}

fn turns(drive: &Drive) -> Vec<&str> {
    drive.seen.iter().filter_map(|word| word.strip_prefix("turn ")).collect()
}

const MASKED: Person = Person { mask: Some(0.9), ..HER };

#[test]
fn a_lost_camera_opens_what_the_policy_lists_and_a_camera_that_is_back_the_ordinary_way() {
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::CameraLost));
    drive.tap();
    assert_eq!(drive.needs(), ["face"]);
    drive.input(Input::DeviceLost(Device::Camera));
    drive.input(Input::DeviceLost(Device::Camera));
    assert_eq!(drive.needs(), ["password"]);
    assert_eq!(drive.session.want(drive.now), Want::default());
    drive.input(Input::DeviceBack(Device::Camera));
    assert_eq!(drive.needs(), ["face", "password"]);
    drive.input(Input::DeviceLost(Device::Camera));
    assert_eq!(turns(&drive), ["camera_lost"]);
    drive.input(Input::DeviceBack(Device::Camera));
    drive.show_face(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn a_lost_camera_never_leaves_the_card_alone() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.input(Input::DeviceLost(Device::Camera));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::DeviceLost));
    assert!(turns(&drive).is_empty());
}

#[test]
fn a_face_that_was_shown_before_the_camera_was_lost_is_not_shown_any_more() {
    let mut drive = Drive::new(
        Some(nurse(0)),
        under(policy_with(&["card+face+password"], Cause::CameraLost, &["card+pin"])),
    );
    drive.tap();
    drive.show_face(HER);
    drive.input(Input::DeviceLost(Device::Camera));
    drive.input(Input::DeviceBack(Device::Camera));
    assert_eq!(drive.needs(), ["face+password", "pin"]);
}

#[test]
fn a_device_that_was_never_there_is_lost_from_the_start() {
    let without_camera = Request { camera: false, ..turning(Cause::CameraLost) };
    let mut drive = Drive::new(Some(nurse(0)), without_camera);
    assert_eq!(drive.needs(), ["card+password"]);
    assert_eq!(turns(&drive), ["camera_lost"]);
    drive.right = set("password");
    drive.tap();
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));

    let mut drive = Drive::new(None, Request { camera: false, ..request() });
    drive.carry_out();
    assert_eq!(drive.verdict(), (Outcome::Abandoned, Why::DeviceLost));
}

#[test]
fn a_lost_reader_opens_what_the_policy_lists_and_the_tap_before_it_still_counts() {
    let rules = policy_with(&["card+face"], Cause::ReaderLost, &["face+password"]);
    let mut drive = Drive::new(Some(nurse(0)), under(rules.clone()));
    drive.input(Input::DeviceLost(Device::Reader));
    assert_eq!(drive.needs(), ["id+face+password"]);

    let mut drive = Drive::new(Some(nurse(0)), under(rules.clone()));
    drive.tap();
    drive.input(Input::DeviceLost(Device::Reader));
    assert_eq!(drive.needs(), ["face", "face+password"]);
    drive.show_face(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));

    let mut drive = Drive::new(Some(nurse(0)), under(Policy { card_stays: true, ..rules }));
    drive.tap();
    drive.input(Input::DeviceLost(Device::Reader));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::DeviceLost));
}

#[test]
fn without_its_reader_a_card_judges_no_pin() {
    let rules = policy_with(&["card+pin"], Cause::ReaderLost, &["card+password"]);
    let mut drive = Drive::new(Some(nurse(0)), under(rules));
    drive.type_in(Factor::Pin);
    drive.input(Input::DeviceLost(Device::Reader));
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::DeviceLost));
}

#[test]
fn a_mask_turns_to_what_the_policy_lists_after_two_seconds_and_no_try_is_counted_while_it_is_worn() {
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::Mask));
    drive.right = set("password");
    drive.tap();
    let start = drive.now;
    while turns(&drive).is_empty() {
        assert_eq!(drive.needs(), ["face"]);
        drive.show(MASKED, 0.0, 1);
    }
    // 61 frames of 33 ms are the first to make up two seconds.
    assert_eq!(drive.now - FRAME - start, 61 * FRAME);
    assert_eq!(drive.needs(), ["face", "password"]);
    drive.show(MASKED, 0.0, 100);
    assert_eq!(turns(&drive), ["mask"]);
    assert!(drive.has_seen("mask_seen") && !drive.has_seen("please_blink"));
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    assert_eq!(drive.counted, [(Some("nurse01".to_owned()), set("password"))]);
}

#[test]
fn a_mask_that_is_taken_off_for_one_frame_or_is_another_faces_begins_anew() {
    let other_track = Person { track: 2, ..MASKED };
    for (between, after) in [(Person { mask: Some(0.1), ..HER }, MASKED), (other_track, other_track)] {
        let mut drive = Drive::new(Some(nurse(0)), turning(Cause::Mask));
        drive.tap();
        drive.show(MASKED, 0.0, 55);
        drive.show(between, 0.0, 1);
        drive.show(after, 0.0, 55);
        assert!(turns(&drive).is_empty());
    }
}

#[test]
fn whoever_takes_the_mask_off_is_let_in_by_the_face() {
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::Mask));
    drive.tap();
    drive.show(MASKED, 0.0, 80);
    drive.show_face(Person { mask: Some(0.1), ..HER });
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn a_mask_opens_nothing_where_the_policy_lists_nothing_for_it() {
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::CameraLost));
    drive.tap();
    drive.show(MASKED, 0.0, 100);
    assert_eq!(drive.needs(), ["face"]);
    assert!(turns(&drive).is_empty());
    assert!(drive.has_seen("please_blink"));
}

#[test]
fn eyes_that_stay_hidden_turn_to_what_the_policy_lists() {
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::EyesHidden));
    drive.tap();
    let start = drive.now;
    while turns(&drive).is_empty() && drive.now - start < Duration::from_secs(10) {
        drive.show(HER, 0.9, 1);
    }
    assert_eq!(turns(&drive), ["eyes_hidden"]);
    // They read as hidden after a second and a half, and must stay so for two.
    let after = drive.now - FRAME - start;
    assert!((Duration::from_millis(3_500)..Duration::from_millis(3_700)).contains(&after), "{after:?}");
    assert_eq!(drive.needs(), ["face", "password"]);
}

#[test]
fn whoever_is_excused_is_not_looked_at_and_gives_what_stands_in() {
    let excused = Subject { exception: true, template: None, ..nurse(0) };
    let mut drive = Drive::new(Some(excused.clone()), turning(Cause::Exception));
    drive.right = set("password");
    drive.tap();
    assert_eq!(turns(&drive), ["exception"]);
    assert_eq!(drive.needs(), ["password"]);
    assert_eq!(drive.session.want(drive.now), Want::default());
    drive.show_face(HER);
    assert!(!drive.has_seen("please_blink"));
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));

    let mut drive = Drive::new(Some(excused), request());
    drive.tap();
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::NothingLeft));
}

#[test]
fn an_exception_that_ended_in_the_meantime_lets_nobody_in() {
    let excused = Subject { exception: true, ..nurse(0) };
    let mut drive = Drive::new(Some(excused), turning(Cause::Exception));
    drive.right = set("password");
    drive.tap();
    drive.people = vec![nurse(0)];
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::NothingLeft));
}

#[test]
fn another_persons_exception_opens_nothing_for_the_one_who_claims_it() {
    let excused = Subject { id: "clerk02".to_owned(), exception: true, ..nurse(1) };
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::Exception));
    drive.claimed = Some(vec![excused]);
    drive.right = set("password");
    drive.claim("clerk02");
    drive.tap();
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::OtherPerson));
}

#[test]
fn a_face_that_is_locked_turns_to_what_the_policy_lists_and_a_locked_secret_to_nothing() {
    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::FaceLocked));
    (drive.locked, drive.right) = (set("face"), set("password"));
    drive.tap();
    drive.show(HER, 0.0, 40);
    assert_eq!(turns(&drive), ["face_locked"]);
    assert_eq!(drive.needs(), ["password"]);
    assert!(!drive.has_seen("please_blink"));
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));

    let mut drive = Drive::new(Some(nurse(0)), turning(Cause::FaceLocked));
    drive.locked = set("face+password");
    drive.tap();
    drive.show(HER, 0.0, 40);
    drive.type_in(Factor::Password);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::LockedOut));
}
