//! Making a pack from loose model files.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    DEFAULT_MANIFEST, MANIFEST_NAME, Manifest, ModelSpec, PackError,
    pack::{io_error, read_manifest, read_model},
};

/// What an installation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Installed {
    /// Model files that were copied.
    pub copied: usize,
    /// Model files that were there already, with the right hash.
    pub kept: usize,
}

/// Makes a pack in the folder `to` from the folder `from`: a pack of one's own if it has a manifest, else the files of
/// the default pack.
///
/// # Errors
/// As [`install`], and when the manifest cannot be read.
pub fn install_from(from: &Path, to: &Path) -> Result<Installed, PackError> {
    let Some(own) = read_manifest(from)? else { return install(DEFAULT_MANIFEST, from, to) };
    let flawed = |cause| PackError::Manifest { path: from.join(MANIFEST_NAME), cause };
    Manifest::parse_bytes(&own).map_err(flawed)?;
    install(&String::from_utf8_lossy(&own), from, to)
}

/// Makes a pack in the folder `to` (made if need be) from a manifest and the folder `from` with the files it names.
///
/// Every file is checked before any of them gets its name, and the manifest gets its name last: an installation that
/// fails leaves nothing behind, and one that is cut off leaves at worst files an older manifest does not vouch for,
/// which [`crate::Pack::load`] refuses. Other files in the folder are left alone. `from` and `to` may be one folder.
///
/// # Errors
/// [`PackError`] naming the manifest's flaw, or the file that is missing or has another hash.
pub fn install(manifest_toml: &str, from: &Path, to: &Path) -> Result<Installed, PackError> {
    let target = to.join(MANIFEST_NAME);
    let manifest = Manifest::parse(manifest_toml)
        .map_err(|cause| PackError::Manifest { path: target.clone(), cause })?;
    fs::create_dir_all(to).map_err(io_error("make the folder", to))?;
    let is_there = |spec: &&ModelSpec| read_model(&to.join(&spec.file), spec).is_ok();
    let (kept, missing): (Vec<_>, Vec<_>) = manifest.model.iter().partition(is_there);

    let mut staged = missing
        .iter()
        .map(|spec| Staged::write(to.join(&spec.file), &read_model(&from.join(&spec.file), spec)?))
        .collect::<Result<Vec<_>, _>>()?;
    if read_manifest(to).ok().flatten().as_deref() != Some(manifest_toml.as_bytes()) {
        staged.push(Staged::write(target, manifest_toml.as_bytes())?);
    }
    staged.into_iter().try_for_each(Staged::commit)?;
    sync_folder(to).map_err(io_error("write", to))?;
    Ok(Installed { copied: missing.len(), kept: kept.len() })
}

/// A file written under a name of its own, which takes its real name on [`Staged::commit`] and is removed otherwise.
struct Staged {
    partial: PathBuf,
    target: PathBuf,
}

impl Staged {
    fn write(target: PathBuf, bytes: &[u8]) -> Result<Self, PackError> {
        let mut name = target.file_name().unwrap_or_default().to_os_string();
        name.push(format!(".{}.partial", std::process::id()));
        let partial = target.with_file_name(name);
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&partial)
            .map_err(io_error("create", &partial))?;
        // From here on the file is ours to remove.
        let staged = Self { partial, target };
        staged.fill(file, bytes).map_err(io_error("write", &staged.partial))?;
        Ok(staged)
    }

    fn fill(&self, mut file: File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn commit(self) -> Result<(), PackError> {
        fs::rename(&self.partial, &self.target).map_err(io_error("rename to", &self.target))
    }
}

impl Drop for Staged {
    fn drop(&mut self) {
        // After a commit the partial name is gone and there is nothing to remove.
        let _ = fs::remove_file(&self.partial);
    }
}

/// Makes the new names last through a power cut. Only Unix can open a folder for that.
fn sync_folder(dir: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(dir)?.sync_all() } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;
    use crate::{Pack, pack::tests::small_pack};

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(dir)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn an_installed_pack_opens_and_verifies() {
        let (from, text) = small_pack();
        let to = tempfile::tempdir().unwrap();
        let to = to.path().join("new").join("pack");
        assert_eq!(install(&text, from.path(), &to).unwrap(), Installed { copied: 5, kept: 0 });
        assert!(Pack::open(&to).unwrap().verify().iter().all(|check| check.outcome.is_ok()));
        assert_eq!(names(&to), names(from.path()));
    }

    #[test]
    fn installing_again_copies_nothing_and_repairs_what_is_broken() {
        let (from, text) = small_pack();
        let to = tempfile::tempdir().unwrap();
        install(&text, from.path(), to.path()).unwrap();
        assert_eq!(install(&text, from.path(), to.path()).unwrap(), Installed { copied: 0, kept: 5 });
        fs::write(to.path().join("fr_eye.onnx"), b"bit rot").unwrap();
        assert_eq!(install(&text, from.path(), to.path()).unwrap(), Installed { copied: 1, kept: 4 });
        assert!(Pack::open(to.path()).unwrap().verify().iter().all(|check| check.outcome.is_ok()));
    }

    #[test]
    fn a_folder_of_loose_files_becomes_a_pack_in_place() {
        let (dir, text) = small_pack();
        fs::remove_file(dir.path().join(MANIFEST_NAME)).unwrap();
        assert_eq!(install(&text, dir.path(), dir.path()).unwrap(), Installed { copied: 0, kept: 5 });
        Pack::open(dir.path()).unwrap();
    }

    #[test]
    fn an_installation_that_fails_leaves_nothing_behind() {
        let (from, text) = small_pack();
        fs::write(from.path().join("fr_feature.onnx"), b"tampered").unwrap();
        let to = tempfile::tempdir().unwrap();
        fs::write(to.path().join("notes.txt"), b"mine").unwrap();
        let error = install(&text, from.path(), to.path()).unwrap_err();
        assert!(
            matches!(&error, PackError::WrongHash { path, .. } if path.ends_with("fr_feature.onnx")),
            "{error}"
        );
        assert_eq!(names(to.path()), ["notes.txt"]);
    }

    #[test]
    fn a_pack_that_works_survives_an_installation_that_fails() {
        let (from, text) = small_pack();
        let to = tempfile::tempdir().unwrap();
        install(&text, from.path(), to.path()).unwrap();
        let other = text.replace("version = \"0.0.1\"", "version = \"0.0.2\"").replacen(
            &crate::Digest::of(b"not really fr_eye.onnx").to_string(),
            &crate::Digest::of(b"another").to_string(),
            1,
        );
        install(&other, from.path(), to.path()).unwrap_err();
        assert!(Pack::open(to.path()).unwrap().verify().iter().all(|check| check.outcome.is_ok()));
    }

    #[test]
    fn a_folder_with_a_manifest_is_installed_as_the_pack_it_describes() {
        let (from, manifest) = small_pack();
        fs::write(from.path().join(MANIFEST_NAME), &manifest).unwrap();
        let to = tempfile::tempdir().unwrap();
        install_from(from.path(), to.path()).unwrap();
        assert_eq!(fs::read_to_string(to.path().join(MANIFEST_NAME)).unwrap(), manifest);
        fs::remove_file(from.path().join(MANIFEST_NAME)).unwrap();
        // Without one, its files would have to be the default pack's.
        assert!(matches!(
            install_from(from.path(), to.path()),
            Err(PackError::Io { .. } | PackError::WrongHash { .. })
        ));
    }

    #[test]
    fn a_manifest_beyond_the_limit_is_refused_wherever_it_comes_from() {
        let (from, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        fs::write(from.path().join(MANIFEST_NAME), vec![b'#'; 1 << 20]).unwrap();
        assert!(matches!(install_from(from.path(), to.path()), Err(PackError::Manifest { .. })));
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_in_a_files_place_is_refused_and_not_waited_for() {
        let from = tempfile::tempdir().unwrap();
        let pipe = from.path().join(MANIFEST_NAME);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        assert!(matches!(Pack::open(from.path()), Err(PackError::Io { .. })));
        assert!(matches!(install_from(from.path(), from.path()), Err(PackError::Io { .. })));
    }
}
