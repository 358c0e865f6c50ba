//! Measures what the engine can do, on recorded material: how well faces are told apart, eyes read, blinks found,
//! masks seen.
//!
//! Everything here returns a report whose JSON form is the one of `mabataki eval`, and prints nothing.

#![deny(unsafe_code)]

mod bench;
mod blink;
mod compare;
mod dataset;
mod drawn_mask;
mod error;
mod eyes;
mod footprint;
mod histogram;
mod latency;
mod light;
mod mask;
mod pace;
mod picture;
mod plot;
mod search;
mod sketch;
mod spoil;
mod stats;
mod tally;
mod verification;

pub use bench::{BenchReport, Machine, StageSpeed, bench};
pub use blink::{BlinkReport, blink_clip, blink_set};
pub use error::EvalError;
pub use eyes::{EyesReport, EyesRequest, eyes};
pub use footprint::Footprint;
pub use latency::CameraCost;
pub use light::{LightReport, LightRequest, Matching, Spoilt, light};
pub use mask::{DrawnMasks, MaskReport, MaskRequest, Unmasked, UnmaskedClip, mask};
pub use pace::StateCost;
pub use search::{SearchBench, SearchSpeed};
pub use sketch::Sketch;
pub use stats::Spread;
pub use tally::{AtThreshold, Rate};
pub use verification::{Comparisons, GroupReport, VerificationReport, VerificationRequest, verification};

/// How far a measurement has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Pieces done.
    pub done: usize,
    /// Pieces in all; zero when that is not known.
    pub total: usize,
}
