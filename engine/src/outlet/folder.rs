//! A second place for the checkpoints: a file in a folder that is there already, best on another disk. One line of JSON each,
//! as in the witness folder.
//!
//! The folder is never made, and the file only for the log's first checkpoint: where a disk is not mounted, or another one is,
//! nothing is written into the place of it.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{FlockOperation, OFlags, flock};

use super::{Item, OutletError};
use crate::audit::{Checkpoint, Head, LINE, Line};

/// Appends the checkpoints to the file of their log, through to the disk. Those up to the one that it ends with are left out.
pub(super) fn append(folder: &Path, items: &[Item]) -> Result<(), OutletError> {
    let checkpoints = items.iter().filter_map(|item| match item {
        Item::Checkpoint(checkpoint) => Some(&**checkpoint),
        Item::Record(_) => None,
    });
    let checkpoints: Vec<&Checkpoint> = checkpoints.collect();
    let Some(first) = checkpoints.first() else { return Ok(()) };
    let path = folder.join(format!("{}-{}.jsonl", first.head.terminal, first.head.log));
    match write(folder, &path, &checkpoints) {
        Ok(true) => Ok(()),
        Ok(false) => Err(OutletError::NoCopy { path, number: first.head.number }),
        Err(cause) => Err(OutletError::NotWritten { path, cause }),
    }
}

/// Says whether it was written: not where the file is missing, or empty, that must hold the checkpoints before these.
fn write(folder: &Path, path: &Path, checkpoints: &[&Checkpoint]) -> io::Result<bool> {
    let begins = checkpoints.first().is_some_and(|first| first.head.number == 1);
    // Not through a link that somebody laid, nor into a pipe that nobody empties.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(begins).truncate(false).mode(0o600).custom_flags(flags);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => return Ok(false),
        opened => opened?,
    };
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("expected a file, found something else"));
    }
    flock(&file, FlockOperation::NonBlockingLockExclusive)?;
    let (end, last) = end(&mut file)?;
    if last.is_none() {
        if !begins {
            return Ok(false);
        }
        // It is new: after a power cut its name must be there too.
        File::open(folder)?.sync_all()?;
    }
    // By the whole head, not by the number: after a restoration a log may have gone another way from there.
    let known = checkpoints.iter().position(|checkpoint| Some(&checkpoint.head) == last.as_ref());
    let new = checkpoints.iter().skip(known.map_or(0, |at| at + 1));
    let lines: String = new.map(|checkpoint| checkpoint.to_line() + "\n").collect();
    if file.seek(SeekFrom::End(0))? > end {
        file.set_len(end)?;
        file.seek(SeekFrom::Start(end))?;
    }
    file.write_all(lines.as_bytes())?;
    file.sync_all()?;
    Ok(true)
}

/// Where the last whole line ends, and what its checkpoint states: what follows was left by a power cut.
fn end(file: &mut File) -> io::Result<(u64, Option<Head>)> {
    let begin = file.seek(SeekFrom::End(0))?.saturating_sub(2 * (LINE as u64 + 1));
    file.seek(SeekFrom::Start(begin))?;
    let mut tail = Vec::new();
    (&mut *file).take(2 * (LINE as u64 + 1)).read_to_end(&mut tail)?;
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let lines = tail.get(..whole).unwrap_or_default().strip_suffix(b"\n");
    let last = lines.and_then(|lines| lines.rsplit(|byte| *byte == b'\n').next());
    let Some(last) = last else { return Ok((begin + whole as u64, None)) };
    match std::str::from_utf8(last).ok().and_then(|line| Line::parse(line).ok()) {
        Some(Line::Checkpoint(checkpoint)) => Ok((begin + whole as u64, Some(checkpoint.head))),
        _ => Err(io::Error::other("expected checkpoints, found something else")),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;
    use crate::audit::report::fixture::{october, records};
    use crate::audit::{CheckpointKey, LogId, LogState, MacKey, NextKeys};

    /// A log with so many checkpoints, of a record each.
    fn items(count: u8) -> Vec<Item> {
        items_by(count, 0)
    }

    /// The same log as it went by other keys.
    fn items_by(count: u8, other: u8) -> Vec<Item> {
        let keys = |n: u8| NextKeys {
            records: MacKey::from_bytes([n + other; 32]),
            checkpoint: CheckpointKey::from_seed([n + other; 32]),
            escrow: None,
        };
        let mut state = LogState::begin(LogId::of_store([3; 16]), keys(0));
        let month = records(october());
        let checkpoint = |n: u8| {
            state.extend(&month[usize::from(n)], None);
            Item::Checkpoint(Box::new(state.sign("ward3-a", 0, keys(n)).unwrap()))
        };
        (1..=count).map(checkpoint).collect()
    }

    fn lines(items: &[Item]) -> String {
        let line = |item: &Item| match item {
            Item::Checkpoint(checkpoint) => checkpoint.to_line() + "\n",
            Item::Record(_) => String::new(),
        };
        items.iter().map(line).collect()
    }

    #[test]
    fn checkpoints_are_appended_once_each_to_a_file_of_their_own_that_nobody_else_reads() {
        let folder = tempfile::tempdir().unwrap();
        let all = items(5);
        for part in [&all[..2], &all[..3], &all[3..], &[]] {
            append(folder.path(), part).unwrap();
        }
        let path = folder.path().join(format!("ward3-a-{}.jsonl", "03".repeat(16)));
        assert_eq!(fs::read_to_string(&path).unwrap(), lines(&all));
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn half_a_line_that_a_power_cut_left_is_written_anew() {
        let all = items(4);
        for cut in [1, 100] {
            let folder = tempfile::tempdir().unwrap();
            append(folder.path(), &all[..3]).unwrap();
            let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
            let whole = fs::read(&path).unwrap();
            fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            append(folder.path(), &all[2..]).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), lines(&all));
        }
    }

    #[test]
    fn a_log_that_went_another_way_after_a_restoration_is_seen_to_have_done_so() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (items(4), items_by(4, 100));
        append(folder.path(), &one).unwrap();
        append(folder.path(), &other[2..]).unwrap();
        let path = fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap().path();
        assert_eq!(fs::read_to_string(&path).unwrap(), lines(&one) + &lines(&other[2..]));
    }

    #[test]
    fn another_disk_than_the_one_that_has_the_beginning_is_told_and_gets_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let all = items(4);
        let path = folder.path().join(format!("ward3-a-{}.jsonl", "03".repeat(16)));
        let code = || append(folder.path(), &all[2..]).unwrap_err().code();
        assert_eq!(code(), "outlet_no_copy");
        assert!(!path.exists());
        fs::write(&path, "").unwrap();
        assert_eq!(code(), "outlet_no_copy", "an empty file has no beginning either");
        append(folder.path(), &all).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), lines(&all));
    }

    #[test]
    fn a_folder_that_is_missing_is_not_made_and_nothing_is_written_through_a_link_or_into_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let code = |folder: &Path| append(folder, &items(1)).unwrap_err().code();
        assert_eq!(code(&folder.path().join("unmounted")), "outlet_not_written");
        assert!(!folder.path().join("unmounted").exists());
        let path = folder.path().join(format!("ward3-a-{}.jsonl", "03".repeat(16)));
        let other = folder.path().join("other");
        fs::write(&other, "something else\n").unwrap();
        symlink(&other, &path).unwrap();
        assert_eq!(code(folder.path()), "outlet_not_written");
        fs::remove_file(&path).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(code(folder.path()), "outlet_not_written");
        assert_eq!(fs::read_to_string(&path).unwrap(), "something else\n");
    }
}
