//! How long a refusal takes does not tell whether anybody has the card, or what kept them out.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use mabataki_engine::engine::{AttemptRequest, LockoutOf};
use mabataki_engine::policy::Purpose;
use mabataki_engine::session::{Outcome, Why};
use mabataki_engine::store::{NewCard, PersonStatus, Profile};

use super::ward::{Ward, card};

/// Attempts of each sort, in turns, so that whatever else the machine does meets all of them.
const ROUNDS: u8 = 15;

/// How far apart the quickest of each sort may lie: what else the machine does only adds. Whoever left out the hash of the
/// password for strangers would refuse them several times as quickly.
const APART: f64 = 1.25;

/// Cards from this number on are nobody's: another one each time, since a stranger's tries are counted too.
const STRANGE: u8 = 100;

fn refusal(ward: &mut Ward, number: u8, expected: Why) -> Duration {
    let start = Instant::now();
    let (verdict, _) = ward.attempt(card(number), "wrong", AttemptRequest::new(Purpose::Login));
    let took = start.elapsed();
    assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, expected));
    took
}

fn quickest(times: Vec<Duration>) -> f64 {
    times.into_iter().min().unwrap().as_secs_f64()
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

    let mut times: [Vec<Duration>; 4] = Default::default();
    for round in 0..ROUNDS {
        for nurse in ["nurse01", "nurse02", "nurse03"] {
            ward.engine.acting().clear_lockout(LockoutOf::Person(nurse), None).unwrap();
        }
        let refused = [
            refusal(&mut ward, 1, Why::WrongSecret),
            refusal(&mut ward, 2, Why::Disabled),
            refusal(&mut ward, 3, Why::WrongSecret),
            refusal(&mut ward, STRANGE + round, Why::CardUnknown),
        ];
        times.iter_mut().zip(refused).for_each(|(all, took)| all.push(took));
    }
    let [known, disabled, without_password, unknown] = times.map(quickest);
    for (what, took) in
        [("disabled", disabled), ("without a password", without_password), ("unknown", unknown)]
    {
        let ratio = took / known;
        assert!((1.0 / APART..APART).contains(&ratio), "{what}: {ratio:.3} of a known card's time");
    }
}
