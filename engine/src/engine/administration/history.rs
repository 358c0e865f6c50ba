//! What the log tells administrators.

use std::time::Duration;

use jiff::Timestamp;

use crate::audit;
use crate::engine::{Acting, Error};
use crate::policy::Right;
use crate::store::{Person, PersonStatus};

/// Somebody who could come in, and has not for long.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dormant {
    /// The person.
    pub person: Person,
    /// When they were let in last, UTC; `None` for never.
    pub last: Option<Timestamp>,
}

impl Acting<'_> {
    /// Records of the log after number `after`, oldest first, at most `limit` and [`LOG_PAGE`](crate::store::LOG_PAGE) at most.
    /// They have names: that they were read, and by whom, stands in the log before they are given.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn log(&mut self, after: u64, limit: u32) -> Result<Vec<audit::Record>, Error> {
        self.require(Right::Log)?;
        let records = self.engine.store.log(after, limit)?;
        if let [first, ..] = &records[..]
            && let Some(last) = records.last()
        {
            self.note_reading((first.seq, last.seq), None)?;
        }
        Ok(records)
    }

    /// Writes down that records were read, from the first to the last, and for what.
    pub(in crate::engine) fn note_reading(
        &mut self,
        (first, last): (u64, u64),
        what_for: Option<&str>,
    ) -> Result<(), Error> {
        let entry = self.entry(audit::Operation::LogRead, audit::Outcome::Done, &format!("{first}-{last}"));
        let entry = audit::Entry { reason: what_for.map(str::to_owned), ..entry };
        self.act_as(Right::Log, entry, |_, _| Ok(())).map(|_| ())
    }

    /// Who is active, was added more than `time` ago and was not let in since: who never was first, then by who has
    /// stayed away longest. Without a time, the policy's.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn dormant(&self, time: Option<Duration>) -> Result<Vec<Dormant>, Error> {
        self.require(Right::Log)?;
        let time = match time {
            Some(time) => time,
            None => self.engine.rulebook()?.dormant_after(),
        };
        let mut last = self.engine.store.last_granted()?;
        // What is longer ago than time itself was certainly not since then.
        let Ok(since) = self.engine.now()?.wall.checked_sub(time) else { return Ok(Vec::new()) };
        let people = self.engine.store.people()?.into_iter();
        let mut dormant: Vec<Dormant> = people
            .filter(|person| person.status == PersonStatus::Active && person.created <= since)
            .map(|person| Dormant { last: last.remove(&person.id), person })
            .filter(|dormant| dormant.last.is_none_or(|last| last <= since))
            .collect();
        dormant.sort_by(|a, b| (a.last, &a.person.id).cmp(&(b.last, &b.person.id)));
        Ok(dormant)
    }
}
