//! Takes the log out: as a table or as lines of JSON, written down before the first record leaves.

mod ranges;
#[cfg(test)]
mod tests;

use std::fmt;
use std::io::{self, BufWriter, Write};

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use jiff::{Timestamp, ToSpan};
use mabataki_models::Digest;
use sha2::{Digest as _, Sha256};

use super::{Acting, Engine, Error};
use crate::audit::export::{Lines, Table};
use crate::audit::{Access, AccessTimes, Chained, Operation, Outcome};
use crate::policy::{Right, Rulebook};
use crate::text::{Lang, words};

/// Records read at a time: some megabytes at most.
const PAGE_RECORDS: u32 = 2_000;

words! {
    /// How the log is written.
    pub enum ExportFormat, "a format of an export" {
        /// A table for spreadsheet programs.
        Csv = "csv",
        /// One JSON object a line.
        Jsonl = "jsonl",
    }
}

words! {
    /// What is taken out.
    pub enum ExportOf, "what can be exported" {
        /// Every record.
        Records = "records",
        /// A row for each grant, with its time (アクセス時間).
        AccessTimes = "access_times",
    }
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExportRequest {
    /// What is taken out.
    pub of: ExportOf,
    /// How it is written.
    pub format: ExportFormat,
    /// From the beginning of this day by the site's clocks; from the log's beginning if none.
    pub from: Option<Date>,
    /// To the end of this day by the site's clocks; to the log's end if none.
    pub to: Option<Date>,
    /// Lines from the checkpoint before the first day to the one after the last, so that they can be verified by
    /// themselves. Without days they always can.
    pub whole: bool,
    /// The language of headers and words.
    pub lang: Lang,
}

impl ExportRequest {
    /// Whether what comes out can be verified by itself: lines of all records between two checkpoints, or of the whole log.
    fn is_verifiable(&self) -> bool {
        let all = self.whole || self.from.is_none() && self.to.is_none();
        all && self.of == ExportOf::Records && self.format == ExportFormat::Jsonl
    }
}

/// As the log has it: `csv records 2026-10-01 to 2026-10-31`.
impl fmt::Display for ExportRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let day = |day: Option<Date>, open: &str| day.map_or_else(|| open.to_owned(), |day| day.to_string());
        let whole = if self.whole { " whole" } else { "" };
        write!(f, "{} {} {} to {}{whole}", self.format, self.of, day(self.from, "begin"), day(self.to, "end"))
    }
}

/// What was taken out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exported {
    /// Records or access times; neither headers nor checkpoints count.
    pub rows: u64,
    /// Whether `audit verify` can tell of it, with the public key alone, that it is as it was written.
    pub verifiable: bool,
    /// SHA-256 of everything that was written.
    pub sha256: Digest,
    /// The number of the log's own record of it.
    pub seq: u64,
}

impl Acting<'_> {
    /// Writes records of the log, or the access times in it, to `out`. It reads page by page; `progress` hears how many
    /// records were read, of how many.
    ///
    /// # Errors
    /// Without the right; [`Error::Invalid`] for days that end before they begin, and for a table that is to be whole;
    /// [`Error::NotWritten`]; when the store fails. What was written until then is not the whole.
    pub fn export_log(
        &mut self,
        request: &ExportRequest,
        out: &mut dyn Write,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Exported, Error> {
        let zone = zone_of(&*self.engine.rulebook()?);
        let span = Span::of(request, &zone)?;
        let verifiable = request.is_verifiable();
        if request.whole && !verifiable {
            let (what, expected) = ("an export from checkpoint to checkpoint", "lines (jsonl) of records");
            return Err(Error::Invalid {
                what,
                expected,
                found: format!("{} of {}", request.format, request.of),
            });
        }
        let mut entry = self.entry(Operation::LogExport, Outcome::Done, &request.to_string());
        entry.reason = Some(request.of.code().to_owned());
        let ((), seq) = self.act_as(Right::Export, entry, |_, _| Ok(()))?;
        let mut hashed = Hashed { out: BufWriter::new(out), hasher: Sha256::new() };
        let rows = if verifiable {
            // So that the record of the export itself is under a signature too.
            self.engine.transact(|store, _| Ok(store.sign_log()?))?;
            self.engine.write_ranges(span, Lines::new(&mut hashed), progress)?
        } else {
            let sheet = Sheet::begin(request, &mut hashed, zone).map_err(not_written)?;
            self.engine.write_rows(request.of, span, seq, sheet, progress)?
        };
        let Hashed { mut out, hasher } = hashed;
        out.flush().map_err(not_written)?;
        let sha256 = Digest::from_bytes(hasher.finalize().into());
        Ok(Exported { rows, verifiable, sha256, seq })
    }
}

impl Engine {
    /// Writes what falls into the span, up to record `last`. Gives the number of rows.
    fn write_rows<W: Write>(
        &self,
        of: ExportOf,
        span: Span,
        last: u64,
        mut sheet: Sheet<W>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<u64, Error> {
        let mut following = AccessTimes::default();
        let mut rows: u64 = 0;
        self.each_record(last, progress, |chained| {
            let record = &chained.record;
            let written = match of {
                ExportOf::Records if span.has(record.entry.time) => sheet.record(chained),
                ExportOf::AccessTimes => {
                    match following.follow(record).filter(|access| span.overlaps(access)) {
                        Some(access) => sheet.access(&access),
                        None => return Ok(()),
                    }
                }
                ExportOf::Records => return Ok(()),
            };
            rows = rows.saturating_add(1);
            written.map_err(not_written)
        })?;
        for access in following.still_open().filter(|access| span.overlaps(access)) {
            sheet.access(&access).map_err(not_written)?;
            rows = rows.saturating_add(1);
        }
        sheet.finish().map_err(not_written)?;
        Ok(rows)
    }

    /// Hands every record up to number `last` to `take`, oldest first.
    pub(super) fn each_record(
        &self,
        last: u64,
        progress: &mut dyn FnMut(u64, u64),
        mut take: impl FnMut(&Chained) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut after = 0;
        while after < last {
            let page = self.store.chained(after, PAGE_RECORDS)?;
            let Some(end) = page.last().map(|chained| chained.record.seq) else { break };
            page.iter().filter(|chained| chained.record.seq <= last).try_for_each(&mut take)?;
            after = end;
            progress(after.min(last), last);
        }
        Ok(())
    }
}

fn not_written(cause: io::Error) -> Error {
    Error::NotWritten { cause }
}

/// The zone of the site's clocks.
pub(super) fn zone_of(rules: &Rulebook) -> TimeZone {
    let zone = rules.zone().and_then(|name| TimeZoneDatabase::bundled().get(name).ok());
    zone.unwrap_or(TimeZone::UTC)
}

/// From when, inclusive, until when, exclusive.
#[derive(Debug, Clone, Copy)]
struct Span {
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Span {
    fn of(request: &ExportRequest, zone: &TimeZone) -> Result<Span, Error> {
        if let (Some(from), Some(to)) = (request.from, request.to)
            && to < from
        {
            let (what, expected) = ("the days of an export", "a last day that is not before the first");
            return Err(Error::Invalid { what, expected, found: format!("{from} to {to}") });
        }
        let start = |day: Date| day.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
        let next = |day: Date| day.checked_add(1.day()).ok();
        // A day that no clock reaches bounds nothing.
        Ok(Span { from: request.from.and_then(start), until: request.to.and_then(next).and_then(start) })
    }

    fn has(self, time: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= time) && self.until.is_none_or(|until| time < until)
    }

    fn overlaps(self, access: &Access) -> bool {
        let ends_late = access.end.is_none_or(|end| self.from.is_none_or(|from| from <= end));
        ends_late && access.begin.is_none_or(|begin| self.until.is_none_or(|until| begin < until))
    }
}

/// What is being written.
enum Sheet<W: Write> {
    Table { table: Box<Table<W>>, zone: TimeZone },
    Lines(Lines<W>),
}

impl<W: Write> Sheet<W> {
    fn begin(request: &ExportRequest, out: W, zone: TimeZone) -> io::Result<Sheet<W>> {
        Ok(match (request.format, request.of) {
            (ExportFormat::Csv, ExportOf::Records) => {
                Sheet::Table { table: Box::new(Table::of_records(out, request.lang)?), zone }
            }
            (ExportFormat::Csv, ExportOf::AccessTimes) => {
                Sheet::Table { table: Box::new(Table::of_access(out, request.lang)?), zone }
            }
            (ExportFormat::Jsonl, _) => Sheet::Lines(Lines::new(out)),
        })
    }

    fn record(&mut self, chained: &Chained) -> io::Result<()> {
        match self {
            Sheet::Table { table, .. } => table.record(&chained.record),
            // With its place in the chain and the proof of its name, so that whoever has the lines can verify them.
            Sheet::Lines(lines) => lines.write(chained),
        }
    }

    fn access(&mut self, access: &Access) -> io::Result<()> {
        match self {
            Sheet::Table { table, zone } => table.access(access, zone),
            Sheet::Lines(lines) => lines.write(access),
        }
    }

    fn finish(self) -> io::Result<()> {
        match self {
            Sheet::Table { table, .. } => table.finish(),
            Sheet::Lines(lines) => lines.finish(),
        }
    }
}

/// Hashes what goes through it.
struct Hashed<W> {
    out: W,
    hasher: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
