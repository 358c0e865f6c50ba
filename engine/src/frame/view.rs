//! Borrowed views of pictures, checked before anything looks at a pixel.

use std::{fmt, time::Duration};

use mabataki_models::Colour;

use super::convert::{Coded, Planes};
use super::{FrameError, MAX_JPEG_BYTES, MAX_PIXELS, MAX_SIDE, PixelFormat, Plane, Raster, Turn, jpeg};

/// One picture as a source gives it: maybe compressed, with its time. Within the limits of this module by construction.
#[derive(Clone, Copy)]
pub struct Frame<'a> {
    time: Duration,
    turn: Turn,
    content: Content<'a>,
}

/// What a frame has, as it lies.
#[derive(Clone, Copy)]
pub(super) enum Content<'a> {
    /// Pixels that can be looked at.
    Pixels(Pixels<'a>),
    /// What is to be converted first.
    Coded(Coded<'a>),
    /// One JPEG picture, from its start marker to its end marker, of this width and height, px.
    Jpeg { bytes: &'a [u8], size: [u32; 2] },
}

impl<'a> Frame<'a> {
    /// A view of a picture that lies as the raster says; `time` is that of capture on the source's steady clock.
    ///
    /// # Errors
    /// [`FrameError`] for a size of zero or beyond the limits, an odd side where chroma goes by two, a stride shorter than a
    /// row, fewer bytes than that needs, or a JPEG picture too long or without a readable header.
    pub fn new(raster: &Raster, data: &'a [u8], time: Duration) -> Result<Self, FrameError> {
        let content = if raster.format == PixelFormat::Mjpeg {
            Self::jpeg(data, time)?.content
        } else {
            Content::of(raster, data)?
        };
        Ok(Self { time, turn: raster.turn, content })
    }

    /// A view of pixels that can be looked at as they are.
    #[must_use]
    pub fn of(pixels: Pixels<'a>, time: Duration) -> Self {
        Self { time, turn: Turn::NONE, content: Content::Pixels(pixels) }
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
        let size = jpeg::size(data)?;
        check_size(size[0], size[1])?;
        Ok(Self { time, turn: Turn::NONE, content: Content::Jpeg { bytes: data, size } })
    }

    /// Width of the upright picture, px.
    pub fn width(&self) -> u32 {
        self.size()[0]
    }

    /// Height of the upright picture, px.
    pub fn height(&self) -> u32 {
        self.size()[1]
    }

    fn size(&self) -> [u32; 2] {
        let size = match self.content {
            Content::Pixels(pixels) => [pixels.width, pixels.height],
            Content::Coded(coded) => coded.size(),
            Content::Jpeg { size, .. } => size,
        };
        self.turn.upright(size)
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

    /// What it has, as it lies.
    pub(super) fn content(&self) -> &Content<'a> {
        &self.content
    }

    /// What brings it upright.
    pub(super) fn turn(&self) -> Turn {
        self.turn
    }
}

impl<'a> Content<'a> {
    /// An uncompressed picture.
    fn of(raster: &Raster, data: &'a [u8]) -> Result<Self, FrameError> {
        let Raster { format, width, height, stride, .. } = *raster;
        let stride = stride as usize;
        let plain = |colour| Pixels::new(colour, width, height, stride, data).map(Content::Pixels);
        let coded = |planes| Ok(Content::Coded(Coded { width, height, planes }));
        check_size(width, height)?;
        let rows = |bytes| Rows::new(width, bytes, height, stride, data);
        match format {
            PixelFormat::Gray8 => plain(Colour::Gray),
            PixelFormat::Rgb24 => plain(Colour::Rgb),
            PixelFormat::Bgr24 => plain(Colour::Bgr),
            PixelFormat::Rgba32 => coded(Planes::Rgba(rows(4)?)),
            PixelFormat::Bgra32 => coded(Planes::Bgra(rows(4)?)),
            PixelFormat::Yuy2 if width.is_multiple_of(2) => coded(Planes::Yuy2(rows(2)?)),
            PixelFormat::Nv12 if width.is_multiple_of(2) && height.is_multiple_of(2) => {
                let luma = rows(1)?;
                let behind = stride.saturating_mul(height as usize);
                let (offset, stride) = raster
                    .chroma
                    .map_or((behind, stride), |Plane { offset, stride }| (offset as usize, stride as usize));
                let chroma = Rows::behind(offset, width, 1, height / 2, stride, data)?;
                coded(Planes::Nv12 { luma, chroma })
            }
            PixelFormat::Yuy2 | PixelFormat::Nv12 => Err(FrameError::OddSide { width, height }),
            // It is no such picture: whoever asks knows.
            PixelFormat::Mjpeg => Err(FrameError::Empty { width, height }),
        }
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Frame({}×{} at {:?})", self.width(), self.height(), self.time)
    }
}

/// Rows of bytes, each there in full.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a> {
    data: &'a [u8],
    stride: usize,
    /// Bytes of a row that count.
    length: usize,
}

impl<'a> Rows<'a> {
    /// So many rows of `width` pixels of so many bytes. A picture within the limits has fewer bytes than can be counted.
    fn new(width: u32, bytes: usize, count: u32, stride: usize, data: &'a [u8]) -> Result<Self, FrameError> {
        Self::behind(0, width, bytes, count, stride, data)
    }

    /// The same, of which the first begins at this offset, bytes.
    fn behind(
        offset: usize,
        width: u32,
        bytes: usize,
        count: u32,
        stride: usize,
        data: &'a [u8],
    ) -> Result<Self, FrameError> {
        let length = width as usize * bytes;
        if stride < length {
            return Err(FrameError::Stride { width, least: length, stride });
        }
        let rows = stride.checked_mul(count.saturating_sub(1) as usize);
        let expected = rows.and_then(|rows| rows.checked_add(length)?.checked_add(offset));
        match expected.and_then(|expected| data.get(offset..expected)) {
            Some(data) => Ok(Self { data, stride, length }),
            None => Err(FrameError::TooShort { expected: expected.unwrap_or(usize::MAX), found: data.len() }),
        }
    }

    /// One row, from the top; empty below the last.
    pub(super) fn row(&self, y: u32) -> &'a [u8] {
        let start = (y as usize).checked_mul(self.stride);
        start.and_then(|start| self.data.get(start..start.checked_add(self.length)?)).unwrap_or_default()
    }
}

/// Pixels that can be looked at: one byte a channel, rows top down. Within the limits of this module by construction,
/// and every row is there in full.
#[derive(Clone, Copy)]
pub struct Pixels<'a> {
    colour: Colour,
    width: u32,
    height: u32,
    rows: Rows<'a>,
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
        let rows = Rows::new(width, colour.channels(), height, stride, data)?;
        Ok(Self { colour, width, height, rows })
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
        self.rows.stride
    }

    /// All bytes from the first pixel to the last.
    pub fn data(&self) -> &'a [u8] {
        self.rows.data
    }

    /// One row, from the top; empty below the last.
    pub fn row(&self, y: u32) -> &'a [u8] {
        self.rows.row(y)
    }
}

impl fmt::Debug for Pixels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pixels({:?} {}×{}, stride {})", self.colour, self.width, self.height, self.stride())
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

    fn frame(width: u32, height: u32, stride: u32, data: &[u8]) -> Result<Frame<'_>, FrameError> {
        let raster = Raster::with_stride(PixelFormat::Rgb24, width, height, stride);
        Frame::new(&raster, data, Duration::ZERO)
    }

    fn pixels<'a>(frame: &Frame<'a>) -> Pixels<'a> {
        let Content::Pixels(pixels) = frame.content else { panic!("{frame:?}") };
        pixels
    }

    #[test]
    fn the_last_row_need_not_be_filled_up_to_the_stride() {
        let data = [7; 16 + 6];
        assert_eq!(pixels(&frame(2, 2, 16, &data).unwrap()).row(1), [7; 6]);
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
        assert!(matches!(frame(u32::MAX, u32::MAX, u32::MAX, &[]), Err(FrameError::TooLarge { .. })));
    }

    #[test]
    fn a_stride_that_overflows_is_refused() {
        assert!(matches!(
            Pixels::new(Colour::Gray, 1, 8192, usize::MAX, &[0; 9]),
            Err(FrameError::TooShort { .. })
        ));
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_has_every_row_in_full(
            width in 0u32..40, height in 0u32..40, stride in 0u32..130, length in 0usize..5000,
        ) {
            let data = vec![0; length];
            if let Ok(frame) = frame(width, height, stride, &data) {
                let pixels = pixels(&frame);
                for y in 0..height {
                    prop_assert_eq!(pixels.row(y).len(), width as usize * 3);
                }
                prop_assert!(pixels.row(height).is_empty());
            }
        }

        #[test]
        fn no_size_makes_the_check_panic(width: u32, height: u32, stride: u32, length in 0usize..64) {
            let _ = frame(width, height, stride, &vec![0; length]);
        }
    }
}
