//! Readers that fail, are not there, or go away.

use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, ReaderError, Unread, reader};
use mabataki_test_support::persona::{Failing, Reaction, storage};
use mabataki_test_support::{PrivatePcscd, isolated};
use pretty_assertions::assert_eq;

use crate::{SHORT, SOON, error_of, open, persona, take_away, threads, unread, works};

#[test]
fn without_a_reader_that_is_what_is_said() {
    isolated(|folder| {
        let _pcscd = PrivatePcscd::start_in(folder, &[]).unwrap();
        assert_eq!(reader::list().unwrap(), [""; 0]);
        for name in [None, Some("Counter")] {
            assert!(matches!(CardReader::open(name), Err(ReaderError::NoReader)));
        }
    });
}

#[test]
fn a_reader_that_is_not_there_is_named_with_those_that_are() {
    isolated(|folder| {
        let _pcscd = PrivatePcscd::start_in(folder, &["Counter", "Counter B"]).unwrap();
        let error = CardReader::open(Some("Gate")).err().unwrap();
        assert_eq!(error.code(), "no_reader");
        let text = error.to_string();
        assert!(text.contains("\"Gate\"") && text.contains("Counter 00 00"), "{text}");
        // Two contain it: neither is taken.
        assert!(matches!(CardReader::open(Some("Counter")), Err(ReaderError::UnknownReader { .. })));
    });
}

#[test]
fn nothing_happening_is_no_error() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        let start = Instant::now();
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        assert!(start.elapsed() >= SHORT && start.elapsed() < SOON);
        assert!(matches!(reader.wait(Duration::ZERO), Ok(None)));
        hand.insert(persona("fcf")).unwrap();
        assert!(matches!(reader.wait(Duration::MAX), Ok(Some(CardEvent::Inserted(_)))));
    });
}

#[test]
fn every_failure_of_a_reader_is_an_error_and_no_panic() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        for code in [605, 607, 608, 612, 613, 614, 618] {
            let card = Failing::boxed(storage(0x11, 0x003B), Reaction::Fail(code));
            let why = unread(error_of(&mut hand, &mut reader, card));
            assert!(matches!(why, Unread::Exchange(_)), "{code}: {why:?}");
            take_away(&mut hand, &mut reader);
        }
        // "No card", said by the reader of a card that is there; no chatter of the last one.
        std::thread::sleep(2 * SHORT);
        let absent =
            error_of(&mut hand, &mut reader, Failing::boxed(storage(0x11, 0x003B), Reaction::Fail(616)));
        assert_eq!(absent.code(), "card_removed");
        works(&mut hand, &mut reader);
    });
}

#[test]
fn a_reader_that_says_it_is_gone_while_it_is_there_is_told_and_not_asked_again_and_again() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        let card = Failing::boxed(storage(0x11, 0x003B), Reaction::Fail(617));
        assert_eq!(error_of(&mut hand, &mut reader, card).code(), "no_reader");
        let start = Instant::now();
        let mut told = 0;
        while start.elapsed() < SOON / 5 {
            told += u32::from(!matches!(reader.wait(SHORT), Ok(None)));
        }
        assert!(told < 40, "{told} events in a second");
        works(&mut hand, &mut reader);
    });
}

#[test]
fn a_reader_unplugged_while_it_reads_is_said_to_be_gone_and_works_again_when_it_is_back() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        let error = error_of(&mut hand, &mut reader, persona("unplugged"));
        assert_eq!(error.code(), "no_reader", "{error}");
        hand.plug().unwrap();
        works(&mut hand, &mut reader);
    });
}

#[test]
fn a_reader_taken_away_is_said_to_be_gone_at_once_and_works_again_when_it_is_back() {
    isolated(|folder| {
        let (mut pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Inserted(_)))));
        hand.unplug().unwrap();
        pcscd.look_for_readers().unwrap();
        assert_eq!(reader.wait(SOON).unwrap_err().code(), "no_reader");
        // Told once; after that the same only when the time is up.
        let start = Instant::now();
        assert_eq!(reader.wait(SHORT).unwrap_err().code(), "no_reader");
        assert!(start.elapsed() >= SHORT);
        hand.plug().unwrap();
        pcscd.look_for_readers().unwrap();
        works(&mut hand, &mut reader);
    });
}

#[test]
fn whoever_looks_at_a_reader_leaves_no_thread_behind() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        for _ in 0..20 {
            let mut others = [CardReader::open(None).unwrap(), CardReader::open(None).unwrap()];
            assert_eq!(threads("mabataki reader"), 1);
            for other in &mut others {
                assert!(matches!(other.wait(Duration::ZERO), Ok(None)));
            }
        }
        works(&mut hand, &mut reader);
        let start = Instant::now();
        drop(reader);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        let deadline = Instant::now() + SOON;
        while threads("mabataki reader") + threads("mabataki card") > 0 {
            assert!(Instant::now() < deadline, "a thread is left");
            std::thread::sleep(Duration::from_millis(10));
        }
    });
}
