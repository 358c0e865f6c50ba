//! The file of checkpoints: beside the anchor, outside the database, one line of JSON each.
//!
//! A checkpoint is written there after the transaction that made it: first the database, then the file. After a power cut
//! between the two the file is behind, and catches up from the database. A database that is behind the file was cut, or
//! put back from an older copy; one that says something else under the same number was written anew.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write as _};
use std::path::PathBuf;

use super::{
    Location, Opened, StoreError, Write, files,
    lock::{For, locked},
};
use crate::audit::{Checkpoint, LINE, Line};

/// Checkpoints that are written at a time.
const AT_ONCE: u32 = 256;

/// The open file of checkpoints of a store.
pub(super) struct CheckpointFile {
    file: File,
    path: PathBuf,
}

impl CheckpointFile {
    /// Opens the file, and makes it when it is missing.
    pub(super) fn open(location: &Location) -> Result<CheckpointFile, StoreError> {
        let path = location.checkpoints();
        if !files::check_file(&path)? {
            // Another process may be faster.
            match files::write_new(&path, b"") {
                Ok(()) | Err(StoreError::FileExists { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        let missing = || StoreError::NoWitness { path: path.clone() };
        let file = files::open_private_to_write(&path)?.ok_or_else(missing)?;
        Ok(CheckpointFile { file, path })
    }

    /// The last checkpoint in the file. The beginning of a line at its end was left by a power cut, and does not count.
    pub(super) fn last(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.locked(For::Reading, || Ok(self.end()?.1))
    }

    /// Compares the database with the last checkpoint that is outside.
    ///
    /// # Errors
    /// [`StoreError::LogCut`], [`StoreError::LogForked`]; [`StoreError::NoWitness`] when the file was taken away or emptied.
    pub(super) fn compare(&self, store: &Write<'_>, outside: Option<&Checkpoint>) -> Result<(), StoreError> {
        let last = store.chain()?.checkpoint();
        let path = store.rows.path.to_owned();
        let Some(outside) = outside else {
            // Of the first checkpoint the file may not have heard yet.
            return if last > 1 { Err(StoreError::NoWitness { path: self.path.clone() }) } else { Ok(()) };
        };
        let number = outside.head.number;
        if last < number {
            return Err(StoreError::LogCut { path, expected: number, found: last });
        }
        let inside = store.checkpoint_of(number)?;
        if inside.is_none_or(|inside| inside.head != outside.head) {
            return Err(StoreError::LogForked { path, outside: self.path.clone(), number });
        }
        Ok(())
    }

    /// Writes the checkpoints that the database has and the file has not, through to the disk.
    pub(super) fn catch_up(&self, store: &Opened) -> Result<(), StoreError> {
        self.locked(For::Writing, || {
            let (end, last) = self.end()?;
            let last = last.map_or(0, |checkpoint| checkpoint.head.number);
            store.look(|store| self.write(end, store, last))
        })
    }

    /// Writes all checkpoints of a store that was made of another a moment ago, and is not committed yet.
    pub(super) fn begin(&self, store: &Write<'_>) -> Result<(), StoreError> {
        self.locked(For::Writing, || self.write(0, store, 0))
    }

    /// Writes the checkpoints after this number from this place on.
    fn write(&self, mut end: u64, store: &Write<'_>, mut last: u64) -> Result<(), StoreError> {
        loop {
            let next = store.checkpoints(last, AT_ONCE)?;
            let Some(newest) = next.last() else { return Ok(()) };
            last = newest.head.number;
            let lines: String = next.iter().map(|checkpoint| checkpoint.to_line() + "\n").collect();
            let mut file = &self.file;
            let written = file
                .set_len(end)
                .and_then(|()| file.seek(SeekFrom::Start(end)))
                .and_then(|_| file.write_all(lines.as_bytes()))
                .and_then(|()| file.sync_data());
            written.map_err(StoreError::io("write", &self.path))?;
            end += lines.len() as u64;
        }
    }

    /// Where the file's last whole line ends, and what it says.
    fn end(&self) -> Result<(u64, Option<Checkpoint>), StoreError> {
        let read = || -> io::Result<(u64, Vec<u8>)> {
            let mut file = &self.file;
            let length = file.seek(SeekFrom::End(0))?;
            // Room for the last line and the beginning of one that was never finished.
            let begin = length.saturating_sub(2 * (LINE as u64 + 1));
            file.seek(SeekFrom::Start(begin))?;
            let mut tail = Vec::new();
            file.take(2 * (LINE as u64 + 1)).read_to_end(&mut tail)?;
            Ok((begin, tail))
        };
        let (begin, mut tail) = read().map_err(StoreError::io("read", &self.path))?;
        let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        tail.truncate(whole);
        let Some(line) =
            tail.strip_suffix(b"\n").and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next())
        else {
            return Ok((begin, None));
        };
        let parsed = std::str::from_utf8(line).ok().and_then(|line| Line::parse(line).ok());
        match parsed {
            Some(Line::Checkpoint(checkpoint)) => Ok((begin + whole as u64, Some(*checkpoint))),
            _ => Err(StoreError::BadWitness { path: self.path.clone() }),
        }
    }

    fn locked<T>(
        &self,
        what_for: For,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        locked(&self.file, &self.path, what_for, work)
    }
}
