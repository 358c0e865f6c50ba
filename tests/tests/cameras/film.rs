//! What the cameras film: a pattern that moves, around some brightness.

use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
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
