//! What can go wrong while a face is measured.

use mabataki_models::{PackError, Role};

use crate::{frame::FrameError, inference::InferenceError};

/// Why a frame could not be judged. That there is no face in it is no error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FaceError {
    /// The model pack cannot be used.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// A model is of a family this version cannot read.
    #[error(
        "the pack's {role} model {file} is of a family that this version cannot read; use a pack made for it"
    )]
    Family {
        /// What the model is for.
        role: Role,
        /// Its file in the pack.
        file: String,
    },
    /// A net cannot be loaded or run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// The picture is not one.
    #[error(transparent)]
    Frame(#[from] FrameError),
}
