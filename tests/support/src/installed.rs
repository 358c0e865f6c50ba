//! Where `cargo xtask setup` puts what tests need.

use std::path::PathBuf;

/// The checkout's `.mabataki` folder.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../.mabataki"))
}

/// The folder with the default model pack.
pub fn pack() -> PathBuf {
    folder().join("pack")
}

/// The ONNX Runtime library.
pub fn runtime() -> PathBuf {
    let name = format!("{}onnxruntime{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    folder().join("runtime").join(name)
}
