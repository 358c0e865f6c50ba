//! Where the store, its key, the pack and the runtime are, when nobody says.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;
#[cfg(feature = "tpm")]
use mabataki_engine::engine::Error;
use mabataki_engine::keys::KeyPlace;
#[cfg(feature = "tpm")]
use mabataki_engine::keys::tpm::TpmDevice;

use crate::args::Global;
use crate::failure::Failure;

/// The paths of this run.
#[derive(Debug, Clone)]
pub(crate) struct Places {
    pub(crate) state: PathBuf,
    pub(crate) key: KeyPlace,
    pub(crate) witness: PathBuf,
    pub(crate) pack: PathBuf,
    pub(crate) runtime: PathBuf,
}

impl Places {
    /// What was said on the command line or in the environment; else what `cargo xtask setup` made in the checkout
    /// that this is run in; else where the platform keeps such things.
    pub(crate) fn find(global: &Global) -> Result<Places, Failure> {
        let checkout = checkout();
        let data = data_folder()?;
        let state = global.state.clone().unwrap_or_else(|| data.join("state"));
        let key = KeyPlace::new(match &global.key {
            Some(key) => key.clone(),
            None => beside(&state, "key", "--key")?,
        });
        #[cfg(feature = "tpm")]
        let key = match &global.tpm {
            Some(tcti) => key.with_tpm(TpmDevice::at(tcti).map_err(Error::from)?),
            None => key,
        };
        let witness = match &global.witness {
            Some(witness) => witness.clone(),
            None => beside(&state, "witness", "--witness")?,
        };
        let local =
            |name: &str| checkout.as_ref().map(|folder| folder.join(name)).filter(|path| path.exists());
        let pack = global.pack.clone().or_else(|| local("pack")).unwrap_or_else(|| data.join("pack"));
        let runtime = (global.runtime.clone())
            .or_else(|| local(&format!("runtime/{RUNTIME}")))
            .unwrap_or_else(|| data.join("runtime").join(RUNTIME));
        Ok(Places { state, key, witness, pack, runtime })
    }
}

const RUNTIME: &str = if cfg!(windows) {
    "onnxruntime.dll"
} else if cfg!(target_os = "macos") {
    "libonnxruntime.dylib"
} else {
    "libonnxruntime.so"
};

/// What belongs to the state folder and must not lie in it: who copies the folder has not got its key, and who puts an old
/// one back has not put back its witness.
fn beside(state: &Path, suffix: &str, option: &str) -> Result<PathBuf, Failure> {
    match state.file_name() {
        Some(name) => {
            let mut name = name.to_os_string();
            name.push(".");
            name.push(suffix);
            Ok(state.with_file_name(name))
        }
        None => Err(Failure::usage(
            format!(
                "{}: a state folder needs a name, so that its {suffix} can lie beside it",
                state.display()
            ),
            format!("say where with {option}"),
        )),
    }
}

fn data_folder() -> Result<PathBuf, Failure> {
    if runs_as_root() {
        return Ok(PathBuf::from("/var/lib/mabataki"));
    }
    let base = etcetera::choose_base_strategy().map_err(|error| {
        Failure::usage(format!("no home folder: {error}"), "say where the store is with --state")
    })?;
    Ok(base.data_dir().join("mabataki"))
}

fn runs_as_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// The `.mabataki` folder of the checkout around the working folder.
fn checkout() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    let root = here.ancestors().find(|folder| folder.join("models/manifest.toml").is_file())?;
    let folder = root.join(".mabataki");
    is_ours(&folder).then_some(folder)
}

/// Whether a folder belongs to whoever runs this, or to root, and not everybody may put something into it: what somebody
/// else put in the way must not choose the library that is loaded. A link must be ours as well as what it leads to.
fn is_ours(folder: &Path) -> bool {
    let me = rustix::process::geteuid().as_raw();
    let found = [std::fs::symlink_metadata(folder), std::fs::metadata(folder)];
    let owned = found.iter().flatten().filter(|found| [0, me].contains(&found.uid())).count() == 2;
    let [_, target] = found;
    owned && target.is_ok_and(|target| target.is_dir() && target.mode() & 0o002 == 0)
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn a_folder_that_everybody_may_write_to_is_not_ours_and_neither_is_a_link_to_it() {
        let outer = tempfile::tempdir().unwrap();
        let (folder, link) = (outer.path().join("folder"), outer.path().join("link"));
        fs::create_dir(&folder).unwrap();
        symlink(&folder, &link).unwrap();
        assert!(is_ours(&folder) && is_ours(&link));
        fs::set_permissions(&folder, Permissions::from_mode(0o1777)).unwrap();
        assert!(!is_ours(&folder) && !is_ours(&link));
        assert!(!is_ours(&outer.path().join("missing")));
    }
}
