use super::*;
use crate::engine::AttemptRequest;
use crate::engine::trial::{Site, administrator, site};
use crate::store::StoreError;

const HOUR: Duration = Duration::from_secs(3600);

fn why() -> Remark {
    Remark::new("大規模停電").unwrap()
}

fn claim_at(engine: &mut Engine, now: Now, purpose: Purpose) -> Option<Duration> {
    let person = engine.store.person("nurse01").unwrap().unwrap();
    let claim = Claim { person: &person, purpose, reason: &why(), session: None };
    engine.store.write(|store| super::claim(store, now, claim)).unwrap().map(|access| access.life)
}

fn later(engine: &Engine, time: Duration) -> Now {
    let now = engine.now().unwrap();
    Now { wall: now.wall.checked_add(time).unwrap(), steady: now.steady.after(time), behind: false }
}

#[test]
fn it_takes_two_administrators_to_declare_one_and_one_to_end_it() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    let declare = |engine: &mut Engine, second| {
        engine.acting_by(&one).declare_disaster(second, HOUR, &why()).map_err(|error| error.code())
    };
    assert_eq!(declare(&mut engine, Some(&one)), Err("not_for_oneself"));
    assert!(declare(&mut engine, None).is_err());
    assert_eq!(engine.disaster().unwrap(), None);
    let disaster = declare(&mut engine, Some(&other)).unwrap();
    assert_eq!(disaster.declared_by, ["admin01", "admin02"]);
    assert_eq!(engine.disaster().unwrap(), Some(disaster));
    let log = engine.acting_by(&one).log(0, 100).unwrap();
    let declared: Vec<_> = log
        .iter()
        .filter(|record| record.entry.operation == Operation::DisasterDeclare)
        .filter(|record| record.entry.outcome == audit::Outcome::Done)
        .filter_map(|record| record.entry.subject.as_deref())
        .collect();
    assert_eq!(declared.len(), 2);
    assert!(declared.contains(&"admin01") && declared.contains(&"admin02"));
    assert!(engine.acting_by(&other).end_disaster().unwrap());
    assert_eq!(engine.disaster().unwrap(), None);
    assert!(!engine.acting_by(&other).end_disaster().unwrap());
}

#[test]
fn a_second_without_the_right_or_whose_grant_has_ended_is_none() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    engine.end_grant(&other, Ending::LoggedOff).unwrap();
    let error = engine.acting_by(&one).declare_disaster(Some(&other), HOUR, &why()).unwrap_err();
    assert_eq!(error.code(), "grant_ended");
    assert_eq!(engine.disaster().unwrap(), None);
}

#[test]
fn a_disaster_lasts_no_longer_than_the_policy_allows() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    for length in [Duration::ZERO, 72 * HOUR + Duration::from_secs(1), Duration::MAX] {
        let error = engine.acting_by(&one).declare_disaster(Some(&other), length, &why()).unwrap_err();
        assert_eq!(error.code(), "invalid");
    }
    engine.acting_by(&one).declare_disaster(Some(&other), 72 * HOUR, &why()).unwrap();
}

#[test]
fn while_it_lasts_a_claim_and_a_reason_let_in_for_an_emergency_and_for_nothing_else() {
    let Site { mut engine, folder: _folder } = site();
    let now = engine.now().unwrap();
    assert_eq!(claim_at(&mut engine, now, Purpose::Emergency), None);
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    engine.acting_by(&one).declare_disaster(Some(&other), 2 * HOUR, &why()).unwrap();
    let now = engine.now().unwrap();
    assert_eq!(claim_at(&mut engine, now, Purpose::Emergency), Some(HOUR));
    for purpose in Purpose::ALL.iter().filter(|purpose| **purpose != Purpose::Emergency) {
        assert_eq!(claim_at(&mut engine, now, *purpose), None, "{purpose}");
    }
    let almost_over = later(&engine, 2 * HOUR - Duration::from_secs(600));
    let left = claim_at(&mut engine, almost_over, Purpose::Emergency).unwrap();
    assert!((Duration::from_secs(590)..=Duration::from_secs(600)).contains(&left), "{left:?}");
    let (_, used) = engine.acting_by(&one).emergency_uses(false).unwrap().remove(0);
    assert_eq!((used.code, used.allowed_by), (None, vec!["admin01".to_owned(), "admin02".to_owned()]));
}

#[test]
fn whoever_was_let_in_by_it_alone_is_let_out_when_it_is_ended() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    engine.acting_by(&one).declare_disaster(Some(&other), HOUR, &why()).unwrap();
    let request = || AttemptRequest {
        claim: Some("nurse01".to_owned()),
        reason: Some(why()),
        ..AttemptRequest::new(Purpose::Emergency)
    };
    let let_in = |engine: &mut Engine| {
        let mut attempt = engine.authenticate(request()).unwrap();
        while attempt.next_step().unwrap().is_some() {}
        attempt.take_grant()
    };
    let grant = let_in(&mut engine).unwrap();
    assert!(engine.time_left(&grant).unwrap() <= HOUR);
    engine.acting_by(&other).end_disaster().unwrap();
    assert_eq!(engine.time_left(&grant).unwrap_err().code(), "grant_ended");
    assert!(engine.examine(&one).is_ok());
    assert!(let_in(&mut engine).is_none());
}

#[test]
fn it_ends_by_itself_and_setting_the_clock_back_does_not_bring_it_back() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    engine.acting_by(&one).declare_disaster(Some(&other), HOUR, &why()).unwrap();
    let over = later(&engine, HOUR);
    assert_eq!(claim_at(&mut engine, over, Purpose::Emergency), None);
    let set_back = Now { wall: engine.now().unwrap().wall, behind: true, ..over };
    assert_eq!(claim_at(&mut engine, set_back, Purpose::Emergency), None);
}

#[test]
fn a_policy_without_emergencies_has_none_in_a_disaster_either() {
    let Site { mut engine, folder: _folder } = site();
    let (one, other) = (administrator(&mut engine, "admin01"), administrator(&mut engine, "admin02"));
    engine.acting_by(&one).declare_disaster(Some(&other), HOUR, &why()).unwrap();
    let policy = crate::policy::STANDARD
        .replace("emergency = \"emergency\"", "emergency = \"none\"")
        .replace("[\"emergency_code\"]", "[\"card+face\"]");
    engine.acting_by(&one).set_policy(&policy).unwrap();
    let now = engine.now().unwrap();
    assert_eq!(claim_at(&mut engine, now, Purpose::Emergency), None);
    let kept: Result<_, StoreError> = engine.store.document::<Disaster>(KEY);
    assert!(kept.unwrap().is_some());
}
