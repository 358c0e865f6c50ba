//! Where the virtual reader's driver is, and building it when it is not.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::SupportError;

/// The package and the file cargo makes of it.
const PACKAGE: &str = "mabataki-test-ifd";
const FILE: &str = "libmabataki_ifd.so";

/// The driver's library, beside the running program in cargo's target folder. Built by cargo when it is missing
/// or older than its source.
pub(crate) fn locate() -> Result<PathBuf, SupportError> {
    let program = std::env::current_exe().map_err(SupportError::io("finding the running program"))?;
    let mut folder = program.parent().unwrap_or(Path::new(".")).to_owned();
    if folder.file_name().is_some_and(|name| name == "deps" || name == "examples") {
        folder.pop();
    }
    let library = folder.join(FILE);
    if !is_current(&library) {
        build(&library, folder.file_name().is_some_and(|name| name == "release"))?;
    }
    Ok(library)
}

fn is_current(library: &Path) -> bool {
    let Some(built) = modified(library) else { return false };
    // Away from its source the library is taken as it is.
    let Ok(sources) = std::fs::read_dir(source().join("src")) else { return true };
    sources.flatten().all(|file| modified(&file.path()).is_none_or(|changed| changed <= built))
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../ifd")
}

fn build(library: &Path, release: bool) -> Result<(), SupportError> {
    let refused = |why: String| SupportError::Driver { path: library.to_owned(), why };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--package", PACKAGE]).current_dir(source());
    // `<target>/<profile>/<file>`: cargo must put it there, not where the environment of a test may point.
    if let Some(target) = library.parent().and_then(Path::parent) {
        command.arg("--target-dir").arg(target);
    }
    if release {
        command.arg("--release");
    }
    let output = command.output().map_err(|error| refused(format!("cargo does not start: {error}")))?;
    if !output.status.success() {
        return Err(refused(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    if library.exists() { Ok(()) } else { Err(refused("cargo put it elsewhere".into())) }
}
