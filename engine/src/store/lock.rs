//! One process at a time in a file of the witness folder.

use std::fs::File;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::{StoreError, schema::BUSY_TIMEOUT};

/// How often a lock that another process has is asked for.
const ASK_EVERY: Duration = Duration::from_millis(2);

/// For what a file is locked.
#[derive(Debug, Clone, Copy)]
pub(super) enum For {
    /// Others may read as well.
    Reading,
    /// Nobody else may do anything.
    Writing,
}

/// Does `work` while this process has the lock on the file at `path`.
///
/// # Errors
/// What `work` returns; [`StoreError::Busy`] when another process keeps the lock for longer than 5 s: one that was stopped
/// must not stop every other for good.
pub(super) fn locked<T>(
    file: &File,
    path: &Path,
    what_for: For,
    work: impl FnOnce() -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let failed = |error: Errno| StoreError::io("lock", path)(error.into());
    let operation = match what_for {
        For::Reading => FlockOperation::NonBlockingLockShared,
        For::Writing => FlockOperation::NonBlockingLockExclusive,
    };
    let begun = Instant::now();
    loop {
        match flock(file, operation) {
            Ok(()) => break,
            Err(Errno::INTR) => {}
            Err(Errno::WOULDBLOCK) if begun.elapsed() < BUSY_TIMEOUT => sleep(ASK_EVERY),
            Err(Errno::WOULDBLOCK) => {
                let waited_s = BUSY_TIMEOUT.as_secs();
                return Err(StoreError::Busy { path: path.to_owned(), waited_s });
            }
            Err(error) => return Err(failed(error)),
        }
    }
    let done = work();
    let unlocked = flock(file, FlockOperation::Unlock).map_err(failed);
    done.and_then(|done| unlocked.map(|()| done))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_keeps_the_lock_makes_others_wait_but_not_for_ever() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let open =
            || File::options().create(true).truncate(false).read(true).write(true).open(&path).unwrap();
        let (one, other) = (open(), open());
        flock(&one, FlockOperation::LockExclusive).unwrap();
        let refused = locked(&other, &path, For::Reading, || Ok(())).unwrap_err();
        assert_eq!(refused.code(), "store_busy", "{refused}");
        let keeper = std::thread::spawn(move || {
            sleep(Duration::from_millis(50));
            flock(&one, FlockOperation::Unlock).unwrap();
        });
        locked(&other, &path, For::Writing, || Ok(())).unwrap();
        keeper.join().unwrap();
    }
}
