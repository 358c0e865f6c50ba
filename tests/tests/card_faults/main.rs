//! What a program is told when a card, a reader or the card service fails, through the real PC/SC stack.
//!
//! | what happens | where it is tried |
//! |---|---|
//! | no card, or none any more | `proofs`: no longer there; `card_reading::bytes`: what PC/SC says |
//! | no reader; an unknown name; nothing in time | `readers` |
//! | torn away at a command, in a transaction, or with an empty answer | `cards`, `proofs` |
//! | another card by the time it is spoken to | `cards`: swapped in mid-command; `proofs`: another than was read |
//! | swapped between two looks | `card_events::cards`; the rules themselves in the engine's `presence` |
//! | reset or asked something by another program | `others` |
//! | held by another program: exclusively, in a transaction | `card_endurance`; `proofs`: kept to itself |
//! | the reader fails: 605, 607, 608, 612 to 614, 616 to 618 | `readers` |
//! | the reader is unplugged: in mid-command, between two | `readers`, `proofs`; through USB `card_events::usb` |
//! | the service is not there, dies, hangs, or serves nobody more | `service`, `proofs`, `others`; twenty times `card_events::readers` |
//! | mute at power-up, an ATR of 34 bytes, a malformed one, a wrong check byte | `cards` |
//! | answers of 0 and 1 byte, too long, noise | `cards` |
//! | mute in mid-command | `cards`, `proofs`; leaving it, `card_endurance` |

#![cfg(test)]

mod cards;
mod others;
mod proofs;
mod readers;
mod service;

use std::path::Path;
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, CardReading, ReaderError, Unread};
use mabataki_test_support::persona::{Persona, by_name};
use mabataki_test_support::{PrivatePcscd, VirtualReader};
use pcsc::{Context, Protocols, Scope, ShareMode};
use pretty_assertions::assert_eq;

/// Long enough for anything that happens at once.
const SOON: Duration = Duration::from_secs(5);
/// Long enough to notice that nothing happens.
const SHORT: Duration = Duration::from_millis(100);

fn open(folder: &Path) -> (PrivatePcscd, VirtualReader, CardReader) {
    let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
    let hand = pcscd.reader("Counter").unwrap();
    let reader = CardReader::open(None).unwrap();
    (pcscd, hand, reader)
}

fn persona(name: &str) -> Box<dyn Persona> {
    by_name(name).unwrap()
}

/// What comes next is a card that was read.
fn inserted(reader: &mut CardReader) -> CardReading {
    match reader.wait(SOON) {
        Ok(Some(CardEvent::Inserted(reading))) => reading,
        other => panic!("no card, but {other:?}"),
    }
}

/// The error that comes when this card is laid on the reader; the card is left there.
fn error_of(hand: &mut VirtualReader, reader: &mut CardReader, card: Box<dyn Persona>) -> ReaderError {
    hand.insert(card).unwrap();
    match reader.wait(SOON) {
        Err(error) => error,
        other => panic!("no error, but {other:?}"),
    }
}

/// The card is taken away, and that is told.
fn take_away(hand: &mut VirtualReader, reader: &mut CardReader) {
    hand.remove().unwrap();
    assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Removed))), "the card did not go");
}

/// Another program's hold on the card, once it has power.
fn hold(mode: ShareMode) -> pcsc::Card {
    let other = Context::establish(Scope::User).unwrap();
    let names = other.list_readers_owned().unwrap();
    let deadline = Instant::now() + SOON;
    loop {
        match other.connect(&names[0], mode, Protocols::ANY) {
            Ok(card) => return card,
            Err(error) if Instant::now() > deadline => panic!("the other program got no card: {error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    }
}

/// A sound card is read again, whatever happened before.
fn works(hand: &mut VirtualReader, reader: &mut CardReader) {
    hand.insert(persona("fcf")).unwrap();
    let deadline = Instant::now() + SOON;
    while Instant::now() < deadline {
        if let Ok(Some(CardEvent::Inserted(reading))) = reader.wait(SHORT) {
            assert!(reading.result.is_ok());
            return;
        }
    }
    panic!("the reader does not work any more");
}

/// How many threads of this process have this name; the system keeps fifteen letters of it.
fn threads(name: &str) -> usize {
    let name = &name[..name.len().min(15)];
    let tasks = std::fs::read_dir("/proc/self/task").unwrap();
    let names = tasks.map(|task| std::fs::read_to_string(task.unwrap().path().join("comm")));
    // One that ends meanwhile has none.
    names.filter(|found| found.as_ref().is_ok_and(|found| found.trim_end() == name)).count()
}

fn unread(error: ReaderError) -> Unread {
    assert_eq!(error.code(), "card_unreadable");
    match error {
        ReaderError::Unreadable { why, .. } => why,
        other => panic!("expected an unreadable card, found {other:?}"),
    }
}
