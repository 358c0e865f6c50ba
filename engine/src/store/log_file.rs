//! The log of a store, for an inspector: read without the store's key, and never written to.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use mabataki_models::Digest;
use rusqlite::{Connection, Row};
use sha2::{Digest as _, Sha256};

use super::{StoreError, log_row::Reader, schema};
use crate::audit::{Checkpoint, LINE, Line, LogId, PublicKey, Verifier};

/// What a checkpoint's line begins with, where it stands in a message.
const SENT: &[u8] = b"{\"checkpoint\":";

/// What is wrong with a line that is not UTF-8.
const NO_TEXT: &str = "a line that is no text";

/// The log in a store's database, or in a copy of it, whosever it is.
pub struct LogFile {
    conn: Connection,
    path: PathBuf,
    id: LogId,
}

impl LogFile {
    /// Opens the database of the state folder `path`, or the database `path`.
    ///
    /// # Errors
    /// [`StoreError::NoStore`], [`StoreError::Foreign`], [`StoreError::OtherFormat`]; [`StoreError::Corrupt`] when it has
    /// other tables than stores have.
    pub fn open(path: &Path) -> Result<LogFile, StoreError> {
        let path = if path.is_dir() { path.join(super::location::DATABASE) } else { path.to_owned() };
        if !path.is_file() {
            return Err(StoreError::NoStore { found: "no database".to_owned(), path });
        }
        let conn = schema::connect_to_look(&path)?;
        let found = schema::format(&conn, &path)?;
        if found != schema::FORMAT {
            return Err(StoreError::OtherFormat { path, known: schema::FORMAT, found });
        }
        schema::verify(&conn, &path, &schema::OBJECTS)?;
        // All of it as it stands at one moment, whoever writes meanwhile.
        conn.execute_batch("BEGIN").map_err(|error| StoreError::database(&path, error))?;
        let id = conn
            .query_row("SELECT id FROM store WHERE one = 1", [], |row| row.get(0))
            .map_err(|error| StoreError::database(&path, error))?;
        Ok(LogFile { conn, path, id: LogId::of_store(id) })
    }

    /// Which log it is.
    #[must_use]
    pub fn id(&self) -> LogId {
        self.id
    }

    /// The key that it says it began with, then those that it says it went on with when the store was put back from a
    /// backup; none before its first checkpoint. They prove nothing: who verifies the log must have them from elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a checkpoint is none.
    pub fn keys(&self) -> Result<Vec<PublicKey>, StoreError> {
        let wrap = |error| StoreError::database(&self.path, error);
        let mut statement = self.conn.prepare("SELECT line FROM checkpoint ORDER BY number").map_err(wrap)?;
        let mut lines = statement.query([]).map_err(wrap)?;
        let (mut keys, mut named) = (Vec::new(), None);
        while let Some(row) = lines.next().map_err(wrap)? {
            let head = self.parse(&row.get::<_, String>(0).map_err(wrap)?)?.head;
            if named != Some(head.key) {
                keys.push(head.key);
            }
            named = Some(head.next_key);
        }
        Ok(keys)
    }

    /// How many records it has.
    ///
    /// # Errors
    /// The database's own.
    pub fn records(&self) -> Result<u64, StoreError> {
        let count = self.conn.query_row("SELECT count(*) FROM log", [], |row| row.get::<_, i64>(0));
        let count = count.map_err(|error| StoreError::database(&self.path, error))?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Feeds the log to a verifier: for each checkpoint the records up to its last, then the checkpoint as it lies outside,
    /// if it does, and as it lies in the database. Says after each record that one more was looked at.
    ///
    /// # Errors
    /// What `outside` gives, and the database's own. A record or a checkpoint that is none is a finding, not an error.
    pub fn feed(
        &self,
        verifier: &mut Verifier<'_>,
        outside: impl Iterator<Item = Result<Checkpoint, StoreError>>,
        mut looked_at: impl FnMut(),
    ) -> Result<(), StoreError> {
        let wrap = |error| StoreError::database(&self.path, error);
        verifier.expect(self.id);
        let sql = "SELECT number, last, line FROM checkpoint ORDER BY number";
        let mut statement = self.conn.prepare(sql).map_err(wrap)?;
        let inside = statement.query_map([], Inside::read).map_err(wrap)?.map(|found| found.map_err(wrap));
        let mut candidates = Both { outside: outside.peekable(), inside: inside.peekable() };
        let mut next = candidates.next_pair()?;
        let reader = Reader { path: &self.path, keys: None, log: self.id };
        reader.each(&self.conn, 0, None, |seq, record| {
            while let Some(pair) = next.take_if(|pair| pair.last() < seq) {
                pair.feed(self.id, verifier);
                next = candidates.next_pair()?;
            }
            match record {
                Ok(record) => verifier.record(&record),
                Err(StoreError::Corrupt { .. }) => verifier.unreadable(self.id, seq),
                Err(error) => return Err(error),
            }
            looked_at();
            Ok(())
        })?;
        while let Some(pair) = next {
            pair.feed(self.id, verifier);
            next = candidates.next_pair()?;
        }
        Ok(())
    }

    fn parse(&self, line: &str) -> Result<Checkpoint, StoreError> {
        match Line::parse(line) {
            Ok(Line::Checkpoint(checkpoint)) => Ok(*checkpoint),
            _ => Err(StoreError::corrupt(
                &self.path,
                "table `checkpoint`: expected checkpoints, found something else",
            )),
        }
    }
}

/// Checkpoints from both places, by their numbers.
struct Both<A: Iterator, B: Iterator> {
    outside: std::iter::Peekable<A>,
    inside: std::iter::Peekable<B>,
}

/// The checkpoints of one number.
struct Pair {
    outside: Option<Checkpoint>,
    inside: Option<Inside>,
}

/// A checkpoint as it lies in the database.
enum Inside {
    Good(Box<Checkpoint>),
    /// What lies there is none; the number and the last record that stand beside it.
    Damaged {
        number: u64,
        last: u64,
    },
}

impl Inside {
    fn read(row: &Row<'_>) -> rusqlite::Result<Inside> {
        let number = |at| row.get::<_, i64>(at).map(|number| u64::try_from(number).unwrap_or(0));
        let (number, last) = (number(0)?, number(1)?);
        Ok(match row.get_ref(2)?.as_str().map(Line::parse) {
            Ok(Ok(Line::Checkpoint(checkpoint))) => Inside::Good(checkpoint),
            _ => Inside::Damaged { number, last },
        })
    }

    fn number(&self) -> u64 {
        match self {
            Inside::Good(checkpoint) => checkpoint.head.number,
            Inside::Damaged { number, .. } => *number,
        }
    }

    fn last(&self) -> u64 {
        match self {
            Inside::Good(checkpoint) => checkpoint.head.last,
            Inside::Damaged { last, .. } => *last,
        }
    }
}

impl<A, B> Both<A, B>
where
    A: Iterator<Item = Result<Checkpoint, StoreError>>,
    B: Iterator<Item = Result<Inside, StoreError>>,
{
    fn next_pair(&mut self) -> Result<Option<Pair>, StoreError> {
        fn number<T>(next: Option<&Result<T, StoreError>>, number_of: impl FnOnce(&T) -> u64) -> Option<u64> {
            // An error comes first: it ends everything.
            next.map(|next| next.as_ref().map_or(0, number_of))
        }
        let outside = number(self.outside.peek(), |checkpoint| checkpoint.head.number);
        let inside = number(self.inside.peek(), Inside::number);
        let Some(first) = outside.into_iter().chain(inside).min() else { return Ok(None) };
        let outside = if outside == Some(first) { self.outside.next().transpose()? } else { None };
        let inside = if inside == Some(first) { self.inside.next().transpose()? } else { None };
        Ok(Some(Pair { outside, inside }))
    }
}

impl Pair {
    /// The last record that is covered, as the one that is trusted more says.
    fn last(&self) -> u64 {
        let outside = self.outside.as_ref().map(|checkpoint| checkpoint.head.last);
        outside.or_else(|| self.inside.as_ref().map(Inside::last)).unwrap_or(u64::MAX)
    }

    fn feed(&self, log: LogId, verifier: &mut Verifier<'_>) {
        self.outside.iter().for_each(|checkpoint| verifier.checkpoint(checkpoint));
        match &self.inside {
            Some(Inside::Good(checkpoint)) => verifier.checkpoint(checkpoint),
            Some(Inside::Damaged { number, .. }) => verifier.unreadable_checkpoint(log, *number),
            None => {}
        }
    }
}

/// A file of lines: an archive, a merged log, the checkpoints outside a database. Read one line at a time.
pub struct LogLines<R> {
    reader: BufReader<R>,
    path: PathBuf,
    number: u64,
    line: Vec<u8>,
}

impl LogLines<File> {
    /// Opens the file at `path`.
    ///
    /// # Errors
    /// The system's own.
    pub fn open(path: &Path) -> Result<LogLines<File>, StoreError> {
        let file = File::open(path).map_err(StoreError::io("open", path))?;
        Ok(LogLines::new(file, path))
    }

    /// How many lines the file at `path` has.
    ///
    /// # Errors
    /// The system's own.
    pub fn count(path: &Path) -> Result<u64, StoreError> {
        let mut reader = BufReader::new(File::open(path).map_err(StoreError::io("open", path))?);
        let mut count = 0;
        loop {
            let read = reader.fill_buf().map_err(StoreError::io("read", path))?;
            if read.is_empty() {
                return Ok(count);
            }
            count += read.iter().filter(|byte| **byte == b'\n').count() as u64;
            let length = read.len();
            reader.consume(length);
        }
    }
}

impl<R: Read> LogLines<R> {
    /// Reads from `reader`; `path` is what it is called in messages.
    pub fn new(reader: R, path: &Path) -> LogLines<R> {
        LogLines { reader: BufReader::new(reader), path: path.to_owned(), number: 0, line: Vec::new() }
    }

    /// The next line as it stands, without its end; none after the last. The beginning of a line that was never finished
    /// does not count.
    ///
    /// # Errors
    /// The system's own; [`StoreError::BadLog`] for a line that is too long or no text.
    pub fn next_line(&mut self) -> Result<Option<&str>, StoreError> {
        if self.next_bytes()?.is_none() {
            return Ok(None);
        }
        let line = self.line.strip_suffix(b"\n").unwrap_or_default();
        std::str::from_utf8(line).map(Some).map_err(|_| self.bad(NO_TEXT))
    }

    fn next_bytes(&mut self) -> Result<Option<&[u8]>, StoreError> {
        if self.read_line()? {
            return Err(self.bad("a longer line than logs have"));
        }
        Ok(self.line.strip_suffix(b"\n"))
    }

    /// Reads the next line with its end, or what there is of it. Says whether it is longer than any line of a log: then not all
    /// of it was read.
    fn read_line(&mut self) -> Result<bool, StoreError> {
        self.line.clear();
        self.number += 1;
        let mut limited = (&mut self.reader).take(LINE as u64 + 1);
        limited.read_until(b'\n', &mut self.line).map_err(StoreError::io("read", &self.path))?;
        Ok(self.line.len() > LINE && !self.line.ends_with(b"\n"))
    }

    /// Goes on to the end of a line of which a part was read, keeping none of it.
    fn skip_line(&mut self) -> Result<(), StoreError> {
        self.reader.skip_until(b'\n').map(|_| ()).map_err(StoreError::io("read", &self.path))
    }

    /// An error of the line that was read last.
    #[must_use]
    pub fn bad(&self, what: &str) -> StoreError {
        StoreError::BadLog { path: self.path.clone(), line: self.number, what: what.to_owned() }
    }

    /// Feeds all lines to a verifier. Says after each line that one more was looked at. Gives the SHA-256 of the whole file.
    ///
    /// # Errors
    /// As [`LogLines::next_line`]; [`StoreError::BadLog`] for a line that does not say which record of which log it is.
    pub fn feed(
        &mut self,
        verifier: &mut Verifier<'_>,
        mut looked_at: impl FnMut(),
    ) -> Result<Digest, StoreError> {
        let mut sha256 = Sha256::new();
        verifier.begin_file();
        loop {
            let parsed = self.next_line()?.map(Line::parse);
            sha256.update(&self.line);
            let Some(parsed) = parsed else { break };
            match parsed {
                Ok(Line::Checkpoint(checkpoint)) => verifier.checkpoint(&checkpoint),
                Ok(Line::Record(record)) => verifier.record(&record),
                Err(bad) => match (bad.log, bad.seq) {
                    (Some(log), Some(seq)) => verifier.unreadable(log, seq),
                    _ => return Err(self.bad(&bad.what)),
                },
            }
            looked_at();
        }
        let sha256 = Digest::from_bytes(sha256.finalize().into());
        verifier.end_file(sha256);
        Ok(sha256)
    }

    /// The checkpoints of this log, one after the other. They may stand in the messages of a system log that was saved, among
    /// those of other programs.
    pub fn checkpoints_of(self, log: LogId) -> SavedCheckpoints<R> {
        SavedCheckpoints { lines: self, log, passed_over: 0 }
    }
}

/// The checkpoints of one log in a file that others may write to as well. What they write there is no error, whatever it is:
/// else anybody who may send a message to a collector could keep the log from being verified.
pub struct SavedCheckpoints<R> {
    lines: LogLines<R>,
    log: LogId,
    passed_over: u64,
}

impl<R> SavedCheckpoints<R> {
    /// How many lines so far may have been a checkpoint and are none: damaged, cut off by a collector, made by others, or longer
    /// than any line of a log.
    #[must_use]
    pub fn passed_over(&self) -> u64 {
        self.passed_over
    }
}

impl<R: Read> Iterator for SavedCheckpoints<R> {
    type Item = Result<Checkpoint, StoreError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.find().transpose()
    }
}

impl<R: Read> SavedCheckpoints<R> {
    fn find(&mut self) -> Result<Option<Checkpoint>, StoreError> {
        loop {
            if self.lines.read_line()? {
                self.lines.skip_line()?;
                self.passed_over += 1;
                continue;
            }
            let Some(line) = self.lines.line.strip_suffix(b"\n") else { return Ok(None) };
            let Some(at) = line.windows(SENT.len()).position(|part| part == SENT) else { continue };
            let line = line.get(at..).and_then(|line| std::str::from_utf8(line).ok());
            match line.map(|line| Line::parse(line.trim_end())) {
                Some(Ok(Line::Checkpoint(found))) if found.head.log == self.log => return Ok(Some(*found)),
                // Another terminal's.
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.passed_over += 1,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::report::fixture::{october, records};
    use crate::audit::{CheckpointKey, LogState, MacKey, NextKeys};

    #[test]
    fn whatever_other_programs_write_to_a_saved_system_log_hides_no_checkpoint_in_it() {
        let keys = |n: u8| NextKeys {
            records: MacKey::from_bytes([n; 32]),
            checkpoint: CheckpointKey::from_seed([n; 32]),
            escrow: None,
        };
        let log = LogId::of_store([3; 16]);
        let mut state = LogState::begin(log, keys(0));
        state.extend(&records(october())[0], None);
        let checkpoint = state.sign("ward3-a", 0, keys(1)).unwrap();
        let ours = format!("Nov 22 19:00:00 pc7 mabataki - {}\n", checkpoint.to_line());
        let cut = ours.get(..ours.len() / 2).unwrap().to_owned() + "\n";
        let long = format!("{{\"checkpoint\":{}\n", "1".repeat(2 * LINE));
        let others: [(&[u8], u64); 6] = [
            (b"Nov 22 pc7 cron[1]: nothing of ours\n", 0),
            (b"{\"level\":\"info\",\"seq\":7}\n", 0),
            (b"pc7 backup[2]: {\"checkpoint\":\"of another kind\"}\n", 1),
            (b"pc7 caf\xe9[3]: {\"checkpoint\":\xff}\n", 1),
            (cut.as_bytes(), 1),
            (long.as_bytes(), 1),
        ];
        let mut saved = ours.clone().into_bytes();
        others.iter().for_each(|(line, _)| saved.extend_from_slice(line));
        saved.extend_from_slice(ours.as_bytes());
        let mut found = LogLines::new(&saved[..], Path::new("saved.log")).checkpoints_of(log);
        let heads: Vec<_> = found.by_ref().map(|found| found.unwrap().head).collect();
        assert_eq!(heads, [checkpoint.head.clone(), checkpoint.head]);
        assert_eq!(found.passed_over(), others.iter().map(|(_, count)| count).sum::<u64>());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_of_a_saved_system_log_panic_or_go_on_for_ever(
            lines in prop::collection::vec(prop_oneof![
                prop::collection::vec(any::<u8>(), 0..60),
                "(<85>1 - )?\\{\"checkpoint\":[0-9]{0,3}.{0,20}".prop_map(String::into_bytes),
            ], 0..8),
        ) {
            let bytes = lines.join(&b'\n');
            let saved = LogLines::new(&bytes[..], Path::new("saved.log"));
            let found = saved.checkpoints_of(LogId::of_store([3; 16]));
            prop_assert_eq!(found.count(), 0);
        }
    }
}
