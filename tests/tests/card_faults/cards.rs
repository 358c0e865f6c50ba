//! Cards that answer badly, too late, or not at all, or are torn away.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, Plan, Provider, Unread};
use mabataki_test_support::persona::{Answering, FailingAt, Reaction, storage};
use mabataki_test_support::{PrivatePcscd, isolated};
use pretty_assertions::assert_eq;

use crate::{SHORT, SOON, error_of, inserted, open, persona, take_away, unread, works};

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
fn a_card_torn_away_at_whatever_command_is_said_to_be_gone_and_the_next_one_is_read() {
    isolated(|folder| {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        let plan = Plan { providers: vec![Provider::MyNumber, Provider::Identifier], ..Plan::default() };
        let mut reader = CardReader::open_with(None, Arc::new(plan)).unwrap();
        let commands: [&[u8]; 4] = [
            // Its application, the file with its certificate, that file's beginning, and its rest.
            &[0x00, 0xA4, 0x04],
            &[0x00, 0xA4, 0x02],
            &[0x00, 0xB0, 0x00],
            &[0x00, 0xB0, 0x01],
        ];
        for command in commands {
            let torn = FailingAt::boxed(persona("my_number"), command, Reaction::Torn);
            let error = error_of(&mut hand, &mut reader, torn);
            assert_eq!(error.code(), "card_removed", "{command:02X?}: {error}");
            assert!(matches!(reader.wait(SHORT), Ok(None)), "{command:02X?}: it went though it never came");
            works(&mut hand, &mut reader);
            take_away(&mut hand, &mut reader);
            // The next one is no chatter of this one.
            std::thread::sleep(2 * SHORT);
        }
    });
}

#[test]
fn a_reader_that_answers_nothing_for_a_card_torn_away_is_understood() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("empty")).unwrap();
        // Its going shows only later.
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        hand.remove().unwrap();
        assert_eq!(reader.wait(SOON).unwrap_err().code(), "card_removed");
        assert!(matches!(reader.wait(SHORT), Ok(None)), "it was told to have gone though it never came");
        works(&mut hand, &mut reader);
    });
}

#[test]
fn a_card_swapped_for_another_in_mid_command_is_forgotten_and_the_other_is_read_at_once() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("mute_apdu")).unwrap();
        assert!(matches!(reader.wait(SHORT), Ok(None)));
        hand.insert(persona("ntag213")).unwrap();
        let start = Instant::now();
        let other = inserted(&mut reader);
        assert!(start.elapsed() < SOON / 5, "{:?}", start.elapsed());
        assert_eq!((other.kind.code(), other.result.is_ok()), ("mifare_ultralight", true));
        take_away(&mut hand, &mut reader);
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
