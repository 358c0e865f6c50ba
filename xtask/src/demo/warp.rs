//! The rendered blink: a photograph whose upper lids are pulled shut along the landmarks.
//!
//! It is an attack, made to see what comes of it. Nothing is enrolled from it.

use std::fs;
use std::path::Path;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{ImageReader, RgbImage};

use crate::error::Error;

/// A point in pixels: x to the right, y down.
pub(super) type Point = [f32; 2];

/// Landmarks of the usual 68-point scheme (0-based): brow and lids of one eye, each from left to right.
struct Eye {
    brow: [usize; 5],
    upper: [usize; 4],
    lower: [usize; 4],
}

const EYES: [Eye; 2] = [
    Eye { brow: [17, 18, 19, 20, 21], upper: [36, 37, 38, 39], lower: [36, 41, 40, 39] },
    Eye { brow: [22, 23, 24, 25, 26], upper: [42, 43, 44, 45], lower: [42, 47, 46, 45] },
];

/// How far the lids are closed in each frame, 0 open to 1 shut: two seconds of looking, a blink of a third of a
/// second, a second of looking, at 30 frames a second.
const CLOSED: [(f32, usize); 7] = [(0.0, 60), (0.35, 1), (0.7, 1), (1.0, 4), (0.6, 2), (0.25, 2), (0.0, 30)];

/// JPEG quality of the rendered frames, 1..=100.
const QUALITY: u8 = 92;

/// Makes the photograph fit `side` pixels, as a screen held to the camera would show it.
pub(super) fn shrink(photograph: &Path, side: u32, to: &Path) -> Result<(), Error> {
    let picture = open(photograph)?;
    let longest = picture.width().max(picture.height()).max(1);
    let scale = f64::from(side) / f64::from(longest);
    let length = |pixels: u32| ((f64::from(pixels) * scale).round() as u32).max(1);
    let (width, height) = (length(picture.width()), length(picture.height()));
    let small = image::imageops::resize(&picture, width, height, FilterType::CatmullRom);
    fs::write(to, encode(&small, to)?).map_err(Error::io("write", to))
}

/// Writes a motion-JPEG recording of the photograph blinking once.
pub(super) fn render(photograph: &Path, landmarks: &[Point; 68], to: &Path) -> Result<(), Error> {
    let picture = open(photograph)?;
    let mut recording = Vec::new();
    for (closed, times) in CLOSED {
        let frame = encode(&close_lids(&picture, landmarks, closed), to)?;
        for _ in 0..times {
            recording.extend_from_slice(&frame);
        }
    }
    fs::write(to, recording).map_err(Error::io("write", to))
}

/// Stretches the skin between brow and upper lid down over the eye, column by column.
fn close_lids(picture: &RgbImage, landmarks: &[Point; 68], closed: f32) -> RgbImage {
    let mut out = picture.clone();
    for eye in &EYES {
        let brow = eye.brow.map(|index| landmarks[index]);
        let upper = eye.upper.map(|index| landmarks[index]);
        let lower = eye.lower.map(|index| landmarks[index]);
        let (left, right) = (upper[0][0].ceil().max(0.0) as u32, upper[3][0].floor().max(0.0) as u32);
        for x in left..=right.min(picture.width().saturating_sub(1)) {
            let at = x as f32;
            let (top, lid, floor) = (height_at(&brow, at), height_at(&upper, at), height_at(&lower, at));
            // One pixel past the lower lid, so that no rim of the eye is left when shut.
            let moved = lid + closed * (floor + 1.0 - lid);
            if lid - top < 1.0 || moved - top < 1.0 {
                continue;
            }
            let rows = (top.ceil().max(0.0) as u32)..(moved.ceil().max(0.0) as u32).min(picture.height());
            for y in rows {
                let from = top + (y as f32 - top) * (lid - top) / (moved - top);
                out.put_pixel(x, y, sample(picture, x, from));
            }
        }
    }
    out
}

/// The height of a line through points ordered by x; level beyond its ends.
fn height_at(line: &[Point], x: f32) -> f32 {
    let after = line.iter().position(|point| point[0] >= x);
    match after {
        None => line.last().map_or(0.0, |point| point[1]),
        Some(0) => line[0][1],
        Some(index) => {
            let ([x0, y0], [x1, y1]) = (line[index - 1], line[index]);
            y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        }
    }
}

/// The colour between two rows.
fn sample(picture: &RgbImage, x: u32, y: f32) -> image::Rgb<u8> {
    let last = picture.height().saturating_sub(1);
    let above = (y.max(0.0) as u32).min(last);
    let below = (above + 1).min(last);
    let share = (y - above as f32).clamp(0.0, 1.0);
    let (a, b) = (picture.get_pixel(x, above), picture.get_pixel(x, below));
    let mix = |channel: usize| {
        (f32::from(a[channel]) * (1.0 - share) + f32::from(b[channel]) * share).round() as u8
    };
    image::Rgb([mix(0), mix(1), mix(2)])
}

fn open(path: &Path) -> Result<RgbImage, Error> {
    let reader = ImageReader::open(path).map_err(Error::io("open", path))?;
    Ok(reader.decode().map_err(|source| Error::Picture { path: path.to_owned(), source })?.into_rgb8())
}

fn encode(picture: &RgbImage, path: &Path) -> Result<Vec<u8>, Error> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode_image(picture)
        .map_err(|source| Error::Picture { path: path.to_owned(), source })?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SKIN: image::Rgb<u8> = image::Rgb([200, 150, 120]);
    const EYE: image::Rgb<u8> = image::Rgb([10, 10, 10]);

    /// Skin everywhere, and a dark eye between the lids (rows 40 to 49, columns 20 to 40).
    fn face() -> (RgbImage, [Point; 68]) {
        let mut picture = RgbImage::from_pixel(100, 100, SKIN);
        for (x, y) in (20..=40).flat_map(|x| (40..50).map(move |y| (x, y))) {
            picture.put_pixel(x, y, EYE);
        }
        let mut landmarks = [[0.0; 2]; 68];
        for (eye, left) in EYES.iter().zip([20.0, 60.0]) {
            for (place, index) in eye.brow.iter().enumerate() {
                landmarks[*index] = [left + 5.0 * place as f32, 20.0];
            }
            for (place, (up, low)) in eye.upper.iter().zip(&eye.lower).enumerate() {
                landmarks[*up] = [left + 20.0 * place as f32 / 3.0, 39.0];
                if up != low {
                    landmarks[*low] = [left + 20.0 * place as f32 / 3.0, 50.0];
                }
            }
        }
        (picture, landmarks)
    }

    fn dark(picture: &RgbImage) -> usize {
        picture.pixels().filter(|pixel| pixel[0] < 60).count()
    }

    #[test]
    fn open_lids_leave_the_picture_as_it_is() {
        let (picture, landmarks) = face();
        assert_eq!(close_lids(&picture, &landmarks, 0.0), picture);
    }

    #[test]
    fn the_lids_cover_the_eye_further_and_further() {
        let (picture, landmarks) = face();
        let half = dark(&close_lids(&picture, &landmarks, 0.5));
        let shut = dark(&close_lids(&picture, &landmarks, 1.0));
        assert!(half < dark(&picture) * 8 / 10, "{half} of {}", dark(&picture));
        assert!(shut < half, "{shut} of {half}");
    }

    #[test]
    fn landmarks_outside_the_picture_do_no_harm() {
        let (picture, _) = face();
        for far in [-1e6, 1e6] {
            assert_eq!(close_lids(&picture, &[[far, far]; 68], 1.0), picture);
        }
    }

    #[test]
    fn a_recording_holds_every_frame() {
        let folder = tempfile::tempdir().unwrap();
        let (still, blink) = (folder.path().join("still.jpg"), folder.path().join("blink.mjpeg"));
        let (picture, landmarks) = face();
        fs::write(&still, encode(&picture, &still).unwrap()).unwrap();
        render(&still, &landmarks, &blink).unwrap();
        let bytes = fs::read(&blink).unwrap();
        let frames = bytes.windows(3).filter(|window| *window == [0xFF, 0xD8, 0xFF]).count();
        assert_eq!(frames, CLOSED.iter().map(|(_, times)| times).sum::<usize>());
        assert!(matches!(shrink(&folder.path().join("none.jpg"), 10, &still), Err(Error::Io { .. })));
    }
}
