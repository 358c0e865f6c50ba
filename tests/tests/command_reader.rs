//! The command with a card reader, through the real PC/SC stack.

#![cfg(test)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use mabataki_engine::policy::STANDARD;
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
fn a_trace_for_support_tells_what_went_to_the_card_without_its_number_and_overwrites_nothing() {
    let (command, _hand, _pcscd) = counter("fcf");
    let file = command.folder().join("apdu.txt");
    let args = ["card", "read", "--trace-apdu", file.to_str().unwrap()];
    assert_eq!(command.json(&args).exit, 0);
    let trace = fs::read_to_string(&file).unwrap();
    let first = trace.lines().next().unwrap();
    assert!(first.ends_with("\"Counter 00 00\" ATR 3B8F8001804F0CA00000030611003B0000000042"), "{trace}");
    assert!(trace.contains("> FF CA 00 00 Le=256 < 8 bytes 9000"), "{trace}");
    assert!(!trace.contains(&NUMBER[..8]), "{trace}");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let again = command.json(&args);
    assert_eq!((again.exit, fs::read_to_string(&file).unwrap()), (2, trace), "{}", again.stderr);
}

#[test]
fn watching_tells_a_line_for_each_thing_that_happens_and_goes_on_when_the_reader_is_gone() {
    let (command, mut hand, mut pcscd) = counter("fcf");
    for lang in ["en", "ja"] {
        let args = ["--lang", lang, "card", "watch"];
        let mut watch = command.command(&args).stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(watch.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut expect = |words: [&str; 2]| {
            let line = lines.next().unwrap();
            let expected = if lang == "en" { words[0] } else { words[1] };
            assert!(line.contains("Counter 00 00") && line.contains(expected), "{expected}: {line}");
        };
        expect(["FeliCa: known by its IDm", "FeliCa: IDmで識別"]);
        hand.remove().unwrap();
        expect(["taken off", "カードが離れました"]);
        // At once, it would be the same card on its way out of the field.
        std::thread::sleep(Duration::from_millis(500));
        hand.insert(persona::by_name("torn").unwrap()).unwrap();
        expect(["was taken from", "もう少し長くかざしてください"]);
        hand.insert(persona::by_name("short").unwrap()).unwrap();
        expect(["cannot be read", "もう一度かざしてください"]);
        hand.unplug().unwrap();
        pcscd.look_for_readers().unwrap();
        expect(["was disconnected", "カードリーダーが切断されました"]);
        hand.plug().unwrap();
        pcscd.look_for_readers().unwrap();
        expect(["connected", "接続されました"]);
        hand.insert(persona::by_name("desfire_random").unwrap()).unwrap();
        expect(["cannot be used", "使用できません"]);
        watch.kill().unwrap();
        watch.wait().unwrap();
        hand.insert(persona::by_name("fcf").unwrap()).unwrap();
    }
}

#[test]
fn without_a_store_a_card_is_read_by_its_number_and_that_is_said() {
    let pcscd = PrivatePcscd::start(&["Counter"]).unwrap();
    let mut hand = pcscd.reader("Counter").unwrap();
    hand.insert(persona::by_name("fcf").unwrap()).unwrap();
    let command = Mabataki::new().with_pcscd(pcscd.socket());
    for is_there in [false, true] {
        if is_there {
            fs::create_dir(command.state()).unwrap();
        }
        let read = command.json(&["card", "read"]);
        assert_eq!((read.exit, read.word("id_kind")), (0, "idm"), "{}", read.stderr);
        assert!(read.stderr.contains("no store"), "{}", read.stderr);
    }
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

/// A card with the site's key on the reader, in a site that takes cards by this.
fn site_with(card: &str, cards: &str) -> (Mabataki, VirtualReader, PrivatePcscd) {
    let (command, hand, pcscd) = counter(card);
    set_cards(&command, cards);
    (command, hand, pcscd)
}

/// Before there is an administrator nobody need be named.
fn set_cards(command: &Mabataki, cards: &str) {
    let file = command.folder().join("site.toml");
    fs::write(&file, format!("{STANDARD}\n[cards]\n{cards}\n")).unwrap();
    let run = command.json(&["policy", "set", file.to_str().unwrap()]);
    assert_eq!(run.exit, 0, "{}", run.stdout);
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

#[test]
fn a_site_that_knows_its_cards_by_their_number_is_told_the_number_by_reader_and_binding() {
    let (command, _hand, _pcscd) = site_with("fcf", r#"accept = ["felica_number"]"#);
    let read = command.json(&["card", "read", "--reveal"]);
    assert_eq!(
        (read.word("id_kind"), read.word("assurance")),
        ("number", "identifier_only"),
        "{}",
        read.stdout
    );
    let bound = command.json(&["card", "bind", "nurse01"]);
    assert_eq!((bound.exit, bound.word("id_kind")), (0, "number"), "{}", bound.stdout);
}

#[test]
fn a_card_that_was_bound_by_its_proof_opens_nothing_by_its_number_alone_whatever_the_policy() {
    let (command, _hand, _pcscd) = site_with("lite_s", r#"accept = ["lite_s"]"#);
    // Without the key no card is taken.
    let read = command.json(&["card", "read"]);
    assert_eq!((read.exit, read.word("why")), (1, "card_not_allowed"), "{}", read.stdout);

    let set = command.json_fed(&["card", "key", "set", "lite_s"], &[&hex(&persona::site::LITE_S_MASTER)]);
    assert_eq!(set.exit, 0, "{}", set.stdout);
    let read = command.json(&["card", "read"]);
    assert_eq!((read.word("assurance"), read.word("id_kind")), ("proved", "idm"), "{}", read.stdout);
    let bound = command.json(&["card", "bind", "nurse01"]);
    assert_eq!((bound.exit, bound.word("assurance")), (0, "proved"), "{}", bound.stdout);
    assert_eq!(command.json_fed(&["password", "set", "nurse01"], &["Kobe-4711-harbour"]).exit, 0);
    let change = ["password", "change", "nurse01"];
    assert_eq!(command.json_fed(&change, &["Kobe-4711-harbour", "quiet-Heron-42"]).exit, 0);
    let come_in = || command.json_fed(&["authenticate", "--reader", "--password"], &["quiet-Heron-42"]);
    let run = come_in();
    assert_eq!(run.word("outcome"), "granted", "{}", run.stdout);

    // The same IDm, with no proof of it: so would a copy answer.
    set_cards(&command, r#"accept = ["identifier"]"#);
    let read = command.json(&["card", "read"]);
    assert_eq!(read.word("assurance"), "identifier_only", "{}", read.stdout);
    let run = come_in();
    assert_eq!((run.word("outcome"), run.word("why")), ("denied", "card_unproved"), "{}", run.stdout);
}
