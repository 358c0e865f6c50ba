//! Clients that stall, flood, lie or go away, and a service that is killed.

use std::io::Write;
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use mabataki_engine::frame::{Pace, PixelFormat, Plane, Raster};
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{Authenticate, Beginning, CardOrigin, FrameOrigin};
use mabataki_engine::service::{Client, ClientSession, HostPicture, SESSIONS_PER_USER};
use mabataki_engine::session::Outcome;

use super::support::{CARD, PASSWORD, TIMEOUT, Terminal, code_of, typed};

/// Begins an attempt. Places of sessions that ended a moment ago are free as soon as the service has noticed.
fn begin(client: &Client) -> ClientSession {
    let begun = Instant::now();
    loop {
        let begin = Authenticate {
            cards: CardOrigin::Host,
            secrets: Factors::of(&[Factor::Password]),
            ..Authenticate::new(Purpose::Login)
        };
        match client.begin(Beginning::Authenticate(begin), None) {
            Ok(session) => return session,
            refused => assert_eq!(code_of(&refused), "too_many"),
        }
        assert!(begun.elapsed() < TIMEOUT, "places are missing");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn let_in(terminal: &Terminal, client: &Client) -> Outcome {
    let session = begin(client);
    session.push_card(Some(CARD)).unwrap();
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    terminal.verdict(&session).outcome
}

#[test]
fn pictures_that_are_none_are_refused_and_the_session_goes_on() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let begin = Authenticate {
        cards: CardOrigin::Host,
        frames: FrameOrigin::Host(Pace::Live),
        ..Authenticate::new(Purpose::Login)
    };
    let session = client.begin(Beginning::Authenticate(begin), None).unwrap();
    let picture =
        |raster, data| code_of(&session.push_frame(&HostPicture { raster, time: None, data: [data, &[]] }));
    let (rgb, nv12) = (PixelFormat::Rgb24, Raster::dense(PixelFormat::Nv12, 2, 2));
    let far = Raster { chroma: Some(Plane { offset: u32::MAX, stride: u32::MAX }), ..nv12 };
    let most = Raster::with_stride(rgb, u32::MAX, u32::MAX, u32::MAX);
    for (raster, bytes) in [
        (Raster::dense(rgb, 640, 480), &[0; 100][..]),
        (most, &[]),
        (Raster::dense(PixelFormat::Gray8, 0, 0), &[]),
        (Raster::JPEG, b"not a picture"),
        (nv12, &[0; 5]),
        (far, &[0; 6]),
        (Raster::dense(PixelFormat::Yuy2, 3, 2), &[0; 12]),
    ] {
        assert_eq!(picture(raster, bytes), "bad_picture", "{raster:?}");
    }
    assert_eq!(code_of(&session.push_card(Some("felica:0"))), "bad_card");
    session.cancel().unwrap();
    assert_eq!(terminal.verdict(&session).outcome, Outcome::Abandoned);
}

#[test]
fn what_a_killed_service_held_is_good_for_nobody_once_it_is_back() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let session = begin(&client);
    session.push_card(Some(CARD)).unwrap();
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    assert_eq!(terminal.verdict(&session).outcome, Outcome::Granted);
    let live = |terminal: &Terminal| terminal.done(&["grant", "list"]).lines.len();
    assert_eq!(live(&terminal), 1);
    terminal.kill();
    terminal.serve();
    assert_eq!(live(&terminal), 0);
    assert_eq!(terminal.log(&["grant_end"]), ["grant_end done restarted"]);
}

#[test]
fn a_flood_of_one_session_is_answered_and_holds_no_other_up() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let (client, other) = (terminal.connect(), terminal.connect());
    let flooded = begin(&client);
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                // It may be refused: what matters is what becomes of others.
                let _ = flooded.claim("nurse99");
            }
        });
        let begun = Instant::now();
        assert_eq!(let_in(&terminal, &other), Outcome::Granted);
        over.store(true, Ordering::Relaxed);
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    });
}

#[test]
fn clients_that_go_away_at_any_point_leave_nothing_behind() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    for round in 0..40 {
        let mut raw = UnixStream::connect(terminal.socket()).unwrap();
        let hello = [4, 0, 0, 0, 1, 0, 0, 9];
        raw.write_all(&hello[..round % 9]).unwrap();
        drop(raw);
        let client = terminal.connect();
        match round % 4 {
            0 => {}
            1 => drop(begin(&client)),
            2 => begin(&client).push_card(Some(CARD)).unwrap(),
            _ => begin(&client).secret(Factor::Password, Some(typed(PASSWORD))).unwrap(),
        }
    }
    let client = terminal.connect();
    let sessions: Vec<ClientSession> = (0..SESSIONS_PER_USER).map(|_| begin(&client)).collect();
    drop(sessions);
    assert_eq!(let_in(&terminal, &client), Outcome::Granted);
}

#[test]
fn a_service_that_is_killed_at_any_moment_leaves_a_store_that_is_whole() {
    let mut terminal = Terminal::with_nurse();
    for round in 0..6 {
        terminal.serve();
        let client = terminal.connect();
        let session = begin(&client);
        session.push_card(Some(CARD)).unwrap();
        session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
        std::thread::sleep(Duration::from_millis(round * 37));
        terminal.kill();
    }
    terminal.done(&["store", "check"]);
    terminal.done(&["audit", "verify"]);
    terminal.serve();
    // Tries that were under way count as failed, until an administrator says otherwise.
    terminal.done(&["lockout", "clear", "nurse01"]);
    assert_eq!(let_in(&terminal, &terminal.connect()), Outcome::Granted);
}
