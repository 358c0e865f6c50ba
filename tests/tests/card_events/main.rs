//! When a program is told that a card, a reader or the card service came or went, and how often: through the real PC/SC
//! stack.

#![cfg(test)]

mod cards;
mod readers;
mod usb;

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, CardReading, ReaderError};
use mabataki_test_support::persona::{Persona, by_name};
use mabataki_test_support::{PrivatePcscd, VirtualReader};

/// Long enough for anything that happens at once.
const SOON: Duration = Duration::from_secs(5);
/// Long enough to notice that nothing happens.
const SHORT: Duration = Duration::from_millis(100);
/// Longer than a card that is just being laid on, or taken away, may chatter.
const SETTLED: Duration = Duration::from_millis(300);
/// In which an event is to be told.
const WANTED: Duration = Duration::from_millis(20);
/// What even a busy machine keeps to.
const BOUND: Duration = Duration::from_millis(500);

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

/// What comes next is that the card has gone.
fn removed(reader: &mut CardReader) {
    let next = reader.wait(SOON);
    assert!(matches!(next, Ok(Some(CardEvent::Removed))), "{next:?}");
}

/// Nothing more comes.
fn quiet(reader: &mut CardReader) {
    let next = reader.wait(SETTLED);
    assert!(matches!(next, Ok(None)), "{next:?}");
}

/// A thread of a reader's, that tells what happens there and when.
fn told(mut reader: CardReader) -> Receiver<(Instant, Result<CardEvent, ReaderError>)> {
    let (tell, told) = channel();
    std::thread::spawn(move || {
        loop {
            // What is gone is told again when this is over.
            if let Some(event) = reader.wait(SOON).transpose()
                && tell.send((Instant::now(), event)).is_err()
            {
                return;
            }
        }
    });
    told
}

/// How long after `since` the next event was told.
fn next(
    told: &Receiver<(Instant, Result<CardEvent, ReaderError>)>,
    since: Instant,
) -> (Duration, Result<CardEvent, ReaderError>) {
    let (when, event) = told.recv_timeout(SOON).unwrap();
    (when.saturating_duration_since(since), event)
}

/// Half of these times are in time, and all of them within the bound; printed for whoever asks.
fn in_time(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let (median, longest) = (times[times.len() / 2], times[times.len() - 1]);
    eprintln!("measured: {what}: median {median:?}, longest {longest:?} of {}", times.len());
    assert!(median <= WANTED && longest <= BOUND, "{what}: {times:?}");
}
