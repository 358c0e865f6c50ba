//! The ONNX Runtime library and its one environment.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, OnceLock, PoisonError},
};

use ort::environment::Environment;

use super::{InferenceError, probe::probe};

/// The loaded library. Cheap to clone; every clone is the same one.
#[derive(Debug, Clone)]
pub struct Runtime {
    started: &'static Started,
}

#[derive(Debug)]
struct Started {
    path: PathBuf,
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
        let path = library
            .canonicalize()
            .map_err(|cause| InferenceError::LibraryMissing { path: library.to_path_buf(), cause })?;
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        let started = match STARTED.get() {
            Some(started) => started,
            None => {
                let started = Started::start(path.clone())?;
                STARTED.get_or_init(|| started)
            }
        };
        if started.path != path {
            return Err(InferenceError::OtherLibrary { loaded: started.path.clone(), asked: path });
        }
        Ok(Self { started })
    }

    /// The library's version, such as `1.31.1`.
    pub fn version(&self) -> &str {
        &self.started.version
    }

    /// The file it was loaded from, links resolved.
    pub fn path(&self) -> &Path {
        &self.started.path
    }

    pub(super) fn environment(&self) -> &Environment {
        &self.started.environment
    }
}

impl Started {
    fn start(path: PathBuf) -> Result<Self, InferenceError> {
        let probed = probe(&path)?;
        let failed = |cause| InferenceError::Start { path: path.clone(), cause };
        let environment = ort::init_from(&path)
            .map_err(|cause| failed(cause.to_string().into()))?
            .with_name("mabataki")
            .with_telemetry(false)
            .build()
            .map_err(|cause| failed(cause.into()))?;
        Ok(Self { version: probed.version, path, environment })
    }
}
