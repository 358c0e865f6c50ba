//! Enrolment and watching over the socket.

use std::time::Duration;

use mabataki_engine::frame::{Frame, Pace};
use mabataki_engine::service::protocol::{
    Authenticate, Beginning, CardOrigin, Enrol, FrameOrigin, SessionEvent, SessionResult, Watch,
};
use mabataki_engine::session::{Outcome, WatchEvent};

use super::support::{CARD, TIMEOUT, Terminal, push_all};

#[test]
fn a_face_is_enrolled_over_the_socket_and_lets_in_then() {
    let mut terminal = Terminal::new();
    terminal.done(&["person", "add", "nurse01", "--name", "Nurse 1"]);
    terminal.done(&["card", "bind", "nurse01", "--card", CARD]);
    terminal.serve();
    let client = terminal.connect();
    let enrol = Enrol {
        by: None,
        person: "nurse01".to_owned(),
        profile: None,
        samples: None,
        frames: FrameOrigin::Host(Pace::Recorded),
        cards: CardOrigin::None,
        label: None,
    };
    let session = client.begin(Beginning::Enrol(enrol), None).unwrap();
    assert_eq!(session.preview(160).unwrap(), None, "nothing was seen yet");
    let first = super::support::pictures("single_face.mjpeg", 40..=40).remove(0);
    let preview = (1..900).find_map(|ms| {
        let picture = super::support::host_picture(&first, Some(Duration::from_millis(ms)));
        session.push_frame(&picture).unwrap();
        std::thread::sleep(Duration::from_millis(10));
        session.preview(160).unwrap()
    });
    let preview = preview.expect("the camera's picture");
    let preview = Frame::jpeg(&preview, Duration::ZERO).unwrap();
    assert_eq!(preview.width().max(preview.height()), 160);
    push_all(&session, "single_face.mjpeg", 40..=71);
    let mut samples = 0;
    let end = loop {
        match session.wait(TIMEOUT).unwrap().expect("an event in time") {
            SessionEvent::Sample { taken, .. } => samples = taken,
            SessionEvent::Done(SessionResult::Enrolled(end)) => break end,
            SessionEvent::Failed(refusal) => panic!("{refusal}"),
            _ => {}
        }
    };
    assert!(end.enrolled && end.samples >= 3 && end.samples == samples, "{end:?}");
    let verdict = terminal.verdict(&terminal.show(&client, "single_face.mjpeg", 0..=39));
    assert_eq!((verdict.outcome, verdict.subject.as_deref()), (Outcome::Granted, Some("nurse01")));
}

#[test]
fn whoever_goes_away_from_a_watch_loses_the_grant() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let session = terminal.show(&client, "single_face.mjpeg", 0..=39);
    assert_eq!(terminal.verdict(&session).outcome, Outcome::Granted);
    let grant = session.grant().unwrap();
    let watch =
        Watch { grant: grant.number(), frames: FrameOrigin::Host(Pace::Recorded), cards: CardOrigin::None };
    let watch = client.begin(Beginning::Watch(watch), None).unwrap();
    push_all(&watch, "single_face.mjpeg", 40..=60);
    let mut told = Vec::new();
    loop {
        match watch.wait(TIMEOUT).unwrap().expect("an event in time") {
            SessionEvent::Watch(event) => told.push(event),
            SessionEvent::Done(SessionResult::Watched) => break,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(told, [WatchEvent::Absent, WatchEvent::Ended]);
    assert!(grant.examine().is_err());
    assert_eq!(terminal.log(&["grant_end"]), ["grant_end done absent"]);
}

#[test]
fn live_frames_bear_the_time_of_now_and_the_newest_counts() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let begin = Authenticate {
        cards: CardOrigin::Host,
        frames: FrameOrigin::Host(Pace::Live),
        ..Authenticate::new(mabataki_engine::policy::Purpose::Login)
    };
    let session = client.begin(Beginning::Authenticate(begin), None).unwrap();
    assert_eq!(super::support::code_of(&session.preview(160)), "misuse", "who is let in is not shown");
    session.push_card(Some(CARD)).unwrap();
    let picture = super::support::pictures("single_face.mjpeg", 0..=0).remove(0);
    let mut dropped = 0;
    for _ in 0..40 {
        let taken = session.push_frame(&super::support::host_picture(&picture, None)).unwrap();
        assert!(taken.queued);
        dropped = taken.dropped;
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(dropped > 0, "a frame takes longer than 5 ms");
    let far = Some(Duration::from_secs(3600));
    let refused = session.push_frame(&super::support::host_picture(&picture, far));
    assert_eq!(super::support::code_of(&refused), "bad_time");
    session.cancel().unwrap();
}

#[test]
fn whoever_pushes_on_when_frames_are_over_is_told_so_and_not_to_try_again() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let begin = Authenticate {
        cards: CardOrigin::Host,
        frames: FrameOrigin::Host(Pace::Live),
        ..Authenticate::new(mabataki_engine::policy::Purpose::Login)
    };
    let session = client.begin(Beginning::Authenticate(begin), None).unwrap();
    session.end_frames().unwrap();
    let picture = super::support::pictures("single_face.mjpeg", 0..=0).remove(0);
    let pushed = session.push_frame(&super::support::host_picture(&picture, None));
    assert_eq!(super::support::code_of(&pushed), "over");
}
