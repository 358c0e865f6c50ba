//! What can go wrong with the library, with a net, and with a run of it.

use std::{error::Error, path::PathBuf};

/// Why a net cannot be run.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InferenceError {
    /// There is no such file, or it cannot be read.
    #[error(
        "the ONNX Runtime library {path} cannot be read: {cause}; `cargo xtask setup` or the path given must provide it"
    )]
    LibraryMissing {
        /// The path that was given.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// The file is not a shared library for this machine.
    #[error("{path} cannot be loaded as a library: {cause}")]
    NotALibrary {
        /// The library's path.
        path: PathBuf,
        /// What the loader said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// A shared library, but not ONNX Runtime.
    #[error("{path} is not an ONNX Runtime library: {lack}")]
    ForeignLibrary {
        /// The library's path.
        path: PathBuf,
        /// What it lacks.
        lack: &'static str,
    },
    /// ONNX Runtime, but of a version without the functions used here.
    #[error("the ONNX Runtime library {path} is version {found}, at least 1.{least} is needed")]
    LibraryTooOld {
        /// The library's path.
        path: PathBuf,
        /// Its version.
        found: String,
        /// The least minor version that will do.
        least: u32,
    },
    /// A process can have one such library in its life, and has another already.
    #[error("{asked} cannot be loaded: this process already uses the ONNX Runtime library {loaded}")]
    OtherLibrary {
        /// The library in use.
        loaded: PathBuf,
        /// The library asked for.
        asked: PathBuf,
    },
    /// The library does not start.
    #[error("the ONNX Runtime library {path} does not start: {cause}")]
    Start {
        /// The library's path.
        path: PathBuf,
        /// What it said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The bytes are not a model the library can run.
    #[error("net {net}: not a model that can be run: {cause}")]
    BadModel {
        /// The net's name.
        net: String,
        /// What the library said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// The model has no input or output of the name its manifest gives, or more inputs than that one.
    #[error("net {net}: its manifest names the {kind} {expected:?}, the model has {found}")]
    TensorName {
        /// The net's name.
        net: String,
        /// `input` or `output`.
        kind: &'static str,
        /// The name in the manifest.
        expected: String,
        /// The model's own names.
        found: String,
    },
    /// The tensor does not hold what the manifest says.
    #[error("net {net}: {kind} {tensor:?} should be {expected}, the model has {found}")]
    TensorType {
        /// The net's name.
        net: String,
        /// `input` or `output`.
        kind: &'static str,
        /// The tensor's name.
        tensor: String,
        /// Element type and shape by the manifest.
        expected: String,
        /// Element type and shape of the model.
        found: String,
    },
    /// A run failed.
    #[error("net {net}: the run failed: {cause}")]
    Run {
        /// The net's name.
        net: String,
        /// What the library said.
        #[source]
        cause: Box<dyn Error + Send + Sync>,
    },
    /// An output holds a number that is not finite: the model is broken, or its input was.
    #[error("net {net}: output {output:?} holds a number that is not finite; nothing of it is used")]
    NotFinite {
        /// The net's name.
        net: String,
        /// The output's name.
        output: String,
    },
}
