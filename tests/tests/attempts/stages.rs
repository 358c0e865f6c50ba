//! The stages of a roll-out, on stores in earnest: a terminal that only observes opens nothing, uses nothing up, and can be
//! set to another stage.

use std::time::Duration;

use mabataki_engine::engine::{AttemptRequest, Engine};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Purpose, Right};
use mabataki_engine::secret::{CodeState, Remark};
use mabataki_engine::session::{Coarse, Outcome, Why};
use mabataki_engine::store::Profile;

use super::ward::{PASSWORD, Ward, card, code, config, secret};

fn observing(policy: String) -> String {
    policy.replacen(r#"stage = "enforce""#, r#"stage = "observe""#, 1)
}

/// Sets the ward to enforce, as its administrator.
fn enforce(ward: &mut Ward) {
    let administrator = ward.administrator();
    let mut acting = ward.engine.acting_by(&administrator);
    let policy = acting.policy().unwrap().text;
    let enforcing = policy.replacen(r#"stage = "observe""#, r#"stage = "enforce""#, 1);
    assert_ne!(enforcing, policy);
    acting.set_policy(&enforcing).unwrap();
    ward.engine.end_grant(&administrator, Ending::LoggedOff).unwrap();
}

#[test]
fn where_a_terminal_observes_administrators_still_administer_and_can_set_it_back() {
    let mut ward = Ward::in_earnest(observing);
    for purpose in [Purpose::Login, Purpose::Unlock, Purpose::Switch] {
        let (verdict, grant) = ward.attempt(card(1), PASSWORD, AttemptRequest::new(purpose));
        assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Granted));
        assert!(grant.is_none());
    }
    // One who is refused is no more told of it than one who is not.
    let (verdict, _) = ward.attempt(card(1), "wrong", AttemptRequest::new(Purpose::Login));
    assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Denied));
    let enrolling = ward.let_in(1, Purpose::Enrolment);
    ward.engine.end_grant(&enrolling, Ending::LoggedOff).unwrap();
    let (verdict, grant) = ward.attempt(card(1), "wrong", AttemptRequest::new(Purpose::Enrolment));
    assert_eq!((verdict.outcome, grant.is_none()), (Outcome::Denied, true));

    enforce(&mut ward);
    let mut again = Engine::open(config(&ward.folder)).unwrap();
    let denied = again.acting().people().unwrap_err();
    assert_eq!(denied.code(), "no_right", "a store in earnest: {} by nobody", Right::People);
    ward.let_in(1, Purpose::Login);
}

#[test]
fn a_password_that_must_be_changed_is_observed_as_a_refusal_and_told_as_nothing() {
    let mut ward = Ward::in_earnest(observing);
    let administrator = ward.administrator();
    ward.engine.acting_by(&administrator).set_password("nurse01", &secret("given-Crane-5!"), true).unwrap();
    let (verdict, _) = ward.attempt(card(1), "given-Crane-5!", AttemptRequest::new(Purpose::Login));
    assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Denied));
    assert_eq!((verdict.why, verdict.told), (Why::MustChange, Coarse::Observed));
}

#[test]
fn where_a_terminal_observes_an_emergency_code_is_not_used_up() {
    let mut ward = Ward::in_earnest(observing);
    let administrator = ward.administrator();
    let code = code(ward.engine.acting_by(&administrator), "nurse01");
    for _ in 0..2 {
        let (verdict, grant) = ward.claim("nurse01", Some(&code));
        assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Granted));
        assert!(grant.is_none());
    }
    let mut acting = ward.engine.acting_by(&administrator);
    assert_eq!(acting.emergency_codes().unwrap()[0].1.state, CodeState::Open);
    assert!(acting.emergency_uses(true).unwrap().is_empty());
    let log = acting.log(0, 1000).unwrap();
    assert!(log.iter().all(|record| record.entry.operation.code() != "emergency_use"));

    enforce(&mut ward);
    let (verdict, grant) = ward.claim("nurse01", Some(&code));
    assert_eq!((verdict.outcome, verdict.why), (Outcome::Granted, Why::Emergency));
    assert!(grant.is_some());
    let (verdict, grant) = ward.claim("nurse01", Some(&code));
    assert_eq!((verdict.outcome, grant.is_none()), (Outcome::Denied, true));
    let administrator = ward.administrator();
    assert_eq!(ward.engine.acting_by(&administrator).emergency_uses(true).unwrap().len(), 1);
}

#[test]
fn where_a_terminal_observes_a_claim_in_a_disaster_is_no_use_that_waits_for_review() {
    let mut ward = Ward::in_earnest(observing);
    let first = ward.administrator();
    let other = Profile { role: Some("administrator".to_owned()), ..Profile::named("Another") };
    let mut acting = ward.engine.acting_by(&first);
    acting.add_person("admin02", &other).unwrap();
    acting.set_password("admin02", &secret("given-Crane-5!"), false).unwrap();
    ward.engine.change_password("admin02", &secret("given-Crane-5!"), &secret(PASSWORD)).unwrap();
    let second = ward.administrator_named("admin02");
    let why = Remark::new("earthquake").unwrap();
    let hour = Duration::from_secs(3600);
    ward.engine.acting_by(&first).declare_disaster(Some(&second), hour, &why).unwrap();
    let (verdict, grant) = ward.claim("nurse01", None);
    assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Granted));
    assert!(grant.is_none());
    assert!(ward.engine.acting_by(&first).emergency_uses(true).unwrap().is_empty());

    enforce(&mut ward);
    assert!(ward.claim("nurse01", None).1.is_some());
    assert_eq!(ward.engine.acting_by(&first).emergency_uses(true).unwrap().len(), 1);
}

#[test]
fn where_a_terminal_only_observes_nothing_is_granted_and_the_log_says_what_would_have_been() {
    let mut ward = Ward::with_policy(observing);
    let (verdict, grant) = ward.attempt(card(1), PASSWORD, AttemptRequest::new(Purpose::Login));
    assert_eq!((verdict.outcome, verdict.judgement), (Outcome::Observed, Outcome::Granted));
    assert!(grant.is_none());
    assert!(ward.engine.acting().grants().unwrap().is_empty());
    let log = ward.engine.acting().log(0, 1000).unwrap();
    let last = &log.last().unwrap().entry;
    assert_eq!((last.outcome.code(), last.reason.as_deref()), ("observed", Some("matched")));
}
