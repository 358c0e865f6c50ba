//! A pack on disk: opened by its manifest, its models handed out only after their hash was checked.

use std::{
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
};

use crate::{
    Digest, MANIFEST_NAME, MAX_MANIFEST_BYTES, MAX_MODEL_BYTES, Manifest, ManifestError, ModelSpec, Role,
};

/// An opened pack. The models' files are not read before they are asked for.
#[derive(Debug, Clone)]
pub struct Pack {
    dir: PathBuf,
    manifest: Manifest,
    digest: Digest,
}

/// A model whose bytes are the ones its manifest names.
#[derive(Clone)]
pub struct Model {
    /// What the manifest says about it.
    pub spec: ModelSpec,
    /// The file's bytes: the very ones that were hashed.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Model({}, {} bytes)", self.spec.file, self.bytes.len())
    }
}

/// What became of checking one file of a pack.
#[derive(Debug)]
pub struct FileCheck {
    /// What the manifest says about it.
    pub spec: ModelSpec,
    /// Nothing, if the file is the one the manifest names.
    pub outcome: Result<(), PackError>,
}

/// Why a pack, or a model of it, cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or folder could not be read or written.
    #[error("{action} {path}: {cause}")]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The folder has no manifest.
    #[error(
        "{dir} is not a model pack: it has no {MANIFEST_NAME}; install one with `mabataki models install`"
    )]
    NoManifest {
        /// The folder.
        dir: PathBuf,
    },
    /// The manifest cannot be used.
    #[error("{path}: {cause}")]
    Manifest {
        /// The manifest's path.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: ManifestError,
    },
    /// The pack has no model for this role.
    #[error("the model pack {dir} has no {role} model; its manifest must name one")]
    NoModel {
        /// The pack's folder.
        dir: PathBuf,
        /// The role asked for.
        role: Role,
    },
    /// The file is larger than a model may be.
    #[error("{path}: a model file may have at most {MAX_MODEL_BYTES} bytes, found {found}")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its length, bytes.
        found: u64,
    },
    /// The file is not the one the manifest names.
    #[error(
        "{path} is not the file its manifest names: expected sha256 {expected}, found {found}; install the pack again"
    )]
    WrongHash {
        /// The file.
        path: PathBuf,
        /// The digest the manifest names.
        expected: Digest,
        /// The digest of the file.
        found: Digest,
    },
    /// The file is the right one, but the manifest gives it another length.
    #[error("{path} has {found} bytes, its manifest says {expected}: correct the manifest")]
    WrongLength {
        /// The file.
        path: PathBuf,
        /// The length the manifest gives, bytes.
        expected: u64,
        /// The file's length, bytes.
        found: u64,
    },
}

impl Pack {
    /// Opens the pack in a folder and checks its manifest.
    ///
    /// # Errors
    /// [`PackError::NoManifest`] if the folder is no pack, [`PackError::Manifest`] if its manifest cannot be used.
    pub fn open(dir: &Path) -> Result<Self, PackError> {
        let bytes = read_manifest(dir)?.ok_or_else(|| PackError::NoManifest { dir: dir.to_path_buf() })?;
        let manifest = Manifest::parse_bytes(&bytes)
            .map_err(|cause| PackError::Manifest { path: dir.join(MANIFEST_NAME), cause })?;
        Ok(Self { dir: dir.to_path_buf(), manifest, digest: Digest::of(&bytes) })
    }

    /// The folder it was opened from.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What it is made of.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// The digest of the manifest's bytes. They name every file's digest, so this one stands for the whole pack.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Reads the model for a role, once, and checks the hash of those bytes.
    ///
    /// # Errors
    /// [`PackError::NoModel`], [`PackError::WrongHash`] with both hashes, [`PackError::TooLarge`] before anything is
    /// read, or what the system says.
    pub fn load(&self, role: Role) -> Result<Model, PackError> {
        let spec =
            self.manifest.model(role).ok_or_else(|| PackError::NoModel { dir: self.dir.clone(), role })?;
        let bytes = read_model(&self.dir.join(&spec.file), spec)?;
        Ok(Model { spec: spec.clone(), bytes })
    }

    /// Checks every file, in the manifest's order.
    pub fn verify(&self) -> Vec<FileCheck> {
        let check = |spec: &ModelSpec| read_model(&self.dir.join(&spec.file), spec).map(drop);
        self.manifest
            .model
            .iter()
            .map(|spec| FileCheck { spec: spec.clone(), outcome: check(spec) })
            .collect()
    }
}

/// The bytes of a folder's manifest, one more than a manifest may have at the most; `None` if it has none.
pub(crate) fn read_manifest(dir: &Path) -> Result<Option<Vec<u8>>, PackError> {
    let path = dir.join(MANIFEST_NAME);
    let file = match open_file(&path) {
        Err(PackError::Io { cause, .. }) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let mut bytes = Vec::new();
    file.take(MAX_MANIFEST_BYTES + 1).read_to_end(&mut bytes).map_err(io_error("read", &path))?;
    Ok(Some(bytes))
}

/// Opens a file that is one: opening a pipe would wait for whoever holds its other end, perhaps for ever.
fn open_file(path: &Path) -> Result<File, PackError> {
    let metadata = std::fs::metadata(path).map_err(io_error("open", path))?;
    if metadata.is_file() {
        return File::open(path).map_err(io_error("open", path));
    }
    Err(io_error("open", path)(io::Error::new(
        io::ErrorKind::InvalidInput,
        "expected a file, found a folder, pipe or device; put the pack's own file there",
    )))
}

/// Reads a model's file and makes sure it is the one its manifest names.
pub(crate) fn read_model(path: &Path, spec: &ModelSpec) -> Result<Vec<u8>, PackError> {
    let file = open_file(path)?;
    let length = file.metadata().map_err(io_error("read", path))?.len();
    if length > MAX_MODEL_BYTES {
        return Err(PackError::TooLarge { path: path.to_path_buf(), found: length });
    }
    // The length is only what the system promised: a file that grows meanwhile is cut, and then has another hash.
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(MAX_MODEL_BYTES).read_to_end(&mut bytes).map_err(io_error("read", path))?;
    let found = Digest::of(&bytes);
    if found != spec.sha256 {
        return Err(PackError::WrongHash { path: path.to_path_buf(), expected: spec.sha256, found });
    }
    if bytes.len() as u64 != spec.bytes {
        return Err(PackError::WrongLength {
            path: path.to_path_buf(),
            expected: spec.bytes,
            found: bytes.len() as u64,
        });
    }
    Ok(bytes)
}

pub(crate) fn io_error(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PackError {
    move |cause| PackError::Io { action, path: path.to_path_buf(), cause }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::fs;

    use pretty_assertions::assert_eq;
    use tempfile::TempDir;

    use super::*;
    use crate::DEFAULT_MANIFEST;

    /// A pack whose model files hold a few bytes each.
    pub(crate) fn small_pack() -> (TempDir, String) {
        let dir = tempfile::tempdir().unwrap();
        let mut manifest = Manifest::parse(DEFAULT_MANIFEST).unwrap();
        for model in &mut manifest.model {
            let bytes = format!("not really {}", model.file);
            model.sha256 = Digest::of(bytes.as_bytes());
            model.bytes = bytes.len() as u64;
            fs::write(dir.path().join(&model.file), bytes).unwrap();
        }
        let text = toml::to_string(&manifest).unwrap();
        fs::write(dir.path().join(MANIFEST_NAME), &text).unwrap();
        (dir, text)
    }

    #[test]
    fn a_whole_pack_opens_and_every_file_is_right() {
        let (dir, text) = small_pack();
        let pack = Pack::open(dir.path()).unwrap();
        assert_eq!(pack.digest(), Digest::of(text.as_bytes()));
        assert_eq!(pack.verify().iter().filter(|check| check.outcome.is_ok()).count(), 5);
        assert_eq!(pack.load(Role::EyeState).unwrap().bytes, b"not really fr_eye.onnx");
    }

    #[test]
    fn a_changed_file_is_refused_with_both_hashes_named() {
        let (dir, _) = small_pack();
        fs::write(dir.path().join("fr_eye.onnx"), b"not really fr_eye.onnX").unwrap();
        let pack = Pack::open(dir.path()).unwrap();
        let expected = pack.manifest().model(Role::EyeState).unwrap().sha256;
        let error = pack.load(Role::EyeState).unwrap_err().to_string();
        assert!(error.contains(&expected.to_string()), "{error}");
        assert!(error.contains(&Digest::of(b"not really fr_eye.onnX").to_string()), "{error}");
        let bad: Vec<_> = pack.verify().into_iter().filter(|check| check.outcome.is_err()).collect();
        assert_eq!(bad.iter().map(|check| check.spec.role).collect::<Vec<_>>(), [Role::EyeState]);
    }

    #[test]
    fn a_missing_file_and_a_missing_manifest_are_named() {
        let (dir, _) = small_pack();
        fs::remove_file(dir.path().join("fr_feature.onnx")).unwrap();
        let error = Pack::open(dir.path()).unwrap().load(Role::Embedding).unwrap_err();
        assert!(matches!(&error, PackError::Io { path, .. } if path.ends_with("fr_feature.onnx")), "{error}");
        fs::remove_file(dir.path().join(MANIFEST_NAME)).unwrap();
        assert!(matches!(Pack::open(dir.path()), Err(PackError::NoManifest { .. })));
    }

    #[test]
    fn a_model_the_pack_does_not_have_is_named_by_its_role() {
        let (dir, text) = small_pack();
        let mut manifest = Manifest::parse(&text).unwrap();
        manifest.model.retain(|model| model.role != Role::AntiSpoof);
        fs::write(dir.path().join(MANIFEST_NAME), toml::to_string(&manifest).unwrap()).unwrap();
        let error = Pack::open(dir.path()).unwrap().load(Role::AntiSpoof).unwrap_err().to_string();
        assert!(error.contains("anti-spoof"), "{error}");
    }

    #[test]
    fn a_file_over_the_limit_is_refused_before_it_is_read() {
        let (dir, _) = small_pack();
        // A sparse file: it costs nothing to make, and would cost 300 MiB to read.
        File::create(dir.path().join("fr_eye.onnx")).unwrap().set_len(300 * 1024 * 1024).unwrap();
        let error = Pack::open(dir.path()).unwrap().load(Role::EyeState).unwrap_err();
        assert!(matches!(error, PackError::TooLarge { found: 314_572_800, .. }), "{error}");
    }

    #[test]
    fn a_length_that_does_not_fit_the_right_file_is_the_manifests_fault() {
        let (dir, text) = small_pack();
        fs::write(dir.path().join(MANIFEST_NAME), text.replacen("bytes = 22", "bytes = 23", 1)).unwrap();
        let error = Pack::open(dir.path()).unwrap().load(Role::EyeState).unwrap_err();
        assert!(matches!(error, PackError::WrongLength { expected: 23, found: 22, .. }), "{error}");
    }

    #[test]
    fn a_folder_in_the_place_of_a_file_is_an_error() {
        let (dir, _) = small_pack();
        fs::remove_file(dir.path().join("fr_eye.onnx")).unwrap();
        fs::create_dir(dir.path().join("fr_eye.onnx")).unwrap();
        assert!(matches!(Pack::open(dir.path()).unwrap().load(Role::EyeState), Err(PackError::Io { .. })));
    }
}
