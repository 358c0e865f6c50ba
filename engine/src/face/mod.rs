//! Turns a frame into one [`Observation`]: it measures, and judges nothing.

mod observation;

pub use observation::*;
