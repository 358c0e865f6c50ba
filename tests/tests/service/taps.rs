//! Cards that are tapped while a host watches: the next person at a shared terminal, who is in a hurry.

use std::time::Duration;

use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::service::protocol::{
    Authenticate, Beginning, CardOrigin, FrameOrigin, SessionEvent, Told, Watch,
};
use mabataki_engine::service::{Client, ClientSession, ServiceError};
use mabataki_engine::session::Outcome;
use mabataki_test_support::{Mabataki, PrivatePcscd, VirtualReader, persona};

use super::support::{PASSWORD, TIMEOUT, Terminal, code_of, typed};

/// The first reader there is.
const READER: CardOrigin = CardOrigin::Reader(None);
const FIRST: &str = "fcf";
const SECOND: &str = "ntag213";

/// Longer than a card takes to be read and to be told, and than two cards one after the other count as two at once.
const READ: Duration = Duration::from_secs(1);

/// A terminal with two nurses, each with a card and a password, and its reader; the last speaks to it.
fn ward() -> (Terminal, VirtualReader, PrivatePcscd) {
    let pcscd = PrivatePcscd::start(&["Counter"]).unwrap();
    let mut hand = pcscd.reader("Counter").unwrap();
    let mut terminal = Terminal::of(Mabataki::new().with_pcscd(pcscd.socket()));
    terminal.take_passwords();
    for (id, card) in [("nurse01", FIRST), ("nurse02", SECOND)] {
        terminal.done(&["person", "add", id, "--name", id]);
        lay(&mut hand, card);
        terminal.done(&["card", "bind", id]);
        hand.remove().unwrap();
        assert_eq!(terminal.command.json_fed(&["password", "set", id], &[PASSWORD]).exit, 0);
    }
    terminal.serve();
    (terminal, hand, pcscd)
}

fn lay(hand: &mut VirtualReader, card: &str) {
    hand.insert(persona::by_name(card).unwrap()).unwrap();
}

fn begin(client: &Client, cards: CardOrigin, tapped: Option<u64>) -> Result<ClientSession, ServiceError> {
    let secrets = Factors::of(&[Factor::Password]);
    let begin = Authenticate { cards, tapped, secrets, ..Authenticate::new(Purpose::Switch) };
    client.begin(Beginning::Authenticate(begin), None)
}

/// The end of an attempt in which the password is typed.
fn typed_in(terminal: &Terminal, session: &ClientSession) -> Told {
    session.secret(Factor::Password, Some(typed(PASSWORD))).unwrap();
    terminal.verdict(session)
}

/// Lets the first nurse in by the reader, and watches over her grant there.
fn first_at_work(terminal: &Terminal, client: &Client, hand: &mut VirtualReader) -> ClientSession {
    let session = begin(client, READER, None).unwrap();
    lay(hand, FIRST);
    let told = typed_in(terminal, &session);
    hand.remove().unwrap();
    assert_eq!((told.outcome, told.subject.as_deref()), (Outcome::Granted, Some("nurse01")));
    let grant = session.grant().unwrap().number();
    let watch = Watch { grant, frames: FrameOrigin::None, cards: READER };
    client.begin(Beginning::Watch(watch), None).unwrap()
}

/// The number of the card that is tapped next.
fn tapped(watch: &ClientSession) -> u64 {
    match watch.wait(TIMEOUT).unwrap() {
        Some(SessionEvent::OtherCard(number)) => number,
        other => panic!("no card, but {other:?}"),
    }
}

#[test]
fn whoever_tapped_their_card_while_another_was_at_work_is_let_in_by_that_tap() {
    let (terminal, mut hand, _pcscd) = ward();
    let client = terminal.connect();
    let watch = first_at_work(&terminal, &client, &mut hand);
    lay(&mut hand, SECOND);
    let number = tapped(&watch);
    hand.remove().unwrap();
    let session = begin(&client, READER, Some(number)).unwrap();
    let told = typed_in(&terminal, &session);
    assert_eq!((told.outcome, told.subject.as_deref()), (Outcome::Granted, Some("nurse02")));
    assert_eq!(code_of(&begin(&client, READER, Some(number))), "no_tap", "once");
}

#[test]
fn a_card_that_was_tapped_and_still_lies_there_is_one_card() {
    let (terminal, mut hand, _pcscd) = ward();
    let client = terminal.connect();
    let watch = first_at_work(&terminal, &client, &mut hand);
    lay(&mut hand, SECOND);
    let session = begin(&client, READER, Some(tapped(&watch))).unwrap();
    std::thread::sleep(READ);
    let told = typed_in(&terminal, &session);
    assert_eq!((told.outcome, told.subject.as_deref()), (Outcome::Granted, Some("nurse02")));
    let attempts = terminal.log(&["authenticate"]);
    assert_eq!(attempts.len(), 2, "{attempts:?}");
}

#[test]
fn the_number_of_a_card_is_good_over_its_own_connection_and_for_the_reader_and_no_other_is() {
    let (terminal, mut hand, _pcscd) = ward();
    let (client, other) = (terminal.connect(), terminal.connect());
    let watch = first_at_work(&terminal, &client, &mut hand);
    lay(&mut hand, SECOND);
    let number = tapped(&watch);
    assert_eq!(code_of(&begin(&other, READER, Some(number))), "no_tap");
    assert_eq!(code_of(&begin(&client, READER, Some(number ^ 1))), "no_tap");
    assert_eq!(code_of(&begin(&client, CardOrigin::Host, Some(number))), "misuse");
    assert!(begin(&client, READER, Some(number)).is_ok());
}

#[test]
fn the_card_of_whoever_is_at_work_is_no_other_card_and_the_newest_tap_counts() {
    let (terminal, mut hand, _pcscd) = ward();
    let client = terminal.connect();
    let watch = first_at_work(&terminal, &client, &mut hand);
    lay(&mut hand, FIRST);
    assert_eq!(watch.wait(READ).unwrap(), None);
    hand.remove().unwrap();
    let mut numbers = Vec::new();
    for _ in 0..2 {
        lay(&mut hand, SECOND);
        numbers.push(tapped(&watch));
        hand.remove().unwrap();
        std::thread::sleep(READ);
    }
    assert_eq!(code_of(&begin(&client, READER, Some(numbers[0]))), "no_tap");
    assert!(begin(&client, READER, Some(numbers[1])).is_ok());
}
