//! Other programs at the same card.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use mabataki_engine::card::{CardEvent, CardReader, DesfireKey, Plan, Provider};
use mabataki_test_support::persona::{Slow, site};
use mabataki_test_support::{PrivatePcscd, isolated};
use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};
use zeroize::Zeroizing;

use crate::{SOON, hold, inserted, open, persona, take_away};

/// How long a slow card takes for a command: time enough to come between two.
const SLOW: Duration = Duration::from_millis(3);

/// How often both cards are laid on, at the least and at the most.
const ROUNDS: u32 = 10;
const MOST_ROUNDS: u32 = 300;

/// What the site takes that takes more than one command.
fn plan() -> Arc<Plan> {
    let desfire = DesfireKey {
        application: site::DESFIRE_APPLICATION,
        number: site::DESFIRE_KEY_NUMBER,
        key: Zeroizing::new(site::DESFIRE_KEY),
        diversified: false,
    };
    Arc::new(Plan { providers: vec![Provider::Desfire(desfire), Provider::MyNumber], ..Plan::default() })
}

/// Ends another program when this one is done, or has failed.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Lays cards on the reader while another program does this to them again and again: each is read as if it were alone.
fn undisturbed(folder: &Path, meddle: impl Fn(Card) + Sync) {
    let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
    let mut hand = pcscd.reader("Counter").unwrap();
    let mut reader = CardReader::open_with(None, plan()).unwrap();
    let (over, times) = (AtomicBool::new(false), AtomicU32::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let context = Context::establish(Scope::User).unwrap();
            let names = context.list_readers_owned().unwrap();
            while !over.load(Ordering::Relaxed) {
                if let Ok(card) = context.connect(&names[0], ShareMode::Shared, Protocols::ANY) {
                    meddle(card);
                    times.fetch_add(1, Ordering::Relaxed);
                }
                std::thread::sleep(SLOW);
            }
        });
        let _ends = Ends(&over);
        // The other program waits for its turn, so it does not come to every card.
        for round in 0.. {
            if round >= ROUNDS && times.load(Ordering::Relaxed) >= 5 {
                break;
            }
            assert!(round < MOST_ROUNDS, "the other program came {times:?} times only");
            for name in ["desfire_private", "my_number"] {
                hand.insert(Slow::boxed(persona(name), SLOW)).unwrap();
                let reading = inserted(&mut reader);
                assert!(reading.result.is_ok(), "round {round}: {name}: {reading:?}");
                take_away(&mut hand, &mut reader);
            }
        }
    });
}

#[test]
fn another_program_that_resets_the_card_while_it_is_read_changes_nothing() {
    isolated(|folder| {
        undisturbed(folder, |card| {
            let _ = card.disconnect(Disposition::ResetCard);
        });
    });
}

#[test]
fn what_another_program_asks_of_the_card_does_not_come_in_between() {
    isolated(|folder| {
        undisturbed(folder, |card| {
            let mut answer = [0; 264];
            // Another application of either card: the one that was selected is no more.
            let _ = card.transmit(&[0x90, 0x5A, 0, 0, 3, 0, 0, 0, 0], &mut answer);
            let _ = card.transmit(&[0x00, 0xA4, 0x04, 0x0C, 2, 0x3F, 0x00], &mut answer);
            let _ = card.disconnect(Disposition::LeaveCard);
        });
    });
}

/// What a program is told that finds no room at the service: pcscd serves about two hundred.
#[test]
fn a_service_that_serves_as_many_programs_as_it_can_is_said_to_refuse_and_used_again_when_one_has_gone() {
    isolated(|folder| {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        let mut others = Vec::new();
        while let Ok(context) = Context::establish(Scope::User) {
            others.push(context);
            assert!(others.len() < 1000, "there is room for everybody");
        }
        let error = CardReader::open(None).err().unwrap();
        // pcscd refuses one and hangs up on the next.
        assert!(["not_permitted", "no_card_service"].contains(&error.code()), "{error}");
        others.clear();
        let mut reader = CardReader::open(None).unwrap();
        hand.insert(persona("fcf")).unwrap();
        assert!(inserted(&mut reader).result.is_ok());
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
