//! What becomes of tries: a secret that was right is forgiven whatever else was wrong, and the system's own once the host has
//! said so.

use mabataki_engine::engine::{AttemptRequest, Cards, Error, Grant, LockoutOf, Step};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::session::{Outcome, Why};

use super::ward::{PASSWORD, Ward, card, secret};

/// Card and the system's password let in.
fn by_system(policy: String) -> String {
    let policy = policy.replacen(r#"login = "ordinary""#, r#"login = "system""#, 1);
    let policy = policy.replacen(r#"unlock = "ordinary""#, r#"unlock = "system""#, 1);
    format!("{policy}\n[policies.system]\ncombinations = [\"card+host_password\"]\n")
}

/// The provisional grant; nothing where the password is locked.
fn try_by_system(ward: &mut Ward) -> Option<Grant> {
    ask_by_system(ward, 1, AttemptRequest::new(Purpose::Login))
}

fn ask_by_system(ward: &mut Ward, number: u8, request: AttemptRequest) -> Option<Grant> {
    let request = AttemptRequest {
        cards: Some(Cards::Claimed(Ok(card(number)))),
        secrets: Factors::of(&[Factor::HostPassword]),
        ..request
    };
    let mut attempt = ward.engine.authenticate(request).unwrap();
    attempt.host_password_given().unwrap();
    while let Some(step) = attempt.next_step().unwrap() {
        if let Step::Done(verdict) = step {
            let expected = if verdict.provisional { Why::Matched } else { Why::LockedOut };
            assert_eq!(verdict.why, expected);
        }
    }
    attempt.take_grant()
}

#[test]
fn log_ins_that_the_system_confirmed_never_lock_and_five_that_it_did_not_confirm_do() {
    let mut ward = Ward::with_policy(by_system);
    let failures = |ward: &mut Ward| {
        ward.engine.acting().lockouts().unwrap().iter().map(|one| one.failures).sum::<u32>()
    };
    for _ in 0..12 {
        let grant = try_by_system(&mut ward).unwrap();
        assert_eq!(failures(&mut ward), 1, "counted until the host has said");
        ward.engine.confirm(&grant, true).unwrap();
        assert_eq!(failures(&mut ward), 0);
    }
    for failed in 1..=5 {
        let grant = try_by_system(&mut ward).unwrap();
        match failed {
            2 => ward.engine.end_grant(&grant, Ending::LoggedOff).unwrap(),
            _ => ward.engine.confirm(&grant, false).unwrap(),
        }
        assert!(ward.engine.confirm(&grant, true).is_err(), "said twice, or too late");
        assert_eq!(failures(&mut ward), failed);
    }
    assert!(try_by_system(&mut ward).is_none());
    ward.engine.acting().clear_lockout(LockoutOf::Person("nurse01"), None).unwrap();
    assert!(try_by_system(&mut ward).is_some());
}

#[test]
fn what_the_system_has_not_confirmed_ends_nobody_elses_grant() {
    for took in [true, false] {
        let mut ward = Ward::with_policy(by_system);
        let [first, replaced] = [(); 2].map(|()| {
            let grant = ask_by_system(&mut ward, 1, AttemptRequest::new(Purpose::Login)).unwrap();
            ward.engine.confirm(&grant, true).unwrap();
            grant
        });
        let session = replaced.session().to_owned();
        let request = AttemptRequest { replaces: Some(replaced), ..AttemptRequest::new(Purpose::Unlock) };
        let second = ask_by_system(&mut ward, 2, request).unwrap();
        ward.engine.examine(&first).unwrap();
        ward.engine.confirm(&second, took).unwrap();
        let live: Vec<String> =
            ward.engine.acting().grants().unwrap().into_iter().map(|live| live.session).collect();
        if took {
            assert_eq!(live, [second.session()]);
            assert_eq!(ward.ending(&first), Ending::UnlockedByOther);
        } else {
            assert_eq!(live.len(), 2);
            assert!(live.contains(&session));
            ward.engine.examine(&first).unwrap();
        }
    }
}

#[test]
fn where_a_terminal_only_observes_the_systems_password_is_not_counted_since_nobody_tells_of_it() {
    let mut ward = Ward::with_policy(|policy| {
        by_system(policy).replacen(r#"stage = "enforce""#, r#"stage = "observe""#, 1)
    });
    for _ in 0..7 {
        assert!(try_by_system(&mut ward).is_none());
    }
    assert!(ward.engine.acting().lockouts().unwrap().is_empty());
}

#[test]
fn a_right_password_is_not_locked_by_what_else_was_wrong_and_a_wrong_one_is() {
    let mut ward = Ward::new();
    let elsewhere =
        || AttemptRequest { account: Some("pharmacy".to_owned()), ..AttemptRequest::new(Purpose::Login) };
    for _ in 0..7 {
        assert_eq!(ward.attempt(card(1), PASSWORD, elsewhere()).0.why, Why::Account);
    }
    assert!(ward.engine.acting().lockouts().unwrap().is_empty());
    for _ in 0..5 {
        assert_eq!(ward.attempt(card(1), "wrong", elsewhere()).0.why, Why::Account);
    }
    assert_eq!(ward.attempt(card(1), PASSWORD, elsewhere()).0.why, Why::LockedOut);
}

#[test]
fn a_password_that_must_be_changed_lets_nobody_in_and_can_be_changed_however_often_it_was_tried() {
    let mut ward = Ward::new();
    let own = "quiet-Egret-77";
    ward.engine.acting().set_password("nurse01", &secret("given-Crane-5!"), true).unwrap();
    for _ in 0..7 {
        let (verdict, grant) = ward.attempt(card(1), "given-Crane-5!", AttemptRequest::new(Purpose::Login));
        assert_eq!((verdict.outcome, verdict.why), (Outcome::Denied, Why::MustChange));
        assert!(grant.is_none());
    }
    ward.engine.change_password("nurse01", &secret("given-Crane-5!"), &secret(own)).unwrap();
    let (verdict, _) = ward.attempt(card(1), own, AttemptRequest::new(Purpose::Login));
    assert_eq!(verdict.outcome, Outcome::Granted);
}

#[test]
fn a_password_of_the_system_gives_nothing_until_the_system_has_taken_it() {
    for took in [true, false] {
        let mut ward = Ward::with_policy(by_system);
        let grant = try_by_system(&mut ward).unwrap();
        assert!(matches!(ward.engine.examine(&grant), Err(Error::GrantProvisional)));
        ward.engine.confirm(&grant, took).unwrap();
        if took {
            ward.engine.examine(&grant).unwrap();
        } else {
            assert_eq!(ward.ending(&grant), Ending::HostRefused);
        }
    }
}
