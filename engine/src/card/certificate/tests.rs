//! My Number and HPKI cards, sound and false ones, on a reader that is only pretended.

use std::convert::Infallible;

use mabataki_test_support::persona::PIN;
use proptest::prelude::*;
use zeroize::Zeroizing;

use super::*;
use crate::card::CardKind;
use crate::card::apdu::Answer;
use crate::card::testing::{Laid, headers};
use crate::secret::Secret;

const CHALLENGE: [u8; 32] = [7; 32];

fn laid(name: &str) -> Laid {
    Laid::on("Counter", name)
}

fn found(laid: &mut Laid, family: Family) -> Option<Result<CardIdentity, Unusable>> {
    identify(laid, family).unwrap_or_else(|never| match never {})
}

fn identity_of(name: &str, family: Family) -> CardIdentity {
    found(&mut laid(name), family).expect("the application").expect("an identity")
}

fn typed(pin: &str) -> Secret {
    Secret::new(Zeroizing::new(pin.to_owned())).unwrap()
}

/// Has this card prove itself to whoever expects the sound My Number card.
fn proof(laid: &mut Laid, pin: &str, consent: bool) -> PinVerdict {
    let expected = identity_of("my_number", Family::MyNumber);
    prove(laid, &expected, &typed(pin), &CHALLENGE, consent).unwrap_or_else(|never| match never {})
}

fn tries_of(laid: &Laid) -> usize {
    laid.asked.iter().filter(|(command, _)| command.starts_with(&[0x00, 0x20]) && command.len() > 5).count()
}

#[test]
fn a_card_is_known_by_the_key_of_its_certificate_and_proves_nothing_by_it() {
    for (name, family, kind) in
        [("my_number", Family::MyNumber, CardKind::MyNumber), ("hpki", Family::Hpki, CardKind::Hpki)]
    {
        let identity = identity_of(name, family);
        assert_eq!((identity.kind, identity.id_kind, identity.id.len()), (kind, IdKind::CertificateKey, 32));
        assert_eq!(identity.assurance, Assurance::IdentifierOnly);
        assert_eq!(identity, identity_of(name, family), "the same at every tap");
    }
}

#[test]
fn nothing_is_read_but_the_certificate_for_authentication() {
    let mut card = laid("my_number");
    found(&mut card, Family::MyNumber).unwrap().unwrap();
    let mut files: Vec<&[u8]> = card.asked.iter().map(|(command, _)| &command[..]).collect();
    files.retain(|command| command.starts_with(&[0x00, 0xA4, 0x02]));
    assert_eq!(files, [&[0x00, 0xA4, 0x02, 0x0C, 2, 0x00, 0x0A][..]]);
    assert!(!headers(&card).iter().any(|header| header[1] == 0x20), "no PIN is touched");
}

#[test]
fn a_card_without_the_application_is_none_of_these() {
    assert_eq!(found(&mut laid("my_number"), Family::Hpki), None);
    assert_eq!(found(&mut laid("phone"), Family::MyNumber), None);
    assert_eq!(found(&mut laid("residence_card"), Family::MyNumber), None);
}

#[test]
fn a_certificate_that_is_none_stands_for_nobody() {
    for name in ["my_number_cut", "my_number_huge", "my_number_noise", "my_number_drips"] {
        let mut card = laid(name);
        assert_eq!(found(&mut card, Family::MyNumber), Some(Err(Unusable::NoIdentifier)), "{name}");
        assert!(card.asked.len() < 120, "{name}: {}", card.asked.len());
    }
}

#[test]
fn the_right_pin_and_a_signature_over_the_challenge_prove_the_card() {
    let mut card = laid("my_number");
    let PinVerdict::Proved(identity) = proof(&mut card, PIN, false) else { panic!("not proved") };
    assert_eq!(identity.assurance, Assurance::Proved);
    assert_eq!(identity.id, identity_of("my_number", Family::MyNumber).id);
    let hpki = identity_of("hpki", Family::Hpki);
    let proved = prove(&mut laid("hpki"), &hpki, &typed(PIN), &CHALLENGE, false);
    assert!(matches!(proved, Ok(PinVerdict::Proved(_))), "{proved:?}");
}

#[test]
fn a_wrong_pin_tells_how_many_tries_are_left_and_the_last_is_spent_only_with_consent() {
    let mut card = laid("my_number");
    assert_eq!(proof(&mut card, "9999", false), PinVerdict::Wrong { left: 2 });
    assert_eq!(proof(&mut card, "9999", false), PinVerdict::Wrong { left: 1 });
    let spent = tries_of(&card);
    assert_eq!(proof(&mut card, PIN, false), PinVerdict::LastTry);
    assert_eq!(tries_of(&card), spent);
    assert!(matches!(proof(&mut card, PIN, true), PinVerdict::Proved(_)));
    let mut last = laid("my_number_last_try");
    assert_eq!(proof(&mut last, "9999", true), PinVerdict::Wrong { left: 0 });
    assert_eq!(proof(&mut last, PIN, true), PinVerdict::Blocked);
}

#[test]
fn a_blocked_card_and_what_can_be_no_pin_cost_no_try() {
    let mut blocked = laid("my_number_blocked");
    assert_eq!(proof(&mut blocked, PIN, true), PinVerdict::Blocked);
    assert_eq!(tries_of(&blocked), 0);
    let mut card = laid("my_number");
    for pin in ["123", "12345", "12a4", "１２３４", "abcd"] {
        assert_eq!(proof(&mut card, pin, true), PinVerdict::Malformed, "{pin}");
    }
    assert!(card.asked.is_empty());
}

#[test]
fn a_card_that_shows_the_certificate_and_has_not_the_key_proves_nothing() {
    assert_eq!(proof(&mut laid("my_number_other_key"), PIN, false), PinVerdict::NotProved);
}

#[test]
fn another_card_than_the_one_expected_is_told_no_pin() {
    let mut swapped = laid("my_number_swapped");
    found(&mut swapped, Family::MyNumber).unwrap().unwrap();
    assert_eq!(proof(&mut swapped, PIN, false), PinVerdict::NotProved);
    assert_eq!(tries_of(&swapped), 0);
    let mut hpki = laid("hpki");
    assert_eq!(proof(&mut hpki, PIN, false), PinVerdict::NotProved);
    assert_eq!(tries_of(&hpki), 0);
}

#[test]
fn every_proof_signs_another_challenge() {
    let expected = identity_of("my_number", Family::MyNumber);
    let sign_with = |challenge: [u8; 32]| {
        let mut card = laid("my_number");
        prove(&mut card, &expected, &typed(PIN), &challenge, false).unwrap_or_else(|never| match never {});
        card.asked.pop().unwrap()
    };
    let (asked, signature) = sign_with([1; 32]);
    assert_ne!((asked, signature.clone()), sign_with([2; 32]));
    // What was signed for one challenge proves nothing for another.
    let mut card = laid("my_number");
    let mut replay = |command: &Command| {
        let answer = card.transmit(command)?;
        if command.bytes().starts_with(&[0x80, 0x2A]) {
            return Ok::<_, Infallible>(Answer::parse(&signature).unwrap());
        }
        Ok(answer)
    };
    assert_eq!(prove(&mut replay, &expected, &typed(PIN), &[2; 32], false), Ok(PinVerdict::NotProved));
}

proptest! {
    #[test]
    fn no_answers_make_it_panic_prove_anything_or_go_on_for_ever(
        answers in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
        statuses in prop::collection::vec(
            prop::sample::select(vec![0x9000u16, 0x6282, 0x6C10, 0x6110, 0x63C3, 0x6A82, 0x6B00, 0x6984]),
            1..8,
        ),
        der in any::<bool>(),
    ) {
        let mut asked = 0usize;
        let mut noise = |_: &Command| {
            let head: &[u8] = if der && asked == 2 { &[0x30, 0x82, 0x04, 0x00] } else { &answers[asked % answers.len()] };
            let status = if asked < 3 { 0x9000 } else { statuses[asked % statuses.len()] };
            asked += 1;
            Ok::<_, Infallible>(Answer::parse(&[head, &status.to_be_bytes()].concat()).unwrap())
        };
        let found = identify(&mut noise, Family::MyNumber).unwrap();
        if let Some(Ok(identity)) = &found {
            prop_assert_eq!(identity.assurance, Assurance::IdentifierOnly);
        }
        let expected = CardIdentity {
            kind: CardKind::MyNumber,
            id_kind: IdKind::CertificateKey,
            assurance: Assurance::IdentifierOnly,
            id: Zeroizing::new(vec![0; 32]),
        };
        let verdict = prove(&mut noise, &expected, &typed(PIN), &CHALLENGE, true).unwrap();
        prop_assert!(!matches!(verdict, PinVerdict::Proved(_)));
        prop_assert!(asked < 420);
    }
}
