//! The log as a whole: signed on request, moved into archives, and told to begin and to end.

#[cfg(test)]
mod tests;

use std::path::Path;

use jiff::Timestamp;

use super::clock::Now;
use super::grants;
use super::{Acting, Engine, Error};
use crate::audit::{Checkpoint, Entry, LogId, Operation, Outcome, PublicKey, to_line};
use crate::grant::{ClockMark, Ending, GrantRecord};
use crate::policy::Right;
use crate::store::{Archived, Write};

impl Engine {
    /// Which log this terminal writes, and the key that it began with. It takes no right: nothing can be done with a public
    /// key but to verify the log, and whoever does must have it from here, from the beginning.
    ///
    /// # Errors
    /// When the store fails.
    pub fn log_identity(&self) -> Result<(LogId, PublicKey), Error> {
        Ok((self.store.log_id(), self.store.log_key()?))
    }

    /// Writes down that a service begins, and closes what has run out while none was there to see it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start(&mut self) -> Result<(), Error> {
        let entry = self.entry(Operation::Start, Outcome::Done);
        self.transact(|store, now| {
            store.append(&Entry { time: now.wall, ..entry })?;
            grants::end_run_out(store, now)
        })?;
        #[cfg(feature = "tpm")]
        self.count()?;
        Ok(())
    }

    /// Ends what a service of this terminal held that is not there any more: it was killed, and closed nothing itself. For
    /// the service that comes after it, before it holds anything.
    ///
    /// # Errors
    /// When the store fails.
    pub fn end_held(&mut self) -> Result<(), Error> {
        // It is known to have been used for no longer than the store was.
        let seen = self.mark()?;
        self.transact(|store, now| {
            for (key, record) in store.documents::<GrantRecord>()? {
                if record.held && record.ended.is_none() {
                    let why = record.over(now.steady).unwrap_or(Ending::Restarted);
                    let until = seen.map_or(now.steady, |mark| mark.steady);
                    let length = record.lasted(until);
                    grants::end_after(store, now, &key, record, why, length)?;
                }
            }
            Ok(())
        })
    }

    /// Writes down that a host has the engine in its own process, and none of its own beside it.
    ///
    /// # Errors
    /// When the store fails.
    pub fn start_in_process(&mut self, host: Option<&str>) -> Result<(), Error> {
        let mut entry = self.entry(Operation::Start, Outcome::Done);
        entry.reason = Some("in_process".to_owned());
        entry.host = host.and_then(to_line);
        self.transact(|store, now| {
            store.append(&Entry { time: now.wall, ..entry })?;
            grants::end_run_out(store, now)
        })
    }

    /// Writes down that a service ends, and signs the log to here.
    ///
    /// # Errors
    /// When the store fails.
    pub fn stop(&mut self) -> Result<(), Error> {
        let entry = self.entry(Operation::Stop, Outcome::Done);
        self.transact(|store, now| {
            store.append(&Entry { time: now.wall, ..entry })?;
            store.sign_log()?;
            Ok(())
        })
    }
}

impl Acting<'_> {
    /// Makes a checkpoint of what none covers yet, and gives the last one there is; none in a log without records. Where one is
    /// made, it covers the record of who asked for it too.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn sign_log(&mut self) -> Result<Option<Checkpoint>, Error> {
        self.require(Right::Log)?;
        if self.engine.store.look(|store| store.is_signed())? {
            return Ok(self.engine.store.last_checkpoint()?);
        }
        let entry = self.entry(Operation::LogSign, Outcome::Done, "log");
        self.act_signed(Right::Log, entry, |_, _| Ok(()))?;
        Ok(self.engine.store.last_checkpoint()?)
    }

    /// The last checkpoint; none in a log without one.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn last_checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        self.require(Right::Log)?;
        Ok(self.engine.store.last_checkpoint()?)
    }

    /// Moves what is older than `until` into a new file, names and all, up to a checkpoint; without a time, what is older
    /// than the policy keeps. None when nothing is that old. What was moved is verified before it is dropped. `progress` hears
    /// how far it is, of how much.
    ///
    /// # Errors
    /// Without the right; when the file cannot be written; when the log is not the one that was written.
    pub fn archive_log(
        &mut self,
        path: &Path,
        until: Option<Timestamp>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Option<Archived>, Error> {
        // A refusal is written down before anything is read.
        let entry = self.entry(Operation::LogArchive, Outcome::Done, "log");
        let permitted = self.require(Right::Policy);
        if let Err(error) = &permitted {
            self.record_refusal(Operation::LogArchive, "log", error.code());
        }
        permitted?;
        let until = match until {
            Some(until) => until,
            None => {
                let keep = self.engine.rulebook()?.log().keep;
                self.engine.now()?.wall.checked_sub(keep).unwrap_or(Timestamp::MIN)
            }
        };
        let Some(archived) = self.engine.store.write_archive(path, until, progress)? else {
            return Ok(None);
        };
        let entry = Entry { object: Some(archived.told().to_string()), ..entry };
        self.act_signed(Right::Policy, entry, |store, _| Ok(store.drop_archived(&archived)?))?;
        Ok(Some(archived))
    }
}

/// The machine was started since the store was used last: what was open then is closed, as of when the store was used last.
pub(super) fn begin_anew(store: &Write<'_>, now: Now, mark: &ClockMark) -> Result<(), Error> {
    store.append(&Entry::new(now.wall, Operation::Start, Outcome::Done))?;
    for (key, record) in store.documents::<GrantRecord>()? {
        if record.ended.is_none() && !record.from.same_boot(now.steady) {
            // It is known to have been used for no longer than the store was, and may have run out before that.
            let seen = record.from.same_boot(mark.steady).then(|| record.lasted(mark.steady));
            let why = record.over(mark.steady).unwrap_or(Ending::Restarted);
            grants::end_after(store, now, &key, record, why, seen.unwrap_or_default())?;
        }
    }
    Ok(())
}
