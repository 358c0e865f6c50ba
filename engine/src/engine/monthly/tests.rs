use pretty_assertions::assert_eq;

use super::*;
use crate::audit::report::fixture::october;
use crate::audit::report::{Attempts, Counted, Ranking};
use crate::audit::{Entry, Operation, Outcome};
use crate::engine::trial::{self, Site};

fn counts(ranking: &Ranking) -> Vec<(&str, u64)> {
    ranking.counts.iter().map(|Counted { what, count, .. }| (what.as_str(), *count)).collect()
}

#[test]
fn a_month_in_the_store_is_reviewed_to_the_figure() {
    let Site { mut engine, folder: _folder } = trial::site();
    for entry in october() {
        engine.append(&entry).unwrap();
    }
    let mut heard = Vec::new();
    let month = "2026-10".parse().unwrap();
    let review = engine
        .acting()
        .monthly_review(month, DayHours::default(), None, &mut |done, of| heard.push((done, of)))
        .unwrap();
    let read = engine.store.log(0, 1000).unwrap().pop().unwrap();
    let all = read.seq - 1;
    assert_eq!(heard.last(), Some(&(all, all)));
    let told = (read.entry.operation, read.entry.object, read.entry.reason);
    assert_eq!(told, (Operation::LogRead, Some(format!("1-{all}")), Some("monthly_review".to_owned())));

    assert_eq!((review.records, review.terminals.len()), (31, 1));
    let attempts = Attempts { granted: 3, denied: 6, observed: 2, abandoned: 1, failed: 1 };
    assert_eq!(review.attempts, attempts);
    assert_eq!(review.days[1], Attempts { denied: 5, ..Attempts::default() });
    assert_eq!(review.days.iter().map(|day| day.total()).sum::<u64>(), attempts.total());
    let reasons = [("wrong_secret", 2), ("card_unknown", 1), ("liveness_still", 1), ("locked_out", 1)];
    assert_eq!(counts(&review.failures_by_reason)[..4], reasons);
    assert_eq!(counts(&review.failures_by_person), [("nurse01", 4), ("", 1), ("nurse02", 1), ("vendor1", 1)]);
    assert_eq!(counts(&review.failures_by_terminal), [("ward3-a", 7)]);
    assert_eq!((review.failures_by_hour[22], review.failures_by_hour.iter().sum::<u64>()), (4, 7));
    assert_eq!(counts(&review.fallbacks), [("camera_lost", 2), ("mask", 1)]);
    assert_eq!(counts(&review.refused_by_hours), [("vendor1", 1)]);
    assert_eq!(counts(&review.out_of_hours), [("nurse01", 1), ("nurse02", 1)]);
    assert_eq!(counts(&review.lockouts), [("nurse01", 1)]);
    let of = [&review.cleared, &review.losses, &review.clock, &review.alarms, &review.disasters];
    assert_eq!(of.map(|list| list.total()), [1; 5]);

    let emergencies: Vec<_> = review.emergencies.shown.iter().collect();
    assert_eq!((emergencies.len(), review.unreviewed()), (2, 1));
    let reviewer = emergencies[0].review.as_ref().unwrap();
    assert_eq!(
        (reviewer.subject.as_deref(), reviewer.time.to_string().as_str()),
        (Some("boss"), "2026-11-02T00:00:00Z")
    );

    let acts: Vec<_> =
        review.acts.shown.iter().map(|acts| (acts.person.as_str(), acts.done, acts.refused)).collect();
    assert_eq!(acts, [("boss", 4, 1)]);
    assert_eq!(review.acts.shown[0].operations.of("person_add"), 2);

    // Ended in October: one that began in September, four hours, and the emergency's half hour.
    let access = &review.access;
    assert_eq!((access.ended, access.open, access.seconds, access.longest_seconds), (3, 1, 19_800, 14_400));
    assert_eq!(counts(&access.endings), [("emergency_over", 1), ("expired", 1), ("logged_off", 1)]);
    // Both nurses were added a moment ago.
    assert_eq!(review.dormant.total(), 0);
}

#[test]
fn only_who_may_read_the_log_gets_a_review() {
    let Site { mut engine, folder: _folder } = trial::site();
    trial::administrator(&mut engine, "boss");
    engine.store.write(|store| super::super::administrators::note(store, engine.clock.now())).unwrap();
    let month: Month = "2026-10".parse().unwrap();
    let refused = engine.acting().monthly_review(month, DayHours::default(), None, &mut |_, _| {});
    assert_eq!(refused.unwrap_err().code(), "no_right");
}

#[test]
fn an_access_counts_in_the_month_in_which_it_ended_whenever_that_was_noticed() {
    let Site { mut engine, folder: _folder } = trial::site();
    let at = |time: &str, operation, outcome| {
        let entry = Entry::new(time.parse().unwrap(), operation, outcome);
        Entry { session: Some("s1".to_owned()), ..entry }
    };
    let begun = at("2026-09-30T10:00:00Z", Operation::Authenticate, Outcome::Granted);
    // It ran out after ten minutes, and the next who came did so in October.
    let ended = at("2026-10-01T10:00:00Z", Operation::GrantEnd, Outcome::Done);
    let ended = Entry { reason: Some("expired".to_owned()), duration_ms: Some(600_000), ..ended };
    for entry in [begun, ended] {
        engine.append(&entry).unwrap();
    }
    let mut seconds_in = |month: &str| {
        let month = month.parse().unwrap();
        let review = engine.acting().monthly_review(month, DayHours::default(), None, &mut |_, _| {});
        review.unwrap().access.seconds
    };
    assert_eq!((seconds_in("2026-09"), seconds_in("2026-10")), (600, 0));
}
