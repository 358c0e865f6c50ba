//! What is taken out of a store goes to standard output or into a file of its own.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use crate::failure::Failure;

/// Only whoever runs the command may read what holds people's names.
const PRIVATE: u32 = 0o600;

/// Hands `write` a new file, or standard output where none is named. A file that could not be finished is removed.
pub(super) fn with<T>(
    path: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let Some(path) = path else { return write(&mut io::stdout().lock()) };
    let mut file = new(path)?;
    let synced = |file: &File| file.sync_all().map_err(|error| not_made(path, &error));
    let written = write(&mut file).and_then(|done| synced(&file).map(|()| done));
    written.inspect_err(|_| {
        // It holds a part of what was asked for and would be taken for the whole; that it stays is told by the failure.
        let _ = fs::remove_file(path);
    })
}

/// A new file that nobody else may read.
pub(super) fn new(path: &Path) -> Result<File, Failure> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path);
    opened.map_err(|error| not_made(path, &error))
}

fn not_made(path: &Path, error: &io::Error) -> Failure {
    let detail = format!("{}: {error}", path.display());
    match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage(detail, "name a file that does not exist yet"),
        _ => Failure::internal("writing the file", &detail),
    }
}
