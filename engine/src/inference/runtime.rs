//! The ONNX Runtime library and its one environment.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use mabataki_models::Digest;
use ort::environment::Environment;

use super::{InferenceError, library::Library, probe::probe};

/// The loaded library. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Runtime {
    started: &'static Started,
}

#[derive(Debug)]
struct Started {
    library: Library,
    version: String,
    environment: Environment,
}

/// The library can be started once in the life of a process, and never unloaded.
static STARTED: OnceLock<Started> = OnceLock::new();

/// Held while a library is being started, so that two threads do not try at once.
static STARTING: Mutex<()> = Mutex::new(());

impl Runtime {
    /// Loads the library at this path. The first library a process loads stays: asking for it again gives the same,
    /// asking for another is an error. A library that is refused does not count.
    ///
    /// # Errors
    /// [`InferenceError`]: no such file, no library, not ONNX Runtime, too old, or another one is in use.
    pub fn load(library: &Path) -> Result<Self, InferenceError> {
        Self::load_if(library, |_| Ok(()))
    }

    /// As [`Runtime::load`], if `permit` lets it: it is told the SHA-256 of the bytes that would be loaded, before any of
    /// them runs.
    ///
    /// # Errors
    /// As [`Runtime::load`], and what `permit` returns.
    pub fn load_if<E: From<InferenceError>>(
        library: &Path,
        permit: impl FnOnce(Digest) -> Result<(), E>,
    ) -> Result<Self, E> {
        let path = resolve(library)?;
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(started) = STARTED.get() else {
            let library = Library::read(path)?;
            permit(library.digest)?;
            let started = Started::start(library)?;
            return Ok(Self { started: STARTED.get_or_init(|| started) });
        };
        if started.library.path != path {
            let loaded = started.library.path.clone();
            return Err(InferenceError::OtherLibrary { loaded, asked: path }.into());
        }
        permit(started.library.digest)?;
        Ok(Self { started })
    }

    /// The SHA-256 of the library at this path, as it is there now. Nothing of it runs.
    ///
    /// # Errors
    /// [`InferenceError`]: no such file.
    pub fn digest_at(library: &Path) -> Result<Digest, InferenceError> {
        Ok(Library::read(resolve(library)?)?.digest)
    }

    /// The library's version, such as `1.31.1`.
    pub fn version(&self) -> &str {
        &self.started.version
    }

    /// The SHA-256 of the bytes that were loaded.
    pub fn digest(&self) -> Digest {
        self.started.library.digest
    }

    /// The file it was loaded from, links resolved.
    pub fn path(&self) -> &Path {
        &self.started.library.path
    }

    /// Whether the maker's telemetry is built in. It is switched off, and yet such a library reads the machine's id, and keeps a
    /// device id and a database of events in the home of whoever starts it (seen with 1.29.0, 1.30.0 and 1.31.1; 1.28.0 has none).
    ///
    /// # Errors
    /// [`InferenceError::LibraryMissing`] when its bytes cannot be read.
    pub fn has_telemetry(&self) -> Result<bool, InferenceError> {
        let Library { path, .. } = &self.started.library;
        let found = self.started.library.has_telemetry();
        found.map_err(|cause| InferenceError::LibraryMissing { path: path.clone(), cause })
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.started.environment
    }
}

impl Started {
    fn start(library: Library) -> Result<Self, InferenceError> {
        let probed = probe(&library)?;
        let failed = |cause| InferenceError::Start { path: library.path.clone(), cause };
        let environment = ort::init_from(library.place())
            .map_err(|cause| failed(cause.to_string().into()))?
            .with_name("mabataki")
            .with_telemetry(false)
            .build()
            .map_err(|cause| failed(cause.into()))?;
        Ok(Self { version: probed.version, library, environment })
    }
}

fn resolve(library: &Path) -> Result<PathBuf, InferenceError> {
    library
        .canonicalize()
        .map_err(|cause| InferenceError::LibraryMissing { path: library.to_path_buf(), cause })
}
