//! Who appoints the first administrator, and who does not.

use zeroize::Zeroizing;

use super::*;
use crate::engine::Class;
use crate::engine::trial::{self, Site};
use crate::policy::Purpose;
use crate::store::Settings;

const PASSWORD: &str = "Kobe-4711-harbour";

/// A terminal that was just made, and its token.
fn made() -> (Site, Secret) {
    let Site { mut engine, folder } = trial::site();
    let token = engine.take_set_up_token().unwrap();
    assert!(engine.take_set_up_token().is_none(), "shown once");
    let engine = {
        drop(engine);
        Engine::open(trial::config(&folder)).unwrap()
    };
    (Site { folder, engine }, Secret::new(token.to_text()).unwrap())
}

fn appoint(engine: &mut Engine, token: &Secret, id: &str) -> Result<(), Error> {
    engine.appoint_first(token, id, "First", &trial::secret(PASSWORD))
}

/// What became of each time somebody tried.
fn tried(engine: &Engine) -> Vec<Outcome> {
    let log = engine.store.log(0, 1000).unwrap();
    let tries = log.into_iter().filter(|record| record.entry.operation == Operation::SetUp);
    tries.map(|record| record.entry.outcome).collect()
}

#[test]
fn the_token_appoints_one_administrator_and_nobody_after_that() {
    let (Site { mut engine, folder: _folder }, token) = made();
    appoint(&mut engine, &token, "boss").unwrap();
    let error = appoint(&mut engine, &token, "intruder").unwrap_err();
    assert_eq!((error.code(), error.class()), ("set_up_token", Class::Refused), "{error}");
    assert!(engine.store.person("intruder").unwrap().is_none());
    assert_eq!(tried(&engine), [Outcome::Done, Outcome::Refused]);
    assert_eq!(engine.acting().set_policy("").unwrap_err().code(), "no_right");
    let boss = trial::grant(&mut engine, "boss", Purpose::Admin, None);
    engine.acting_by(&boss).add_person("nurse03", &Profile::named("Nurse")).unwrap();
}

#[test]
fn another_token_or_none_appoints_nobody() {
    let (Site { mut engine, folder: _folder }, token) = made();
    let other = Secret::new(EmergencyCode::draw().unwrap().to_text()).unwrap();
    assert_eq!(appoint(&mut engine, &other, "boss").unwrap_err().code(), "set_up_token");
    let mistyped = Secret::new(Zeroizing::new("boss".to_owned())).unwrap();
    appoint(&mut engine, &mistyped, "boss").unwrap_err();
    assert!(engine.store.person("boss").unwrap().is_none());
    assert_eq!(tried(&engine), [Outcome::Refused], "a slip of the finger is no try");
    appoint(&mut engine, &token, "boss").unwrap();
}

#[test]
fn a_weak_password_or_a_taken_id_appoints_nobody_and_the_token_stays_good() {
    let (Site { mut engine, folder: _folder }, token) = made();
    engine.appoint_first(&token, "boss", "First", &trial::secret("boss")).unwrap_err();
    assert_eq!(appoint(&mut engine, &token, "nurse01").unwrap_err().code(), "exists");
    appoint(&mut engine, &token, "boss").unwrap();
}

#[test]
fn the_token_is_worth_nothing_once_an_administrator_was_appointed_otherwise() {
    let (Site { mut engine, folder: _folder }, token) = made();
    let profile = Profile { role: Some(ADMINISTRATOR.to_owned()), ..Profile::named("Boss") };
    engine.acting().add_person("boss", &profile).unwrap();
    engine.acting().set_password("boss", &trial::secret(PASSWORD), false).unwrap();
    assert_eq!(appoint(&mut engine, &token, "intruder").unwrap_err().code(), "set_up_token");
}

#[test]
fn a_store_for_trials_has_no_token() {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { terminal: "desk".to_owned(), open: true };
    let mut engine = Engine::create(trial::config(&folder), settings).unwrap();
    assert!(engine.take_set_up_token().is_none());
}
