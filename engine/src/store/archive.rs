//! The archive: the older part of a log, moved out of the store into a file of lines.
//!
//! An archive begins with the heads of all checkpoints before its own, so that it can be verified by itself with the key
//! that the log began with. Then come its records, each checkpoint after those that it covers. It is written whole, read
//! back and verified before anything is dropped from the store; the heads stay there for ever.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use jiff::Timestamp;
use rusqlite::params;
use serde::Serialize;

use super::{LogLines, Store, StoreError, Write, files, log_row::Reader, rows, schema};
use crate::audit::{Checkpoint, LogId, Trust, Verifier};

/// Checkpoints that are read at a time.
const AT_ONCE: u32 = 256;

/// A part of a log that lies in an archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Archived {
    /// The first record in it.
    pub first: u64,
    /// The last record in it.
    pub last: u64,
    /// The checkpoint that covers the last.
    pub checkpoint: u64,
}

impl Archived {
    /// As the log has it: `1-500`.
    #[must_use]
    pub fn range(&self) -> String {
        format!("{}-{}", self.first, self.last)
    }
}

impl Store {
    /// Writes the records up to the last checkpoint that was made before `until` into a new file, names and all, and
    /// verifies it. Nothing is dropped. None when no records are that old.
    ///
    /// # Errors
    /// [`StoreError::NotPermitted`] for a file in the state folder; [`StoreError::FileExists`]; [`StoreError::Corrupt`] when
    /// the log is not the one that was written: then nothing may be dropped. Nothing is left behind.
    pub fn write_archive(&self, path: &Path, until: Timestamp) -> Result<Option<Archived>, StoreError> {
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
        let archived = self.look(|store| {
            let mut out = BufWriter::new(temporary.handle()?);
            let archived = store.fill_archive(&mut out, path, until)?;
            out.flush().map_err(StoreError::io("write", path))?;
            Ok::<_, StoreError>(archived)
        })?;
        let Some(archived) = archived else { return Ok(None) };
        let mut verifier = Verifier::new(Trust { keys, whole: false, ..Trust::default() });
        LogLines::new(temporary.rewound()?, path).feed(&mut verifier, || {})?;
        if let Some(finding) = verifier.finish(until).iter().find_map(|verdict| verdict.finding) {
            let what = format!("table `log`, row \"{}\": {}", finding.record, finding.what);
            return Err(StoreError::corrupt(&self.path, what));
        }
        temporary.publish(path)?;
        Ok(Some(archived))
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

    fn fill_archive(
        &self,
        out: &mut BufWriter<File>,
        path: &Path,
        until: Timestamp,
    ) -> Result<Option<Archived>, StoreError> {
        let first = self.first_record()?;
        let mut archived = None;
        let mut after = 0;
        loop {
            let some = self.checkpoints(after, AT_ONCE)?;
            let Some(newest) = some.last() else { return Ok(archived) };
            after = newest.head.number;
            for checkpoint in &some {
                let head = &checkpoint.head;
                if head.last < first {
                    put(out, path, &Checkpoint { records: None, ..checkpoint.clone() }.to_line())?;
                    continue;
                }
                // The newest record stays: the log in the store goes on from it.
                if head.time > until || head.last >= self.chain()?.last() {
                    return Ok(archived);
                }
                let reader = Reader {
                    path: self.rows.path,
                    keys: Some(self.rows.keys),
                    log: LogId::of_store(*self.id),
                };
                let records = u32::try_from(head.records()).unwrap_or(u32::MAX);
                reader.each(self.rows.conn, head.first - 1, Some(records), |_, record| {
                    put(out, path, &record?.to_line())
                })?;
                put(out, path, &checkpoint.to_line())?;
                archived = Some(Archived { first, last: head.last, checkpoint: head.number });
            }
        }
    }

    /// The number of the first record that the store has; beyond the last where it has none.
    fn first_record(&self) -> Result<u64, StoreError> {
        let first =
            self.rows.conn.query_row("SELECT min(seq) FROM log", [], |row| row.get::<_, Option<i64>>(0));
        let first = first.map_err(|error| self.rows.failed(error))?;
        Ok(first.map_or(u64::MAX, |first| u64::try_from(first).unwrap_or(0)))
    }
}

fn put(out: &mut BufWriter<File>, path: &Path, line: &str) -> Result<(), StoreError> {
    writeln!(out, "{line}").map_err(StoreError::io("write", path))
}
