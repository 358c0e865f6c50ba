//! What cargo builds beside the tests and they need as a file: where it is, and building it when it is not there.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;

use crate::SupportError;

/// A file that cargo makes of the workspace.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Built {
    file: &'static str,
    /// Set if its package stands on no other one: it is built alone, and out of date when one of its sources is newer.
    /// Otherwise cargo is asked, for the whole workspace, as whoever runs all tests has built it before: by itself the package
    /// would have other features, and all below it would be built once more.
    alone: Option<Alone>,
}

/// A package that stands on no other one.
#[derive(Debug, Clone, Copy)]
struct Alone {
    package: &'static str,
    /// The folder of its sources, in the workspace.
    sources: &'static str,
}

impl Built {
    /// The virtual reader's driver.
    pub(crate) const DRIVER: Built = Built {
        file: "libmabataki_ifd.so",
        alone: Some(Alone { package: "mabataki-test-ifd", sources: "tests/ifd/src" }),
    };

    /// The `mabataki` command.
    pub(crate) const MABATAKI: Built = Built { file: "mabataki", alone: None };

    /// The file, beside the running program in cargo's target folder. Built by cargo when it is missing or older than
    /// its sources.
    pub(crate) fn locate(self) -> Result<PathBuf, SupportError> {
        let program = std::env::current_exe().map_err(SupportError::io("finding the running program"))?;
        let mut folder = program.parent().unwrap_or(Path::new(".")).to_owned();
        if folder.file_name().is_some_and(|name| name == "deps" || name == "examples") {
            folder.pop();
        }
        let file = folder.join(self.file);
        if !self.is_current(&file) {
            self.build(&file, folder.file_name().is_some_and(|name| name == "release"))?;
        }
        Ok(file)
    }

    fn is_current(self, file: &Path) -> bool {
        let (Some(built), Some(alone)) = (modified(file), self.alone) else { return false };
        // Away from its sources the file is taken as it is.
        let Ok(sources) = std::fs::read_dir(workspace().join(alone.sources)) else { return true };
        sources.flatten().all(|source| modified(&source.path()).is_none_or(|changed| changed <= built))
    }

    fn build(self, file: &Path, release: bool) -> Result<(), SupportError> {
        let refused = |why: String| SupportError::Build { path: file.to_owned(), why };
        let mut command = cargo();
        command.args(["build", "--quiet"]).current_dir(workspace());
        match self.alone {
            Some(alone) => command.args(["--package", alone.package]),
            None => command.arg("--workspace"),
        };
        // `<target>/<profile>/<file>`: cargo must put it there, not where the environment of a test may point.
        if let Some(target) = file.parent().and_then(Path::parent) {
            command.arg("--target-dir").arg(target);
        }
        if release {
            command.arg("--release");
        }
        let output = command.output().map_err(|error| refused(format!("cargo does not start: {error}")))?;
        if !output.status.success() {
            return Err(refused(String::from_utf8_lossy(&output.stderr).into_owned()));
        }
        if file.exists() { Ok(()) } else { Err(refused("cargo put it elsewhere".into())) }
    }
}

/// Cargo, for building something beside the tests.
///
/// What it says of a package to the package's tests is not passed on: build scripts that look at it would take the change
/// for a reason to run again, and everything above them would be compiled anew, here and once more by whoever comes next.
#[must_use]
pub fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in std::env::vars_os() {
        let of_package = |name: &str| {
            name == "OUT_DIR" || ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.starts_with(start))
        };
        if name.to_str().is_some_and(of_package) {
            cargo.env_remove(name);
        }
    }
    cargo
}

/// The folder of the workspace.
#[must_use]
pub fn workspace() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(2).unwrap_or(here).to_owned()
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
