//! What can go wrong in xtask: every message names the thing and what to do about it.

use std::io;
use std::path::{Path, PathBuf};

use mabataki_models::{Digest, PackError};
use mabataki_test_machine::MachineError;
use mabataki_test_support::SupportError;

/// Why a task stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot {action} {}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },

    #[error("cannot start `{program}`: {fix}")]
    Start { program: String, fix: &'static str, source: io::Error },

    #[error("`{command}` failed ({status}){output}")]
    Command { command: String, status: String, output: String },

    #[error("the workspace is not where it was expected: run this as `cargo xtask`")]
    NoWorkspace,

    #[error("xtask/pins.toml is not valid: {detail}")]
    Pins { detail: String },

    #[error(
        "set-up has no pinned package for {os} on {machine}. Supply the ONNX Runtime library (1.24 or newer) \
         yourself as {}, and run on Linux (x86_64 or aarch64) for the demo and the tests", library.display()
    )]
    Platform { os: &'static str, machine: &'static str, library: PathBuf },

    #[error(
        "these system packages are missing: {packages}\n  install them, then run this again:\n    {line}"
    )]
    SystemPackages { packages: String, line: String },

    #[error("{package} {version} could not be fetched, and {} does not hold it\n{attempts}", downloads.display())]
    Fetch { package: String, version: String, downloads: PathBuf, attempts: String },

    #[error("{what}: sha256 expected {expected}, found {found}. Nothing of it was kept")]
    Hash { what: String, expected: Digest, found: Digest },

    #[error("{} has no member {member}", archive.display())]
    Member { archive: PathBuf, member: String },

    #[error(transparent)]
    Pack(#[from] PackError),

    #[error(transparent)]
    Card(#[from] SupportError),

    #[error(transparent)]
    Machine(#[from] MachineError),

    #[error("the package manager knows no kernel for a virtual machine")]
    NoKernel,

    #[error("cannot work on the picture {}", path.display())]
    Picture { path: PathBuf, source: image::ImageError },

    #[error("`{command}`: {detail}{}", if fix.is_empty() { String::new() } else { format!(" ({fix})") })]
    Terminal { command: String, detail: String, fix: String },

    #[error("cargo's metadata has not {what}: expected that of this workspace")]
    Metadata { what: &'static str },

    #[error("not as expected: {names}")]
    Outcomes { names: String },

    #[error("the live demo needs a camera and a reader; `cargo xtask demo` needs neither")]
    NoDevices,

    #[error("the command said something that is not JSON: {line:?}")]
    NotJson { line: String },

    #[error("`mabataki face detect` found no face with 68 landmarks in {}", picture.display())]
    NoLandmarks { picture: PathBuf },

    #[error("{} came out with {found} frames, {expected} were expected", recording.display())]
    Frames { recording: PathBuf, expected: usize, found: usize },
}

impl Error {
    /// For `map_err`: an input or output error on a path.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}
