//! What a month's review tells.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::count::{Listed, Ranking};
use super::month::{DayHours, Month};
use crate::audit::{Entry, Operation, Outcome, Record, Tampering, Verdict};

/// A month of a log, as far as somebody has to look at it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MonthlyReview {
    /// The month.
    pub month: Month,
    /// The zone of the site's clocks, by which months, days and hours are told.
    #[serde(skip)]
    pub zone: TimeZone,
    /// When it was made, UTC.
    pub made: Timestamp,
    /// The terminals whose logs it covers.
    pub terminals: BTreeSet<String>,
    /// Records of the month.
    pub records: u64,
    /// The numbers of its first and last record.
    pub numbers: Option<(u64, u64)>,
    /// How the attempts ended.
    pub attempts: Attempts,
    /// The same, day by day.
    pub days: Vec<Attempts>,
    /// Refusals in each hour of the day.
    pub failures_by_hour: [u64; 24],
    /// Refusals by person; without one, of unknown cards and ids.
    pub failures_by_person: Ranking,
    /// Refusals by terminal.
    pub failures_by_terminal: Ranking,
    /// Refusals by the reason's word.
    pub failures_by_reason: Ranking,
    /// Turns from the ordinary factors, by the cause's word.
    pub fallbacks: Ranking,
    /// Everybody who was let in by a claim: with an emergency code, or in a disaster.
    pub emergencies: Listed<EmergencyAccess>,
    /// Disasters declared and ended.
    pub disasters: Listed<Happening>,
    /// The hours of an ordinary day, as far as the review is concerned.
    pub day_hours: DayHours,
    /// Attempts refused because their person may not come in at that hour.
    pub refused_by_hours: Ranking,
    /// Log-ins at night and at weekends, by person.
    pub out_of_hours: Ranking,
    /// People who could come in, and have not for long.
    pub dormant: Listed<DormantPerson>,
    /// What administrators did, by person.
    pub acts: Listed<ActsOf>,
    /// Attempts that met a lock-out, by person.
    pub lockouts: Ranking,
    /// Lock-outs that were cleared.
    pub cleared: Listed<Happening>,
    /// Cameras and readers that were lost.
    pub losses: Listed<Happening>,
    /// Jumps of the clock, and who believed it again.
    pub clock: Listed<Happening>,
    /// Alarms, and state that was put back from copies.
    pub alarms: Listed<Happening>,
    /// Let in with frames or a card that the host supplied, where the engine has no devices of its own.
    pub host_supplied: u64,
    /// Access times of the grants that ended in the month.
    pub access: AccessSummary,
    /// What the verification of the whole log gave, if it was verified.
    pub verification: Option<Verification>,
}

/// How attempts ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Attempts {
    /// Let in.
    pub granted: u64,
    /// Refused.
    pub denied: u64,
    /// Judged where the terminal only observes.
    pub observed: u64,
    /// Nothing was presented.
    pub abandoned: u64,
    /// Could not be judged.
    pub failed: u64,
}

impl Attempts {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u64 {
        let parts = [self.granted, self.denied, self.observed, self.abandoned, self.failed];
        parts.into_iter().fold(0, u64::saturating_add)
    }

    pub(super) fn count(&mut self, outcome: Outcome) {
        let which = match outcome {
            Outcome::Granted => &mut self.granted,
            Outcome::Denied => &mut self.denied,
            Outcome::Observed => &mut self.observed,
            Outcome::Abandoned => &mut self.abandoned,
            Outcome::Done | Outcome::Pending | Outcome::Refused | Outcome::Failed => &mut self.failed,
        };
        *which = which.saturating_add(1);
    }
}

/// One record of which the review tells.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Happening {
    /// Its number in the log.
    pub seq: u64,
    /// When, UTC.
    pub time: Timestamp,
    /// The terminal.
    pub terminal: String,
    /// What.
    pub operation: Operation,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, as the log has it.
    pub reason: Option<String>,
    /// Who, by id.
    pub subject: Option<String>,
    /// Who, by name.
    pub name: Option<String>,
    /// To what.
    pub object: Option<String>,
}

impl Happening {
    pub(super) fn of(record: &Record) -> Happening {
        let Entry { time, operation, outcome, .. } = record.entry;
        let Entry { reason, subject, name, object, .. } = record.entry.clone();
        Happening {
            seq: record.seq,
            time,
            terminal: record.terminal.clone(),
            operation,
            outcome,
            reason,
            subject,
            name,
            object,
        }
    }
}

/// Somebody was let in by a claim.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EmergencyAccess {
    /// The record.
    pub what: Happening,
    /// What for, as the log has it.
    pub purpose: Option<String>,
    /// The record of its review, whenever that was; none while nobody has reviewed it.
    pub review: Option<Happening>,
}

/// Somebody who could come in, and has not for long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DormantPerson {
    /// The id.
    pub id: String,
    /// The name.
    pub name: String,
    /// When they were let in last, UTC; none for never.
    pub last: Option<Timestamp>,
}

/// What one administrator did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ActsOf {
    /// The id; empty where nobody was named.
    pub person: String,
    /// The name.
    pub name: Option<String>,
    /// Acts that were carried out.
    pub done: u64,
    /// Acts that were refused or failed.
    pub refused: u64,
    /// All of them by the operation's word.
    pub operations: Ranking,
}

/// Access times.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct AccessSummary {
    /// Grants that ended.
    pub ended: u64,
    /// Grants that had not ended at the end of the log.
    pub open: u64,
    /// How long those that ended were together, s.
    pub seconds: u64,
    /// The longest one, s.
    pub longest_seconds: u64,
    /// How they ended, by the ending's word.
    pub endings: Ranking,
}

/// What the verification of the log gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verification {
    /// Whether every record is as it was written.
    pub ok: bool,
    /// Records that were verified.
    pub records: u64,
    /// The records up to this one lie in an archive that was not looked at; 0 for none.
    pub archived: u64,
    /// The first record that is not as it was written.
    pub first_bad: Option<u64>,
    /// What is wrong with it.
    pub what: Option<Tampering>,
    /// Records that no signed checkpoint covers yet.
    pub unprotected_records: u64,
    /// How long ago the last checkpoint was, s.
    pub unprotected_seconds: u64,
}

impl From<&Verdict> for Verification {
    fn from(verdict: &Verdict) -> Verification {
        Verification {
            ok: verdict.finding.is_none(),
            records: verdict.records,
            archived: verdict.elsewhere,
            first_bad: verdict.finding.map(|finding| finding.record),
            what: verdict.finding.map(|finding| finding.what),
            unprotected_records: verdict.unprotected.records,
            unprotected_seconds: verdict.unprotected.seconds,
        }
    }
}
