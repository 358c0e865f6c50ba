//! The model pack: which nets the engine runs, how each is fed and read, and the proof that the bytes are the ones
//! the manifest names.
//!
//! A pack is a folder with a `manifest.toml` and the model files it names. [`Pack::open`] reads the manifest,
//! [`Pack::load`] hands out a model's bytes after checking their hash, [`install`] makes a pack from loose files.

#![forbid(unsafe_code)]

mod calibration;
mod digest;
mod install;
mod manifest;
mod pack;
mod spec;

pub use calibration::{Calibration, Point, Population};
pub use digest::{Digest, DigestError};
pub use install::{Installed, install, install_from};
pub use manifest::{DEFAULT_MANIFEST, MANIFEST_NAME, Manifest, ManifestError, PackInfo};
pub use pack::{FileCheck, Model, Pack, PackError};
pub use spec::{
    AntiSpoof, Arcface, Colour, Decoder, EyeState, InputSpec, Landmarks68, Layout, ModelSpec, PerChannel,
    Role, Source, Ultralight,
};

/// The largest manifest that is read, bytes.
pub const MAX_MANIFEST_BYTES: u64 = 64 * 1024;

/// The largest model file that is read, bytes.
pub const MAX_MODEL_BYTES: u64 = 256 * 1024 * 1024;
