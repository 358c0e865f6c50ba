//! What a process left that was killed, or whose machine lost its power: a copy of the store on its way to be a backup, or
//! a backup on its way to be the store. Such a copy holds the log's present keys, and people who were erased since.

use std::fs::File;
use std::path::Path;

use rustix::fs::{FlockOperation, flock};

use super::{Location, StoreError, files};

/// Removes what nobody is at work on any more. What cannot be removed now is when the store is opened the next time.
pub(super) fn remove(location: &Location) {
    let unpublished = |path: &Path| files::unpublished(path).unwrap_or_default();
    for copy in [location.database(), location.mirror()].iter().flat_map(|path| unpublished(path)) {
        if let Ok(Some(file)) = files::open_private(&copy)
            && is_free(&file)
        {
            files::remove_new(&copy);
        }
    }
    let restoring = location.restoring();
    if let Ok(lock) = File::open(&restoring.state)
        && is_free(&lock)
    {
        let _ = restoring.remove();
    }
}

/// Takes the lock of whoever works in this folder, for as long as what is returned is there.
///
/// # Errors
/// [`StoreError::Busy`] when somebody does.
pub(super) fn claim(folder: &Path) -> Result<File, StoreError> {
    let opened = File::open(folder).map_err(StoreError::io("open", folder))?;
    if is_free(&opened) {
        return Ok(opened);
    }
    Err(StoreError::Busy { path: folder.to_owned(), waited_s: 0 })
}

fn is_free(file: &File) -> bool {
    flock(file, FlockOperation::NonBlockingLockExclusive).is_ok()
}
