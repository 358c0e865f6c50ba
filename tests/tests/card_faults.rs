//! What a program is told when a card, a reader or the card service fails, through the real PC/SC stack.

#![cfg(test)]

use std::path::Path;
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, ReaderError, Unread, reader};
use mabataki_test_support::persona::{Answering, Failing, Persona, Reaction, by_name, storage};
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated};
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

#[test]
fn without_a_card_service_that_is_what_is_said() {
    isolated(|_| {
        let error = CardReader::open(None).err().unwrap();
        assert_eq!(error.code(), "no_card_service");
        assert!(error.fix().contains("pcscd"));
        assert_eq!(reader::list().err().unwrap().code(), "no_card_service");
    });
}

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
fn answers_that_make_no_sense_are_errors_that_say_so_and_the_next_card_is_read() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        let short = unread(error_of(&mut hand, &mut reader, persona("short")));
        assert!(matches!(short, Unread::ShortAnswer { found: 1 }), "{short:?}");
        take_away(&mut hand, &mut reader);
        let empty = unread(error_of(&mut hand, &mut reader, persona("empty")));
        assert!(matches!(empty, Unread::ShortAnswer { found: 0 } | Unread::Exchange(_)), "{empty:?}");
        take_away(&mut hand, &mut reader);
        let long = unread(error_of(&mut hand, &mut reader, persona("long")));
        assert!(matches!(long, Unread::LongAnswer { longest: 264 }), "{long:?}");
        works(&mut hand, &mut reader);
    });
}

#[test]
fn an_answer_of_noise_gives_no_identity() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("garbage")).unwrap();
        let Ok(Some(CardEvent::Inserted(reading))) = reader.wait(SOON) else { panic!("not read") };
        assert!(reading.result.is_err());
        works(&mut hand, &mut reader);
    });
}

#[test]
fn a_card_without_a_sound_atr_is_unreadable() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        for (name, mute) in [("mute", true), ("long_atr", true), ("bad_atr", false), ("bad_checksum", false)]
        {
            let why = unread(error_of(&mut hand, &mut reader, persona(name)));
            assert!(
                if mute { matches!(why, Unread::Mute) } else { matches!(why, Unread::Atr(_)) },
                "{name}: {why:?}"
            );
            assert!(matches!(reader.wait(SHORT), Ok(None)), "{name} was tried again while it lay there");
            take_away(&mut hand, &mut reader);
        }
        works(&mut hand, &mut reader);
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
fn a_card_torn_away_while_it_is_read_is_said_to_be_gone_once() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        let error = error_of(&mut hand, &mut reader, persona("torn"));
        assert_eq!(error.code(), "card_removed");
        assert!(matches!(reader.wait(SHORT), Ok(None)), "it was told to have gone though it never came");
        works(&mut hand, &mut reader);
    });
}

#[test]
fn a_card_that_hangs_is_given_up_in_time_and_the_next_one_is_read() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        let start = Instant::now();
        let why = unread(error_of(&mut hand, &mut reader, persona("mute_apdu")));
        assert!(matches!(why, Unread::Silent { seconds: 3 }), "{why:?}");
        assert!(start.elapsed() < Duration::from_secs(3) + SOON, "{:?}", start.elapsed());
        take_away(&mut hand, &mut reader);
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
fn a_card_service_that_dies_is_told_and_the_reader_works_again_when_it_is_back() {
    isolated(|folder| {
        let (pcscd, _hand, mut reader) = open(folder);
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        pcscd.crash().unwrap();
        let start = Instant::now();
        assert_eq!(reader.wait(SOON).unwrap_err().code(), "no_card_service");
        assert!(start.elapsed() < SOON);
        assert_eq!(reader.wait(SHORT).unwrap_err().code(), "no_card_service");
        let again = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        works(&mut again.reader("Counter").unwrap(), &mut reader);
    });
}

#[test]
fn a_card_service_that_hangs_is_told_in_time_and_nobody_waits_for_it_again_until_it_is_back() {
    isolated(|folder| {
        let (mut pcscd, mut hand, mut reader) = open(folder);
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        pcscd.hang().unwrap();
        let start = Instant::now();
        let error = reader.wait(SOON).unwrap_err();
        assert!(matches!(error, ReaderError::Silent { seconds: 2 }), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
        // One thread hangs; no other follows it there.
        let start = Instant::now();
        for _ in 0..20 {
            assert_eq!(CardReader::open(None).err().unwrap().code(), "reader_stuck");
            assert_eq!(reader::list().unwrap_err().code(), "reader_stuck");
        }
        drop(reader);
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert_eq!(threads("mabataki reader"), 1);
        pcscd.go_on().unwrap();
        let deadline = Instant::now() + SOON;
        while threads("mabataki reader") > 0 {
            assert!(Instant::now() < deadline, "the thread that hung is there still");
            std::thread::sleep(Duration::from_millis(10));
        }
        works(&mut hand, &mut CardReader::open(None).unwrap());
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

#[test]
fn two_who_look_at_one_reader_both_read_the_card() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut first) = open(folder);
        let mut second = CardReader::open(None).unwrap();
        hand.insert(persona("fcf")).unwrap();
        std::thread::scope(|scope| {
            for reader in [&mut first, &mut second] {
                scope.spawn(|| match reader.wait(SOON) {
                    Ok(Some(CardEvent::Inserted(reading))) => assert!(reading.result.is_ok()),
                    other => panic!("it was not read: {other:?}"),
                });
            }
        });
        hand.remove().unwrap();
        for reader in [&mut first, &mut second] {
            assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Removed))));
        }
    });
}

#[test]
fn reading_a_card_does_not_reset_it_for_the_program_that_shares_it() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        let card = hold(ShareMode::Shared);
        assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Inserted(_)))));
        let mut answer = [0; 264];
        assert!(card.transmit(&[0xFF, 0xCA, 0, 0, 0], &mut answer).is_ok());
    });
}

#[test]
fn no_identifier_shows_in_what_is_printed() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        let Ok(Some(event)) = reader.wait(SOON) else { panic!("not read") };
        let printed = format!("{event:?}").to_uppercase();
        assert!(!printed.contains("B3") && !printed.contains("4D") && !printed.contains("179"), "{printed}");
        let noise = Answering::boxed(storage(0x11, 0x003B), &[0xB3]);
        take_away(&mut hand, &mut reader);
        let error = error_of(&mut hand, &mut reader, noise);
        assert!(!format!("{error:?} {error}").contains("B3"));
    });
}
