//! How closely the camera is looked at, and that measuring less at a time changes nothing but the time it takes.

use super::*;

fn pace(drive: &mut Drive) -> Duration {
    drive.session.pace(drive.now)
}

#[test]
fn while_nobody_is_there_ten_frames_a_second_are_enough_and_whoever_comes_is_looked_at_in_every_one() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    assert_eq!(pace(&mut drive), Duration::ZERO);
    drive.show_nobody(30);
    assert_eq!(pace(&mut drive), Duration::ZERO);
    drive.show_nobody(2);
    assert_eq!(pace(&mut drive), Duration::from_millis(90));
    drive.show(HER, 0.0, 1);
    assert_eq!(pace(&mut drive), Duration::ZERO);
    // Lost for a moment, she is looked for in every frame.
    drive.show_nobody(20);
    assert_eq!(pace(&mut drive), Duration::ZERO);
}

#[test]
fn a_face_that_is_of_no_use_is_looked_at_seldom() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.show_face(HER);
    assert!(drive.verdict.is_some());
    assert_eq!(pace(&mut drive), Duration::from_millis(90));
}

/// Shows her, where what is measured is cut down from what is wanted.
fn show_measuring(drive: &mut Drive, lids: f32, frames: u32, mut cut: impl FnMut(Want) -> Want) {
    for _ in 0..frames {
        let want = cut(drive.session.want(drive.now));
        let seen = observation(drive.now, Some(HER.face(drive.now, lids, want)));
        drive.input(Input::Observation(&seen));
        drive.now += FRAME;
    }
}

#[test]
fn with_one_net_a_frame_she_is_let_in_within_two_frames_of_the_time_it_takes_with_both() {
    let time = |cut: fn(Want, bool) -> Want| {
        let mut drive = Drive::new(Some(nurse(0)), request());
        drive.tap();
        let mut spoof_last = false;
        let mut cut = move |want: Want| {
            let want = cut(want, spoof_last);
            spoof_last = want.spoof;
            want
        };
        show_measuring(&mut drive, 0.0, 40, &mut cut);
        show_measuring(&mut drive, 1.0, 5, &mut cut);
        let opened = drive.now;
        while drive.verdict.is_none() {
            show_measuring(&mut drive, 0.0, 1, &mut cut);
        }
        assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
        drive.now - opened
    };
    let both = time(|want, _| want);
    let one = time(|want, spoof_last| match want {
        Want { spoof: true, embedding: true, .. } if spoof_last => Want { spoof: false, ..want },
        Want { spoof: true, embedding: true, .. } => Want { embedding: false, ..want },
        want => want,
    });
    assert!(both <= one && one <= both + 2 * FRAME, "{both:?} {one:?}");
}

#[test]
fn nobody_is_let_in_before_the_anti_spoof_net_has_looked_twice_at_whoever_stands_there_after_the_blink() {
    let mut drive = Drive::new(Some(nurse(0)), request());
    drive.tap();
    drive.show(HER, 0.0, 40);
    drive.show(HER, 1.0, 5);
    show_measuring(&mut drive, 0.0, 20, |want| Want { spoof: false, ..want });
    assert!(drive.has_seen("blink_seen") && drive.verdict.is_none());
    drive.show(HER, 0.0, 1);
    assert!(drive.verdict.is_none());
    drive.show(HER, 0.0, 1);
    assert_eq!(drive.verdict(), (Outcome::Granted, Why::Matched));
}
