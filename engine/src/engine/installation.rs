//! The one file that says where a terminal's parts are.
//!
//! Hosts in users' sessions bring no paths: whoever could point the library at a store, a model pack or a runtime of their own would
//! be let in by those. So one file says it, `/etc/mabataki/mabataki.toml`, which root or the service's own user wrote and
//! nobody else can change: neither the file nor any folder on the way to it.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::process::geteuid;
use serde::Deserialize;

use super::Config;

/// Where it is looked for.
pub const INSTALLATION: &str = "/etc/mabataki/mabataki.toml";

/// Most bytes of it: six paths of at most 4,096 bytes each, and what is said about them.
const MOST: u64 = 64 * 1024;

/// Where a terminal's parts are.
#[derive(Debug, Clone)]
pub struct Installation {
    /// Store, witness, key, model pack and runtime.
    pub config: Config,
    /// Where hosts connect, if it is not where they look first.
    pub socket: Option<PathBuf>,
}

/// Why the file does not count.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallationError {
    /// The system's own.
    #[error("cannot {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// The file, or a folder on the way to it.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Somebody else could have written it.
    #[error("{} does not count: expected {expected}, found {found}", path.display())]
    Untrusted {
        /// The file, or a folder on the way to it.
        path: PathBuf,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// It does not say what it should.
    #[error("{} is not understood: {what}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong, and where.
        what: String,
    },
}

impl InstallationError {
    /// The error's word, which never changes.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            InstallationError::Io { .. } => "no_installation",
            InstallationError::Untrusted { .. } => "not_permitted",
            InstallationError::Malformed { .. } => "bad_installation",
        }
    }

    /// What to do.
    #[must_use]
    pub fn fix(&self) -> &'static str {
        match self {
            InstallationError::Io { .. } => "write it as the manual shows, or say where it is",
            InstallationError::Untrusted { .. } => {
                "give it to root, and let nobody else write to it or to its folders"
            }
            InstallationError::Malformed { .. } => "mend it: the manual shows one",
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    state: PathBuf,
    witness: PathBuf,
    key: PathBuf,
    pack: PathBuf,
    runtime: PathBuf,
    socket: Option<PathBuf>,
}

impl Installation {
    /// Reads the file.
    ///
    /// # Errors
    /// [`InstallationError::Untrusted`] when somebody other than root and the user who runs this could have written it, or can;
    /// [`InstallationError::Malformed`] when a path is missing or not absolute, or something else is in it.
    pub fn read(path: &Path) -> Result<Installation, InstallationError> {
        let failed = |doing| move |source| InstallationError::Io { doing, path: path.to_owned(), source };
        let real = fs::canonicalize(path).map_err(failed("find"))?;
        // What is checked is what is read: nobody who is not trusted can exchange it once the folders are.
        for folder in real.ancestors().skip(1) {
            let found = fs::metadata(folder).map_err(failed("look at the folder of"))?;
            trust(folder, found.uid(), found.mode())?;
        }
        let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
        let file = File::options().read(true).custom_flags(flags).open(&real).map_err(failed("open"))?;
        let found = file.metadata().map_err(failed("look at"))?;
        let malformed = |what: String| InstallationError::Malformed { path: path.to_owned(), what };
        if !found.is_file() {
            return Err(malformed("expected a file, found something else".to_owned()));
        }
        trust(&real, found.uid(), found.mode())?;
        let mut text = String::new();
        file.take(MOST + 1).read_to_string(&mut text).map_err(failed("read"))?;
        if text.len() as u64 > MOST {
            return Err(malformed(format!("expected at most {MOST} bytes, found more")));
        }
        let written: Written = toml::from_str(&text).map_err(|error| malformed(error.to_string()))?;
        written.checked().map_err(malformed)
    }
}

impl Written {
    fn checked(self) -> Result<Installation, String> {
        let Written { state, witness, key, pack, runtime, socket } = self;
        let parts = [
            ("state", Some(&state)),
            ("witness", Some(&witness)),
            ("key", Some(&key)),
            ("pack", Some(&pack)),
            ("runtime", Some(&runtime)),
            ("socket", socket.as_ref()),
        ];
        for (name, path) in parts {
            if let Some(path) = path.filter(|path| !path.is_absolute()) {
                return Err(format!("`{name}`: expected an absolute path, found {}", path.display()));
            }
        }
        let key = key.into();
        Ok(Installation { config: Config { state, key, witness, pack, runtime }, socket })
    }
}

/// Refuses what belongs to anybody but root and the user who runs this, or can be written to by others. In a folder with the
/// sticky bit, as `/tmp`, others cannot touch what is not theirs.
fn trust(path: &Path, owner: u32, mode: u32) -> Result<(), InstallationError> {
    let refuse = |expected, found| InstallationError::Untrusted { path: path.to_owned(), expected, found };
    if owner != 0 && owner != geteuid().as_raw() {
        let expected = "root or the user who runs this as its owner";
        return Err(refuse(expected, format!("user {owner} as its owner")));
    }
    let (others_write, sticky) = (mode & 0o022 != 0, mode & 0o1000 != 0 && path.is_dir());
    if others_write && !sticky {
        return Err(refuse(
            "nobody else to be allowed to write to it",
            format!("mode {:04o}", mode & 0o7777),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
