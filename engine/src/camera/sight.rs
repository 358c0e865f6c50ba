//! Whether a camera shows anything: pictures that are all black, or one and the same again and again, show nobody.

use std::hash::{DefaultHasher, Hasher as _};
use std::time::{Duration, Instant};

use super::choose::{Layout, Mode};
use super::picture::Picture;
use crate::frame::{Decoder, Frame};

/// What a frame shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shown {
    /// Something, and not what the frame before did.
    Something,
    /// Nothing but black.
    Black,
    /// What the frame before did, to the last bit. The noise of a sensor makes any two frames differ.
    Same,
}

/// How many bytes of a frame are looked at: enough that noise changes some, and quick (16 µs).
const SAMPLES: usize = 16 * 1024;

/// As bright as black gets, where luma begins at 16 (ITU-R BT.601) and where it begins at 0. Rooms at night are brighter: a
/// camera turns its gain up, and shows noise.
const BLACK_FROM_16: u8 = 24;
const BLACK_FROM_0: u8 = 8;

/// Of so many samples one may be brighter: a sensor has broken pixels.
const BRIGHT_OF: usize = 256;

/// A compressed picture is decoded for this no more often.
const DECODE_EVERY: Duration = Duration::from_millis(300);

/// Looks at the frames of one camera, one after the other.
#[derive(Default)]
pub(super) struct Sight {
    last: Option<u64>,
    decoder: Decoder,
    /// When a compressed picture was decoded last, and whether it was black.
    decoded: Option<(Instant, bool)>,
}

impl Sight {
    /// What the next frame shows.
    pub(super) fn look(&mut self, picture: &Picture, mode: Mode) -> Shown {
        let mark = mark(picture.bytes());
        let is_same = self.last.replace(mark) == Some(mark);
        if self.is_black(picture.bytes(), mode) {
            Shown::Black
        } else if is_same {
            Shown::Same
        } else {
            Shown::Something
        }
    }

    fn is_black(&mut self, bytes: &[u8], mode: Mode) -> bool {
        let pixels = (mode.width as usize).saturating_mul(mode.height as usize).min(bytes.len());
        match mode.layout {
            Layout::Nv12 => is_dark(&bytes[..pixels], BLACK_FROM_16),
            // Two bytes a pixel, luma first: an even stride meets no chroma.
            Layout::Yuyv => is_dark_by(bytes, stride(bytes.len()).next_multiple_of(2), BLACK_FROM_16),
            Layout::Gray | Layout::Rgb | Layout::Bgr => is_dark(bytes, BLACK_FROM_0),
            Layout::Mjpeg => self.is_black_jpeg(bytes),
        }
    }

    fn is_black_jpeg(&mut self, bytes: &[u8]) -> bool {
        if let Some((_, was)) = self.decoded.filter(|(when, _)| when.elapsed() < DECODE_EVERY) {
            return was;
        }
        let decoded = Frame::jpeg(bytes, Duration::ZERO).and_then(|frame| {
            let pixels = self.decoder.decode(&frame)?;
            Ok(is_dark(pixels.data(), BLACK_FROM_0))
        });
        // Whoever looks at one that cannot be decoded is told so.
        let is_black = decoded.unwrap_or(false);
        self.decoded = Some((Instant::now(), is_black));
        is_black
    }
}

fn is_dark(values: &[u8], limit: u8) -> bool {
    is_dark_by(values, stride(values.len()), limit)
}

fn is_dark_by(values: &[u8], stride: usize, limit: u8) -> bool {
    let samples = values.iter().step_by(stride);
    let (count, bright) = (samples.len(), samples.filter(|value| **value > limit).count());
    count > 0 && bright <= count / BRIGHT_OF
}

/// How far apart samples are: an odd number, so that they are not all of one column.
fn stride(length: usize) -> usize {
    (length / SAMPLES) | 1
}

/// A number that two frames share only if they are the same.
fn mark(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write_usize(bytes.len());
    let stride = stride(bytes.len());
    let mut some = [0; 256];
    let mut samples = bytes.iter().step_by(stride);
    loop {
        let mut taken = 0;
        for (place, sample) in some.iter_mut().zip(samples.by_ref()) {
            *place = *sample;
            taken += 1;
        }
        if taken == 0 {
            return hasher.finish();
        }
        hasher.write(&some[..taken]);
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};

    use super::*;

    const SIDE: (u32, u32) = (160, 120);
    const PIXELS: usize = 160 * 120;

    fn mode(layout: Layout) -> Mode {
        Mode { width: SIDE.0, height: SIDE.1, fps: 30, layout }
    }

    /// A frame of this brightness; one pixel at `bright` is white.
    fn frame(layout: Layout, luma: u8, bright: Option<usize>) -> Vec<u8> {
        let mut pixels = vec![luma; PIXELS];
        if let Some(bright) = bright {
            pixels[bright] = 255;
        }
        match layout {
            Layout::Gray => pixels,
            Layout::Nv12 => [pixels, vec![128; PIXELS / 2]].concat(),
            Layout::Yuyv => pixels.iter().flat_map(|luma| [*luma, 128]).collect(),
            Layout::Rgb | Layout::Bgr => pixels.iter().flat_map(|value| [*value; 3]).collect(),
            Layout::Mjpeg => {
                let mut bytes = Vec::new();
                let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 90);
                encoder.encode(&pixels, SIDE.0, SIDE.1, ExtendedColorType::L8).unwrap();
                bytes
            }
        }
    }

    fn look(sight: &mut Sight, layout: Layout, bytes: &[u8]) -> Shown {
        let mut picture = Picture::default();
        picture.fill(bytes, Instant::now(), mode(layout), "Front").unwrap();
        sight.look(&picture, mode(layout))
    }

    const ALL: [(Layout, u8, u8); 6] = [
        (Layout::Nv12, 16, 30),
        (Layout::Yuyv, 16, 30),
        (Layout::Rgb, 0, 14),
        (Layout::Bgr, 0, 14),
        (Layout::Gray, 0, 14),
        (Layout::Mjpeg, 0, 14),
    ];

    #[test]
    fn a_covered_lens_is_black_in_every_layout_and_a_dark_room_is_not() {
        for (layout, black, dark) in ALL {
            assert_eq!(
                look(&mut Sight::default(), layout, &frame(layout, black, None)),
                Shown::Black,
                "{layout:?}"
            );
            let broken = frame(layout, black, Some(PIXELS / 2));
            assert_eq!(
                look(&mut Sight::default(), layout, &broken),
                Shown::Black,
                "{layout:?}, a broken pixel"
            );
            let dark = frame(layout, dark, None);
            assert_eq!(look(&mut Sight::default(), layout, &dark), Shown::Something, "{layout:?}");
        }
    }

    #[test]
    fn the_same_frame_twice_shows_the_same_and_one_that_differs_by_noise_does_not() {
        for (layout, ..) in ALL {
            let mut sight = Sight::default();
            let first = frame(layout, 100, None);
            assert_eq!(look(&mut sight, layout, &first), Shown::Something, "{layout:?}");
            assert_eq!(look(&mut sight, layout, &first), Shown::Same, "{layout:?}");
            let mut other = frame(layout, 101, None);
            assert_eq!(look(&mut sight, layout, &other), Shown::Something, "{layout:?}");
            if layout != Layout::Mjpeg {
                other.iter_mut().step_by(64).for_each(|value| *value ^= 1);
                assert_eq!(look(&mut sight, layout, &other), Shown::Something, "{layout:?}");
            }
        }
    }

    #[test]
    fn a_light_that_goes_on_is_seen_in_compressed_pictures_as_well() {
        let mut sight = Sight::default();
        let [black, bright] = [0, 100].map(|luma| frame(Layout::Mjpeg, luma, None));
        assert_eq!(look(&mut sight, Layout::Mjpeg, &black), Shown::Black);
        std::thread::sleep(DECODE_EVERY);
        assert_eq!(look(&mut sight, Layout::Mjpeg, &bright), Shown::Something);
    }
}
