//! Reads the log for the review, record by record.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::count::{Counter, Listed};
use super::month::{DayHours, Month};
use super::review::{
    AccessSummary, ActsOf, Attempts, DormantPerson, EmergencyAccess, Happening, MonthlyReview, Verification,
};
use crate::audit::{Access, AccessTimes, Category, Operation, Outcome, Record};
use crate::session::Why;

/// Most administrators whose acts are told apart, and most terminals.
const MOST_NAMED: usize = 1000;

/// The review of a month while the log is read: from its beginning, so that accesses which began earlier are whole, to its
/// end, so that reviews which came later are found.
#[derive(Debug)]
pub struct Tally {
    month: Month,
    zone: TimeZone,
    day_hours: DayHours,
    terminals: BTreeSet<String>,
    records: u64,
    numbers: Option<(u64, u64)>,
    attempts: Attempts,
    days: Vec<Attempts>,
    failures_by_hour: [u64; 24],
    failures_by_person: Counter,
    failures_by_terminal: Counter,
    failures_by_reason: Counter,
    fallbacks: Counter,
    emergencies: Listed<EmergencyAccess>,
    disasters: Listed<Happening>,
    refused_by_hours: Counter,
    out_of_hours: Counter,
    acts: BTreeMap<String, Acts>,
    lockouts: Counter,
    cleared: Listed<Happening>,
    losses: Listed<Happening>,
    clock: Listed<Happening>,
    alarms: Listed<Happening>,
    host_supplied: u64,
    following: AccessTimes,
    access: AccessSummary,
    endings: Counter,
}

/// What one administrator did, while it is counted.
#[derive(Debug, Default)]
struct Acts {
    name: Option<String>,
    done: u64,
    refused: u64,
    operations: Counter,
}

impl Tally {
    /// Begins the review of a month by the clocks of `zone`.
    #[must_use]
    pub fn new(month: Month, zone: TimeZone, day_hours: DayHours) -> Tally {
        Tally {
            month,
            zone,
            day_hours,
            terminals: BTreeSet::new(),
            records: 0,
            numbers: None,
            attempts: Attempts::default(),
            days: vec![Attempts::default(); month.days()],
            failures_by_hour: [0; 24],
            failures_by_person: Counter::default(),
            failures_by_terminal: Counter::default(),
            failures_by_reason: Counter::default(),
            fallbacks: Counter::default(),
            emergencies: Listed::default(),
            disasters: Listed::default(),
            refused_by_hours: Counter::default(),
            out_of_hours: Counter::default(),
            acts: BTreeMap::new(),
            lockouts: Counter::default(),
            cleared: Listed::default(),
            losses: Listed::default(),
            clock: Listed::default(),
            alarms: Listed::default(),
            host_supplied: 0,
            following: AccessTimes::default(),
            access: AccessSummary::default(),
            endings: Counter::default(),
        }
    }

    /// Takes the next record.
    pub fn add(&mut self, record: &Record) {
        let local = self.zone.to_datetime(record.entry.time);
        let day = self.month.day_of(local);
        self.follow(record);
        self.note_review(record);
        let Some(day) = day else { return };
        self.records = self.records.saturating_add(1);
        self.numbers = Some((self.numbers.map_or(record.seq, |(first, _)| first), record.seq));
        if self.terminals.len() < MOST_NAMED {
            self.terminals.insert(record.terminal.clone());
        }
        self.sort(record, day, local);
    }

    /// The review, with what the log does not hold.
    #[must_use]
    pub fn finish(
        self,
        made: Timestamp,
        dormant: Vec<DormantPerson>,
        verification: Option<Verification>,
    ) -> MonthlyReview {
        let acts = self.acts.into_iter().map(|(person, acts)| ActsOf {
            person,
            name: acts.name,
            done: acts.done,
            refused: acts.refused,
            operations: acts.operations.ranking(),
        });
        let open = u64::try_from(self.following.still_open().count()).unwrap_or(u64::MAX);
        MonthlyReview {
            month: self.month,
            zone: self.zone,
            made,
            terminals: self.terminals,
            records: self.records,
            numbers: self.numbers,
            attempts: self.attempts,
            days: self.days,
            failures_by_hour: self.failures_by_hour,
            failures_by_person: self.failures_by_person.ranking(),
            failures_by_terminal: self.failures_by_terminal.ranking(),
            failures_by_reason: self.failures_by_reason.ranking(),
            fallbacks: self.fallbacks.ranking(),
            emergencies: self.emergencies,
            disasters: self.disasters,
            day_hours: self.day_hours,
            refused_by_hours: self.refused_by_hours.ranking(),
            out_of_hours: self.out_of_hours.ranking(),
            dormant: dormant.into_iter().collect(),
            acts: acts.collect(),
            lockouts: self.lockouts.ranking(),
            cleared: self.cleared,
            losses: self.losses,
            clock: self.clock,
            alarms: self.alarms,
            host_supplied: self.host_supplied,
            access: AccessSummary { open, endings: self.endings.ranking(), ..self.access },
            verification,
        }
    }

    /// Puts a record of the month where it belongs.
    fn sort(&mut self, record: &Record, day: usize, local: DateTime) {
        let entry = &record.entry;
        match entry.operation {
            Operation::Authenticate | Operation::Identify => self.attempt(record, day, local),
            Operation::Fallback => self.fallbacks.count(entry.reason.as_deref().unwrap_or_default()),
            Operation::EmergencyUse if entry.outcome == Outcome::Granted => {
                let what = Happening::of(record);
                self.emergencies.push(EmergencyAccess { what, purpose: entry.purpose.clone(), review: None });
            }
            Operation::DisasterDeclare | Operation::DisasterEnd => self.disasters.push(Happening::of(record)),
            Operation::LockoutClear => self.cleared.push(Happening::of(record)),
            Operation::CameraLost | Operation::ReaderLost => self.losses.push(Happening::of(record)),
            Operation::ClockJump | Operation::ClockAccept => self.clock.push(Happening::of(record)),
            Operation::Alarm | Operation::OutletLost | Operation::StoreRestore | Operation::SyncLate => {
                self.alarms.push(Happening::of(record));
            }
            _ => {}
        }
        if matches!(entry.operation.category(), Category::Administration | Category::Enrolment) {
            self.act(record);
        }
    }

    fn attempt(&mut self, record: &Record, day: usize, local: DateTime) {
        let entry = &record.entry;
        self.attempts.count(entry.outcome);
        if let Some(day) = self.days.get_mut(day) {
            day.count(entry.outcome);
        }
        let reason = entry.reason.as_deref().unwrap_or_default();
        let (person, name) = (entry.subject.as_deref().unwrap_or_default(), entry.name.as_deref());
        if is_refusal(entry.outcome, reason) {
            if let Some(hour) =
                usize::try_from(local.hour()).ok().and_then(|at| self.failures_by_hour.get_mut(at))
            {
                *hour = hour.saturating_add(1);
            }
            self.failures_by_person.count_named(person, name);
            self.failures_by_terminal.count(&record.terminal);
            self.failures_by_reason.count(reason);
            if reason == Why::OutOfHours.code() {
                self.refused_by_hours.count_named(person, name);
            }
            if reason == Why::LockedOut.code() {
                self.lockouts.count_named(person, name);
            }
        }
        if entry.outcome == Outcome::Granted {
            if !self.day_hours.contain(local) {
                self.out_of_hours.count_named(person, name);
            }
            if entry.host_supplied.frames || entry.host_supplied.card {
                self.host_supplied = self.host_supplied.saturating_add(1);
            }
        }
    }

    fn act(&mut self, record: &Record) {
        let entry = &record.entry;
        let person = entry.subject.clone().unwrap_or_default();
        if self.acts.len() >= MOST_NAMED && !self.acts.contains_key(&person) {
            return;
        }
        let acts = self.acts.entry(person).or_default();
        if entry.name.is_some() {
            acts.name.clone_from(&entry.name);
        }
        let which = match entry.outcome {
            Outcome::Refused | Outcome::Failed | Outcome::Denied | Outcome::Abandoned => &mut acts.refused,
            Outcome::Done | Outcome::Pending | Outcome::Granted | Outcome::Observed => &mut acts.done,
        };
        *which = which.saturating_add(1);
        acts.operations.count(entry.operation.code());
    }

    /// Follows accesses through the whole log, and sums up those that ended in the month.
    fn follow(&mut self, record: &Record) {
        let Some(Access { ending, seconds, end: Some(end), .. }) = self.following.follow(record) else {
            return;
        };
        // One that was noticed later, in another month, ended when it did.
        if self.month.day_of(self.zone.to_datetime(end)).is_none() {
            return;
        }
        let seconds = seconds.unwrap_or(0);
        self.access.ended = self.access.ended.saturating_add(1);
        self.access.seconds = self.access.seconds.saturating_add(seconds);
        self.access.longest_seconds = self.access.longest_seconds.max(seconds);
        self.endings.count(ending.map_or("", |ending| ending.code()));
    }

    /// A review may come long after the use that it is about.
    fn note_review(&mut self, record: &Record) {
        let entry = &record.entry;
        if entry.operation != Operation::EmergencyReview
            || entry.outcome != Outcome::Done
            || entry.object.is_none()
        {
            return;
        }
        let reviewed = self.emergencies.shown.iter_mut().find(|used| used.what.object == entry.object);
        if let Some(used) = reviewed {
            used.review = Some(Happening::of(record));
        }
    }
}

/// Whether somebody was refused: also where the terminal only observes, and would have refused.
fn is_refusal(outcome: Outcome, reason: &str) -> bool {
    match outcome {
        Outcome::Denied => true,
        Outcome::Observed => reason != Why::Matched.code() && reason != Why::Emergency.code(),
        _ => false,
    }
}
