//! What is counted, for whom, and when, in whole attempts on a store on the disk.

use std::time::Duration;

use mabataki_engine::engine::{
    Attempt, AttemptRequest, Cards, Engine, Lockout, LockoutOf, NewEmergencyCode, Step,
};
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::secret::Remark;
use mabataki_engine::session::{Event, Outcome, Verdict, Why};

use super::ward::{PASSWORD, Ward, card, config, secret};

fn login() -> AttemptRequest {
    AttemptRequest::new(Purpose::Login)
}

fn failures(engine: &mut Engine) -> Vec<(String, Factor, u32)> {
    let named = |lockout: Lockout| (lockout.person.unwrap_or_default(), lockout.factor, lockout.failures);
    engine.acting().lockouts().unwrap().into_iter().map(named).collect()
}

fn of_password(failures: u32) -> Vec<(String, Factor, u32)> {
    vec![("nurse01".to_owned(), Factor::Password, failures)]
}

/// What follows an attempt to its end.
fn end(attempt: &mut Attempt<'_>) -> Verdict {
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            return verdict;
        }
    }
    panic!("an attempt without an end");
}

fn request(card_number: Option<u8>, secrets: &[Factor]) -> AttemptRequest {
    AttemptRequest {
        cards: card_number.map(|number| Cards::Claimed(Ok(card(number)))),
        secrets: Factors::of(secrets),
        ..login()
    }
}

/// A terminal where nothing but these combinations lets in, in little time.
fn ward_with(combinations: &str) -> Ward {
    Ward::with_policy(|policy| {
        let policy = policy.replacen(r#"login = "ordinary""#, r#"login = "short""#, 1);
        format!("{policy}\n[policies.short]\ncombinations = [{combinations}]\ntimeout = \"5 s\"\n")
    })
}

#[test]
fn after_five_wrong_passwords_the_sixth_attempt_is_refused_unjudged_and_not_counted() {
    let mut ward = Ward::new();
    for count in 1..=5 {
        let (verdict, _) = ward.attempt(card(1), "wrong", login());
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::WrongSecret));
        assert_eq!(failures(&mut ward.engine), of_password(count));
    }
    for password in ["wrong", PASSWORD] {
        let (verdict, grant) = ward.attempt(card(1), password, login());
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::LockedOut));
        assert!(verdict.locked.is_some_and(|locked| locked.factor == Factor::Password));
        assert!(grant.is_none());
        assert_eq!(failures(&mut ward.engine), of_password(5));
    }
    // Another person at the same terminal, and another process.
    ward.let_in(2, Purpose::Login);
    let mut other = Engine::open(config(&ward.folder)).unwrap();
    assert_eq!(failures(&mut other), of_password(5));
    assert_eq!(other.acting().clear_lockout(LockoutOf::Person("nurse01"), None).unwrap(), 5);
    ward.let_in(1, Purpose::Login);
    assert_eq!(failures(&mut ward.engine), []);
}

#[test]
fn a_success_forgives_what_was_before_it() {
    let mut ward = Ward::new();
    for _ in 0..4 {
        ward.attempt(card(1), "wrong", login());
    }
    ward.let_in(1, Purpose::Login);
    assert_eq!(failures(&mut ward.engine), []);
    for _ in 0..4 {
        ward.attempt(card(1), "wrong", login());
    }
    ward.let_in(1, Purpose::Login);
}

#[test]
fn a_try_that_was_counted_stays_so_when_the_attempt_is_called_off_before_it_is_judged() {
    for dropped in [false, true] {
        let mut ward = Ward::new();
        // Strangers have slowed the terminal: what is complete is counted at once, and judged seconds later.
        for number in 100..110 {
            ward.attempt(card(number), "wrong", login());
        }
        assert_eq!(failures(&mut ward.engine), [], "a stranger's try was counted for somebody");
        for count in 1..=2 {
            let mut attempt = ward.engine.authenticate(request(Some(1), &[Factor::Password])).unwrap();
            attempt.give_password(secret(PASSWORD)).unwrap();
            while attempt.next_step().unwrap().unwrap() != Step::Event(Event::CardRead) {}
            if !dropped {
                attempt.cancel().unwrap();
                let verdict = end(&mut attempt);
                assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::Cancelled));
            }
            drop(attempt);
            assert_eq!(failures(&mut ward.engine), of_password(count), "dropped: {dropped}");
        }
        let log = ward.engine.acting().log(0, 1000).unwrap();
        let last = &log.last().unwrap().entry;
        assert_eq!((last.outcome.code(), last.reason.as_deref()), ("denied", Some("cancelled")));
    }
}

#[test]
fn a_password_that_is_never_judged_because_the_rest_is_missing_counts_nothing() {
    let mut ward = ward_with(r#""card+password+host_password""#);
    for cancelled in [true, false] {
        let both = [Factor::Password, Factor::HostPassword];
        let mut attempt = ward.engine.authenticate(request(Some(1), &both)).unwrap();
        attempt.give_password(secret("wrong")).unwrap();
        if cancelled {
            attempt.cancel().unwrap();
        }
        // Whether it was right is not told.
        let expected = if cancelled { Why::Cancelled } else { Why::NoSecret };
        assert_eq!(end(&mut attempt).why, expected);
        drop(attempt);
        assert_eq!(failures(&mut ward.engine), []);
    }
}

#[test]
fn an_attempt_in_which_nothing_was_presented_counts_nothing() {
    let mut ward = ward_with(r#""card+password""#);
    for claim in [None, Some("nurse01".to_owned())] {
        for cancelled in [true, false] {
            let nothing = AttemptRequest { claim: claim.clone(), ..request(None, &[Factor::Password]) };
            let mut attempt = ward.engine.authenticate(nothing).unwrap();
            if cancelled {
                attempt.cancel().unwrap();
            }
            assert_eq!(end(&mut attempt).outcome, Outcome::Abandoned);
            drop(attempt);
            assert_eq!(failures(&mut ward.engine), []);
        }
    }
}

#[test]
fn with_the_password_locked_an_emergency_code_and_the_systems_password_still_let_in() {
    let mut ward = ward_with(r#""card+password", "card+host_password""#);
    for _ in 0..5 {
        ward.attempt(card(1), "wrong", login());
    }
    let mut attempt =
        ward.engine.authenticate(request(Some(1), &[Factor::Password, Factor::HostPassword])).unwrap();
    attempt.host_password_given().unwrap();
    let verdict = end(&mut attempt);
    assert_eq!((verdict.outcome, verdict.provisional), (Outcome::Granted, true), "{verdict:?}");
    drop(attempt);
    let locked = failures(&mut ward.engine).into_iter().find(|(_, factor, _)| *factor == Factor::Password);
    assert_eq!(locked, of_password(5).pop());

    let new = NewEmergencyCode {
        person: Some("nurse01".to_owned()),
        terminal: None,
        purposes: vec![Purpose::Emergency],
        minutes: 10,
        valid: Duration::from_secs(600),
    };
    let issued = ward.engine.acting().issue_emergency_code(&new).unwrap();
    let request = AttemptRequest {
        claim: Some("nurse01".to_owned()),
        secrets: Factors::of(&[Factor::EmergencyCode]),
        reason: Some(Remark::new("the ward is full").unwrap()),
        ..AttemptRequest::new(Purpose::Emergency)
    };
    let mut attempt = ward.engine.authenticate(request).unwrap();
    attempt.give_code(&secret(&issued.code.to_text())).unwrap();
    let verdict = end(&mut attempt);
    assert_eq!((verdict.outcome, verdict.why), (Outcome::Granted, Why::Emergency));
}

/// The hour in Tokyo that is `hours` from now, as a policy writes it.
fn in_tokyo(hours: i64) -> String {
    let now = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::fixed(jiff::tz::offset(9)));
    (now + jiff::SignedDuration::from_hours(hours)).strftime("%H:%M").to_string()
}

#[test]
fn whoever_keeps_hours_comes_in_within_them_and_not_beside_them() {
    for (from, until, expected) in [(-2, 2, Why::Matched), (2, 4, Why::OutOfHours)] {
        let hours = format!("[hours.shift]\nevery_day = [\"{}-{}\"]\n", in_tokyo(from), in_tokyo(until));
        let mut ward = Ward::with_policy(|policy| {
            policy.replacen(
                "[roles.others]\n",
                &format!("[roles.others]\n[roles.shift]\nhours = \"shift\"\n{hours}"),
                1,
            )
        });
        let mut profile = ward.engine.acting().person("nurse01").unwrap().profile;
        profile.role = Some("shift".to_owned());
        ward.engine.acting().change_person("nurse01", &profile).unwrap();
        let (verdict, grant) = ward.attempt(card(1), PASSWORD, login());
        assert_eq!((verdict.why, grant.is_some()), (expected, expected == Why::Matched));
        // There is no camera: the attempt turned to the password, and said so.
        let log = ward.engine.acting().log(0, 1000).unwrap();
        let words: Vec<_> =
            log.iter().rev().take(2).filter_map(|record| record.entry.reason.as_deref()).collect();
        assert_eq!(words.first().copied(), Some(expected.code()));
        ward.let_in(2, Purpose::Login);
    }
}
