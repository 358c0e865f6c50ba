//! Somebody is let in over the socket, by a card that the host tells of and by frames that it hands in, or by a password.

use std::time::Duration;

use mabataki_engine::engine::Class;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{
    Authenticate, Beginning, CardOrigin, FrameOrigin, SessionEvent, SessionResult, Told, Watch,
};
use mabataki_engine::service::{Client, ClientSession, SESSIONS_PER_USER, ServiceError};
use mabataki_engine::session::{Coarse, Event, Guidance, Outcome};

use super::support::{CARD, PASSWORD, TIMEOUT, Terminal, code_of, typed};

/// By card and password.
fn by_password(client: &Client, password: &str) -> (Told, ClientSession) {
    let session = client.begin(Beginning::Authenticate(with_card(Purpose::Login)), None).unwrap();
    session.push_card(Some(CARD)).unwrap();
    session.secret(Factor::Password, Some(typed(password))).unwrap();
    (told(&events(&session)), session)
}

fn with_card(purpose: Purpose) -> Authenticate {
    Authenticate {
        cards: CardOrigin::Host,
        secrets: Factors::of(&[Factor::Password]),
        ..Authenticate::new(purpose)
    }
}

/// Everything that happens, to the end.
fn events(session: &ClientSession) -> Vec<SessionEvent> {
    let mut events = Vec::new();
    loop {
        let event = session.wait(TIMEOUT).unwrap().expect("an event in time");
        events.push(event);
        if matches!(events.last(), Some(SessionEvent::Done(_) | SessionEvent::Failed(_))) {
            return events;
        }
    }
}

fn told(events: &[SessionEvent]) -> Told {
    match events.last() {
        Some(SessionEvent::Done(SessionResult::Authenticated(told))) => told.clone(),
        other => panic!("no verdict: {other:?}"),
    }
}

#[test]
fn card_and_recorded_face_let_in_over_the_socket_and_the_log_says_who_handed_them_in() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let session = terminal.show(&client, "single_face.mjpeg", 0..=39);
    let events = events(&session);
    assert!(events.contains(&SessionEvent::Step(Event::BlinkSeen)), "{events:?}");
    assert!(events.contains(&SessionEvent::Guide(Guidance::PleaseBlink)), "{events:?}");
    let verdict = told(&events);
    assert_eq!((verdict.outcome, verdict.subject.as_deref()), (Outcome::Granted, Some("nurse01")));
    assert_eq!(session.result().unwrap(), SessionResult::Authenticated(verdict));
    assert_eq!(code_of(&session.wait(Duration::ZERO)), "over");

    let grant = session.grant().unwrap();
    assert_eq!(code_of(&session.grant()), "misuse");
    let info = grant.examine().unwrap();
    assert_eq!((info.subject.as_str(), info.name.as_str()), ("nurse01", "Nurse 1"));
    assert_eq!((info.purpose, info.factors.to_string().as_str()), (Purpose::Login, "card+face"));
    assert!(info.left_ms > 0 && !info.claimed);
    grant.report("chart_opened", Some("patient 7")).unwrap();
    grant.end().unwrap();
    assert_eq!(code_of(&grant.examine()), "no_grant");

    let log = terminal.done(&["audit", "list"]);
    let record = log.lines.iter().find(|line| line["operation"] == "authenticate").unwrap();
    assert_eq!(record["host_supplied"], serde_json::json!({ "frames": true, "card": true }));
    assert_eq!((&record["host"], &record["subject"]), (&"log-in-screen".into(), &"nurse01".into()));
    assert_eq!(
        terminal.log(&["host_record", "grant_end"]),
        ["host_record done chart_opened", "grant_end done logged_off"]
    );
}

#[test]
fn another_face_is_refused_and_the_host_is_told_neither_why_nor_who() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let session = terminal.show(&client, "WolfgangLanger_Pexels.mjpeg", 360..=436);
    let verdict = told(&events(&session));
    assert_eq!((verdict.outcome, verdict.reason, verdict.subject), (Outcome::Denied, Coarse::Refused, None));
    assert!(verdict.factors.is_empty());
    assert_eq!(terminal.log(&["authenticate"]), ["authenticate denied no_match"]);
}

#[test]
fn a_password_lets_in_and_a_wrong_one_does_not() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    assert_eq!(by_password(&client, "wrong-Heron-41").0.outcome, Outcome::Denied);
    let (verdict, session) = by_password(&client, PASSWORD);
    assert_eq!(verdict.outcome, Outcome::Granted);
    let grant = session.grant().unwrap();
    assert_eq!(code_of(&grant.release_login("charts")), "ask_again");
    let nothing = session.secret(Factor::EmergencyCode, Some(typed("not a code")));
    assert_eq!(nothing.unwrap_err().class(), Class::Usage);
}

#[test]
fn a_grant_ends_with_the_connection_that_it_was_given_to() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let (_, session) = by_password(&client, PASSWORD);
    let grant = session.grant().unwrap();
    drop(session);
    assert!(grant.examine().is_ok());
    drop((grant, client));
    assert_eq!(terminal.end(), Some(0));
    assert_eq!(terminal.log(&["grant_end"]), ["grant_end done logged_off"]);
}

#[test]
fn the_number_of_a_grant_is_good_over_no_other_connection() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let (client, other) = (terminal.connect(), terminal.connect());
    let (_, session) = by_password(&client, PASSWORD);
    let grant = session.grant().unwrap();
    let watch = |client: &Client| {
        let watch = Watch { grant: grant.number(), frames: FrameOrigin::None, cards: CardOrigin::None };
        client.begin(Beginning::Watch(watch), None)
    };
    assert_eq!(code_of(&watch(&other)), "no_grant");
    let session = watch(&client).unwrap();
    grant.end().unwrap();
    let last = events(&session).pop();
    assert_eq!(last, Some(SessionEvent::Done(SessionResult::Watched)));
}

#[test]
fn a_kept_grant_is_claimed_once_by_the_user_whose_account_was_opened() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let (client, agent) = (terminal.connect(), terminal.connect());
    assert_eq!(code_of(&agent.claim()), "nothing_to_claim");
    let account = Some(super::support::user());
    let begin = Authenticate { account, ..with_card(Purpose::Login) };
    let session = client.begin(Beginning::Authenticate(begin), None).unwrap();
    session.push_card(Some(CARD)).unwrap();
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    assert_eq!(told(&events(&session)).outcome, Outcome::Granted);
    let grant = session.grant().unwrap();
    grant.keep().unwrap();
    assert_eq!(code_of(&grant.examine()), "no_grant");
    drop((grant, session, client));
    let claimed = agent.claim().unwrap();
    assert_eq!(claimed.examine().unwrap().subject, "nurse01");
    assert_eq!(code_of(&agent.claim()), "nothing_to_claim");
}

#[test]
fn what_is_called_off_is_judged_by_what_was_presented() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let begin = || client.begin(Beginning::Authenticate(with_card(Purpose::Login)), None).unwrap();
    let session = begin();
    session.cancel().unwrap();
    assert_eq!(told(&events(&session)).outcome, Outcome::Abandoned);
    // Gone without a word.
    drop(begin());
    let short =
        client.begin(Beginning::Authenticate(with_card(Purpose::Login)), Some(Duration::from_millis(300)));
    assert_eq!(told(&events(&short.unwrap())).reason, Coarse::Cancelled);
    assert_eq!(terminal.end(), Some(0));
    assert_eq!(terminal.log(&["authenticate"]), ["authenticate abandoned cancelled"; 3]);
}

#[test]
fn one_user_has_so_many_sessions_and_none_stalls_a_request() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let begin = || client.begin(Beginning::Authenticate(with_card(Purpose::Login)), None);
    let sessions: Vec<ClientSession> = (0..SESSIONS_PER_USER).map(|_| begin().unwrap()).collect();
    assert_eq!(code_of(&begin()), "too_many");
    let begun = std::time::Instant::now();
    client.info().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
    drop(sessions);
}

#[test]
fn whoever_dies_in_the_middle_of_a_session_hears_of_it_and_the_next_service_goes_on() {
    let mut terminal = Terminal::with_nurse();
    terminal.serve();
    let client = terminal.connect();
    let session = client.begin(Beginning::Authenticate(with_card(Purpose::Login)), None).unwrap();
    session.push_card(Some(CARD)).unwrap();
    terminal.kill();
    let begun = std::time::Instant::now();
    let lost = loop {
        match session.wait(TIMEOUT) {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert!(matches!(lost, Err(ServiceError::Lost)), "{lost:?}");
    assert!(begun.elapsed() < Duration::from_secs(1));
    terminal.serve();
    assert_eq!(by_password(&terminal.connect(), PASSWORD).0.outcome, Outcome::Granted);
}
