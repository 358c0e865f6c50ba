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
    let failed = |error: io::Error| not_made(path, &error);
    let mut file =
        OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path).map_err(failed)?;
    let written = write(&mut file).and_then(|done| File::sync_all(&file).map_err(failed).map(|()| done));
    written.inspect_err(|_| {
        // It holds a part of what was asked for and would be taken for the whole; that it stays is told by the failure.
        let _ = fs::remove_file(path);
    })
}

fn not_made(path: &Path, error: &io::Error) -> Failure {
    let detail = format!("{}: {error}", path.display());
    match error.kind() {
        ErrorKind::AlreadyExists => Failure::usage(detail, "name a file that does not exist yet"),
        _ => Failure::internal("writing the file", &detail),
    }
}
