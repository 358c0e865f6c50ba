//! Devices that go and come back while somebody tries to get in.

use std::time::Duration;

use mabataki_engine::engine::{AttemptRequest, Cards, Step};
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::session::{Event, Guidance, Need, Outcome, Why};
use mabataki_test_support::{PrivatePcscd, isolated, persona};
use pretty_assertions::assert_eq;

use super::ward::{PASSWORD, Ward, secret};

#[test]
fn a_reader_that_is_plugged_in_again_takes_the_card_in_the_same_attempt() {
    isolated(|folder| {
        let mut pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        let mut ward = Ward::with_policy(|policy| {
            policy.replacen(
                "combinations = [\"emergency_code\"]",
                "combinations = [\"card+password\"]\n\
                 fallbacks = [{ when = [\"reader_lost\"], combinations = [\"emergency_code\"] }]",
                1,
            )
        });
        let request = AttemptRequest {
            cards: Some(Cards::Reader(None)),
            secrets: Factors::of(&[Factor::Password, Factor::EmergencyCode]),
            ..AttemptRequest::new(Purpose::Emergency)
        };
        let mut attempt = ward.engine.authenticate(request).unwrap();
        let outside = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(300));
            hand.unplug().unwrap();
            pcscd.look_for_readers().unwrap();
            std::thread::sleep(Duration::from_millis(1500));
            hand.plug().unwrap();
            pcscd.look_for_readers().unwrap();
            hand.insert(persona::by_name("fcf:0114B34C1A2B3C01").unwrap()).unwrap();
            (hand, pcscd)
        });
        let mut needs: Vec<Vec<Need>> = Vec::new();
        let verdict = loop {
            match attempt.next_step().unwrap() {
                Some(Step::Need(now)) => {
                    needs.push(now);
                    // The card was read: the password is what is left.
                    if needs.last().is_some_and(|now| now[0].factors == Factors::of(&[Factor::Password])) {
                        attempt.give_password(secret(PASSWORD)).unwrap();
                    }
                }
                Some(Step::Done(verdict)) => break verdict,
                Some(_) => {}
                None => panic!("an attempt without an end"),
            }
        };
        let grant = attempt.take_grant().unwrap();
        drop(attempt);
        outside.join().unwrap();
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Granted, Why::Matched), "{needs:?}");
        assert_eq!(verdict.factors, Factors::of(&[Factor::Card, Factor::Password]));
        let told = ward.operations(&grant);
        assert_eq!(told, ["reader_lost failed", "fallback done", "reader_back done", "authenticate granted"]);
    });
}

#[test]
fn whoever_holds_a_card_wrongly_is_told_how_to_and_the_card_then_lets_them_in() {
    isolated(|folder| {
        let pcscd = PrivatePcscd::start_in(folder, &["Counter"]).unwrap();
        let mut hand = pcscd.reader("Counter").unwrap();
        let mut ward = Ward::with_policy(|policy| {
            policy.replacen("combinations = [\"emergency_code\"]", "combinations = [\"card+password\"]", 1)
        });
        let request = AttemptRequest {
            cards: Some(Cards::Reader(None)),
            secrets: Factors::of(&[Factor::Password]),
            ..AttemptRequest::new(Purpose::Emergency)
        };
        let her_card = || persona::by_name("fcf:0114B34C1A2B3C01").unwrap();
        let mut attempt = ward.engine.authenticate(request).unwrap();
        let mut told = Vec::new();
        let verdict = loop {
            match attempt.next_step().unwrap() {
                Some(Step::Guide(guidance)) => {
                    told.push(guidance);
                    match guidance {
                        Guidance::TapCard if told.len() == 1 => {
                            hand.insert(persona::by_name("torn").unwrap()).unwrap();
                        }
                        Guidance::HoldLonger => {
                            hand.insert(persona::by_name("short").unwrap()).unwrap();
                        }
                        Guidance::CardUnreadable => {
                            hand.remove().unwrap();
                            hand.insert(her_card()).unwrap();
                        }
                        Guidance::TwoCards => attempt.give_password(secret(PASSWORD)).unwrap(),
                        _ => {}
                    }
                }
                // Hers was read, and another one lies under it.
                Some(Step::Event(Event::CardRead)) => {
                    hand.insert(persona::by_name("ntag213").unwrap()).unwrap();
                }
                Some(Step::Done(verdict)) => break verdict,
                Some(_) => {}
                None => panic!("an attempt without an end"),
            }
        };
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Granted, Why::Matched), "{told:?}");
        let of_card: Vec<Guidance> = told
            .into_iter()
            .filter(|guidance| !matches!(guidance, Guidance::TapCard | Guidance::TypePassword))
            .collect();
        assert_eq!(of_card, [Guidance::HoldLonger, Guidance::CardUnreadable, Guidance::TwoCards]);
    });
}
