//! Why a measurement could not be made.

use std::path::PathBuf;

use mabataki_engine::{
    camera::CameraError, face::FaceError, frame::FrameError, inference::InferenceError, matching::MatchError,
};
use mabataki_models::PackError;

/// An input that is missing or not what was expected, or an engine that could not work.
#[derive(Debug, thiserror::Error)]
pub enum EvalError {
    /// A file or folder could not be read or written.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file or folder does not hold what this measurement needs.
    #[error("{path}: expected {expected}, found {found}", path = path.display())]
    Input {
        /// Which one.
        path: PathBuf,
        /// What it should hold.
        expected: &'static str,
        /// What it holds instead.
        found: String,
    },
    /// A picture or recording cannot be read.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// Templates of no or too many samples were asked for.
    #[error("a template takes 1 to {most} samples, asked for {found}")]
    Samples {
        /// The limit.
        most: usize,
        /// As asked.
        found: usize,
    },
    /// The pack's detector does not see the drawn face that speed is measured on.
    #[error(
        "the pack's detector finds no face with two eyes in the drawing that speed is measured on; is it a face detector?"
    )]
    NoFace,
    /// The drawing cannot be turned into what a camera sends.
    #[error("the drawing that speed is measured on cannot be turned into NV12: {cause}")]
    Drawing {
        /// What the conversion said.
        cause: String,
    },
    /// The camera that speed is measured with cannot be opened.
    #[error(transparent)]
    Camera(#[from] CameraError),
    /// A face could not be measured.
    #[error(transparent)]
    Face(#[from] FaceError),
    /// A net could not be run.
    #[error(transparent)]
    Inference(#[from] InferenceError),
    /// Two faces could not be compared.
    #[error(transparent)]
    Match(#[from] MatchError),
    /// The model pack could not be read.
    #[error(transparent)]
    Pack(#[from] PackError),
}

impl EvalError {
    /// Names the path that an operation of the system failed on.
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
