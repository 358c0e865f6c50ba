//! Turns a frame into one [`Observation`]: it measures, and judges nothing.

mod align;
mod analyser;
mod appearance;
mod contrast;
mod detect;
mod embed;
mod error;
mod eyes;
mod landmarks;
mod light;
mod mask;
mod nets;
mod nms;
mod observation;
mod pose;
mod quality;
mod softmax;
mod spoof;
mod square;
mod stages;
mod still;
mod track;

pub use analyser::Analyser;
pub use error::FaceError;
pub use eyes::EyeNet;
pub use observation::*;
pub use stages::{Stage, Stages};

/// A face as the detector reports it.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Detection {
    /// Its box, px of the frame.
    rect: Rect,
    /// The detector's score, 0..1.
    score: f32,
}
