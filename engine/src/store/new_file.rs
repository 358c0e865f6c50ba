//! A new file that is written piece by piece, and gets its name when it is whole.

use std::fs::File;
use std::path::Path;

use super::{
    StoreError,
    files::{self, Temporary},
};

/// A file of mode 0600 under a temporary name, beside where it is to be. Dropped before it is published, it is removed.
pub(crate) struct NewFile(Temporary);

impl NewFile {
    /// Makes an empty one.
    ///
    /// # Errors
    /// [`StoreError::FileExists`] when the name that it is to have is taken; the system's own.
    pub(crate) fn beside(target: &Path) -> Result<NewFile, StoreError> {
        if files::exists(target)? {
            return Err(StoreError::FileExists { path: target.to_owned() });
        }
        Temporary::create(target).map(NewFile)
    }

    /// The file itself, for writing.
    pub(crate) fn open(&self) -> Result<File, StoreError> {
        self.0.handle()
    }

    /// Writes it through to the disk and gives it its name, which must still be free.
    pub(crate) fn publish(self, target: &Path) -> Result<(), StoreError> {
        self.0.publish(target)
    }
}
