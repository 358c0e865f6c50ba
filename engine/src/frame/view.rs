//! Borrowed views of pictures, checked before anything looks at a pixel.

use std::{fmt, time::Duration};

use mabataki_models::Colour;
use serde::{Deserialize, Serialize};

use super::{FrameError, MAX_JPEG_BYTES, MAX_PIXELS, MAX_SIDE, jpeg};

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
}

impl PixelFormat {
    /// The uncompressed format with these channels.
    pub(super) const fn of(colour: Colour) -> Self {
        match colour {
            Colour::Gray => Self::Gray8,
            Colour::Rgb => Self::Rgb24,
            Colour::Bgr => Self::Bgr24,
        }
    }

    /// The channels of an uncompressed format.
    const fn colour(self) -> Option<Colour> {
        match self {
            Self::Gray8 => Some(Colour::Gray),
            Self::Rgb24 => Some(Colour::Rgb),
            Self::Bgr24 => Some(Colour::Bgr),
            Self::Mjpeg => None,
        }
    }
}

/// One picture as a source gives it: maybe compressed, with its time. Within the limits of this module by construction.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    width: u32,
    height: u32,
    time: Duration,
    content: Content<'a>,
}

#[derive(Clone, Copy)]
enum Content<'a> {
    Pixels(Pixels<'a>),
    Jpeg(&'a [u8]),
}

impl<'a> Frame<'a> {
    /// A view of a picture. `stride` is the distance between rows, bytes; `time` is that of capture on the source's
    /// steady clock. Of a JPEG picture, width, height and stride given here mean nothing: its own header counts.
    ///
    /// # Errors
    /// [`FrameError`] for a size of zero or beyond the limits, a stride shorter than a row, fewer bytes than that
    /// needs, or a JPEG picture too long or without a readable header.
    pub fn new(
        format: PixelFormat,
        width: u32,
        height: u32,
        stride: usize,
        data: &'a [u8],
        time: Duration,
    ) -> Result<Self, FrameError> {
        match format.colour() {
            Some(colour) => {
                let pixels = Pixels::new(colour, width, height, stride, data)?;
                Ok(Self { width, height, time, content: Content::Pixels(pixels) })
            }
            None => Self::jpeg(data, time),
        }
    }

    /// A view of one JPEG picture. Its markers are followed to its end, and what stands behind it is left out; whether the
    /// rest is sound, decoding will tell.
    ///
    /// # Errors
    /// As [`Frame::new`], and [`FrameError::JpegCutOff`] if there is no end.
    pub fn jpeg(data: &'a [u8], time: Duration) -> Result<Self, FrameError> {
        if data.len() > MAX_JPEG_BYTES {
            return Err(FrameError::JpegTooLong { found: data.len() });
        }
        let end = jpeg::end(data)?;
        Self::whole_jpeg(&data[..end], time)
    }

    /// A view of a JPEG picture that is known to go from its start marker to its end marker.
    pub(super) fn whole_jpeg(data: &'a [u8], time: Duration) -> Result<Self, FrameError> {
        let [width, height] = jpeg::size(data)?;
        check_size(width, height)?;
        Ok(Self { width, height, time, content: Content::Jpeg(data) })
    }

    /// Width, px.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height, px.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Time of capture on the source's steady clock.
    pub fn time(&self) -> Duration {
        self.time
    }

    /// The same picture with another time.
    #[must_use]
    pub fn at(self, time: Duration) -> Self {
        Self { time, ..self }
    }

    /// The pixels, unless they are compressed.
    pub(super) fn pixels(&self) -> Result<Pixels<'a>, &'a [u8]> {
        match self.content {
            Content::Pixels(pixels) => Ok(pixels),
            Content::Jpeg(bytes) => Err(bytes),
        }
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}×{} at {:?})", self.width, self.height, self.time)
    }
}

/// Pixels that can be looked at: one byte a channel, rows top down. Within the limits of this module by construction,
/// and every row is there in full.
#[derive(Clone, Copy)]
pub struct Pixels<'a> {
    colour: Colour,
    width: u32,
    height: u32,
    stride: usize,
    data: &'a [u8],
}

impl<'a> Pixels<'a> {
    /// A view of pixels, `stride` bytes from row to row.
    ///
    /// # Errors
    /// [`FrameError`] for a size of zero or beyond the limits, a stride shorter than a row, or fewer bytes than that
    /// needs (the last row need not be filled up to the stride).
    pub fn new(
        colour: Colour,
        width: u32,
        height: u32,
        stride: usize,
        data: &'a [u8],
    ) -> Result<Self, FrameError> {
        check_size(width, height)?;
        let least = width as usize * colour.channels();
        if stride < least {
            return Err(FrameError::Stride { width, least, stride });
        }
        let expected = stride.checked_mul(height as usize - 1).and_then(|rows| rows.checked_add(least));
        match expected {
            Some(expected) if data.len() >= expected => {
                Ok(Self { colour, width, height, stride, data: &data[..expected] })
            }
            _ => Err(FrameError::TooShort { expected: expected.unwrap_or(usize::MAX), found: data.len() }),
        }
    }

    /// The channels of a pixel, in order.
    pub fn colour(&self) -> Colour {
        self.colour
    }

    /// Width, px.
    pub fn width(&self) -> u32 {
        self.width
    }

    /// Height, px.
    pub fn height(&self) -> u32 {
        self.height
    }

    /// Distance from one row to the next, bytes.
    pub fn stride(&self) -> usize {
        self.stride
    }

    /// All bytes from the first pixel to the last.
    pub fn data(&self) -> &'a [u8] {
        self.data
    }

    /// One row, from the top; empty below the last.
    pub fn row(&self, y: u32) -> &'a [u8] {
        if y >= self.height {
            return &[];
        }
        let start = y as usize * self.stride;
        &self.data[start..start + self.width as usize * self.colour.channels()]
    }
}

impl fmt::Debug for Pixels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pixels({:?} {}×{}, stride {})", self.colour, self.width, self.height, self.stride)
    }
}

/// Refuses a picture without pixels, or with more than are taken.
pub(super) fn check_size(width: u32, height: u32) -> Result<(), FrameError> {
    if width == 0 || height == 0 {
        return Err(FrameError::Empty { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE || u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(FrameError::TooLarge { width: width.into(), height: height.into() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn frame(width: u32, height: u32, stride: usize, data: &[u8]) -> Result<Frame<'_>, FrameError> {
        Frame::new(PixelFormat::Rgb24, width, height, stride, data, Duration::ZERO)
    }

    #[test]
    fn the_last_row_need_not_be_filled_up_to_the_stride() {
        let data = [7; 16 + 6];
        assert_eq!(frame(2, 2, 16, &data).unwrap().pixels().unwrap().row(1), [7; 6]);
        assert!(matches!(frame(2, 2, 16, &data[1..]), Err(FrameError::TooShort { expected: 22, found: 21 })));
    }

    #[test]
    fn a_picture_without_pixels_is_refused() {
        assert!(matches!(frame(0, 1, 3, &[0; 3]), Err(FrameError::Empty { width: 0, height: 1 })));
        assert!(matches!(frame(1, 0, 3, &[0; 3]), Err(FrameError::Empty { width: 1, height: 0 })));
    }

    #[test]
    fn a_stride_shorter_than_a_row_is_refused() {
        let error = frame(10, 2, 29, &[0; 60]).unwrap_err();
        assert_eq!(error.to_string(), "a row of 10 px takes at least 30 bytes, the stride is 29");
    }

    #[test]
    fn a_picture_beyond_the_limits_is_refused_before_its_bytes_are_counted() {
        assert!(matches!(frame(8193, 1, 0, &[]), Err(FrameError::TooLarge { width: 8193, .. })));
        assert!(matches!(frame(8192, 8192, 0, &[]), Err(FrameError::TooLarge { .. })));
        assert!(matches!(frame(u32::MAX, u32::MAX, usize::MAX, &[]), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn a_stride_that_overflows_is_refused() {
        assert!(matches!(frame(1, 8192, usize::MAX, &[0; 9]), Err(FrameError::TooShort { .. })));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_has_every_row_in_full(
            width in 0u32..40, height in 0u32..40, stride in 0usize..130, length in 0usize..5000,
        ) {
            let data = vec![0; length];
            if let Ok(frame) = frame(width, height, stride, &data) {
                let pixels = frame.pixels().unwrap();
                for y in 0..height {
                    prop_assert_eq!(pixels.row(y).len(), width as usize * 3);
                }
                prop_assert!(pixels.row(height).is_empty());
            }
        }

        #[test]
        fn no_size_makes_the_check_panic(width: u32, height: u32, stride: usize, length in 0usize..64) {
            let _ = frame(width, height, stride, &vec![0; length]);
        }
    }
}
