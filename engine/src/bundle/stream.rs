//! The body: records, a line each, in an order that knows no two alike.

use std::io::{self, BufRead, Write};

use zeroize::Zeroizing;

use super::order::Order;
use super::{BundleError, MOST_LINE, Record};
use crate::sealing::StreamError;

/// Writes a record's line.
pub(super) fn write_line(record: &Record, to: &mut impl Write) -> Result<(), BundleError> {
    let mut line = Line { to, left: MOST_LINE };
    serde_json::to_writer(&mut line, record).map_err(io::Error::from).map_err(write_error)?;
    line.write_all(b"\n").map_err(write_error)
}

/// What has room for one line.
struct Line<W> {
    to: W,
    left: usize,
}

impl<W: Write> Write for Line<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let left = self.left.checked_sub(bytes.len()).ok_or(io::ErrorKind::InvalidInput)?;
        self.to.write_all(bytes)?;
        self.left = left;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

fn write_error(error: io::Error) -> BundleError {
    match error.kind() {
        io::ErrorKind::InvalidInput => BundleError::TooLong { what: "a record", most: "1 MiB" },
        _ => unwrapped(error).map_or_else(BundleError::writing, BundleError::from),
    }
}

fn read_error(error: io::Error) -> BundleError {
    unwrapped(error).map_or_else(BundleError::reading, BundleError::from)
}

/// What the sealed stream said, if it was that.
fn unwrapped(error: io::Error) -> Result<StreamError, io::Error> {
    error.downcast::<StreamError>()
}

/// The records of a body, read one at a time. It ends after the first error.
pub struct Records<R> {
    from: R,
    line: Zeroizing<Vec<u8>>,
    order: Order,
    number: u64,
    ended: bool,
}

impl<R: BufRead> Records<R> {
    /// The records in these bytes, which are sealed no more.
    pub fn new(from: R) -> Records<R> {
        // The longest line at once: growing would leave copies behind that nobody wipes.
        let line = Zeroizing::new(Vec::with_capacity(MOST_LINE));
        Records { from, line, order: Order::default(), number: 0, ended: false }
    }

    fn read(&mut self) -> Result<Option<Record>, BundleError> {
        self.line.clear();
        self.number = self.number.saturating_add(1);
        let malformed = |number, why| BundleError::Malformed { number, why };
        loop {
            let rest = self.from.fill_buf().map_err(read_error)?;
            if rest.is_empty() {
                return match self.line.is_empty() {
                    true => Ok(None),
                    false => Err(malformed(self.number, "it has no end")),
                };
            }
            let end = rest.iter().position(|byte| *byte == b'\n');
            let part = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
            if self.line.len().saturating_add(part.len()) >= MOST_LINE {
                return Err(malformed(self.number, "it is longer than 1 MiB"));
            }
            self.line.extend_from_slice(part);
            let taken = part.len().saturating_add(usize::from(end.is_some()));
            self.from.consume(taken);
            if end.is_some() {
                break;
            }
        }
        let record: Record = serde_json::from_slice(&self.line)
            .map_err(|_| malformed(self.number, "it is not of this version"))?;
        let key = record.key();
        if !key.is_of_names() {
            return Err(malformed(self.number, "it is about what has no name"));
        }
        if !self.order.admits(&record) {
            return Err(malformed(self.number, "it stands twice, or not in its place"));
        }
        Ok(Some(record))
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, BundleError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended = !matches!(read, Ok(Some(_)));
        read.transpose()
    }
}
