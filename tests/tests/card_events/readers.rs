//! Readers and the card service itself that go and come back.

use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, ReaderError};
use mabataki_test_support::{PrivatePcscd, isolated};
use pcsc::{Context, PNP_NOTIFICATION, ReaderState, Scope, State};
use pretty_assertions::assert_eq;

use crate::{SHORT, SOON, in_time, next, open, persona, told};

/// When the card service first tells a program of its own that a reader came or went.
pub(crate) fn plugged() -> Receiver<Instant> {
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
