//! The command with a card reader, through the real PC/SC stack.

#![cfg(test)]

use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

use mabataki_test_support::{Mabataki, PrivatePcscd, VirtualReader, persona};
use pretty_assertions::assert_eq;

/// What the card named `fcf` says its number is.
const NUMBER: &str = "0114B34C1A2B3C4D";

/// A store with one person, and a reader on which a card lies. The last is what the others speak to.
fn counter(card: &str) -> (Mabataki, VirtualReader, PrivatePcscd) {
    let pcscd = PrivatePcscd::start(&["Counter"]).unwrap();
    let mut hand = pcscd.reader("Counter").unwrap();
    hand.insert(persona::by_name(card).unwrap()).unwrap();
    let command = Mabataki::new().with_pcscd(pcscd.socket());
    // An ordinary store: what is on the reader needs no store for trials.
    assert_eq!(command.json(&["init"]).exit, 0);
    assert_eq!(command.json(&["person", "add", "nurse01", "--name", "A"]).exit, 0);
    (command, hand, pcscd)
}

#[test]
fn a_card_on_the_reader_is_read_and_bound_and_its_number_told_only_when_asked_for() {
    let (command, _hand, _pcscd) = counter("fcf");
    let read = command.json(&["card", "read"]);
    assert_eq!(read.exit, 0, "{}", read.stderr);
    let told = ["event", "kind", "id_kind", "assurance", "reader"].map(|key| read.word(key).to_owned());
    assert_eq!(told, ["inserted", "felica", "idm", "identifier_only", "Counter 00 00"]);
    assert_eq!(read.last()["usable"], true);
    assert_eq!(command.json(&["card", "read", "--reveal"]).word("id"), NUMBER);

    let bound = command.json(&["card", "bind", "nurse01"]);
    assert_eq!((bound.exit, bound.word("person"), bound.word("status")), (0, "nurse01", "active"));
    for run in [read, bound, command.json(&["card", "list"]), command.json(&["audit", "list"])] {
        let all = (run.stdout + &run.stderr).to_uppercase();
        assert!(!all.contains(NUMBER), "{all}");
    }
}

#[test]
fn a_card_with_a_random_number_is_not_bound() {
    let (command, _hand, _pcscd) = counter("desfire_random");
    let read = command.json(&["card", "read"]);
    assert_eq!((read.exit, read.last()["usable"].as_bool()), (1, Some(false)), "{}", read.stdout);
    let bound = command.json(&["card", "bind", "nurse01"]);
    assert_eq!((bound.exit, bound.word("why")), (1, "card_random_id"), "{}", bound.stdout);
    assert_eq!(command.json(&["card", "list"]).lines.len(), 0);
}

#[test]
fn watching_ends_when_nobody_reads_what_it_tells() {
    let (command, mut hand, _pcscd) = counter("fcf");
    let mut watch = command.command(&["--json", "card", "watch"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(watch.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("inserted"), "{line}");
    hand.remove().unwrap();
    let patience = Instant::now() + Duration::from_secs(10);
    let status = loop {
        match watch.try_wait().unwrap() {
            Some(status) => break Some(status),
            None if Instant::now() > patience => break None,
            None => std::thread::sleep(Duration::from_millis(50)),
        }
    };
    if status.is_none() {
        watch.kill().unwrap();
        watch.wait().unwrap();
    }
    assert_eq!(status.and_then(|status| status.code()), Some(0));
}
