//! Access times (アクセス時間): what one grant covered, from the log-in to its end.

use std::collections::{BTreeMap, HashMap};

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::{Operation, Outcome, Record};
use crate::grant::Ending;

/// Most grants that are followed at a time: a terminal has a handful. Beyond it the oldest is let go of as open.
const MOST_OPEN: usize = 65_536;

/// One grant's time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Access {
    /// The session number that all its records have.
    pub session: String,
    /// The terminal.
    pub terminal: String,
    /// The person, by id.
    pub subject: Option<String>,
    /// Their name as it was then.
    pub name: Option<String>,
    /// The account of the host that was opened.
    pub account: Option<String>,
    /// What it was for, as the log has it.
    pub purpose: Option<String>,
    /// The log-in, UTC; none where the log begins later.
    pub begin: Option<Timestamp>,
    /// The end, UTC, as long after the log-in as it lasted, though it may have been noticed later; none where it has not ended
    /// within what was read.
    pub end: Option<Timestamp>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// How long it was, s, by the clock that nobody can set; none where it has not ended.
    pub seconds: Option<u64>,
    /// Application logins that were handed out in it.
    pub releases: u64,
    /// Records that hosts added to it.
    pub host_records: u64,
}

impl Access {
    fn of(record: &Record, session: &str) -> Access {
        let entry = &record.entry;
        Access {
            session: session.to_owned(),
            terminal: record.terminal.clone(),
            subject: entry.subject.clone(),
            name: entry.name.clone(),
            account: entry.account.clone(),
            purpose: entry.purpose.clone(),
            begin: None,
            end: None,
            ending: None,
            seconds: None,
            releases: 0,
            host_records: 0,
        }
    }
}

/// Follows the grants of a log, record by record. Holds no more than those that are open.
#[derive(Debug, Default)]
pub struct AccessTimes {
    open: HashMap<String, (u64, Access)>,
    /// The open ones in the order in which they began.
    order: BTreeMap<u64, String>,
    begun: u64,
}

impl AccessTimes {
    /// Takes the next record, and gives the grant that is followed no more: this record ended it, as a rule.
    pub fn follow(&mut self, record: &Record) -> Option<Access> {
        let entry = &record.entry;
        let session = entry.session.as_deref()?;
        match entry.operation {
            Operation::Authenticate if entry.outcome == Outcome::Granted => self.begin(record, session),
            // An administrator who ends somebody's grant has a record of their own, with the grant as its object.
            Operation::GrantEnd if entry.object.is_none() => Some(self.end(record, session)),
            Operation::LoginRelease if entry.outcome == Outcome::Done => {
                self.count(session, |access| &mut access.releases)
            }
            Operation::HostRecord => self.count(session, |access| &mut access.host_records),
            _ => None,
        }
    }

    /// The grants that had not ended, in the order in which they began.
    pub fn still_open(mut self) -> impl Iterator<Item = Access> {
        let order = std::mem::take(&mut self.order);
        order.into_values().filter_map(move |session| self.open.remove(&session)).map(|(_, access)| access)
    }

    fn begin(&mut self, record: &Record, session: &str) -> Option<Access> {
        let oldest = if self.open.len() >= MOST_OPEN { self.order.pop_first() } else { None };
        let let_go = oldest.and_then(|(_, session)| self.open.remove(&session)).map(|(_, access)| access);
        self.begun = self.begun.saturating_add(1);
        let access = Access { begin: Some(record.entry.time), ..Access::of(record, session) };
        if let Some((before, _)) = self.open.insert(session.to_owned(), (self.begun, access)) {
            self.order.remove(&before);
        }
        self.order.insert(self.begun, session.to_owned());
        let_go
    }

    fn end(&mut self, record: &Record, session: &str) -> Access {
        let entry = &record.entry;
        let begun = self.open.remove(session).map(|(at, access)| {
            self.order.remove(&at);
            access
        });
        let access = begun.unwrap_or_else(|| Access::of(record, session));
        let by_wall = access.begin.map(|begin| entry.time.duration_since(begin).as_secs());
        // One that ran out, or that the machine's end ended, was noticed some time after.
        let lasted = entry.duration_ms.and_then(|ms| i64::try_from(ms).ok()).map(SignedDuration::from_millis);
        let end = access.begin.zip(lasted).and_then(|(begin, lasted)| begin.checked_add(lasted).ok());
        Access {
            end: Some(end.unwrap_or(entry.time)),
            ending: entry.reason.as_deref().and_then(|reason| reason.parse().ok()),
            // The wall's clock may have been set in between.
            seconds: entry
                .duration_ms
                .map(|ms| ms / 1000)
                .or_else(|| by_wall.and_then(|seconds| u64::try_from(seconds).ok())),
            ..access
        }
    }

    fn count(&mut self, session: &str, which: fn(&mut Access) -> &mut u64) -> Option<Access> {
        if let Some((_, access)) = self.open.get_mut(session) {
            let count = which(access);
            *count = count.saturating_add(1);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::audit::fixture;

    /// The record of a grant that began, and that of its end ten hours later.
    fn grant(reason: &str, duration_ms: Option<u64>) -> [Record; 2] {
        [(1, Operation::Authenticate, None), (11, Operation::GrantEnd, Some(reason))].map(
            |(seq, operation, reason)| {
                let mut record = fixture::record(seq);
                record.entry.operation = operation;
                record.entry.reason = reason.map(str::to_owned);
                record.entry.session = Some("s1".to_owned());
                record.entry.duration_ms = reason.and(duration_ms);
                record
            },
        )
    }

    #[test]
    fn begin_end_and_time_of_an_access_fit_together_though_its_end_was_noticed_late() {
        for (duration, seconds) in [(Some(600_000), 600), (None, 36_000)] {
            let [begun, ended] = grant("expired", duration);
            let mut times = AccessTimes::default();
            assert_eq!(times.follow(&begun), None);
            let access = times.follow(&ended).unwrap();
            let begin = begun.entry.time;
            let end = begin + SignedDuration::from_secs(seconds);
            assert_eq!((access.begin, access.end), (Some(begin), Some(end)));
            assert_eq!((access.seconds, access.ending), (u64::try_from(seconds).ok(), Some(Ending::Expired)));
        }
    }

    #[test]
    fn of_an_access_whose_log_in_is_not_there_the_end_is_when_it_was_noticed() {
        let [_, ended] = grant("restarted", Some(600_000));
        let access = AccessTimes::default().follow(&ended).unwrap();
        assert_eq!((access.begin, access.end, access.seconds), (None, Some(ended.entry.time), Some(600)));
    }
}
