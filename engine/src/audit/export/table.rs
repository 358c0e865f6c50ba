//! The table: CSV as spreadsheet programs open it (RFC 4180; UTF-8 with a byte-order mark, CRLF, every cell quoted).

use std::io::{self, Write};

use csv::{QuoteStyle, Terminator};
use jiff::tz::TimeZone;

use super::cell::guarded;
use super::columns::{AccessColumn, RecordColumn};
use crate::audit::{Access, Record};
use crate::text::Lang;

/// By it spreadsheet programs know UTF-8.
const BYTE_ORDER_MARK: &str = "\u{feff}";

/// A table that is written row by row.
///
/// Every cell is quoted, so that a program that splits at semicolons or tabs does not find a cell within one, and guarded
/// against being run (see [`guarded`]).
#[derive(Debug)]
pub struct Table<W: Write> {
    rows: csv::Writer<W>,
    lang: Lang,
}

impl<W: Write> Table<W> {
    /// Begins a table of records.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn of_records(out: W, lang: Lang) -> io::Result<Table<W>> {
        Table::begin(out, lang, RecordColumn::ALL.iter().map(|column| column.text(lang)))
    }

    /// Begins a table of access times.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn of_access(out: W, lang: Lang) -> io::Result<Table<W>> {
        Table::begin(out, lang, AccessColumn::ALL.iter().map(|column| column.text(lang)))
    }

    fn begin(mut out: W, lang: Lang, headers: impl Iterator<Item = &'static str>) -> io::Result<Table<W>> {
        out.write_all(BYTE_ORDER_MARK.as_bytes())?;
        let mut style = csv::WriterBuilder::new();
        style.quote_style(QuoteStyle::Always).terminator(Terminator::CRLF);
        let mut table = Table { rows: style.from_writer(out), lang };
        table.row(headers)?;
        Ok(table)
    }

    /// Writes a record's row.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn record(&mut self, record: &Record) -> io::Result<()> {
        let lang = self.lang;
        self.row(RecordColumn::ALL.iter().map(|column| column.value(record, lang)))
    }

    /// Writes an access time's row, its moments by the clocks of `zone`.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn access(&mut self, access: &Access, zone: &TimeZone) -> io::Result<()> {
        let lang = self.lang;
        self.row(AccessColumn::ALL.iter().map(|column| column.value(access, zone, lang)))
    }

    /// Writes what is still held back.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(mut self) -> io::Result<()> {
        self.rows.flush()
    }

    fn row(&mut self, cells: impl Iterator<Item = impl AsRef<str>>) -> io::Result<()> {
        for cell in cells {
            self.rows.write_field(guarded(cell.as_ref()).as_bytes())?;
        }
        Ok(self.rows.write_record(None::<&[u8]>)?)
    }
}
