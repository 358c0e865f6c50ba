//! Where a store is: its folder, and the folder beside it that bears witness to it.

use std::fs;
use std::path::{Path, PathBuf};

use super::{StoreError, anchor::Anchor, files, schema};

/// The database's name in the state folder.
pub(super) const DATABASE: &str = "store.sqlite";
/// The name of the folder in the state folder in which a backup is unpacked.
const RESTORING: &str = "restoring";
/// The anchor's name in the witness folder.
const ANCHOR: &str = "anchor";
/// The name of the file of checkpoints there.
const CHECKPOINTS: &str = "checkpoints";
/// The mirror's name there.
const MIRROR: &str = "mirror.sqlite";

/// The folders of a store.
///
/// Whoever puts an old copy of the state folder in its place puts back people, cards and counters as they were. What tells
/// is in the witness folder: it remembers how far the store had come. The further apart the two are the better: on another
/// disk, the copy of a whole disk is noticed too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The state folder.
    pub state: PathBuf,
    /// The witness folder, outside the state folder.
    pub witness: PathBuf,
}

impl Location {
    /// The witness folder beside the state folder: for `DIR`, `DIR.witness`.
    pub fn beside(state: &Path) -> Location {
        let witness = match state.file_name() {
            Some(_) => files::beside(state, ".witness"),
            None => state.join(".witness"),
        };
        Location { state: state.to_owned(), witness }
    }

    /// Where a backup is unpacked before it takes the place of this store: in the state folder, as what is beside it may
    /// be on another disk, from which no file is moved in one step.
    pub(super) fn restoring(&self) -> Location {
        Location::beside(&self.state.join(RESTORING))
    }

    /// Removes both folders with all that is in them.
    pub(super) fn remove(&self) -> Result<(), StoreError> {
        for folder in [&self.state, &self.witness] {
            if files::exists(folder)? {
                files::check_folder(folder)?;
                fs::remove_dir_all(folder).map_err(StoreError::io("remove", folder))?;
            }
        }
        Ok(())
    }

    pub(super) fn database(&self) -> PathBuf {
        self.state.join(DATABASE)
    }

    pub(super) fn anchor(&self) -> PathBuf {
        self.witness.join(ANCHOR)
    }

    /// The file of checkpoints in the witness folder.
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.witness.join(CHECKPOINTS)
    }

    pub(super) fn mirror(&self) -> PathBuf {
        self.witness.join(MIRROR)
    }

    /// What lies in the folder that is put back would be put back with it.
    pub(super) fn check(&self) -> Result<(), StoreError> {
        for (inner, outer) in [(&self.witness, &self.state), (&self.state, &self.witness)] {
            if files::lies_in(inner, outer)? {
                return Err(StoreError::NotPermitted {
                    path: inner.clone(),
                    expected: "state and witness folder apart from each other",
                    found: format!("one inside {}", outer.display()),
                });
            }
        }
        Ok(())
    }

    /// The database, if it is there and nobody else may touch it.
    ///
    /// # Errors
    /// [`StoreError::Emptied`] when it is not there, and the witness says that it was.
    pub(super) fn find_database(&self) -> Result<PathBuf, StoreError> {
        self.check()?;
        let missing = |found: String| {
            Err(if Anchor::exists(self)? {
                StoreError::Emptied { path: self.state.clone() }
            } else {
                StoreError::NoStore { path: self.state.clone(), found }
            })
        };
        if !files::exists(&self.state)? {
            return missing("nothing".to_owned());
        }
        files::check_folder(&self.state)?;
        let path = self.database();
        if !files::check_file(&path)? {
            return missing(format!("a folder without {DATABASE}"));
        }
        for suffix in ["-wal", "-shm", "-journal"] {
            files::check_file(&files::beside(&path, suffix))?;
        }
        files::check_writable(&self.state)?;
        schema::refuse_cut_file(&path)?;
        Ok(path)
    }
}
