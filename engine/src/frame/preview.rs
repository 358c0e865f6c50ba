//! A small picture of a frame, for the person in front of the camera to see themselves by.

use image::codecs::jpeg::JpegEncoder;
use image::{ExtendedColorType, ImageEncoder as _};
use mabataki_models::Colour;
use zeroize::Zeroizing;

use super::{Area, Border, Decoder, Frame, FrameError, Patch, Sampling};

/// The longest side of a preview, px: what it may be asked for.
pub const PREVIEW_SIDE: std::ops::RangeInclusive<u32> = 64..=480;

/// The longest preview, bytes: it is one message to a host. A face of 480 px is a third of it.
pub const PREVIEW_BYTES: usize = 60 * 1024;

/// The qualities it is tried in, of 100: the first that is short enough is taken. Only noise needs the second.
const QUALITIES: [u8; 3] = [80, 45, 15];

/// A JPEG picture of a frame whose longer side is `side`, or the frame's own where that is shorter. Decoded and made anew: this
/// is for pictures that are asked for now and then, not for the way of every frame.
///
/// # Errors
/// [`FrameError`] for a frame that cannot be decoded.
pub fn preview(frame: &Frame<'_>, side: u32) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    let side = side.clamp(*PREVIEW_SIDE.start(), *PREVIEW_SIDE.end());
    let mut decoder = Decoder::new();
    let pixels = decoder.decode(frame)?;
    let longer = pixels.width().max(pixels.height());
    let scaled = |length: u32| {
        let length = u64::from(length) * u64::from(side.min(longer)) / u64::from(longer);
        u32::try_from(length).unwrap_or(side).max(1)
    };
    let (width, height) = (scaled(pixels.width()), scaled(pixels.height()));
    let mut patch = Patch::new(width, height)?;
    patch.crop(&pixels, Area::whole(&pixels), Border::Nearest, Sampling::Smooth)?;
    let small = patch.pixels()?;
    let mut rows = Zeroizing::new(Vec::with_capacity(small.data().len()));
    (0..height).for_each(|y| rows.extend_from_slice(small.row(y)));
    if small.colour() == Colour::Bgr {
        rows.as_chunks_mut::<3>().0.iter_mut().for_each(|pixel| pixel.swap(0, 2));
    }
    let colour = match small.colour() {
        Colour::Gray => ExtendedColorType::L8,
        Colour::Rgb | Colour::Bgr => ExtendedColorType::Rgb8,
    };
    let mut jpeg = Zeroizing::default();
    for quality in QUALITIES {
        jpeg = encode(&rows, [width, height], colour, quality)?;
        if jpeg.len() <= PREVIEW_BYTES {
            return Ok(jpeg);
        }
    }
    Err(FrameError::Jpeg { cause: format!("a preview of {} bytes is too long", jpeg.len()) })
}

fn encode(
    rows: &[u8],
    [width, height]: [u32; 2],
    colour: ExtendedColorType,
    quality: u8,
) -> Result<Zeroizing<Vec<u8>>, FrameError> {
    // Large enough from the beginning: what grows leaves pieces of the picture behind.
    let mut jpeg = Zeroizing::new(Vec::with_capacity(rows.len().saturating_add(4096)));
    let encoder = JpegEncoder::new_with_quality(&mut *jpeg, quality);
    let written = encoder.write_image(rows, width, height, colour);
    written.map_err(|error| FrameError::Jpeg { cause: error.to_string() })?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::frame::{PixelFormat, Raster, Rotation, Turn};

    fn frame(format: PixelFormat, width: u32, height: u32, data: &[u8]) -> Frame<'_> {
        Frame::new(&Raster::dense(format, width, height), data, Duration::ZERO).unwrap()
    }

    fn decoded(jpeg: &[u8]) -> image::RgbImage {
        image::load_from_memory(jpeg).unwrap().to_rgb8()
    }

    #[test]
    fn a_preview_has_the_side_that_was_asked_for_and_the_frames_proportions_and_colours() {
        let red = [200, 30, 10].repeat(640 * 480);
        let jpeg = preview(&frame(PixelFormat::Rgb24, 640, 480, &red), 320).unwrap();
        let seen = decoded(&jpeg);
        assert_eq!(seen.dimensions(), (320, 240));
        let [r, g, b] = seen.get_pixel(160, 120).0;
        assert!(r > 180 && g < 60 && b < 40, "{r} {g} {b}");
        let blue_first = [10, 30, 200].repeat(640 * 480);
        let same = preview(&frame(PixelFormat::Bgr24, 640, 480, &blue_first), 320).unwrap();
        assert_eq!(decoded(&same).get_pixel(160, 120), seen.get_pixel(160, 120));
        let blue_first = [10, 30, 200, 0].repeat(480 * 640);
        let turn = Turn { rotation: Rotation::Quarter, mirrored: true };
        let raster = Raster { turn, ..Raster::dense(PixelFormat::Bgra32, 480, 640) };
        let on_its_side = Frame::new(&raster, &blue_first, Duration::ZERO).unwrap();
        let upright = decoded(&preview(&on_its_side, 320).unwrap());
        assert_eq!(
            (upright.dimensions(), upright.get_pixel(160, 120)),
            ((320, 240), seen.get_pixel(160, 120))
        );
        // Its own picture is a frame as well.
        let again = preview(&Frame::jpeg(&jpeg, Duration::ZERO).unwrap(), 100).unwrap();
        assert_eq!(decoded(&again).dimensions(), (100, 75));
    }

    #[test]
    fn a_small_frame_stays_as_it_is_and_no_side_is_beyond_the_limits() {
        let gray = vec![90; 48 * 64];
        assert_eq!(
            decoded(&preview(&frame(PixelFormat::Gray8, 48, 64, &gray), 480).unwrap()).dimensions(),
            (48, 64)
        );
        let wide = vec![90; 2000 * 2];
        let wide = frame(PixelFormat::Gray8, 2000, 2, &wide);
        assert_eq!(decoded(&preview(&wide, 0).unwrap()).dimensions(), (64, 1));
        assert_eq!(decoded(&preview(&wide, u32::MAX).unwrap()).dimensions(), (480, 1));
    }

    #[test]
    fn noise_is_no_longer_than_a_message() {
        let mut state = 1_u32;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(480 * 480 * 3)
        .collect();
        assert!(preview(&frame(PixelFormat::Rgb24, 480, 480, &noise), 480).unwrap().len() <= PREVIEW_BYTES);
    }
}
