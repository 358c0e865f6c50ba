//! That nothing is left behind: whatever a reader does, who looks at it leaves in time, and a thousand cards leave no handle,
//! thread or memory.

#![cfg(test)]

use std::path::Path;
use std::time::{Duration, Instant};

use mabataki_engine::card::{CardEvent, CardReader, ReaderError};
use mabataki_test_support::persona::{Persona, by_name};
use mabataki_test_support::{PrivatePcscd, VirtualReader, isolated};
use pcsc::{Context, Disposition, Protocols, Scope, ShareMode};
use pretty_assertions::assert_eq;

/// Long enough for anything that happens at once.
const SOON: Duration = Duration::from_secs(5);
/// In which whoever looks at a reader leaves.
const LEAVE_LIMIT: Duration = Duration::from_secs(1);
/// How often a card is laid on and taken away; `cargo xtask soak` says more.
const ROUNDS: u32 = 1000;
/// What the helper below is told by.
const HOLD: &str = "MABATAKI_TEST_HOLD";

fn open(folder: &Path) -> (PrivatePcscd, VirtualReader, CardReader) {
    let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
    let hand = pcscd.reader("Counter").unwrap();
    let reader = CardReader::open(None).unwrap();
    (pcscd, hand, reader)
}

fn persona(name: &str) -> Box<dyn Persona> {
    by_name(name).unwrap()
}

/// Whoever looks at this reader leaves it, in time.
fn leaves(reader: CardReader) {
    let start = Instant::now();
    drop(reader);
    assert!(start.elapsed() < LEAVE_LIMIT, "{:?}", start.elapsed());
}

#[test]
fn a_card_that_hangs_in_mid_command_keeps_nobody() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("mute_apdu")).unwrap();
        assert!(matches!(reader.wait(Duration::from_millis(300)), Ok(None)));
        leaves(reader);
    });
}

#[test]
fn a_service_that_hangs_keeps_nobody() {
    isolated(|folder| {
        for card in [None, Some("fcf"), Some("mute_apdu")] {
            let (mut pcscd, mut hand, mut reader) = open(folder);
            if let Some(card) = card {
                hand.insert(persona(card)).unwrap();
                assert!(reader.wait(Duration::from_millis(200)).is_ok());
            }
            pcscd.hang().unwrap();
            assert!(reader.wait(Duration::from_millis(200)).is_ok());
            leaves(reader);
            pcscd.go_on().unwrap();
            // The thread that hung goes with it.
            let deadline = Instant::now() + SOON;
            while CardReader::open(None).is_err() {
                assert!(Instant::now() < deadline, "the reader does not come back");
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    });
}

#[test]
fn a_reader_pulled_out_or_a_service_that_died_keeps_nobody() {
    isolated(|folder| {
        let (mut pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("unplugged")).unwrap();
        assert_eq!(reader.wait(SOON).unwrap_err().code(), "no_reader");
        pcscd.look_for_readers().unwrap();
        leaves(reader);
        let reader = CardReader::open(None);
        pcscd.crash().unwrap();
        reader.map(leaves).unwrap_or_default();
    });
}

/// What a process has open.
#[derive(Debug, Clone, Copy)]
struct Held {
    files: usize,
    threads: usize,
    /// Pages of memory, of 4 KiB each.
    pages: usize,
}

/// What the process of this number has open, or `self`.
fn held(process: &str) -> Held {
    let count = |folder: &str| std::fs::read_dir(format!("/proc/{process}/{folder}")).unwrap().count();
    let memory = std::fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
    let pages = memory.split(' ').nth(1).unwrap().parse().unwrap();
    Held { files: count("fd"), threads: count("task"), pages }
}

#[test]
fn cards_that_come_and_go_for_long_leave_nothing_behind_and_each_is_told_once() {
    isolated(|folder| {
        let rounds = std::env::var("MABATAKI_CARD_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
        let (pcscd, mut hand, mut reader) = open(folder);
        // It has a thread and a socket for each context that anybody has with it.
        let service = pcscd.process().unwrap().to_string();
        let mut before = None;
        let start = Instant::now();
        for round in 0..rounds {
            // Each another one, so that none may be taken for the last.
            hand.insert(persona(&format!("fcf:0114B34C{round:08X}"))).unwrap();
            if round > 0 {
                assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Removed))), "round {round}");
            }
            let next = reader.wait(SOON);
            let Ok(Some(CardEvent::Inserted(reading))) = next else { panic!("round {round}: {next:?}") };
            assert_eq!(reading.result.unwrap().id[4..], round.to_be_bytes(), "round {round}");
            if round == 50 {
                before = Some((held("self"), held(&service)));
            }
        }
        hand.remove().unwrap();
        assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Removed))));
        assert!(matches!(reader.wait(Duration::from_millis(200)), Ok(None)));
        let (before, time) = (before.unwrap(), start.elapsed());
        let after = (held("self"), held(&service));
        eprintln!("measured: {rounds} cards in {time:?}");
        for (whose, before, after) in
            [("this program", before.0, after.0), ("the card service", before.1, after.1)]
        {
            eprintln!("measured: {whose}, from card 50 to {rounds}: {before:?} to {after:?}");
            // One that reads a card may be about to end.
            let is_level = after.files <= before.files + 1 && after.threads <= before.threads + 1;
            assert!(is_level, "{whose}: {before:?} became {after:?}");
            // A megabyte is what the allocator may keep of it.
            assert!(after.pages <= before.pages + 256, "{whose}: {before:?} became {after:?}");
        }
    });
}

/// Another program, for the tests below: holds the card until it is killed.
#[test]
#[ignore = "it is another program"]
fn another_program() {
    let Ok(how) = std::env::var(HOLD) else { return };
    let context = Context::establish(Scope::User).unwrap();
    let names = context.list_readers_owned().unwrap();
    let mode = if how == "exclusive" { ShareMode::Exclusive } else { ShareMode::Shared };
    let deadline = Instant::now() + SOON;
    let mut card = loop {
        match context.connect(&names[0], mode, Protocols::ANY) {
            Ok(card) => break card,
            Err(error) if Instant::now() > deadline => panic!("no card: {error}"),
            Err(_) => std::thread::sleep(Duration::from_millis(5)),
        }
    };
    let transaction = card.transaction().unwrap();
    std::fs::write(std::env::var("MABATAKI_TEST_HELD").unwrap(), "").unwrap();
    std::thread::sleep(Duration::from_secs(60));
    transaction.end(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
}

/// Begins the program above, and waits until it holds the card.
fn hold(folder: &Path, how: &str) -> std::process::Child {
    let mark = folder.join(format!("held-{how}"));
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["another_program", "--exact", "--ignored"]).env(HOLD, how).env("MABATAKI_TEST_HELD", &mark);
    let holder = command.stdout(std::process::Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + SOON;
    while !mark.exists() {
        assert!(Instant::now() < deadline, "the other program does not hold the card");
        std::thread::sleep(Duration::from_millis(5));
    }
    holder
}

#[test]
fn a_card_another_program_holds_is_waited_for_then_the_program_is_named() {
    isolated(|folder| {
        for how in ["exclusive", "transaction"] {
            let (_pcscd, mut hand, mut reader) = open(folder);
            hand.insert(persona("fcf")).unwrap();
            let mut holder = hold(folder, how);
            let start = Instant::now();
            let error = loop {
                match reader.wait(Duration::from_millis(500)) {
                    Ok(None) => assert!(start.elapsed() < 2 * SOON, "{how}: it is waited for too long"),
                    Ok(event) => panic!("{how}: {event:?}"),
                    Err(error) => break error,
                }
            };
            let time = start.elapsed();
            assert!(time > SOON - LEAVE_LIMIT && time < SOON + 2 * LEAVE_LIMIT, "{how}: {time:?}");
            assert!(matches!(error, ReaderError::Busy { .. }), "{how}: {error:?}");
            // The system names fifteen letters of it, and its number.
            assert!(error.to_string().contains(&format!("({})", holder.id())), "{how}: {error}");
            holder.kill().unwrap();
            holder.wait().unwrap();
            let next = reader.wait(SOON);
            assert!(matches!(next, Ok(Some(CardEvent::Inserted(_)))), "{how}: {next:?}");
        }
    });
}

#[test]
fn a_card_another_program_lets_go_of_soon_is_read_as_if_nothing_had_been() {
    isolated(|folder| {
        let (_pcscd, mut hand, mut reader) = open(folder);
        hand.insert(persona("fcf")).unwrap();
        let mut holder = hold(folder, "exclusive");
        assert!(matches!(reader.wait(Duration::from_secs(1)), Ok(None)));
        holder.kill().unwrap();
        holder.wait().unwrap();
        assert!(matches!(reader.wait(SOON), Ok(Some(CardEvent::Inserted(_)))));
    });
}
