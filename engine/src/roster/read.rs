//! From bytes to rows.

use std::borrow::Cow;
use std::collections::BTreeMap;

use csv::{ReaderBuilder, StringRecord};
use encoding_rs::SHIFT_JIS;
use jiff::tz::TimeZone;
use mabataki_models::Digest;

use super::row::{Column, Fault, Row};

/// Most people in a list.
const ROWS: usize = 20_000;
/// Most bytes of a cell: as many accounts as a person may have, each as long as it may be.
const CELL: usize = 16 << 10;

/// A list of people, read. Its rows may still be wrong, each by itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Roster {
    digest: Digest,
    rows: Vec<Row>,
}

/// A list that cannot be read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// It is too long to be read.
    #[error("the list has {found} bytes: expected at most 8 MiB")]
    TooLong {
        /// Its length.
        found: usize,
    },
    /// Its bytes are no text that can be told.
    #[error("the list is neither UTF-8 nor Shift_JIS: expected a CSV file in one of them")]
    Encoding,
    /// It names no columns, or no people.
    #[error("the list is empty: expected a line with the names of the columns and a line for each person")]
    Empty,
    /// Nobody can be told without it.
    #[error("the list has no column `id`: expected one among the names on its first line")]
    NoId,
    /// A column of a name that means nothing here.
    #[error("the list has a column {name:?}: expected only {}", Column::names())]
    UnknownColumn {
        /// The beginning of its name.
        name: String,
    },
    /// A column that stands there twice.
    #[error("the list has the column `{name}` twice: expected it once")]
    TwiceTheColumn {
        /// Its name.
        name: &'static str,
    },
    /// It has more people than a list may have.
    #[error("the list has more than 20,000 people: expected at most 20,000, in several lists if need be")]
    TooManyRows,
    /// A cell is longer than any that fits: most often a quotation mark that is not closed.
    #[error(
        "line {line} has a cell of more than 16 KiB: expected less; see whether a quotation mark is not closed"
    )]
    LongCell {
        /// The line the row begins on.
        line: u64,
    },
}

impl Roster {
    /// Most bytes of a list.
    pub const BYTES: usize = 8 << 20;

    /// Reads a list. UTF-8 is told from Shift_JIS by itself; days are whole days in `zone`.
    ///
    /// # Errors
    /// [`RosterError`] when it is no list at all. What is wrong with a single row is told by that [`Row`].
    pub fn parse(bytes: &[u8], zone: &TimeZone) -> Result<Roster, RosterError> {
        if bytes.len() > Roster::BYTES {
            return Err(RosterError::TooLong { found: bytes.len() });
        }
        let text = decode(bytes).ok_or(RosterError::Encoding)?;
        let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
        let mut records = reader.records();
        let columns = match records.next() {
            Some(Ok(head)) => columns(&head)?,
            // What was decoded is text, so nothing but an end is left to be found.
            Some(Err(_)) | None => return Err(RosterError::Empty),
        };
        let mut count = LineCount { text: text.as_bytes(), at: 0, line: 1 };
        let mut rows = Vec::new();
        let mut lines: BTreeMap<String, u64> = BTreeMap::new();
        for record in records {
            let record = record.map_err(|_| RosterError::Encoding)?;
            let line = count.line(record.position());
            if record.iter().any(|cell| cell.len() > CELL) {
                return Err(RosterError::LongCell { line });
            }
            // Spreadsheets end with rows that have nothing in them.
            if record.iter().all(|cell| cell.trim().is_empty()) {
                continue;
            }
            if rows.len() == ROWS {
                return Err(RosterError::TooManyRows);
            }
            let mut row = Row::read(line, &columns, &record, zone);
            if let Some(first) = lines.get(row.id()) {
                row.refuse(Fault::Twice { first: *first });
            }
            lines.entry(row.id().to_owned()).or_insert(line);
            rows.push(row);
        }
        if rows.is_empty() {
            return Err(RosterError::Empty);
        }
        Ok(Roster { digest: Digest::of(bytes), rows })
    }

    /// The SHA-256 digest of the list as it was given: which file it was.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The people in it, in its order.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// Counts lines up to a row. The reader's own count is behind where lines are blank or end in CR LF.
struct LineCount<'t> {
    text: &'t [u8],
    at: usize,
    line: u64,
}

impl LineCount<'_> {
    fn line(&mut self, row: Option<&csv::Position>) -> u64 {
        let begins = row.and_then(|row| usize::try_from(row.byte()).ok()).unwrap_or(self.at);
        // The reader says where it began to look, which is before the line ends that it skipped.
        let mut rest = self.text.get(self.at..).unwrap_or_default().iter().peekable();
        while let Some(byte) = rest.next_if(|byte| self.at < begins || matches!(byte, b'\r' | b'\n')) {
            let ends = *byte == b'\n' || (*byte == b'\r' && rest.peek() != Some(&&b'\n'));
            self.line += u64::from(ends);
            self.at += 1;
        }
        self.line
    }
}

/// UTF-8 with or without its mark, else Shift_JIS as Windows writes it. Text in the one is nearly never valid in the
/// other, and a name that is not known for sure is not taken in.
fn decode(bytes: &[u8]) -> Option<Cow<'_, str>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(Cow::Borrowed(text)),
        Err(_) => SHIFT_JIS.decode_without_bom_handling_and_without_replacement(bytes),
    }
}

fn columns(head: &StringRecord) -> Result<Vec<Column>, RosterError> {
    let mut columns: Vec<Column> = Vec::new();
    for name in head.iter().map(str::trim) {
        let column =
            name.parse().map_err(|_| RosterError::UnknownColumn { name: name.chars().take(32).collect() })?;
        if columns.contains(&column) {
            return Err(RosterError::TwiceTheColumn { name: column.code() });
        }
        columns.push(column);
    }
    if columns.contains(&Column::Id) { Ok(columns) } else { Err(RosterError::NoId) }
}
