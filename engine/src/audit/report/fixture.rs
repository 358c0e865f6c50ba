//! A made-up October 2026 on a ward in Japan, for the tests of the review and of the export.

use jiff::Timestamp;

use crate::audit::{Entry, Factor, LocalOffset, Operation, Outcome, Record, Standing};
use crate::card::Assurance;

/// What happened, in the order of the log. Times are those of the ward's clocks.
pub(crate) fn october() -> Vec<Entry> {
    let nurse1 = ("nurse01", "山田 花子");
    let nurse2 = ("nurse02", "佐藤 次郎");
    let boss = ("boss", "院長");
    vec![
        // Not of this month yet.
        attempt("2026-09-30T23:59:59", Outcome::Denied, "no_match").by(nurse1),
        begun("2026-09-30T23:30:00", "s0").by(nurse1),
        ended("2026-10-01T00:30:00", "s0", "logged_off", 3_600_000).by(nurse1),
        begun("2026-10-01T08:00:00", "s1").by(nurse1),
        entry("2026-10-01T08:10:00", Operation::LoginRelease, Outcome::Done).in_session("s1").by(nurse1),
        ended("2026-10-01T12:00:00", "s1", "expired", 14_400_000).by(nurse1),
        attempt("2026-10-02T08:05:00", Outcome::Denied, "no_match").by(nurse1),
        attempt("2026-10-02T22:10:00", Outcome::Denied, "wrong_secret").by(nurse1),
        attempt("2026-10-02T22:11:00", Outcome::Denied, "wrong_secret").by(nurse1),
        attempt("2026-10-02T22:12:00", Outcome::Denied, "locked_out").by(nurse1),
        entry("2026-10-02T22:20:00", Operation::LockoutClear, Outcome::Done).to("nurse01").by(boss),
        attempt("2026-10-02T22:30:00", Outcome::Denied, "card_unknown"),
        // A Saturday, at night; it is still open at the end.
        begun("2026-10-03T03:00:00", "s2").by(nurse2),
        attempt("2026-10-04T12:00:00", Outcome::Denied, "out_of_hours").by(("vendor1", "保守 太郎")),
        attempt("2026-10-05T09:00:00", Outcome::Abandoned, "no_card"),
        attempt("2026-10-05T09:01:00", Outcome::Failed, "no_camera"),
        attempt("2026-10-05T09:02:00", Outcome::Observed, "matched").by(nurse2),
        attempt("2026-10-05T09:03:00", Outcome::Observed, "liveness_still").by(nurse2),
        fallback("2026-10-06T09:00:00", "camera_lost"),
        fallback("2026-10-06T09:10:00", "camera_lost"),
        fallback("2026-10-06T09:20:00", "mask"),
        lost("2026-10-06T08:59:00", "camera_stalled"),
        claimed("2026-10-07T02:00:00", "e1-use", "claimed", "e1").by(nurse1),
        begun("2026-10-07T02:00:00", "e1").by(nurse1),
        ended("2026-10-07T02:30:00", "e1", "emergency_over", 1_800_000).by(nurse1),
        claimed("2026-10-08T10:00:00", "e2-use", "claimed_in_disaster", "e2").by(nurse2),
        entry("2026-10-08T09:00:00", Operation::DisasterDeclare, Outcome::Done).to("disaster").by(boss),
        entry("2026-10-09T09:00:00", Operation::PersonAdd, Outcome::Done).to("nurse03").by(boss),
        entry("2026-10-09T09:05:00", Operation::PersonAdd, Outcome::Refused)
            .to("nurse03")
            .because("exists")
            .by(boss),
        entry("2026-10-09T09:10:00", Operation::FaceEnrol, Outcome::Done).to("nurse03").by(boss),
        // The administrator's own record of ending a grant ends nothing: the grant has its own.
        entry("2026-10-10T09:00:00", Operation::GrantEnd, Outcome::Done).to("s9").in_session("a1").by(boss),
        entry("2026-10-11T03:00:00", Operation::ClockJump, Outcome::Done).because("back"),
        entry("2026-10-31T23:59:59", Operation::Alarm, Outcome::Done).because("store_restored"),
        // Not of this month any more; but the review is of one of its emergencies.
        attempt("2026-11-01T00:00:00", Outcome::Denied, "no_match").by(nurse1),
        entry("2026-11-02T09:00:00", Operation::EmergencyReview, Outcome::Done).to("e1-use").by(boss),
    ]
}

/// The same in its place in a log.
pub(crate) fn records(entries: Vec<Entry>) -> Vec<Record> {
    let offset: LocalOffset = "+09:00".parse().unwrap();
    let records = (1..).zip(entries);
    records.map(|(seq, entry)| Record { seq, terminal: "ward3-a".to_owned(), offset, entry }).collect()
}

/// An entry at a time of the ward's clocks.
pub(crate) fn entry(time: &str, operation: Operation, outcome: Outcome) -> Entry {
    let time: Timestamp = format!("{time}+09:00").parse().unwrap();
    Entry::new(time, operation, outcome)
}

fn attempt(time: &str, outcome: Outcome, reason: &str) -> Entry {
    Entry {
        purpose: Some("login".to_owned()),
        ..entry(time, Operation::Authenticate, outcome).because(reason)
    }
}

fn begun(time: &str, session: &str) -> Entry {
    let card = Factor::Card { assurance: Assurance::IdentifierOnly };
    let granted = attempt(time, Outcome::Granted, "matched").in_session(session);
    Entry {
        factors: vec![card, Factor::Face],
        standing: Some(Standing::Proved),
        duration_ms: Some(2_345),
        ..granted
    }
}

fn ended(time: &str, session: &str, reason: &str, duration_ms: u64) -> Entry {
    let end = entry(time, Operation::GrantEnd, Outcome::Done).because(reason).in_session(session);
    Entry { duration_ms: Some(duration_ms), ..end }
}

fn claimed(time: &str, handle: &str, reason: &str, session: &str) -> Entry {
    let used = entry(time, Operation::EmergencyUse, Outcome::Granted);
    let used = used.because(reason).to(handle).in_session(session);
    Entry { purpose: Some("emergency".to_owned()), standing: Some(Standing::Claimed), ..used }
}

fn fallback(time: &str, cause: &str) -> Entry {
    entry(time, Operation::Fallback, Outcome::Done).because(cause)
}

fn lost(time: &str, reason: &str) -> Entry {
    entry(time, Operation::CameraLost, Outcome::Failed).because(reason)
}

/// What an entry says besides.
impl Entry {
    fn by(self, (id, name): (&str, &str)) -> Entry {
        Entry { subject: Some(id.to_owned()), name: Some(name.to_owned()), ..self }
    }

    fn because(self, reason: &str) -> Entry {
        Entry { reason: Some(reason.to_owned()), ..self }
    }

    fn to(self, object: &str) -> Entry {
        Entry { object: Some(object.to_owned()), ..self }
    }

    fn in_session(self, session: &str) -> Entry {
        Entry { session: Some(session.to_owned()), ..self }
    }
}
