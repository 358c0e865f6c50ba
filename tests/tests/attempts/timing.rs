//! How long a refusal takes does not tell whether anybody has the card, or what kept them out.

use std::ops::Range;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use mabataki_engine::engine::{AttemptRequest, LockoutOf};
use mabataki_engine::policy::Purpose;
use mabataki_engine::session::{Outcome, Why};
use mabataki_engine::store::{NewCard, PersonStatus, Profile};

use super::ward::{Ward, card};

/// Attempts of each sort, in turns, so that whatever else the machine does meets all of them.
const ROUNDS: usize = 15;

/// On a machine that is so busy that these few are no measure yet, up to so many.
const MOST_ROUNDS: u8 = 100;

/// How far from a known card's time the others' may lie. Whoever left out the hash of the password for strangers would refuse
/// them several times as quickly.
const WITHIN: Range<f64> = 0.8..1.25;

/// Cards from this number on are nobody's: another one each time, since a stranger's tries are counted too.
const STRANGE: u8 = 100;

fn refusal(ward: &mut Ward, number: u8, expected: Why) -> Duration {
    let start = Instant::now();
    let (verdict, _) = ward.attempt(card(number), "wrong", AttemptRequest::new(Purpose::Login));
    let took = start.elapsed();
    assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, expected));
    took
}

/// How long each of the other sorts took by the first one's time in the same round: the median of the rounds.
fn ratios(rounds: &[[Duration; 4]]) -> [f64; 3] {
    [1, 2, 3].map(|sort| {
        let mut all: Vec<f64> =
            rounds.iter().map(|round| round[sort].as_secs_f64() / round[0].as_secs_f64()).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    })
}

#[test]
fn an_unknown_card_is_refused_in_the_time_of_a_known_one() {
    let mut ward =
        Ward::with_policy(|policy| policy.replacen("terminal_failures = 5 ", "terminal_failures = 1000 ", 1));
    let mut acting = ward.engine.acting();
    acting.set_status("nurse02", PersonStatus::Disabled).unwrap();
    acting.add_person("nurse03", &Profile::named("Nurse 3")).unwrap();
    let label = NewCard::labelled("staff card", Timestamp::now());
    acting.bind_claimed_card("nurse03", &card(3), &label).unwrap();

    let mut rounds = Vec::new();
    for round in 0..MOST_ROUNDS {
        for nurse in ["nurse01", "nurse02", "nurse03"] {
            ward.engine.acting().clear_lockout(LockoutOf::Person(nurse), None).unwrap();
        }
        rounds.push([
            refusal(&mut ward, 1, Why::WrongSecret),
            refusal(&mut ward, 2, Why::Disabled),
            refusal(&mut ward, 3, Why::WrongSecret),
            refusal(&mut ward, STRANGE + round, Why::CardUnknown),
        ]);
        if rounds.len() >= ROUNDS && ratios(&rounds).iter().all(|ratio| WITHIN.contains(ratio)) {
            return;
        }
    }
    panic!("disabled, without a password, unknown: {:.3?} of a known card's time", ratios(&rounds));
}
