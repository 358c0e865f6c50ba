//! When a program is told that a card, a reader or the card service came or went, and how often: through the real PC/SC
//! stack.

#![cfg(test)]

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, CardReading, ReaderError};
use mabataki_test_support::persona::{Persona, by_name};
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated};
use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};
use pretty_assertions::assert_eq;

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

#[test]
fn a_card_that_comes_is_swapped_or_goes_is_told_within_twenty_milliseconds() {
    isolated(|folder| {
        let (_pcscd, mut hand, reader) = open(folder);
        let told = told(reader);
        let (mut came, mut swapped, mut went) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..8 {
            // A card is told once it is read.
            let start = Instant::now();
            hand.insert(persona("fcf")).unwrap();
            let (time, event) = next(&told, start);
            assert!(matches!(event, Ok(CardEvent::Inserted(_))), "{event:?}");
            came.push(time);
            std::thread::sleep(SETTLED);
            let start = Instant::now();
            hand.insert(persona("ntag213")).unwrap();
            let (_, event) = next(&told, start);
            assert!(matches!(event, Ok(CardEvent::Removed)), "{event:?}");
            let (time, event) = next(&told, start);
            assert!(matches!(event, Ok(CardEvent::Inserted(_))), "{event:?}");
            swapped.push(time);
            std::thread::sleep(SETTLED);
            let start = Instant::now();
            hand.remove().unwrap();
            let (time, event) = next(&told, start);
            assert!(matches!(event, Ok(CardEvent::Removed)), "{event:?}");
            went.push(time);
            std::thread::sleep(SETTLED);
        }
        in_time("a card comes", came);
        in_time("a card is swapped for another", swapped);
        in_time("a card goes", went);
    });
}

/// When the card service first tells a program of its own that a reader came or went.
fn plugged() -> Receiver<Instant> {
    let (tell, told) = channel();
    let context = Context::establish(Scope::User).unwrap();
    let names = context.list_readers_owned().unwrap();
    let watched = names.into_iter().chain([PNP_NOTIFICATION().to_owned()]);
    let mut states: Vec<_> = watched.map(|name| ReaderState::new(name, State::UNAWARE)).collect();
    // The first look only says what there is.
    let _ = context.get_status_change(Duration::ZERO, &mut states);
    states.iter_mut().for_each(ReaderState::sync_current_state);
    std::thread::spawn(move || {
        if context.get_status_change(SOON, &mut states).is_ok() {
            // Nobody listens when the test has failed already.
            let _ = tell.send(Instant::now());
        }
    });
    // It waits by then.
    std::thread::sleep(SHORT);
    told
}

#[test]
fn a_reader_that_is_plugged_in_or_out_is_told_within_twenty_milliseconds_of_the_service() {
    isolated(|folder| {
        let (mut pcscd, mut hand, reader) = open(folder);
        let told = told(reader);
        let (mut out, mut back) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let report = plugged();
            hand.unplug().unwrap();
            pcscd.look_for_readers().unwrap();
            // What the reader itself says of its end may be earlier than what the service makes of it.
            let (when, event) = told.recv_timeout(SOON).unwrap();
            assert!(matches!(event, Err(ReaderError::ReaderGone { .. })), "{event:?}");
            out.push(when.saturating_duration_since(report.recv_timeout(SOON).unwrap()));
            let report = plugged();
            hand.plug().unwrap();
            pcscd.look_for_readers().unwrap();
            let (when, event) = told.recv_timeout(SOON).unwrap();
            let Ok(CardEvent::Connected { reader }) = event else { panic!("not back, but {event:?}") };
            assert_eq!(reader, "Counter 00 00");
            back.push(when.saturating_duration_since(report.recv_timeout(SOON).unwrap()));
        }
        in_time("a reader is unplugged", out);
        in_time("a reader is plugged in", back);
    });
}

#[test]
fn a_service_killed_and_begun_again_twenty_times_is_told_each_time_and_the_next_card_is_read() {
    isolated(|folder| {
        let (mut pcscd, hand, reader) = open(folder);
        drop(hand);
        let told = told(reader);
        let (mut stopped, mut back) = (Vec::new(), Vec::new());
        for _ in 0..20 {
            let start = Instant::now();
            pcscd.crash().unwrap();
            let (time, event) = next(&told, start);
            assert_eq!(event.unwrap_err().code(), "no_card_service");
            stopped.push(time);
            pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
            let start = Instant::now();
            let (time, event) = next(&told, start);
            // It may be told that the service is there before it has found its reader.
            let event = match event {
                Err(ReaderError::NoReader) => next(&told, start).1,
                event => event,
            };
            assert!(matches!(event, Ok(CardEvent::Connected { .. })), "{event:?}");
            back.push(time);
            let mut hand = pcscd.reader("Counter").unwrap();
            hand.insert(persona("fcf")).unwrap();
            let (_, event) = next(&told, start);
            assert!(matches!(event, Ok(CardEvent::Inserted(_))), "{event:?}");
        }
        in_time("the service is killed", stopped);
        in_time("the service is back", back);
    });
}

#[test]
fn a_card_that_chatters_while_it_is_laid_on_comes_once_and_at_once() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        inserted(&mut reader);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..20 {
                    std::thread::sleep(Duration::from_millis(5));
                    hand.remove().unwrap();
                    hand.insert(persona("fcf")).unwrap();
                }
            });
            quiet(&mut reader);
        });
        quiet(&mut reader);
        hand.remove().unwrap();
        removed(&mut reader);
        quiet(&mut reader);
    });
}

#[test]
fn a_card_that_chatters_while_it_is_taken_away_goes_once() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        inserted(&mut reader);
        quiet(&mut reader);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                hand.remove().unwrap();
                for _ in 0..5 {
                    std::thread::sleep(Duration::from_millis(20));
                    hand.insert(persona("fcf")).unwrap();
                    hand.remove().unwrap();
                }
            });
            removed(&mut reader);
            quiet(&mut reader);
        });
        quiet(&mut reader);
    });
}

#[test]
fn another_card_laid_on_in_the_time_of_a_chatter_is_never_taken_for_the_first() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        let first = inserted(&mut reader);
        // As alike as two cards can be.
        hand.insert(persona("fcf:0114B34C1A2B3C4E")).unwrap();
        removed(&mut reader);
        let second = inserted(&mut reader);
        assert_eq!((first.kind, &first.reader), (second.kind, &second.reader));
        assert!(first.result.unwrap() != second.result.unwrap());
    });
}

#[test]
fn the_going_of_a_card_is_never_held_back_for_long() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        for _ in 0..5 {
            hand.insert(persona("fcf")).unwrap();
            inserted(&mut reader);
            let start = Instant::now();
            hand.remove().unwrap();
            removed(&mut reader);
            let time = start.elapsed();
            assert!(time < Duration::from_millis(150) + BOUND, "{time:?}");
            std::thread::sleep(SETTLED);
        }
    });
}

#[test]
fn cards_at_two_readers_at_once_are_told_of_the_reader_they_lie_on() {
    isolated(|folder| {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter", "Office"]).unwrap();
        std::thread::scope(|scope| {
            for (name, card) in [("Counter", "fcf"), ("Office", "ntag213")] {
                let mut hand = pcscd.reader(name).unwrap();
                let mut reader = CardReader::open(Some(name)).unwrap();
                scope.spawn(move || {
                    for _ in 0..20 {
                        hand.insert(persona(card)).unwrap();
                        let reading = inserted(&mut reader);
                        assert!(reading.reader.starts_with(name), "{}", reading.reader);
                        let expected = if card == "fcf" { "felica" } else { "mifare_ultralight" };
                        assert_eq!(reading.kind.code(), expected);
                        hand.remove().unwrap();
                        removed(&mut reader);
                        std::thread::sleep(SETTLED / 2);
                    }
                });
            }
        });
    });
}

#[test]
fn sixteen_readers_the_most_that_pcscd_lists_are_read_at_once() {
    isolated(|folder| {
        let names: Vec<String> = (1..=16).map(|number| format!("Door {number:02}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let pcscd = PrivatePcscd::start_in(folder, &names).unwrap();
        std::thread::scope(|scope| {
            for (index, name) in names.iter().enumerate() {
                let mut hand = pcscd.reader(name).unwrap();
                let mut reader = CardReader::open(Some(name)).unwrap();
                scope.spawn(move || {
                    hand.insert(persona(&format!("fcf:0114B34C1A2B3C{:02X}", index + 1))).unwrap();
                    let reading = inserted(&mut reader);
                    assert!(reading.reader.starts_with(name), "{}", reading.reader);
                    let last = reading.result.unwrap().id.last().copied();
                    assert_eq!(last, u8::try_from(index + 1).ok());
                });
            }
        });
    });
}
