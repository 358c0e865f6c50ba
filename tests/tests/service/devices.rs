//! Devices that hang, and how little of it the service's hosts notice.

use std::time::{Duration, Instant};

use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{Authenticate, Beginning, CardOrigin};
use mabataki_engine::service::{Client, ClientSession, SESSIONS_PER_USER, ServiceError};
use mabataki_test_support::{Mabataki, PrivatePcscd, persona};

use super::support::{TIMEOUT, Terminal, code_of};

/// How much longer the end of a session, or of the service, may take whatever a device does.
const END: Duration = Duration::from_secs(1);

/// The first reader there is.
const READER: CardOrigin = CardOrigin::Reader(None);

/// A terminal with a reader; the last speaks to it.
fn counter() -> (Terminal, PrivatePcscd) {
    let pcscd = PrivatePcscd::start(&["Counter"]).unwrap();
    let mut terminal = Terminal::of(Mabataki::new().with_pcscd(pcscd.socket()));
    terminal.serve();
    (terminal, pcscd)
}

fn begin(client: &Client, cards: CardOrigin) -> Result<ClientSession, ServiceError> {
    let begin = Authenticate {
        cards,
        secrets: Factors::of(&[Factor::Password]),
        ..Authenticate::new(Purpose::Login)
    };
    client.begin(Beginning::Authenticate(begin), None)
}

/// As many sessions as there are places for, once these are free.
fn all(client: &Client, cards: &CardOrigin) -> Vec<ClientSession> {
    let begun = Instant::now();
    let mut sessions = Vec::new();
    while sessions.len() < SESSIONS_PER_USER {
        match begin(client, cards.clone()) {
            Ok(session) => sessions.push(session),
            refused => assert_eq!(code_of(&refused), "too_many"),
        }
        assert!(begun.elapsed() < TIMEOUT, "places are missing");
    }
    sessions
}

/// How long it takes until all sessions have ended, and others have begun in their places without a reader.
fn replaced(client: &Client, sessions: Vec<ClientSession>) -> Duration {
    let begun = Instant::now();
    drop(sessions);
    drop(all(client, &CardOrigin::Host));
    begun.elapsed()
}

/// How long that takes where nothing hangs: each end is written into the log, and a disk takes its time.
fn usual(client: &Client) -> Duration {
    replaced(client, all(client, &CardOrigin::Host))
}

#[test]
fn a_card_service_that_hangs_holds_up_the_end_of_no_session_and_not_of_the_service() {
    let (mut terminal, mut pcscd) = counter();
    let client = terminal.connect();
    let usual = usual(&client);
    let sessions = all(&client, &READER);
    pcscd.hang().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let took = replaced(&client, sessions);
    assert!(took < usual + END, "{took:?}, usually {usual:?}");
    // Begun while it hangs, and unknown yet whether it does: they begin without it.
    let sessions = all(&client, &READER);
    let begun = Instant::now();
    assert_eq!(terminal.end(), Some(0));
    assert!(begun.elapsed() < usual + END, "{:?}, usually {usual:?}", begun.elapsed());
    drop(sessions);
}

#[test]
fn a_card_that_hangs_holds_up_the_end_of_no_session_and_not_of_the_service() {
    let (mut terminal, pcscd) = counter();
    let mut hand = pcscd.reader("Counter").unwrap();
    let client = terminal.connect();
    let usual = usual(&client);
    let sessions = all(&client, &READER);
    hand.insert(persona::by_name("mute_apdu").unwrap()).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let took = replaced(&client, sessions);
    assert!(took < usual + END, "{took:?}, usually {usual:?}");
    let sessions = all(&client, &READER);
    std::thread::sleep(Duration::from_millis(300));
    let begun = Instant::now();
    assert_eq!(terminal.end(), Some(0));
    assert!(begun.elapsed() < usual + END, "{:?}, usually {usual:?}", begun.elapsed());
    drop(sessions);
}
