//! Where things lie: the workspace, and the one ignored folder that set-up fills.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::Error;

/// The workspace and its `.mabataki/` folder, which may be copied to an offline machine as it is.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    root: PathBuf,
}

impl Layout {
    /// Finds the workspace of the xtask that cargo is running.
    ///
    /// Asked at run time, so that a moved checkout is not looked for where it was built.
    pub(crate) fn find() -> Result<Self, Error> {
        let manifest_dir = std::env::var_os("CARGO_MANIFEST_DIR").ok_or(Error::NoWorkspace)?;
        let root = Path::new(&manifest_dir).parent().ok_or(Error::NoWorkspace)?;
        if !root.join("Cargo.lock").is_file() {
            return Err(Error::NoWorkspace);
        }
        Ok(Self::at(root))
    }

    /// The layout of a workspace at `root`.
    pub(crate) fn at(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// `.mabataki/`
    pub(crate) fn home(&self) -> PathBuf {
        self.root.join(".mabataki")
    }

    /// Archives as the package clients delivered them.
    pub(crate) fn downloads(&self) -> PathBuf {
        self.home().join("downloads")
    }

    /// The model pack: its manifest and the models.
    pub(crate) fn pack(&self) -> PathBuf {
        self.home().join("pack")
    }

    /// The ONNX Runtime library.
    pub(crate) fn runtime_library(&self) -> PathBuf {
        self.home().join("runtime").join("libonnxruntime.so")
    }

    /// Pictures and recordings of the demo and the tests.
    pub(crate) fn samples(&self) -> PathBuf {
        self.home().join("samples")
    }

    /// The kernel of the virtual machine that some tests run in.
    pub(crate) fn machine(&self) -> PathBuf {
        self.home().join("machine")
    }

    /// A Python environment of our own, made only where the system's pip is missing or refuses.
    pub(crate) fn python(&self) -> PathBuf {
        self.home().join("python")
    }

    /// A new folder for unfinished work, gone when it is dropped.
    pub(crate) fn scratch(&self) -> Result<TempDir, Error> {
        let folder = self.unfinished();
        fs::create_dir_all(&folder).map_err(Error::io("make the folder", &folder))?;
        TempDir::new_in(&folder).map_err(Error::io("write in", &folder))
    }

    /// Makes the folders and takes the lock that keeps two set-ups apart; it is released on drop.
    /// What a set-up that was cut off left unfinished is removed.
    pub(crate) fn lock(&self) -> Result<File, Error> {
        let downloads = self.downloads();
        fs::create_dir_all(&downloads).map_err(Error::io("make the folder", &downloads))?;
        let path = self.home().join("lock");
        let file = File::create(&path).map_err(Error::io("make", &path))?;
        file.lock().map_err(Error::io("lock", &path))?;
        match fs::remove_dir_all(self.unfinished()) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Error::io("clear the folder", &self.unfinished())(error))
            }
            _ => Ok(file),
        }
    }

    fn unfinished(&self) -> PathBuf {
        self.home().join("unfinished")
    }
}
