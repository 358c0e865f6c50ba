use super::*;
use crate::engine::clock::Clock;
use crate::engine::trial::{self, Site, secret};
use crate::engine::{Acting, AttemptRequest, Step};
use crate::policy::{Factor, Factors, STANDARD, Steady};
use crate::session::{Coarse, Outcome as Ended, Verdict, Why};
use crate::store::{Profile, Settings};
use crate::terminal::{Pairing, Scope, Taken};

const PASSWORD: &str = "Kobe-4711-harbour";
const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Bundles of `centre` are expected; the policy `password_only` goes on without. `boss` administers, with a password.
fn policy() -> String {
    let policy = STANDARD.replacen("from = []", r#"from = ["centre"]"#, 1);
    let policy = policy.replacen("offline_policies = []", r#"offline_policies = ["dispensary"]"#, 1);
    let policy = policy.replacen(r#"login = "ordinary""#, r#"login = ["ordinary", "dispensary"]"#, 1);
    let dispensary = "[policies.dispensary]\ncombinations = [\"card+password\"]\ntimeout = \"5 s\"\n\n[policies.administration]";
    policy.replacen("[policies.administration]", dispensary, 1)
}

/// A site that was paired with `centre` at second 0 of its clocks.
fn site() -> Site {
    let mut site = trial::site();
    at(&mut site.engine, 0);
    site.engine.acting().set_policy(&policy()).unwrap();
    pair(&mut site.engine, "centre");
    let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Boss") };
    let mut acting = site.engine.acting();
    acting.add_person("boss", &profile).unwrap();
    acting.set_password("boss", &secret(PASSWORD), false).unwrap();
    site
}

fn pair(engine: &mut Engine, terminal: &str) {
    pair_with(&mut engine.acting(), terminal);
}

fn pair_by(engine: &mut Engine, terminal: &str) {
    let boss = trial::grant(engine, "boss", Purpose::Admin, None);
    pair_with(&mut engine.acting_by(&boss), terminal);
}

fn pair_with(acting: &mut Acting<'_>, terminal: &str) {
    let folder = tempfile::tempdir().unwrap();
    let settings = Settings { terminal: terminal.to_owned(), open: true };
    let mut other = Engine::create(trial::config(&folder), settings).unwrap();
    let introduction = other.introduction().unwrap();
    let everybody = Scope::new(vec!["*".to_owned()], Vec::new(), false, false).unwrap();
    let pairing = Pairing { sends: None, takes: Some(everybody) };
    acting.pair(&introduction, &introduction.identity().fingerprint(), pairing).unwrap();
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

/// Both clocks so many seconds after the pairing.
fn at(engine: &mut Engine, second: i64) {
    let ms = 1000 * u64::try_from(second).unwrap();
    engine.clock = Clock::Set { wall: moment(second), steady: Steady { boot: [1; 16], ms } };
}

/// The wall's clock is set; the steady one goes on.
fn set_wall(engine: &mut Engine, wall: i64, steady: i64) {
    let ms = 1000 * u64::try_from(steady).unwrap();
    engine.clock = Clock::Set { wall: moment(wall), steady: Steady { boot: [1; 16], ms } };
}

/// A bundle that was made then is taken in now.
fn take(engine: &mut Engine, made: i64, now: i64) {
    engine
        .store
        .write(|store| {
            let (key, peer) = store.documents::<PeerRecord>()?.remove(0);
            let digest = mabataki_models::Digest::of(b"bundle");
            let (made, arrived) = (moment(made), moment(now));
            let taken = Taken { number: 1, revision: 1, digest, made, taken: arrived };
            let complete = Some(made.min(arrived));
            store.put_document(&key, &PeerRecord { taken: Some(taken), complete, ..peer })
        })
        .unwrap();
}

fn freshness(engine: &Engine) -> Freshness {
    engine.sync_state().unwrap().unwrap().freshness
}

/// How an attempt with nothing at hand ends, and whether it was said that a bundle is late.
fn attempt(engine: &mut Engine, request: AttemptRequest) -> (Verdict, Option<SyncState>) {
    let mut attempt = engine.authenticate(request).unwrap();
    let mut late = None;
    while let Some(step) = attempt.next_step().unwrap() {
        match step {
            Step::Late(state) => late = Some(state),
            Step::Done(verdict) => return (verdict, late),
            _ => {}
        }
    }
    panic!("an attempt without an end");
}

fn log_in(policy: Option<&str>) -> AttemptRequest {
    AttemptRequest { policy: policy.map(str::to_owned), ..AttemptRequest::new(Purpose::Login) }
}

fn administer() -> AttemptRequest {
    AttemptRequest {
        claim: Some("boss".to_owned()),
        store_key: true,
        secrets: Factors::of(&[Factor::Password]),
        ..AttemptRequest::new(Purpose::Admin)
    }
}

#[test]
fn a_terminal_that_expects_no_bundles_is_never_late() {
    let Site { mut engine, folder: _folder } = trial::site();
    at(&mut engine, 1000 * DAY);
    assert_eq!(engine.sync_state().unwrap(), None);
    assert_ne!(attempt(&mut engine, log_in(None)).0.why, Why::Offline);
}

#[test]
fn after_the_limit_it_warns_and_after_the_next_it_lets_nobody_in_to_the_second() {
    let Site { mut engine, folder: _folder } = site();
    for (second, expected) in [
        (3 * DAY, Freshness::InTime),
        (3 * DAY + 1, Freshness::Late),
        (14 * DAY, Freshness::Late),
        (14 * DAY + 1, Freshness::Overdue),
    ] {
        at(&mut engine, second);
        assert_eq!(freshness(&engine), expected, "{second}");
        let (verdict, late) = attempt(&mut engine, log_in(None));
        assert_eq!(late.map(|late| late.freshness), Some(expected).filter(|it| *it != Freshness::InTime));
        assert_eq!(verdict.why == Why::Offline, expected == Freshness::Overdue, "{second}");
    }
    let (verdict, _) = attempt(&mut engine, log_in(None));
    assert_eq!((verdict.outcome, verdict.told), (Ended::Denied, Coarse::Unavailable));
    let record = engine.store.log(0, 1000).unwrap().pop().unwrap().entry;
    assert_eq!(record.operation, Operation::Authenticate);
    assert_eq!((record.outcome, record.reason.as_deref()), (Outcome::Denied, Some("offline")));
}

#[test]
fn what_the_policy_lists_administrators_and_emergencies_go_on_beyond_the_limit() {
    let Site { mut engine, folder: _folder } = site();
    at(&mut engine, 400 * DAY);
    let (verdict, late) = attempt(&mut engine, log_in(Some("dispensary")));
    assert!(verdict.why != Why::Offline && late.is_some(), "{verdict:?}");
    assert_ne!(attempt(&mut engine, AttemptRequest::new(Purpose::Emergency)).0.why, Why::Offline);
    let mut admin = engine.authenticate(administer()).unwrap();
    admin.give_password(secret(PASSWORD)).unwrap();
    while admin.next_step().unwrap().is_some() {}
    assert!(admin.take_grant().is_some(), "somebody must be able to take a bundle in");
    drop(admin);
    assert_eq!(attempt(&mut engine, AttemptRequest::new(Purpose::Enrolment)).0.why, Why::Offline);
}

#[test]
fn a_bundle_counts_from_when_it_was_made_and_not_from_when_it_was_carried_over() {
    let Site { mut engine, folder: _folder } = site();
    take(&mut engine, 10 * DAY, 13 * DAY);
    at(&mut engine, 13 * DAY);
    let state = engine.sync_state().unwrap().unwrap();
    assert_eq!((state.heard, state.age), (moment(10 * DAY), Some(Duration::from_secs(3 * 24 * 3600))));
    at(&mut engine, 24 * DAY + 1);
    assert_eq!(freshness(&engine), Freshness::Overdue);
}

#[test]
fn a_clock_that_is_set_back_makes_no_terminal_fresh() {
    let Site { mut engine, folder: _folder } = site();
    at(&mut engine, 15 * DAY);
    assert_eq!(attempt(&mut engine, log_in(None)).0.why, Why::Offline);
    set_wall(&mut engine, DAY, 15 * DAY + 60);
    assert_eq!(freshness(&engine), Freshness::Overdue);
    assert_eq!(attempt(&mut engine, log_in(None)).0.why, Why::Offline);
}

/// A site that heard this while its clock was ten years ahead. Now the clock is set right, and not believed yet.
fn heard_while_ahead(hear: impl FnOnce(&mut Engine)) -> Site {
    let Site { mut engine, folder } = trial::site();
    at(&mut engine, 0);
    let profile = Profile { role: Some("administrator".to_owned()), ..Profile::named("Boss") };
    let mut acting = engine.acting();
    acting.add_person("boss", &profile).unwrap();
    acting.set_password("boss", &secret(PASSWORD), false).unwrap();
    set_wall(&mut engine, 3650 * DAY, 60);
    hear(&mut engine);
    set_wall(&mut engine, 120, 120);
    Site { engine, folder }
}

fn believe(engine: &mut Engine) {
    let boss = trial::grant(engine, "boss", Purpose::Admin, None);
    engine.acting_by(&boss).believe_clock().unwrap();
}

fn set_policy(engine: &mut Engine) {
    let boss = trial::grant(engine, "boss", Purpose::Admin, None);
    engine.acting_by(&boss).set_policy(&policy()).unwrap();
}

#[test]
fn what_was_heard_while_the_clock_was_ahead_is_late_in_time_once_the_clock_is_believed() {
    type Hear = fn(&mut Engine);
    let pairing: Hear = |engine| {
        set_policy(engine);
        pair_by(engine, "centre");
    };
    let policy_alone: Hear = set_policy;
    for (what, hear) in [("the pairing", pairing), ("the policy", policy_alone)] {
        let Site { mut engine, folder: _folder } = heard_while_ahead(hear);
        let state = engine.sync_state().unwrap().unwrap();
        let ahead = moment(3650 * DAY);
        assert_eq!((state.heard, state.age, state.freshness), (ahead, None, Freshness::Overdue), "{what}");
        assert_eq!(attempt(&mut engine, log_in(None)).0.why, Why::Offline, "{what}");
        believe(&mut engine);
        for (second, expected) in [
            (120, Freshness::InTime),
            (120 + 3 * DAY + 1, Freshness::Late),
            (120 + 14 * DAY + 1, Freshness::Overdue),
        ] {
            at(&mut engine, second);
            assert_eq!(freshness(&engine), expected, "{what} at {second}");
        }
    }
}

#[test]
fn a_bundle_that_arrived_while_the_clock_was_ahead_counts_from_when_the_clock_is_believed() {
    let Site { mut engine, folder: _folder } = heard_while_ahead(|engine| {
        set_policy(engine);
        pair_by(engine, "centre");
        take(engine, 3650 * DAY, 3650 * DAY);
    });
    believe(&mut engine);
    at(&mut engine, 120 + 14 * DAY + 1);
    assert_eq!(freshness(&engine), Freshness::Overdue);
}

#[test]
fn that_a_bundle_is_late_is_written_down_also_after_it_was_while_the_clock_was_ahead() {
    let Site { mut engine, folder: _folder } = heard_while_ahead(|engine| {
        set_wall(engine, 120, 60);
        set_policy(engine);
        set_wall(engine, 3650 * DAY, 60);
        attempt(engine, log_in(None));
    });
    believe(&mut engine);
    at(&mut engine, 120 + 14 * DAY + 1);
    attempt(&mut engine, log_in(None));
    let log = engine.store.log(0, 1000).unwrap();
    let late = log.iter().filter(|record| record.entry.operation == Operation::SyncLate);
    assert_eq!(late.count(), 2);
}

#[test]
fn nothing_is_younger_for_a_pairing_that_was_ended_and_nothing_waits_for_ever_for_one_that_never_was() {
    let Site { mut engine, folder: _folder } = site();
    let boss = trial::grant(&mut engine, "boss", Purpose::Admin, None);
    engine.acting_by(&boss).unpair("centre").unwrap();
    at(&mut engine, 14 * DAY + 1);
    assert_eq!(freshness(&engine), Freshness::Overdue);

    let Site { mut engine, folder: _folder } = trial::site();
    at(&mut engine, 0);
    engine.acting().set_policy(&policy()).unwrap();
    at(&mut engine, 14 * DAY + 1);
    assert_eq!(freshness(&engine), Freshness::Overdue, "since the policy expects it");
}

#[test]
fn of_several_terminals_the_one_that_was_silent_longest_counts_and_oneself_never() {
    let Site { mut engine, folder: _folder } = trial::site();
    at(&mut engine, 0);
    let policy = STANDARD.replacen("from = []", r#"from = ["ward3-a", "centre", "branch"]"#, 1);
    engine.acting().set_policy(&policy).unwrap();
    pair(&mut engine, "branch");
    at(&mut engine, 5 * DAY);
    pair(&mut engine, "centre");
    let state = engine.sync_state().unwrap().unwrap();
    assert_eq!((state.peer.as_str(), state.freshness), ("branch", Freshness::Late));
}

#[test]
fn that_a_bundle_is_late_stands_in_the_log_once_a_day() {
    let Site { mut engine, folder: _folder } = site();
    for hours in [72, 73, 80, 95, 97, 98, 150] {
        at(&mut engine, hours * HOUR + 1);
        attempt(&mut engine, log_in(None));
    }
    let log = engine.store.log(0, 1000).unwrap().into_iter().map(|record| record.entry);
    let late: Vec<_> = log.filter(|entry| entry.operation == Operation::SyncLate).collect();
    assert_eq!(late.len(), 3);
    assert_eq!((late[0].object.as_deref(), late[0].reason.as_deref()), (Some("centre"), Some("late")));
}
