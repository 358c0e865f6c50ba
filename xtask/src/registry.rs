//! Fetching packages by name and version through npm and pip, which know their own registries.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::archive;
use crate::command;
use crate::error::Error;
use crate::hash;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone};
use crate::pins::{Kind, Package};

/// The Python that the wheels' tags name; pip is asked for it, so any Python fetches the same file.
const WHEEL_PYTHON: &str = "3.11";

/// Whether the downloads folder already holds the archive, whole and right.
pub(crate) fn holds(layout: &Layout, package: &Package) -> Result<bool, Error> {
    let path = layout.downloads().join(&package.archive);
    let found = hash::of_file(&path).map_err(Error::io("read", &path))?;
    Ok(found == Some(package.sha256))
}

/// Whether the Python at hand brings pip, or can make an environment that does.
pub(crate) fn python_can_fetch() -> bool {
    has_pip(Path::new("python3"))
        || command::succeeds(Command::new("python3").args(["-c", "import venv, ensurepip"]))
}

/// Fetches an archive into the downloads folder; it appears there only when its hash is right.
pub(crate) fn fetch(layout: &Layout, package: &Package, narrator: &Narrator) -> Result<(), Error> {
    narrator.item(Tone::Note, "fetching", &format!("{} {}", package.name, package.version));
    let downloads = layout.downloads();
    let staging = layout.scratch()?;
    let fetched = match package.kind {
        Kind::Npm => fetch_by_npm(package, staging.path()),
        Kind::Wheel | Kind::Sdist => fetch_by_pip(layout, package, staging.path()),
    };
    fetched.map_err(|attempts| Error::Fetch {
        package: package.name.clone(),
        version: package.version.clone(),
        downloads: downloads.clone(),
        attempts,
    })?;
    let arrived = staging.path().join(&package.archive);
    let mut file = File::open(&arrived).map_err(Error::io("find what the client fetched,", &arrived))?;
    archive::place(&mut file, &package.archive, package.sha256, &downloads.join(&package.archive))
}

fn fetch_by_npm(package: &Package, into: &Path) -> Result<(), String> {
    let mut npm = Command::new("npm");
    // Run in the empty folder: a workspace's own npm settings are none of this package's business.
    npm.current_dir(into).args(["pack", "--ignore-scripts", "--loglevel", "error"]);
    npm.arg(format!("{}@{}", package.name, package.version));
    command::quietly(&mut npm, "install npm").map(drop).map_err(|error| indented(&error))
}

/// By the system's pip; where that is missing or refuses, by one in an environment of our own.
fn fetch_by_pip(layout: &Layout, package: &Package, into: &Path) -> Result<(), String> {
    let system = Path::new("python3");
    let mut attempts = Vec::new();
    if has_pip(system) {
        match download(system, package, into) {
            Ok(()) => return Ok(()),
            Err(error) => attempts.push(indented(&error)),
        }
    }
    let own = environment(layout).and_then(|python| download(&python, package, into));
    own.map_err(|error| {
        attempts.push(indented(&error));
        attempts.join("\n")
    })
}

fn download(python: &Path, package: &Package, into: &Path) -> Result<(), Error> {
    let requirements = into.join("requirements.txt");
    let line = format!("{}=={} --hash=sha256:{}\n", package.name, package.version, package.sha256);
    fs::write(&requirements, line).map_err(Error::io("write", &requirements))?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check"]);
    pip.args(["--no-deps", "--require-hashes", "--requirement"]).arg(&requirements);
    pip.arg("--dest").arg(into);
    if package.kind == Kind::Sdist {
        pip.args(["--no-binary", &package.name]);
    } else {
        pip.args(["--only-binary", ":all:", "--implementation", "cp", "--python-version", WHEEL_PYTHON]);
        if let Some(platform) = &package.platform {
            pip.args(["--platform", platform]);
        }
    }
    command::quietly(&mut pip, "install Python 3").map(drop)
}

/// The Python of our own environment, made on first need.
fn environment(layout: &Layout) -> Result<PathBuf, Error> {
    let folder = layout.python();
    let python = folder.join("bin").join("python");
    if !has_pip(&python) {
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&folder);
        command::quietly(&mut venv, "install Python 3 with its venv module")?;
    }
    Ok(python)
}

fn has_pip(python: &Path) -> bool {
    command::succeeds(Command::new(python).args(["-m", "pip", "--version"]))
}

fn indented(error: &Error) -> String {
    format!("  {error}")
}
