//! The challenge: one blink or two, each when asked, after a silence that nobody can foresee.

use super::*;
use crate::policy::Challenge;

fn two_blinks() -> Request {
    under(Policy { challenge: Challenge::TwoBlinks, ..Policy::ordinary() })
}

fn count(drive: &Drive, word: &str) -> usize {
    drive.seen.iter().filter(|seen| *seen == word).count()
}

/// When she is asked to blink, from her first frame.
fn prompted_after(quiet: Duration) -> Duration {
    let mut drive = Drive::new(Some(nurse(0)), Request { quiet: [quiet; 2], ..request() });
    drive.tap();
    let start = drive.now;
    while !drive.has_seen("please_blink") {
        drive.show(HER, 0.0, 1);
    }
    drive.now - FRAME - start
}

#[test]
fn the_prompt_comes_after_the_silence_that_was_drawn_and_never_after_more_than_a_second() {
    // The second sample is there 99 ms after the first frame, and a frame comes every 33 ms.
    for (quiet, expected) in [(0, 99), (1, 132), (33, 132), (500, 627), (1000, 1122), (5000, 1122)] {
        let expected = Duration::from_millis(expected);
        assert_eq!(prompted_after(Duration::from_millis(quiet)), expected, "{quiet} ms");
    }
}

#[test]
fn two_blinks_each_when_asked_let_in_and_one_does_not() {
    let mut drive = Drive::new(Some(nurse(0)), two_blinks());
    drive.tap();
    drive.show_face(HER);
    assert!(drive.verdict.is_none());
    assert_eq!((count(&drive, "please_blink"), count(&drive, "blink_again")), (1, 1));
    drive.blink(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
    assert_eq!(count(&drive, "blink_seen"), 2);
    assert_eq!(count(&drive, "blink_again"), 1);

    let mut drive = Drive::new(Some(nurse(0)), two_blinks());
    drive.tap();
    drive.show_face(HER);
    drive.wait(Policy::ordinary().timeout);
    assert_eq!(drive.verdict(), (Outcome::Denied, Why::Liveness));
    assert_eq!(drive.verdict.unwrap().detail, Some(LivenessDetail::NoBlink));
}

#[test]
fn a_second_blink_before_it_was_asked_for_does_not_count() {
    let quiet = [Duration::ZERO, Duration::from_secs(1)];
    let mut drive = Drive::new(Some(nurse(0)), Request { quiet, ..two_blinks() });
    drive.tap();
    drive.show(HER, 0.0, 40);
    drive.show(HER, 1.0, 5);
    drive.show(HER, 0.0, 8);
    drive.show(HER, 1.0, 5);
    drive.show(HER, 0.0, 40);
    assert_eq!(count(&drive, "blink_seen"), 1);
    assert!(drive.has_seen("blink_again"));
    drive.blink(HER);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn whoever_changes_between_two_blinks_begins_anew() {
    let mut drive = Drive::new(Some(nurse(0)), two_blinks());
    drive.tap();
    drive.show_face(HER);
    drive.blink(Person { track: 2, ..HER });
    assert!(drive.verdict.is_none());
    drive.blink(Person { track: 2, ..HER });
    assert!(drive.verdict.is_none());
    drive.show(Person { track: 2, ..HER }, 0.0, 20);
    drive.blink(Person { track: 2, ..HER });
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}

#[test]
fn a_prompt_is_said_again_after_something_else_had_to_be_said() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.show(HER, 0.0, 10);
    drive.show_with_hint(HER, 0.0, Hint::TooFar, 15);
    assert_eq!(drive.seen.last().unwrap(), "too_far");
    drive.show(HER, 0.0, 12);
    assert_eq!(drive.seen.last().unwrap(), "please_blink");
}
