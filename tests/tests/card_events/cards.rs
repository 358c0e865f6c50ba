//! Cards that come, are swapped, chatter and go.

use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader};
use mabataki_test_support::{PrivatePcscd, isolated};
use pretty_assertions::assert_eq;

use crate::{BOUND, SETTLED, in_time, inserted, next, open, persona, quiet, removed, told};

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
