//! What the cameras film: a pattern that moves, around some brightness; or a person.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use image::{ExtendedColorType, RgbImage, codecs::jpeg::JpegEncoder, imageops};
use mabataki_test_machine::{Film, Layout, Size};

/// How far the pattern is from its middle.
const SWING: u8 = 16;

/// A pattern that moves with every frame.
pub(crate) fn moving(brightness: u8) -> Box<Film> {
    Box::new(move |layout, size, number| {
        picture(layout, size, |x, y| pattern(brightness, x + y + number as usize))
    })
}

/// The same picture again and again.
pub(crate) fn frozen() -> Box<Film> {
    Box::new(|layout, size, _| picture(layout, size, |x, y| pattern(128, x + y)))
}

/// Nothing: the lens is covered.
pub(crate) fn black() -> Box<Film> {
    Box::new(|layout, size, _| picture(layout, size, |_, _| if layout == Layout::Mjpeg { 0 } else { 16 }))
}

/// Pictures of which the last part is missing.
pub(crate) fn cut_off() -> Box<Film> {
    let mut whole = moving(128);
    Box::new(move |layout, size, number| {
        let mut frame = whole(layout, size, number);
        frame.truncate(frame.len() / 2);
        frame
    })
}

/// A person who sits in front of the camera: pictures of 320×240 px, luma and chroma in turn.
pub(crate) struct Clip(Vec<Vec<u8>>);

/// Frames of the clip with open eyes, then those of one blink, and open eyes again. The closed eyes are held a little: an
/// emulated machine does not look at every frame.
const BEFORE: RangeInclusive<usize> = 0..=24;
const BLINK: [usize; 12] = [24, 25, 26, 27, 27, 27, 27, 27, 28, 29, 30, 31];
const AFTER: RangeInclusive<usize> = 31..=50;

impl Clip {
    /// The frames of a recording of 640×360 px: the middle of each.
    pub(crate) fn of(jpegs: &[&[u8]]) -> Clip {
        let one = |jpeg: &&[u8]| {
            let whole = image::load_from_memory(jpeg).unwrap().to_rgb8();
            let middle = imageops::crop_imm(&whole, 80, 0, 480, 360).to_image();
            yuyv(&imageops::resize(&middle, 320, 240, imageops::FilterType::Triangle))
        };
        Clip(jpegs.iter().map(one).collect())
    }

    /// They sit there with open eyes, and blink as often as they are asked to. Nothing jumps: what has been filmed is filmed
    /// backwards, every second blink too.
    pub(crate) fn sitting(self, asked: Arc<AtomicU64>) -> Box<Film> {
        let (mut order, mut after, mut blinked) = (rest(false), false, 0);
        Box::new(move |_, _, _| {
            let at = order.next().unwrap();
            let asked = asked.load(Ordering::SeqCst);
            if asked > blinked && at == if after { *AFTER.start() } else { *BEFORE.end() } {
                blinked = asked;
                let blink: Box<Frames> =
                    if after { Box::new(BLINK.into_iter().rev()) } else { Box::new(BLINK.into_iter()) };
                after = !after;
                order = Box::new(blink.chain(rest(after)));
            }
            self.0[at].clone()
        })
    }
}

/// Numbers of frames.
type Frames = dyn Iterator<Item = usize> + Send;

/// The frames after a blink, or before it, from the blink away, back to it, and so on.
fn rest(after: bool) -> Box<Frames> {
    if after { Box::new(to_and_fro(AFTER)) } else { Box::new(to_and_fro(BEFORE.rev())) }
}

fn to_and_fro(
    frames: impl DoubleEndedIterator<Item = usize> + Clone + Send,
) -> impl Iterator<Item = usize> + Send {
    frames.clone().chain(frames.rev()).cycle()
}

/// By the equations of ITU-R BT.601.
fn yuyv(picture: &RgbImage) -> Vec<u8> {
    let yuv = |[r, g, b]: [u8; 3]| {
        let [r, g, b] = [r, g, b].map(|value| f32::from(value) / 255.0);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.772, 128.0 + 224.0 * (r - y) / 1.402]
    };
    let pixels: Vec<[f32; 3]> = picture.pixels().map(|pixel| yuv(pixel.0)).collect();
    let pair = |pair: &[[f32; 3]]| {
        [pair[0][0], (pair[0][1] + pair[1][1]) / 2.0, pair[1][0], (pair[0][2] + pair[1][2]) / 2.0]
    };
    pixels.chunks_exact(2).flat_map(|two| pair(two).map(|value| value.round() as u8)).collect()
}

fn pattern(brightness: u8, at: usize) -> u8 {
    brightness - SWING + (at % (2 * usize::from(SWING))) as u8
}

fn picture(layout: Layout, size: &Size, luma: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    let (width, height) = (usize::from(size.width), usize::from(size.height));
    let plane = (0..height).flat_map(|y| (0..width).map(move |x| (x, y))).map(|(x, y)| luma(x, y));
    match layout {
        Layout::Grey => plane.collect(),
        Layout::Yuyv => plane.flat_map(|luma| [luma, 128]).collect(),
        Layout::Nv12 => plane.chain(std::iter::repeat_n(128, width * height / 2)).collect(),
        Layout::Mjpeg => {
            let (mut bytes, plane) = (Vec::new(), plane.collect::<Vec<u8>>());
            let mut encoder = JpegEncoder::new_with_quality(&mut bytes, 80);
            encoder.encode(&plane, size.width.into(), size.height.into(), ExtendedColorType::L8).unwrap();
            bytes
        }
    }
}
