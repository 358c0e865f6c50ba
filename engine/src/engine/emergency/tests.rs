use std::sync::Barrier;
use std::thread;

use super::*;
use crate::engine::Engine;
use crate::engine::trial::{Site, administrator, at, config, site};
use crate::policy::STANDARD;
use crate::store::StoreError;

const MINUTE: Duration = Duration::from_secs(60);

fn anybody() -> NewEmergencyCode {
    NewEmergencyCode {
        person: None,
        terminal: None,
        purposes: vec![Purpose::Emergency],
        minutes: 30,
        valid: 10 * MINUTE,
    }
}

fn why() -> Remark {
    Remark::new("カードを忘れた患者急変").unwrap()
}

/// How long the code lets this person work, if it lets them in at this moment.
fn redeem_at(
    engine: &mut Engine,
    now: Now,
    code: &EmergencyCode,
    person: &str,
    purpose: Purpose,
) -> Option<Duration> {
    let person = engine.store.person(person).unwrap().unwrap();
    let claim = Claim { person: &person, purpose, reason: &why(), session: Some("s1") };
    engine.store.write(|store| redeem(store, now, code, claim)).unwrap().map(|access| access.life)
}

fn use_now(engine: &mut Engine, code: &EmergencyCode, person: &str) -> Option<Duration> {
    let now = engine.now().unwrap();
    redeem_at(engine, now, code, person, Purpose::Emergency)
}

#[test]
fn a_code_lets_one_person_in_once_and_the_log_says_that_they_only_claimed() {
    let Site { mut engine, folder: _folder } = site();
    let issued = engine.acting().issue_emergency_code(&anybody()).unwrap();
    let now = engine.now().unwrap();
    let mut good = |person: Option<&str>| {
        engine.store.write(|store| is_good(store, now, &issued.code, person, Purpose::Emergency)).unwrap()
    };
    assert!(good(Some("nurse01")) && good(Some("nurse02")) && !good(None));
    assert_eq!(use_now(&mut engine, &issued.code, "nurse01"), Some(30 * MINUTE));
    assert_eq!(use_now(&mut engine, &issued.code, "nurse01"), None);
    assert_eq!(use_now(&mut engine, &issued.code, "nurse02"), None);
    let (_, listed) = engine.acting().emergency_codes().unwrap().remove(0);
    assert_eq!(listed.state, CodeState::Used);
    let log = engine.acting().log(0, 100).unwrap();
    let entry = &log.iter().find(|record| record.entry.operation == Operation::EmergencyUse).unwrap().entry;
    assert_eq!(entry.reason.as_deref(), Some("claimed"));
    assert_eq!((entry.subject.as_deref(), entry.session.as_deref()), (Some("nurse01"), Some("s1")));
    assert_eq!(entry.factors, [audit::Factor::EmergencyCode]);
}

#[test]
fn of_many_who_use_a_code_at_the_same_moment_one_is_let_in() {
    let Site { mut engine, folder } = site();
    for _ in 0..4 {
        let issued = engine.acting().issue_emergency_code(&anybody()).unwrap();
        let barrier = Barrier::new(6);
        let let_in = thread::scope(|scope| {
            let race = || {
                let mut engine = Engine::open(config(&folder)).unwrap();
                barrier.wait();
                use_now(&mut engine, &issued.code, "nurse01").is_some()
            };
            let threads = [(); 6].map(|()| scope.spawn(race));
            threads.map(|thread| thread.join().unwrap()).into_iter().filter(|let_in| *let_in).count()
        });
        assert_eq!(let_in, 1);
    }
    assert_eq!(engine.acting().emergency_uses(false).unwrap().len(), 4);
}

#[test]
fn a_code_opens_nothing_but_what_it_was_issued_for() {
    let Site { mut engine, folder: _folder } = site();
    let bound = NewEmergencyCode { person: Some("nurse01".to_owned()), ..anybody() };
    let elsewhere = NewEmergencyCode { terminal: Some("ward4-b".to_owned()), ..anybody() };
    let bound = engine.acting().issue_emergency_code(&bound).unwrap();
    let elsewhere = engine.acting().issue_emergency_code(&elsewhere).unwrap();
    let now = engine.now().unwrap();
    assert_eq!(use_now(&mut engine, &bound.code, "nurse02"), None);
    assert_eq!(use_now(&mut engine, &elsewhere.code, "nurse01"), None);
    assert_eq!(redeem_at(&mut engine, now, &bound.code, "nurse01", Purpose::Login), None);
    assert_eq!(
        redeem_at(&mut engine, now, &EmergencyCode::draw().unwrap(), "nurse01", Purpose::Emergency),
        None
    );
    assert!(use_now(&mut engine, &bound.code, "nurse01").is_some());
}

#[test]
fn a_code_is_over_when_its_time_is_and_no_setting_of_the_clock_revives_it() {
    let Site { mut engine, folder: _folder } = site();
    let issued = engine.acting().issue_emergency_code(&anybody()).unwrap();
    let start = engine.now().unwrap();
    let wall = |seconds: i64| start.wall.checked_add(jiff::SignedDuration::from_secs(seconds)).unwrap();
    let later = |wall, ms| Now { wall, steady: start.steady.after(Duration::from_millis(ms)), behind: false };
    let behind = |now: Now| Now { behind: true, ..now };
    let mut let_in = |now| redeem_at(&mut engine, now, &issued.code, "nurse01", Purpose::Emergency).is_some();
    // By the wall's clock, by the steady clock with the wall's set back, and after a restart with it set back.
    assert!(!let_in(later(wall(601), 1_000)));
    assert!(!let_in(behind(later(wall(-3_600), 601_000))));
    assert!(!let_in(later(wall(1), 601_000)));
    assert!(!let_in(behind(at(wall(-3_600), 9, 5))));
    assert!(let_in(behind(later(wall(-3_600), 599_000))), "the clock was behind when nobody could mend it");
}

#[test]
fn a_code_that_was_taken_back_or_used_cannot_be_used_or_taken_back() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) =
        (engine.acting().issue_emergency_code(&anybody()), engine.acting().issue_emergency_code(&anybody()));
    let (one, other) = (one.unwrap(), other.unwrap());
    engine.acting().revoke_emergency_code(&one.handle).unwrap();
    assert_eq!(use_now(&mut engine, &one.code, "nurse01"), None);
    assert!(use_now(&mut engine, &other.code, "nurse01").is_some());
    for handle in [&*one.handle, &other.handle, "none"] {
        let error = engine.acting().revoke_emergency_code(handle).unwrap_err();
        assert_eq!(error.code(), "not_found");
    }
}

#[test]
fn nobody_issues_a_code_for_themselves_or_one_that_opens_everything_or_lasts_too_long() {
    let Site { mut engine, folder: _folder } = site();
    let grant = administrator(&mut engine, "admin01");
    let refused = |engine: &mut Engine, new: NewEmergencyCode| {
        engine.acting_by(&grant).issue_emergency_code(&new).unwrap_err().code()
    };
    let own = NewEmergencyCode { person: Some("admin01".to_owned()), ..anybody() };
    assert_eq!(refused(&mut engine, own), "not_for_oneself");
    let nobodys = NewEmergencyCode { person: Some("nobody".to_owned()), ..anybody() };
    assert_eq!(refused(&mut engine, nobodys), "not_found");
    let closed = Purpose::ALL.iter().filter(|purpose| **purpose != Purpose::Emergency);
    for purposes in closed.map(|purpose| vec![Purpose::Emergency, *purpose]).chain([vec![]]) {
        assert_eq!(refused(&mut engine, NewEmergencyCode { purposes, ..anybody() }), "invalid");
    }
    for minutes in [0, 61, u32::MAX] {
        assert_eq!(refused(&mut engine, NewEmergencyCode { minutes, ..anybody() }), "invalid");
    }
    for valid in [Duration::ZERO, Duration::from_secs(24 * 3600 + 1), Duration::MAX] {
        assert_eq!(refused(&mut engine, NewEmergencyCode { valid, ..anybody() }), "invalid");
    }
    assert!(engine.acting_by(&grant).emergency_codes().unwrap().is_empty());
    let log = engine.acting_by(&grant).log(0, 100).unwrap();
    let refusals = log.iter().filter(|record| record.entry.outcome == audit::Outcome::Refused).count();
    assert_eq!(refusals, 15);
}

#[test]
fn no_code_is_issued_for_a_terminal_where_the_policy_opens_nothing_by_one() {
    let Site { mut engine, folder: _folder } = site();
    let office = "[groups.office]\nterminals = [\"office-*\"]\npurposes = { emergency = \"none\" }\n";
    engine.acting().set_policy(&format!("{STANDARD}\n{office}")).unwrap();
    let at = |terminal: &str| NewEmergencyCode { terminal: Some(terminal.to_owned()), ..anybody() };
    let error = engine.acting().issue_emergency_code(&at("office-1")).unwrap_err();
    assert_eq!(error.code(), "invalid");
    engine.acting().issue_emergency_code(&at("ward4-b")).unwrap();
}

#[test]
fn a_use_waits_until_somebody_who_had_no_part_in_it_has_reviewed_it() {
    let Site { mut engine, folder: _folder } = site();
    let [issuer, user, third] = ["admin01", "admin02", "admin03"].map(|id| administrator(&mut engine, id));
    let issued = engine.acting_by(&issuer).issue_emergency_code(&anybody()).unwrap();
    use_now(&mut engine, &issued.code, "admin02").unwrap();
    let (handle, used) = engine.acting_by(&third).emergency_uses(false).unwrap().remove(0);
    assert_eq!((&*used.person, &*used.reason), ("admin02", why().as_str()));
    assert_eq!(used.code.as_deref(), Some(&*issued.handle));
    let found = Remark::new("was called to an emergency").unwrap();
    for grant in [&issuer, &user] {
        let error = engine.acting_by(grant).review_emergency(&handle, &found).unwrap_err();
        assert_eq!(error.code(), "not_for_oneself");
    }
    engine.acting_by(&third).review_emergency(&handle, &found).unwrap();
    assert!(engine.acting_by(&third).emergency_uses(false).unwrap().is_empty());
    let (_, reviewed) = engine.acting_by(&third).emergency_uses(true).unwrap().remove(0);
    assert_eq!(reviewed.review.unwrap().by.as_deref(), Some("admin03"));
    let error = engine.acting_by(&third).review_emergency(&handle, &found).unwrap_err();
    assert_eq!(error.code(), "not_found");
}

#[test]
fn an_open_code_goes_with_its_person_and_a_use_outlives_them() {
    let Site { mut engine, folder: _folder } = site();
    let bound = NewEmergencyCode { person: Some("nurse01".to_owned()), ..anybody() };
    let used = engine.acting().issue_emergency_code(&bound).unwrap();
    use_now(&mut engine, &used.code, "nurse01").unwrap();
    engine.acting().issue_emergency_code(&bound).unwrap();
    engine.acting().remove_person("nurse01").unwrap();
    let left: Vec<String> =
        engine.acting().emergency_codes().unwrap().into_iter().map(|(handle, _)| handle).collect();
    assert_eq!(left, [used.handle]);
    assert_eq!(engine.acting().emergency_uses(false).unwrap().len(), 1);
}

#[test]
fn no_more_codes_are_open_than_can_be_compared_in_a_moment() {
    let Site { mut engine, folder: _folder } = site();
    let one = engine.acting().issue_emergency_code(&anybody()).unwrap();
    engine
        .store
        .write(|store| {
            (1..OPEN_CODES).try_for_each(|n| store.put_document(&format!("code-{n}"), &one.issued))?;
            Ok::<(), StoreError>(())
        })
        .unwrap();
    assert_eq!(engine.acting().issue_emergency_code(&anybody()).unwrap_err().code(), "invalid");
    engine.acting().revoke_emergency_code("code-7").unwrap();
    engine.acting().issue_emergency_code(&anybody()).unwrap();
}

#[test]
fn whoever_issued_a_code_for_anybody_cannot_use_it() {
    let Site { mut engine, folder: _folder } = site();
    let grant = administrator(&mut engine, "admin01");
    let issued = engine.acting_by(&grant).issue_emergency_code(&anybody()).unwrap();
    assert_eq!(use_now(&mut engine, &issued.code, "admin01"), None);
    assert_eq!(use_now(&mut engine, &issued.code, "nurse01"), Some(30 * MINUTE));
}
