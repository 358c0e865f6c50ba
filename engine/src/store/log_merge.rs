//! Files of lines merged into one, by time. Each log's lines keep their order, so that all of them still verify.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::{LogLines, StoreError, files};
use crate::audit::Line;

/// Merges archives of several terminals into a new file. Gives the number of lines. Says after each line that one more was
/// written.
///
/// # Errors
/// [`StoreError::FileExists`]; [`StoreError::BadLog`] for a line that is neither record nor checkpoint. Nothing is left
/// behind.
pub fn merge_logs(from: &[PathBuf], into: &Path, mut written: impl FnMut()) -> Result<u64, StoreError> {
    if files::exists(into)? {
        return Err(StoreError::FileExists { path: into.to_owned() });
    }
    let temporary = files::prepare_new(into, b"")?;
    let mut out = BufWriter::new(temporary.handle()?);
    let mut sources = from.iter().map(|path| Source::open(path)).collect::<Result<Vec<_>, _>>()?;
    let mut count = 0;
    loop {
        let earliest =
            sources.iter_mut().filter(|source| source.next.is_some()).min_by_key(|source| source.latest);
        let Some(source) = earliest else { break };
        if let Some(line) = source.next.take() {
            writeln!(out, "{line}").map_err(StoreError::io("write", into))?;
            count += 1;
            written();
        }
        source.advance()?;
    }
    out.flush().map_err(StoreError::io("write", into))?;
    temporary.publish(into)?;
    Ok(count)
}

/// One file with its next line.
struct Source {
    lines: LogLines<File>,
    next: Option<String>,
    /// The latest time so far: a clock that was set back does not take a line before the one it follows.
    latest: Timestamp,
}

impl Source {
    fn open(path: &Path) -> Result<Source, StoreError> {
        let mut source = Source { lines: LogLines::open(path)?, next: None, latest: Timestamp::MIN };
        source.advance()?;
        Ok(source)
    }

    fn advance(&mut self) -> Result<(), StoreError> {
        let Some(line) = self.lines.next_line()?.map(str::to_owned) else {
            self.next = None;
            return Ok(());
        };
        let time = match Line::parse(&line) {
            Ok(Line::Record(record)) => record.record.entry.time,
            Ok(Line::Checkpoint(checkpoint)) => checkpoint.head.time,
            Err(bad) => return Err(self.lines.bad(&bad.what)),
        };
        self.latest = self.latest.max(time);
        self.next = Some(line);
        Ok(())
    }
}
