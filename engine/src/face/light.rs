//! The light on a face, and behind it.

use super::Rect;
use crate::frame::{Colour, Pixels, luma};

/// Ratio of the variances of Laplacian and luma that counts as sharpness 1: the median of press photographs.
const SHARP: f32 = 0.086;

/// Up to this luma, and from that one on, a pixel is clipped: what it showed is lost in the sensor's noise, or above its
/// range. JPEG smears both by a few steps.
const CLIPPED: [u8; 2] = [8, 247];

/// Columns and rows of the places at which the surroundings are looked at.
const PLACES: [u32; 2] = [32, 24];

/// The head is wider and higher than the detector's box by about these factors, hair included.
const HEAD: [f32; 2] = [1.6, 1.5];

/// With fewer places left around the head than this nothing can be said of the surroundings.
const FEWEST: u32 = 24;

/// Luma of an aligned face.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Light {
    /// Mean, 0..1.
    pub(super) brightness: f32,
    /// Standard deviation, 0..1.
    pub(super) contrast: f32,
    /// Variance of the Laplacian over that of luma, 0..1, where 1 is as sharp as the median press photograph. A share,
    /// because a dim or flat picture is not a blurred one.
    pub(super) sharpness: f32,
    /// Shares of pixels that are as good as black, and as good as white.
    pub(super) clipped: [f32; 2],
}

impl Light {
    /// Measures the middle of an aligned picture of a face, where nothing but face is: from 1/7 to 6/7 of each side.
    /// `gray` is scratch, as long as the picture has pixels.
    pub(super) fn measure(aligned: &Pixels<'_>, gray: &mut [u8]) -> Self {
        to_gray(aligned, gray);
        let (width, height) = (aligned.width() as usize, aligned.height() as usize);
        let (columns, rows) = (width / 7..width - width / 7, height / 7..height - height / 7);
        let (mut lumas, mut edges) = (Moments::default(), Moments::default());
        let mut clipped = [0u32; 2];
        for y in rows.start.max(1)..rows.end.min(height.saturating_sub(1)) {
            for x in columns.start.max(1)..columns.end.min(width.saturating_sub(1)) {
                let at = y * width + x;
                let middle = i32::from(gray[at]);
                let around = [at - 1, at + 1, at - width, at + width].map(|place| i32::from(gray[place]));
                lumas.add(middle);
                edges.add(around.iter().sum::<i32>() - 4 * middle);
                clipped[0] += u32::from(gray[at] <= CLIPPED[0]);
                clipped[1] += u32::from(gray[at] >= CLIPPED[1]);
            }
        }
        let sharpness = edges.variance() / (lumas.variance() + 1.0) / SHARP;
        Self {
            brightness: lumas.mean() / 255.0,
            contrast: lumas.variance().sqrt() / 255.0,
            sharpness: sharpness.clamp(0.0, 1.0),
            clipped: clipped.map(|count| count as f32 / lumas.count.max(1) as f32),
        }
    }
}

/// Mean luma, 0..1, of what is seen beside and above a head, and nothing of the body below it. `None` if the head leaves
/// nothing else to be seen.
pub(super) fn behind(pixels: &Pixels<'_>, face: &Rect) -> Option<f32> {
    let centre = face.centre();
    let half = [face.width * HEAD[0] / 2.0, face.height * HEAD[1] / 2.0];
    let chin = face.y + face.height;
    let (mut sum, mut count) = (0u32, 0u32);
    for row in 0..PLACES[1] {
        let y = (2 * row + 1) * pixels.height() / (2 * PLACES[1]);
        if y as f32 > chin {
            break;
        }
        let line = pixels.row(y);
        let beside = (y as f32 - centre.y).abs() > half[1];
        for column in 0..PLACES[0] {
            let x = (2 * column + 1) * pixels.width() / (2 * PLACES[0]);
            if beside || (x as f32 - centre.x).abs() > half[0] {
                let at = x as usize * pixels.colour().channels();
                sum += u32::from(match (pixels.colour(), &line[at..]) {
                    (Colour::Rgb, [r, g, b, ..]) => luma(*r, *g, *b),
                    (Colour::Bgr, [b, g, r, ..]) => luma(*r, *g, *b),
                    (_, rest) => rest[0],
                });
                count += 1;
            }
        }
    }
    (count >= FEWEST).then(|| sum as f32 / count as f32 / 255.0)
}

fn to_gray(pixels: &Pixels<'_>, gray: &mut [u8]) {
    let rows = gray.chunks_exact_mut(pixels.width() as usize);
    for (target, row) in rows.zip((0..pixels.height()).map(|y| pixels.row(y))) {
        match pixels.colour() {
            Colour::Gray => target.copy_from_slice(row),
            Colour::Rgb => {
                target
                    .iter_mut()
                    .zip(row.as_chunks().0)
                    .for_each(|(gray, [r, g, b])| *gray = luma(*r, *g, *b));
            }
            Colour::Bgr => {
                target
                    .iter_mut()
                    .zip(row.as_chunks().0)
                    .for_each(|(gray, [b, g, r])| *gray = luma(*r, *g, *b));
            }
        }
    }
}

/// Mean and variance of whole numbers, exactly.
#[derive(Default)]
struct Moments {
    count: i64,
    sum: i64,
    squares: i64,
}

impl Moments {
    fn add(&mut self, number: i32) {
        let number = i64::from(number);
        self.count += 1;
        self.sum += number;
        self.squares += number * number;
    }

    fn mean(&self) -> f32 {
        if self.count == 0 { 0.0 } else { self.sum as f32 / self.count as f32 }
    }

    fn variance(&self) -> f32 {
        if self.count == 0 {
            return 0.0;
        }
        let (count, sum, squares) = (self.count as f64, self.sum as f64, self.squares as f64);
        (squares / count - (sum / count).powi(2)).max(0.0) as f32
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn sharpness_falls_with_blur_and_does_not_mind_dim_light() {
        let measure = |value: &dyn Fn(usize, usize) -> u8| {
            let data: Vec<u8> = (0..56 * 56).map(|index| value(index % 56, index / 56)).collect();
            let mut gray = vec![0; data.len()];
            Light::measure(&Pixels::new(Colour::Gray, 56, 56, 56, &data).unwrap(), &mut gray)
        };
        // Stripes 4 px, then 28 px long; then the first at a quarter of the light.
        let wave = |x: usize, length: f32, height: f32| {
            (height * (1.0 + (x as f32 * std::f32::consts::TAU / length).sin())) as u8
        };
        let sharp = measure(&|x, _| wave(x, 8.0, 100.0));
        let soft = measure(&|x, _| wave(x, 28.0, 100.0));
        let dim = measure(&|x, _| wave(x, 28.0, 25.0));
        assert!(sharp.sharpness > 4.0 * soft.sharpness, "{sharp:?} {soft:?}");
        assert!((dim.sharpness / soft.sharpness - 1.0).abs() < 0.5, "{dim:?} {soft:?}");
        assert!(dim.brightness < 0.15 && soft.brightness > 0.3);
    }

    #[test]
    fn a_picture_of_one_colour_has_no_contrast_and_no_sharpness() {
        let data = [200; 49 * 3];
        let mut gray = [0; 49];
        let light = Light::measure(&Pixels::new(Colour::Rgb, 7, 7, 21, &data).unwrap(), &mut gray);
        assert_eq!((light.contrast, light.sharpness), (0.0, 0.0));
        assert!((light.brightness - 200.0 / 255.0).abs() < 1e-6);
    }

    #[test]
    fn what_is_as_good_as_black_and_as_good_as_white_is_counted() {
        let data: Vec<u8> = (0..56 * 56).map(|at| [0, 128, 255, 255][at % 4]).collect();
        let pixels = Pixels::new(Colour::Gray, 56, 56, 56, &data).unwrap();
        let Light { clipped: [dark, bright], .. } = Light::measure(&pixels, &mut vec![0; data.len()]);
        assert!((dark - 0.25).abs() < 0.01 && (bright - 0.5).abs() < 0.01, "{dark} {bright}");
    }

    /// A frame of 320×240 px with a head of luma 40 in front of 200, and a body of 10 below it.
    fn room() -> Vec<u8> {
        (0..320 * 240)
            .map(|at| match (at % 320, at / 320) {
                (_, y) if y > 160 => 10,
                (x, y) if (110..210).contains(&x) && (50..=160).contains(&y) => 40,
                _ => 200,
            })
            .collect()
    }

    #[test]
    fn what_is_behind_leaves_out_the_head_and_the_body_below_it() {
        let data = room();
        let face = Rect { x: 125.0, y: 70.0, width: 70.0, height: 90.0 };
        let pixels = Pixels::new(Colour::Gray, 320, 240, 320, &data).unwrap();
        assert_eq!(behind(&pixels, &face), Some(200.0 / 255.0));
        let rgb: Vec<u8> = data.iter().flat_map(|luma| [*luma; 3]).collect();
        for colour in [Colour::Rgb, Colour::Bgr] {
            let pixels = Pixels::new(colour, 320, 240, 960, &rgb).unwrap();
            assert_eq!(behind(&pixels, &face), Some(200.0 / 255.0));
        }
    }

    #[test]
    fn a_face_that_fills_the_frame_or_lies_outside_of_it_leaves_nothing_behind() {
        let data = room();
        let pixels = Pixels::new(Colour::Gray, 320, 240, 320, &data).unwrap();
        for [x, y, width, height] in
            [[0.0, 0.0, 320.0, 240.0], [90.0, -900.0, 60.0, 80.0], [0.0, 0.0, f32::NAN, 9.0]]
        {
            assert_eq!(behind(&pixels, &Rect { x, y, width, height }), None, "{x} {y} {width} {height}");
        }
    }
}
