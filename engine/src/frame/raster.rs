//! How the bytes of a picture lie: the layout of a pixel, the picture's size, where its rows begin, and which way up it is.

use serde::{Deserialize, Serialize};

use super::Turn;

/// How the bytes of a frame are laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum PixelFormat {
    /// One luma byte a pixel.
    Gray8,
    /// Red, green, blue: three bytes a pixel.
    Rgb24,
    /// Blue, green, red: three bytes a pixel.
    Bgr24,
    /// One JPEG picture (motion JPEG sends them one by one).
    Mjpeg,
    /// Red, green, blue and a byte that is passed over: four bytes a pixel.
    Rgba32,
    /// Blue, green, red and a byte that is passed over: four bytes a pixel.
    Bgra32,
    /// Y0 U Y1 V (YUYV): two pixels in four bytes, so the width is even.
    Yuy2,
    /// A plane of luma, one byte a pixel, and a plane of U and V in turn for each two by two pixels, so both sides are even.
    Nv12,
}

impl PixelFormat {
    /// Bytes of a pixel in a row of the first plane. A compressed picture has no rows.
    const fn pixel_bytes(self) -> u32 {
        match self {
            Self::Gray8 | Self::Nv12 => 1,
            Self::Yuy2 => 2,
            Self::Rgb24 | Self::Bgr24 => 3,
            Self::Rgba32 | Self::Bgra32 => 4,
            Self::Mjpeg => 0,
        }
    }
}

/// How the bytes of a picture lie. What of it contradicts itself or the bytes, [`Frame::new`](super::Frame::new) refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Raster {
    /// How the bytes are laid out.
    pub format: PixelFormat,
    /// Width as the bytes lie, px. Of a JPEG picture its own header counts, and this means nothing.
    pub width: u32,
    /// Height as the bytes lie, px; as above.
    pub height: u32,
    /// From row to row, bytes; as above.
    pub stride: u32,
    /// Where the second plane of [`PixelFormat::Nv12`] lies. Without it: behind the last row of the first, with its stride.
    pub chroma: Option<Plane>,
    /// What brings the picture upright.
    pub turn: Turn,
}

/// Where a further plane of a picture lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plane {
    /// From the first byte of the picture, bytes.
    pub offset: u32,
    /// From row to row, bytes.
    pub stride: u32,
}

impl Raster {
    /// A JPEG picture, upright.
    pub const JPEG: Raster = Raster::with_stride(PixelFormat::Mjpeg, 0, 0, 0);

    /// An upright picture of which rows lie close together, and planes too.
    #[must_use]
    pub const fn dense(format: PixelFormat, width: u32, height: u32) -> Raster {
        // A width for which this is too much is refused anyway.
        Raster::with_stride(format, width, height, width.saturating_mul(format.pixel_bytes()))
    }

    /// An upright picture with so many bytes from row to row.
    #[must_use]
    pub const fn with_stride(format: PixelFormat, width: u32, height: u32, stride: u32) -> Raster {
        Raster { format, width, height, stride, chroma: None, turn: Turn::NONE }
    }
}
