//! What can be wrong with a picture, or with where it comes from.

use std::{io, path::PathBuf};

use super::{Area, MAX_JPEG_BYTES, MAX_PIXELS, MAX_SIDE};

/// Why a picture cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// A picture without pixels.
    #[error("a picture of {width}×{height} px has no pixels")]
    Empty {
        /// Width, px.
        width: u32,
        /// Height, px.
        height: u32,
    },
    /// More pixels than are taken.
    #[error(
        "a picture may have sides of at most {MAX_SIDE} px and {MAX_PIXELS} pixels, found {width}×{height}"
    )]
    TooLarge {
        /// Width, px.
        width: u64,
        /// Height, px.
        height: u64,
    },
    /// Rows that overlap.
    #[error("a row of {width} px takes at least {least} bytes, the stride is {stride}")]
    Stride {
        /// Width, px.
        width: u32,
        /// The least stride, bytes.
        least: usize,
        /// The stride given, bytes.
        stride: usize,
    },
    /// Fewer bytes than the picture's size and stride need.
    #[error("the picture needs {expected} bytes, {found} were given")]
    TooShort {
        /// Bytes needed.
        expected: usize,
        /// Bytes given.
        found: usize,
    },
    /// A time that does not follow the one before.
    #[error("the frame's time cannot be believed: {why}")]
    Time {
        /// What is expected of it.
        why: &'static str,
    },
    /// A JPEG picture longer than is taken.
    #[error("a JPEG picture may have at most {MAX_JPEG_BYTES} bytes, found {found}")]
    JpegTooLong {
        /// Its length, bytes; at least, where the rest was not read.
        found: usize,
    },
    /// Bytes that are not a JPEG picture, or a damaged one.
    #[error("not a JPEG picture that can be decoded: {cause}")]
    Jpeg {
        /// What is wrong with it.
        cause: String,
    },
    /// A JPEG picture that stops before its end.
    #[error("the JPEG picture is cut off: {found} bytes without an end marker")]
    JpegCutOff {
        /// Its length, bytes.
        found: usize,
    },
    /// A file or folder that cannot be read.
    #[error("{path}: {cause}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Bytes that are no picture file, or a damaged one.
    #[error("not a picture that can be decoded (JPEG, PNG or BMP): {cause}")]
    NotAPicture {
        /// What is wrong with it.
        cause: String,
    },
    /// A picture file that cannot be used.
    #[error("{path}: {cause}")]
    Still {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        cause: Box<FrameError>,
    },
    /// Something is wrong with one picture of a recording.
    #[error("{path}, frame {index}: {cause}")]
    InFile {
        /// The file.
        path: PathBuf,
        /// Which of its frames, from 0.
        index: u64,
        /// What is wrong.
        #[source]
        cause: Box<FrameError>,
    },
    /// A folder without a picture in it.
    #[error("{path} has no pictures in it (.jpg, .jpeg, .png or .bmp)")]
    NoPictures {
        /// The folder.
        path: PathBuf,
    },
    /// A file of a kind that cannot be played.
    #[error("{path} cannot be played: give a picture (.jpg, .png, .bmp), a folder of them, .mjpeg or .y4m")]
    UnknownKind {
        /// The file.
        path: PathBuf,
    },
    /// A recording that is not Y4M, or of a kind that is not taken.
    #[error("not a Y4M recording that can be played: {cause}")]
    Y4m {
        /// What is wrong with it.
        cause: String,
    },
    /// A picture whose chroma goes by two pixels, with a side that does not.
    #[error("a picture with chroma for every other pixel has even sides, found {width}×{height}")]
    OddSide {
        /// Width, px.
        width: u32,
        /// Height, px.
        height: u32,
    },
    /// A picture that the conversion of its layout refuses, though its bytes are all there.
    #[error("a picture of {width}×{height} px cannot be converted to RGB: {cause}")]
    Conversion {
        /// Width, px.
        width: u32,
        /// Height, px.
        height: u32,
        /// What the conversion said.
        cause: String,
    },
    /// A live source that fails: a camera, for instance.
    #[error(transparent)]
    Source {
        /// Its own error.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A frame rate that is not one.
    #[error("a frame rate must be 0.01 to 1000 frames a second, found {fps}")]
    Rate {
        /// The rate given, frames a second.
        fps: f64,
    },
    /// A piece of a picture without size, or beyond the limits.
    #[error("a piece of a picture must have a size, and sides of at most {} px: found {area:?}", 2 * MAX_SIDE)]
    Area {
        /// The piece asked for.
        area: Area,
    },
    /// A transform with a coefficient that is not finite, or too large.
    #[error("a similarity must have finite coefficients of at most {}: found a {a}, b {b}, shift {tx} {ty}", 4 * MAX_SIDE)]
    Transform {
        /// Scale times cosine.
        a: f32,
        /// Scale times sine.
        b: f32,
        /// Shift to the right, px.
        tx: f32,
        /// Shift downwards, px.
        ty: f32,
    },
    /// A picture and a tensor that do not belong together.
    #[error(
        "a net's input takes {expected_size:?} px in {expected_length} numbers, found {width}×{height} px and {length} numbers"
    )]
    Tensor {
        /// The picture's width, px.
        width: u32,
        /// The picture's height, px.
        height: u32,
        /// The tensor's length.
        length: usize,
        /// The width and height the net takes, px.
        expected_size: [u32; 2],
        /// The length the net's input has.
        expected_length: usize,
    },
}
