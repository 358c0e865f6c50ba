use serde_json::json;
use zeroize::Zeroizing;

use super::*;
use crate::card::{Assurance, CardKind, IdKind};
use crate::engine::Cards;
use crate::engine::trial::{self, Site, secret};
use crate::policy::{Factors, STANDARD};
use crate::secret::PasswordRecord;
use crate::session::{Coarse, Outcome};
use crate::store::NewCard;

const PASSWORD: &str = "quiet-Heron-42";

/// `nurse01` has card 1 and a password, and this terminal takes cards that its host tells of. Nobody waits long.
fn site() -> Site {
    let mut site = trial::site();
    let policy = STANDARD.replacen("host_cards = []", r#"host_cards = ["agent"]"#, 1).replacen(
        r#"timeout = "20 s""#,
        r#"timeout = "5 s""#,
        1,
    );
    let mut acting = site.engine.acting();
    acting.set_policy(&policy).unwrap();
    acting.bind_card("nurse01", &card(1), &NewCard::labelled("card", jiff::Timestamp::now())).unwrap();
    acting.set_password("nurse01", &secret(PASSWORD), false).unwrap();
    site
}

fn card(number: u8) -> CardIdentity {
    CardIdentity {
        kind: CardKind::Felica,
        id_kind: IdKind::Idm,
        assurance: Assurance::IdentifierOnly,
        id: Zeroizing::new(vec![1, 0x14, 0xb3, 0x4c, 0x1a, 0x2b, 0x3c, number]),
    }
}

fn with_card(number: u8) -> AttemptRequest {
    AttemptRequest {
        cards: Some(Cards::Claimed(Ok(card(number)))),
        secrets: Factors::of(&[Factor::Password]),
        host: Some("agent".to_owned()),
        ..AttemptRequest::new(Purpose::Login)
    }
}

fn verdict(attempt: &mut Attempt<'_>) -> Verdict {
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            return verdict;
        }
    }
    panic!("no verdict");
}

fn last_record(engine: &mut Engine) -> audit::Entry {
    engine.acting().log(0, 1000).unwrap().pop().unwrap().entry
}

#[test]
fn whoever_taps_a_card_and_waits_does_not_learn_whether_anybody_has_it() {
    let Site { mut engine, folder: _folder } = site();
    let [known, unknown] = [1, 9].map(|number| {
        let mut attempt = engine.authenticate(with_card(number)).unwrap();
        let verdict = verdict(&mut attempt);
        (verdict.outcome, verdict.told)
    });
    assert_eq!(known, (Outcome::Denied, Coarse::TooLate));
    assert_eq!(unknown, known);
}

#[test]
fn an_attempt_that_could_not_be_judged_is_over_at_once_and_stands_in_the_log() {
    let Site { mut engine, folder: _folder } = site();
    let broken: PasswordRecord = serde_json::from_value(json!({
        "person": "nurse01", "hash": "junk", "former": [], "must_change": false,
        "set": "2026-01-01T00:00:00Z", "by": null,
    }))
    .unwrap();
    engine.store.write(|store| store.put_document("nurse01", &broken)).unwrap();
    let mut attempt = engine.authenticate(with_card(1)).unwrap();
    attempt.give_password(secret(PASSWORD)).unwrap();
    let error = loop {
        match attempt.next_step() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("ended without an error"),
            Err(error) => break error,
        }
    };
    assert!(attempt.next_step().unwrap().is_none());
    assert!(attempt.take_grant().is_none());
    drop(attempt);
    let entry = last_record(&mut engine);
    assert_eq!((entry.outcome, entry.reason.as_deref()), (audit::Outcome::Failed, Some(error.code())));
}

#[test]
fn where_nothing_was_presented_and_a_device_is_missing_the_host_hears_which_and_the_log_once() {
    let Site { mut engine, folder: _folder } = site();
    let request = AttemptRequest {
        cards: Some(Cards::Reader(Some("no such reader".to_owned()))),
        ..AttemptRequest::new(Purpose::Login)
    };
    let error = engine.authenticate(request).err().unwrap();
    assert!(matches!(error, Error::Reader(_)), "{error}");
    let log = engine.acting().log(0, 1000).unwrap();
    let losses = log.iter().filter(|record| record.entry.operation == audit::Operation::ReaderLost);
    let names: Vec<_> = losses.map(|record| record.entry.reader.as_deref()).collect();
    assert_eq!(names, [Some("no such reader")]);
}

#[test]
fn a_card_that_a_host_tells_of_proves_nothing_whatever_the_host_says() {
    let Site { mut engine, folder: _folder } = site();
    let policy = STANDARD.replacen("host_cards = []", r#"host_cards = ["agent"]"#, 1).replacen(
        r#"least_assurance = "identifier_only""#,
        r#"least_assurance = "proved""#,
        1,
    );
    engine.acting().set_policy(&policy).unwrap();
    let proved = CardIdentity { assurance: Assurance::Proved, ..card(1) };
    let request = AttemptRequest { cards: Some(Cards::Claimed(Ok(proved))), ..with_card(1) };
    let mut attempt = engine.authenticate(request).unwrap();
    attempt.give_password(secret(PASSWORD)).unwrap();
    assert_eq!(verdict(&mut attempt).why, Why::CardAssurance);
}

#[test]
fn a_card_that_was_bound_as_one_that_proves_itself_opens_nothing_to_a_copy_of_its_number() {
    let Site { mut engine, folder: _folder } = site();
    let proved = CardIdentity { assurance: Assurance::Proved, ..card(2) };
    let new = NewCard::labelled("Lite-S", jiff::Timestamp::now());
    engine.acting().bind_card("nurse01", &proved, &new).unwrap();
    let mut attempt = engine.authenticate(with_card(2)).unwrap();
    attempt.give_password(secret(PASSWORD)).unwrap();
    let verdict = verdict(&mut attempt);
    assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::CardUnproved));
    // Whoever shows the copy does not learn that anybody has such a card.
    assert_eq!(verdict.told, Coarse::Refused);
    assert!(attempt.take_grant().is_none());
    drop(attempt);
    let entry = last_record(&mut engine);
    assert_eq!((entry.outcome, entry.reason.as_deref()), (audit::Outcome::Denied, Some("card_unproved")));
}
