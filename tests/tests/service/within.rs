//! The engine in the host's own process: the same client, and the log says so.

use std::time::{Duration, Instant};

use mabataki_engine::engine::Config;
use mabataki_engine::frame::Pace;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{Authenticate, Beginning, CardOrigin, FrameOrigin, Told};
use mabataki_engine::service::{Client, ClientSession, ServiceError};
use mabataki_engine::session::Outcome;
use mabataki_test_support::installed;
use pretty_assertions::assert_eq;

use super::support::{CARD, PASSWORD, TIMEOUT, Terminal, push_all, typed};

fn within(terminal: &Terminal) -> Client {
    let config = Config {
        state: terminal.command.state(),
        key: terminal.command.folder().join("state.key").into(),
        witness: terminal.command.witness(),
        pack: installed::pack(),
        runtime: installed::runtime(),
    };
    Client::in_process(config, Some("enrolment-desk"), TIMEOUT).unwrap()
}

/// Begins as soon as there is room for one more session.
fn begin(client: &Client, frames: FrameOrigin, secrets: &[Factor]) -> ClientSession {
    let begun = Instant::now();
    loop {
        let what = Authenticate {
            cards: CardOrigin::Host,
            frames: frames.clone(),
            secrets: Factors::of(secrets),
            ..Authenticate::new(Purpose::Login)
        };
        match client.begin(Beginning::Authenticate(what), None) {
            Err(ServiceError::Refused(refusal)) if refusal.code == "too_many" => {}
            session => return session.unwrap(),
        }
        assert!(begun.elapsed() < Duration::from_secs(120), "there is never room");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// By card and face.
fn by_face(terminal: &Terminal, client: &Client) -> Told {
    let session = begin(client, FrameOrigin::Host(Pace::Recorded), &[]);
    session.push_card(Some(CARD)).unwrap();
    push_all(&session, "single_face.mjpeg", 0..=39);
    terminal.verdict(&session)
}

/// By card and password.
fn by_password(terminal: &Terminal, client: &Client) -> Told {
    let session = begin(client, FrameOrigin::None, &[Factor::Password]);
    session.push_card(Some(CARD)).unwrap();
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    terminal.verdict(&session)
}

/// By a card that is nobody's.
fn by_no_card(terminal: &Terminal, client: &Client) -> Told {
    let session = begin(client, FrameOrigin::None, &[Factor::Password]);
    session.push_card(Some("felica:0114B34CFFFFFFFF")).unwrap();
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    terminal.verdict(&session)
}

#[test]
fn two_engines_in_a_process_with_eight_threads_each_judge_as_one_with_one_thread_does() {
    const WAYS: [fn(&Terminal, &Client) -> Told; 3] = [by_face, by_password, by_no_card];
    let terminals = [Terminal::with_nurse(), Terminal::with_nurse()];
    let clients = terminals.each_ref().map(within);
    let [terminal, _] = &terminals;
    let [client, _] = &clients;
    let alone = WAYS.map(|way| way(terminal, client));
    assert_eq!(
        alone.each_ref().map(|told| told.outcome),
        [Outcome::Granted, Outcome::Granted, Outcome::Denied]
    );
    std::thread::scope(|scope| {
        for (terminal, client) in terminals.iter().zip(&clients) {
            for (way, alone) in WAYS.iter().zip(&alone).cycle().take(8) {
                scope.spawn(move || assert_eq!(way(terminal, client), *alone));
            }
        }
    });
    drop(clients);
    for terminal in &terminals {
        terminal.done(&["store", "check"]);
    }
}

#[test]
fn the_engine_in_the_hosts_own_process_answers_the_same_client_and_the_log_says_where_it_runs() {
    let terminal = Terminal::new();
    let client = within(&terminal);
    let info = client.info().unwrap();
    assert_eq!((info.terminal.as_str(), info.in_process), ("ward3-a", true));
    drop(client);
    assert_eq!(terminal.log(&["start", "stop"]), ["start done in_process", "stop done"]);
    let log = terminal.done(&["audit", "list"]);
    let start = log.lines.iter().find(|line| line["operation"] == "start").unwrap();
    assert_eq!(start["host"], "enrolment-desk");
}
