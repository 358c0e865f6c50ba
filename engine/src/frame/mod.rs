//! Pictures on their way in: borrowed views with their limits (`raster` says how the bytes lie, `view` checks that they do),
//! the sources they come from, the way to pixels (`decoder`, with `jpeg`, `convert` and `turn`), and the geometry that brings
//! a piece of a picture into a net's input.

mod convert;
mod decoder;
mod error;
mod jpeg;
mod mjpeg;
mod patch;
mod preview;
mod pushed;
mod raster;
mod replay;
mod still;
mod tensor;
mod turn;
mod view;
mod warp;
mod y4m;

pub use decoder::Decoder;
pub use error::FrameError;
pub(crate) use jpeg::end as jpeg_end;
pub use mabataki_models::Colour;
pub use patch::{Area, Border, Patch, Sampling, Similarity};
pub use preview::{PREVIEW_BYTES, PREVIEW_SIDE, preview};
pub use pushed::{FrameFeed, Next, Pace, PushedFrame, PushedFrames, pushed};
pub use raster::{PixelFormat, Plane, Raster};
pub use replay::{DEFAULT_FPS, FrameSource, Replay, open_replay};
pub use still::{Picture, open_still};
pub use tensor::{fill_tensor, luma};
pub use turn::{Rotation, Turn};
pub use view::{Frame, Pixels};

/// The longest side of a picture that is taken, px.
pub const MAX_SIDE: u32 = 8192;

/// The most pixels of a picture that is taken.
pub const MAX_PIXELS: u64 = 32 * 1024 * 1024;

/// The longest JPEG picture that is taken, bytes.
pub const MAX_JPEG_BYTES: usize = 32 * 1024 * 1024;
