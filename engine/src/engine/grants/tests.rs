//! When a grant is over, to the millisecond, with clocks that are passed.

use jiff::{SignedDuration, Timestamp};

use super::*;
use crate::engine::trial::{Site, grant, site};
use crate::grant::Provisional;
use crate::policy::{Factor, Factors, Purpose};
use crate::store::Profile;

/// The grant at this time after it was given: good, or why it is not. The wall's clock is set to whatever it is set to.
fn at(engine: &mut Engine, grant: &Grant, ms: u64, wall: Timestamp) -> Result<(), Ending> {
    engine
        .store
        .write(|store| {
            let from = store.document::<GrantRecord>(&grant.key)?.unwrap().from;
            let now = Now { wall, steady: from.after(Duration::from_millis(ms)), behind: false };
            good_grant(store, now, &grant.key)
        })
        .unwrap()
        .map(|_| ())
}

fn ends_in_the_log(engine: &Engine, grant: &Grant) -> Vec<(Option<String>, Option<u64>)> {
    let log = engine.store.log(0, 1000).unwrap().into_iter().map(|record| record.entry);
    log.filter(|entry| entry.operation == Operation::GrantEnd && entry.session.as_ref() == Some(&grant.key))
        .map(|entry| (entry.reason, entry.duration_ms))
        .collect()
}

#[test]
fn a_grant_runs_out_by_the_steady_clock_to_the_millisecond_wherever_the_walls_is_set() {
    let Site { mut engine, folder: _folder } = site();
    let grant = grant(&mut engine, "nurse01", Purpose::Login, None);
    let now = Timestamp::now();
    let far = [now - SignedDuration::from_hours(9_000), now, now + SignedDuration::from_hours(9_000)];
    for wall in far {
        assert_eq!(at(&mut engine, &grant, 599_999, wall), Ok(()), "{wall}");
    }
    assert!(ends_in_the_log(&engine, &grant).is_empty());
    assert_eq!(at(&mut engine, &grant, 600_000, far[0]), Err(Ending::Expired));
    assert_eq!(at(&mut engine, &grant, 1, now), Err(Ending::Expired), "what has ended came back");
    assert_eq!(ends_in_the_log(&engine, &grant), [(Some("expired".to_owned()), Some(600_000))]);
    assert_eq!(engine.examine(&grant).unwrap_err().code(), "grant_ended");
}

#[test]
fn a_provisional_grant_that_the_host_does_not_confirm_in_time_ends_and_its_try_stays_counted() {
    let Site { mut engine, folder: _folder } = site();
    let grant = grant(&mut engine, "nurse01", Purpose::Login, None);
    let mut reserved = engine
        .reserve(&[tries::Subject::Person("nurse01")], Factors::of(&[Factor::HostPassword]))
        .unwrap()
        .unwrap();
    let tries = reserved.take(Factor::HostPassword);
    assert_eq!(tries.len(), 1);
    engine.settle(reserved, Factors::of(&[Factor::HostPassword])).unwrap();
    engine
        .store
        .write(|store| {
            let record = store.document::<GrantRecord>(&grant.key)?.unwrap();
            let until = record.from.after(Duration::from_secs(60));
            let provisional = Some(Provisional { until, tries, replaces: None });
            store.put_document(&grant.key, &GrantRecord { provisional, ..record })
        })
        .unwrap();
    assert_eq!(engine.examine(&grant).unwrap_err().code(), "grant_provisional");
    let wall = Timestamp::now();
    assert_eq!(at(&mut engine, &grant, 59_999, wall), Ok(()));
    assert_eq!(at(&mut engine, &grant, 60_000, wall), Err(Ending::HostRefused));
    assert_eq!(engine.confirm(&grant, true).unwrap_err().code(), "grant_ended");
    let counted = engine.acting().lockouts().unwrap();
    let counted: Vec<_> = counted.iter().map(|one| (one.factor, one.failures)).collect();
    assert_eq!(counted, [(Factor::HostPassword, 1)]);
}

#[test]
fn a_grant_whose_end_is_noticed_an_hour_late_lasted_no_longer_than_its_life() {
    let Site { mut engine, folder: _folder } = site();
    let now = Timestamp::now();
    let late = grant(&mut engine, "nurse01", Purpose::Login, None);
    assert_eq!(at(&mut engine, &late, 4_200_000, now), Err(Ending::Expired));
    assert_eq!(ends_in_the_log(&engine, &late), [(Some("expired".to_owned()), Some(600_000))]);
    let short = grant(&mut engine, "nurse01", Purpose::Login, None);
    assert_eq!(at(&mut engine, &short, 30_000, now), Ok(()));
    engine.end_grant(&short, Ending::LoggedOff).unwrap();
    let [(reason, Some(ms))] = &ends_in_the_log(&engine, &short)[..] else { panic!("one end") };
    assert!(reason.as_deref() == Some("logged_off") && *ms < 600_000, "{ms}");
    // Nobody logs off hours after the grant ran out.
    let forgotten = grant(&mut engine, "nurse01", Purpose::Login, None);
    let end = |store: &Write<'_>, record: GrantRecord| {
        let now = Now { wall: now, steady: record.from.after(Duration::from_secs(28_800)), behind: false };
        end(store, now, &forgotten.key, record, Ending::LoggedOff)
    };
    engine.transact(|store, _| end(store, store.document(&forgotten.key)?.unwrap())).unwrap();
    assert_eq!(ends_in_the_log(&engine, &forgotten), [(Some("expired".to_owned()), Some(600_000))]);
}

#[test]
fn a_grant_ends_when_its_persons_time_does() {
    let Site { mut engine, folder: _folder } = site();
    let end = Timestamp::now() + SignedDuration::from_hours(1);
    let profile = Profile { valid_until: Some(end), ..Profile::named("Nurse nurse01") };
    engine.acting().change_person("nurse01", &profile).unwrap();
    let grant = grant(&mut engine, "nurse01", Purpose::Login, None);
    assert_eq!(at(&mut engine, &grant, 1, end - SignedDuration::from_micros(1)), Ok(()));
    assert_eq!(at(&mut engine, &grant, 1, end), Err(Ending::PersonRevoked));
}

#[test]
fn what_a_host_tells_of_a_grant_stands_in_the_log_as_the_hosts_word() {
    let Site { mut engine, folder: _folder } = site();
    let grant = grant(&mut engine, "nurse01", Purpose::Login, None);
    let seq = engine.report(&grant, "chart_opened", Some("chart 12")).unwrap();
    let record = engine.store.log(seq - 1, 1).unwrap().remove(0);
    let entry = record.entry;
    assert_eq!((entry.operation, entry.source), (Operation::HostRecord, Source::Host));
    assert_eq!((entry.reason.as_deref(), entry.object.as_deref()), (Some("chart_opened"), Some("chart 12")));
    assert_eq!((entry.subject.as_deref(), entry.standing), (Some("nurse01"), Some(Standing::Proved)));
    assert_eq!(entry.session.as_deref(), Some(grant.session()));
    assert_eq!(record.offset.to_string(), "+09:00", "the policy of a new store is for Tokyo");
}

#[test]
fn a_host_adds_nothing_to_the_log_without_a_good_grant_or_in_words_of_any_form() {
    let Site { mut engine, folder: _folder } = site();
    let grant = grant(&mut engine, "nurse01", Purpose::Login, None);
    assert_eq!(engine.report(&grant, "Chart opened", None).unwrap_err().code(), "invalid");
    assert_eq!(engine.report(&grant, "chart_opened", Some("a\nb")).unwrap_err().code(), "invalid");
    engine.end_grant(&grant, Ending::LoggedOff).unwrap();
    assert_eq!(engine.report(&grant, "chart_opened", None).unwrap_err().code(), "grant_ended");
    let told =
        engine.store.log(0, 1000).unwrap().into_iter().filter(|record| record.entry.source == Source::Host);
    assert_eq!(told.count(), 0);
}
