//! My Number and HPKI cards through the real PC/SC stack: bound by their certificate, let in by their PIN.

#![cfg(test)]

use std::fs;

use mabataki_test_support::{Mabataki, PrivatePcscd, Run, VirtualReader, persona};
use pretty_assertions::assert_eq;
use serde_json::Value;

/// A card with three tries, on a reader, and a nurse whose it is.
struct Counter {
    command: Mabataki,
    hand: VirtualReader,
    /// Last: what the others speak to.
    _pcscd: PrivatePcscd,
}

impl Counter {
    fn with(card: &str) -> Counter {
        let pcscd = PrivatePcscd::start(&["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        hand.insert(persona::by_name(card).unwrap()).unwrap();
        let command = Mabataki::new().with_pcscd(pcscd.socket());
        let counter = Counter { command, hand, _pcscd: pcscd };
        counter.done(&["init", "--open"]);
        counter.done(&["person", "add", "nurse01", "--name", "A"]);
        let shown = counter.done(&["policy", "show"]);
        // Whoever logs in does so by card and PIN, and by nothing else; administration stays as it is.
        let policy = shown.word("policy");
        let (head, rest) = policy.split_once("[policies.ordinary]\n").unwrap();
        let (_, rest) = rest.split_once("\n[policies.").unwrap();
        let own = "combinations = [\"card+pin\"]\nleast_assurance = \"proved\"\n";
        let policy = format!("{head}[policies.ordinary]\n{own}\n[policies.{rest}");
        let file = counter.command.folder().join("site.toml");
        fs::write(&file, format!("{policy}\n[cards]\naccept = [\"my_number\", \"hpki\"]\n")).unwrap();
        counter.done(&["policy", "set", file.to_str().unwrap()]);
        counter
    }

    fn done(&self, args: &[&str]) -> Run {
        let run = self.command.json(args);
        assert_eq!(run.exit, 0, "{args:?}: {}\n{}", run.stdout, run.stderr);
        run
    }

    /// An attempt with this PIN: its exit status, why it ended so, and what the card said of the PIN.
    fn attempt(&self, pin: &str, more: &[&str]) -> (i32, String, Vec<(String, Option<u64>)>) {
        let args = [&["authenticate", "--pin"], more].concat();
        let run = self.command.json_fed(&args, &[pin]);
        let said = |line: &Value| {
            let trouble = line["pin"].as_str()?.to_owned();
            Some((trouble, line["left"].as_u64()))
        };
        let all = (run.stdout.clone() + &run.stderr).replace("\"ms\"", "");
        assert!(!all.contains(&format!("\"{pin}\"")), "{all}");
        (run.exit, run.word("why").to_owned(), run.lines.iter().filter_map(said).collect())
    }
}

#[test]
fn the_pin_proves_the_card_and_wrong_ones_never_spend_its_last_try_without_consent() {
    let mut counter = Counter::with("my_number");
    let read = counter.done(&["card", "read"]);
    assert_eq!((read.word("kind"), read.word("id_kind")), ("my_number", "certificate_key"));
    assert_eq!(counter.done(&["card", "bind", "nurse01"]).word("assurance"), "identifier_only");

    // With a trace for support, which tells that the PIN was sent, and not which.
    let trace = counter.command.folder().join("apdu.txt");
    let (exit, why, said) = counter.attempt(persona::PIN, &["--trace-apdu", trace.to_str().unwrap()]);
    assert_eq!((exit, why.as_str(), said.len()), (0, "matched", 0));
    let trace = fs::read_to_string(trace).unwrap();
    let digits: String = persona::PIN.bytes().map(|digit| format!("{digit:02X}")).collect();
    assert!(trace.contains("> 00 20 00 80 Lc=4 < 0 bytes 9000"), "{trace}");
    assert!(!trace.replace(' ', "").contains(&digits), "{trace}");
    let wrong = |left| vec![("wrong".to_owned(), Some(left))];
    assert_eq!(counter.attempt("9999", &[]), (1, "wrong_secret".to_owned(), wrong(2)));
    assert_eq!(counter.attempt("9999", &[]), (1, "wrong_secret".to_owned(), wrong(1)));
    let (exit, _, said) = counter.attempt(persona::PIN, &[]);
    assert_eq!((exit, said), (1, vec![("last_try".to_owned(), Some(1))]));
    let (exit, _, said) = counter.attempt(persona::PIN, &["--last-try"]);
    assert_eq!((exit, said.len()), (0, 0));

    counter.hand.insert(persona::by_name("my_number_blocked").unwrap()).unwrap();
    let (exit, _, said) = counter.attempt(persona::PIN, &["--last-try"]);
    assert_eq!((exit, said), (1, vec![("blocked".to_owned(), Some(0))]));

    // Somebody shows the certificate, which anybody can read, and has not the key.
    counter.hand.insert(persona::by_name("my_number_other_key").unwrap()).unwrap();
    let (exit, why, said) = counter.attempt(persona::PIN, &[]);
    assert_eq!((exit, why.as_str(), said), (1, "wrong_secret", vec![("not_proved".to_owned(), None)]));
}

#[test]
fn an_hpki_card_lets_in_the_same_way() {
    let counter = Counter::with("hpki");
    assert_eq!(counter.done(&["card", "bind", "nurse01"]).word("kind"), "hpki");
    assert_eq!(counter.attempt(persona::PIN, &[]).0, 0);
}
