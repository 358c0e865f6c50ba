//! The archive: the older part of a log, moved out of the store into a file of lines.
//!
//! An archive begins with the heads of all checkpoints before its own, so that it can be verified by itself with the key
//! that the log began with. Then come its records, each checkpoint after those that it covers. It is written whole, read
//! back and verified before anything is dropped from the store; the heads stay there for ever.

use std::io::{BufWriter, Write as _};
use std::path::Path;

use jiff::Timestamp;
use mabataki_models::Digest;
use rusqlite::params;
use serde::Serialize;

use super::{LogLines, Store, StoreError, Write, files, log_row::Reader, rows, schema};
use crate::audit::{ArchivedPart, Checkpoint, LogId, Trust, Verifier};

/// Checkpoints that are read at a time.
const AT_ONCE: u32 = 256;

/// So many lines are written or read between two tidings of how far it is.
const STEP: u64 = 1024;

/// A part of a log that lies in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// The first record in it.
    pub first: u64,
    /// The last record in it.
    pub last: u64,
    /// The checkpoint that covers the last.
    pub checkpoint: u64,
    /// The SHA-256 of the archive.
    pub sha256: Digest,
}

impl Archived {
    /// As the log has it.
    #[must_use]
    pub fn told(&self) -> ArchivedPart {
        ArchivedPart { first: self.first, last: self.last, sha256: Some(self.sha256) }
    }
}

/// What is to be archived: as [`Archived`].
struct Plan {
    first: u64,
    last: u64,
    checkpoint: u64,
}

impl Plan {
    /// How many lines the archive has: the records, and all checkpoints up to its last.
    fn lines(&self) -> u64 {
        self.last.saturating_sub(self.first).saturating_add(1).saturating_add(self.checkpoint)
    }
}

/// How far it is, counted in lines: each is written, then read back.
struct Steps<'p> {
    done: u64,
    of: u64,
    progress: &'p mut dyn FnMut(u64, u64),
}

impl Steps<'_> {
    fn step(&mut self) {
        self.done = self.done.saturating_add(1);
        if self.done.is_multiple_of(STEP) || self.done == self.of {
            (self.progress)(self.done, self.of);
        }
    }
}

impl Store {
    /// Writes the records up to the last checkpoint that was made before `until` into a new file, names and all, and
    /// verifies it. Nothing is dropped. None when no records are that old. `progress` hears how far it is, of how much.
    ///
    /// # Errors
    /// [`StoreError::NotPermitted`] for a file in the state folder; [`StoreError::FileExists`]; [`StoreError::Corrupt`] when
    /// the log is not the one that was written: then nothing may be dropped. Nothing is left behind.
    pub fn write_archive(
        &self,
        path: &Path,
        until: Timestamp,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Option<Archived>, StoreError> {
        let state = self.path.parent().unwrap_or(Path::new("."));
        if files::lies_in(path, state)? {
            return Err(StoreError::NotPermitted {
                path: path.to_owned(),
                expected: "an archive outside the state folder",
                found: format!("one inside {}", state.display()),
            });
        }
        if files::exists(path)? {
            return Err(StoreError::FileExists { path: path.to_owned() });
        }
        let keys = self.log_keys()?;
        let temporary = files::prepare_new(path, b"")?;
        let mut steps = Steps { done: 0, of: 0, progress };
        let plan = self.look(|store| {
            let Some(plan) = store.plan_archive(until)? else { return Ok(None) };
            steps.of = plan.lines().saturating_mul(2);
            let mut out = BufWriter::new(temporary.handle()?);
            store.fill_archive(&plan, |line| {
                steps.step();
                writeln!(out, "{line}").map_err(StoreError::io("write", path))
            })?;
            out.flush().map_err(StoreError::io("write", path))?;
            Ok::<_, StoreError>(Some(plan))
        })?;
        let Some(Plan { first, last, checkpoint }) = plan else { return Ok(None) };
        let mut verifier = Verifier::new(Trust { keys, whole: false, ..Trust::default() });
        let sha256 = LogLines::new(temporary.rewound()?, path).feed(&mut verifier, || steps.step())?;
        if let Some(finding) = verifier.finish(until).iter().find_map(|verdict| verdict.finding) {
            let what = format!("table `log`, row \"{}\": {}", finding.record, finding.what);
            return Err(StoreError::corrupt(&self.path, what));
        }
        temporary.publish(path)?;
        Ok(Some(Archived { first, last, checkpoint, sha256 }))
    }
}

impl Write<'_> {
    /// Drops from the store what lies in an archive. The record of it belongs into the same transaction.
    ///
    /// # Errors
    /// The database's own.
    pub fn drop_archived(&self, archived: &Archived) -> Result<(), StoreError> {
        let wrap = |error| self.rows.failed(error);
        let guard = schema::OBJECTS.iter().find(|(name, _)| *name == "log_is_not_cut");
        let guard = guard.map_or("", |(_, sql)| *sql);
        self.rows.conn.execute_batch("DROP TRIGGER log_is_not_cut").map_err(wrap)?;
        self.rows.execute("DELETE FROM log WHERE seq <= ?1", [rows::column(archived.last)])?;
        self.rows.conn.execute_batch(guard).map_err(wrap)?;
        let mut after = 0;
        loop {
            let covering = self.checkpoints(after, AT_ONCE)?;
            let mut bare =
                covering.into_iter().filter(|checkpoint| checkpoint.head.number <= archived.checkpoint);
            let Some(first) = bare.next() else { return Ok(()) };
            for checkpoint in std::iter::once(first).chain(bare) {
                after = checkpoint.head.number;
                if checkpoint.records.is_some() {
                    let line = Checkpoint { records: None, ..checkpoint }.to_line();
                    let sql = "UPDATE checkpoint SET line = ?2 WHERE number = ?1";
                    self.rows.execute(sql, params![rows::column(after), line])?;
                }
            }
        }
    }

    /// What is older than `until`, up to a checkpoint; none when nothing is.
    fn plan_archive(&self, until: Timestamp) -> Result<Option<Plan>, StoreError> {
        let (first, newest) = (self.first_record()?, self.chain()?.last());
        let (mut plan, mut after) = (None, 0);
        loop {
            let some = self.checkpoints(after, AT_ONCE)?;
            let Some(end) = some.last() else { return Ok(plan) };
            after = end.head.number;
            for head in some.iter().map(|checkpoint| &checkpoint.head).filter(|head| head.last >= first) {
                // The newest record stays: the log in the store goes on from it.
                if head.time > until || head.last >= newest {
                    return Ok(plan);
                }
                plan = Some(Plan { first, last: head.last, checkpoint: head.number });
            }
        }
    }

    /// Puts the archive's lines, one after the other.
    fn fill_archive(
        &self,
        plan: &Plan,
        mut put: impl FnMut(&str) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let reader =
            Reader { path: self.rows.path, keys: Some(self.rows.keys), log: LogId::of_store(*self.id) };
        let mut after = 0;
        while after < plan.checkpoint {
            let some = self.checkpoints(after, AT_ONCE)?;
            let Some(end) = some.last() else { return Ok(()) };
            after = end.head.number;
            for checkpoint in some.into_iter().take_while(|one| one.head.number <= plan.checkpoint) {
                let head = &checkpoint.head;
                if head.last < plan.first {
                    put(&Checkpoint { records: None, ..checkpoint }.to_line())?;
                    continue;
                }
                let records = u32::try_from(head.records()).unwrap_or(u32::MAX);
                reader.each(self.rows.conn, head.first - 1, Some(records), |_, record| {
                    put(&record?.to_line())
                })?;
                put(&checkpoint.to_line())?;
            }
        }
        Ok(())
    }

    /// The number of the first record that the store has; beyond the last where it has none.
    fn first_record(&self) -> Result<u64, StoreError> {
        let first =
            self.rows.conn.query_row("SELECT min(seq) FROM log", [], |row| row.get::<_, Option<i64>>(0));
        let first = first.map_err(|error| self.rows.failed(error))?;
        Ok(first.map_or(u64::MAX, |first| u64::try_from(first).unwrap_or(0)))
    }
}
