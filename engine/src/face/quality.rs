//! How fit a face is for matching, and what the person should change first.
//!
//! The thresholds were chosen on 104 pairs of press photographs of one person each (median cosine 0.69): one of each
//! pair was spoilt by degrees until it no longer matched the other at a cosine of 0.41.

use super::{Hint, Pose, Quality, Rect};
use crate::frame::{Colour, Pixels, luma};

/// Below this mean luma a face is too dark. At 0.20, with a sensor's noise, 3 of 104 no longer match; at 0.10 the
/// detector loses 19.
const DARK: f32 = 0.15;

/// Above this mean luma it is too bright: skin clips, and with it what tells people apart.
const BRIGHT: f32 = 0.88;

/// Below this sharpness it is blurred. 0.20 is what a blur of 1.5 px leaves (5 of 104 lost), 0.12 one of 2 px
/// (9 lost), 0.06 one of 3 px (42 lost), all at a face width of 93 px.
const BLURRED: f32 = 0.12;

/// Below this width, px, a face is too small. Down to 43 px matching loses nothing, at 33 px 2 of 104; the eyes need
/// more: at 56 px each is about 10 px wide.
const FAR: f32 = 56.0;

/// Above this share of the frame's width the detector frames a face wrongly.
const NEAR: f32 = 0.6;

/// More than this share of the face's box outside the frame means cut off. Little is enough: a detector draws its boxes
/// around what it sees, and hardly over the border.
const CUT: f32 = 0.02;

/// Further than this from the middle of the frame, in frame widths or heights, is off centre.
const OFF_CENTRE: f32 = 0.35;

/// Further turned than this the head is turned away, degrees (yaw, pitch). The estimate's own error is some 15 %.
const TURNED: [f32; 2] = [30.0, 25.0];

/// Ratio of the variances of Laplacian and luma that counts as sharpness 1: the median of press photographs.
const SHARP: f32 = 0.086;

/// What is looked at beside the picture itself.
pub(super) struct Setting {
    /// Where the face is.
    pub(super) rect: Rect,
    /// Where it looks.
    pub(super) pose: Pose,
    /// Width and height of the frame, px.
    pub(super) frame: [f32; 2],
    /// How many faces matter in the frame.
    pub(super) faces: usize,
}

/// Judges a face by its aligned picture's light and sharpness, and by its place, size and direction.
pub(super) fn judge(light: &Light, setting: &Setting) -> Quality {
    let Setting { rect, pose, frame: [width, height], faces } = setting;
    let centre = rect.centre();
    let away = ((centre.x / width - 0.5).abs()).max((centre.y / height - 0.5).abs());
    let hints = [
        (*faces > 1, Hint::ManyFaces),
        // A face that fills the frame is cut by its border as well; what helps is stepping back.
        (rect.width > NEAR * width, Hint::TooNear),
        (outside(rect, *width, *height) > CUT || away > OFF_CENTRE, Hint::OffCentre),
        (rect.width < FAR, Hint::TooFar),
        (pose.yaw.abs() > TURNED[0] || pose.pitch.abs() > TURNED[1], Hint::LookStraight),
        (light.brightness < DARK, Hint::TooDark),
        (light.brightness > BRIGHT, Hint::TooBright),
        (light.sharpness < BLURRED, Hint::Blurred),
    ];
    // Each part is 1 where nothing is to be gained, and one half at its threshold.
    let straight = 1.0 - (pose.yaw.abs() / TURNED[0]).max(pose.pitch.abs() / TURNED[1]) / 2.0;
    let size = rect.width / (2.0 * FAR);
    let sharp = light.sharpness / (2.0 * BLURRED);
    let lit = (light.brightness / (2.0 * DARK)).min((1.0 - light.brightness) / (2.0 * (1.0 - BRIGHT)));
    let whole = 1.0 - outside(rect, *width, *height) / (2.0 * CUT);
    let score = [straight, size, sharp, lit, whole].iter().map(|part| part.clamp(0.0, 1.0)).product();
    Quality {
        score,
        brightness: light.brightness,
        contrast: light.contrast,
        sharpness: light.sharpness,
        hint: hints.into_iter().find_map(|(is_so, hint)| is_so.then_some(hint)),
    }
}

/// The share of a box that lies outside the frame, 0..1.
fn outside(rect: &Rect, width: f32, height: f32) -> f32 {
    let inside_x = (rect.x + rect.width).min(width) - rect.x.max(0.0);
    let inside_y = (rect.y + rect.height).min(height) - rect.y.max(0.0);
    1.0 - inside_x.max(0.0) * inside_y.max(0.0) / (rect.width * rect.height)
}

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
}

impl Light {
    /// Measures the middle of an aligned picture of a face, where nothing but face is: from 1/7 to 6/7 of each side.
    /// `gray` is scratch, as long as the picture has pixels.
    pub(super) fn measure(aligned: &Pixels<'_>, gray: &mut [u8]) -> Self {
        to_gray(aligned, gray);
        let (width, height) = (aligned.width() as usize, aligned.height() as usize);
        let (columns, rows) = (width / 7..width - width / 7, height / 7..height - height / 7);
        let (mut lumas, mut edges) = (Moments::default(), Moments::default());
        for y in rows.start.max(1)..rows.end.min(height.saturating_sub(1)) {
            for x in columns.start.max(1)..columns.end.min(width.saturating_sub(1)) {
                let at = y * width + x;
                let middle = i32::from(gray[at]);
                let around = [at - 1, at + 1, at - width, at + width].map(|place| i32::from(gray[place]));
                lumas.add(middle);
                edges.add(around.iter().sum::<i32>() - 4 * middle);
            }
        }
        let sharpness = edges.variance() / (lumas.variance() + 1.0) / SHARP;
        Self {
            brightness: lumas.mean() / 255.0,
            contrast: lumas.variance().sqrt() / 255.0,
            sharpness: sharpness.clamp(0.0, 1.0),
        }
    }
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

    const LIGHT: Light = Light { brightness: 0.5, contrast: 0.15, sharpness: 1.0 };

    fn setting() -> Setting {
        Setting {
            rect: Rect { x: 240.0, y: 140.0, width: 160.0, height: 200.0 },
            pose: Pose::default(),
            frame: [640.0, 480.0],
            faces: 1,
        }
    }

    fn hint_at(x: f32, y: f32, width: f32) -> Option<Hint> {
        let rect = Rect { x, y, width, height: width * 1.3 };
        judge(&LIGHT, &Setting { rect, ..setting() }).hint
    }

    #[test]
    fn a_good_picture_needs_no_hint_and_scores_one() {
        let quality = judge(&LIGHT, &setting());
        assert_eq!((quality.hint, quality.score), (None, 1.0));
    }

    #[test]
    fn place_and_size_are_named() {
        assert_eq!(hint_at(200.0, 100.0, 160.0), None);
        assert_eq!(hint_at(-30.0, 140.0, 160.0), Some(Hint::OffCentre));
        assert_eq!(hint_at(240.0, 380.0, 160.0), Some(Hint::OffCentre));
        assert_eq!(hint_at(300.0, 200.0, 40.0), Some(Hint::TooFar));
        assert_eq!(hint_at(100.0, -20.0, 420.0), Some(Hint::TooNear));
    }

    #[test]
    fn light_blur_direction_and_company_are_named() {
        let by_light = |light: Light| judge(&light, &setting()).hint;
        assert_eq!(by_light(Light { brightness: 0.1, ..LIGHT }), Some(Hint::TooDark));
        assert_eq!(by_light(Light { brightness: 0.95, ..LIGHT }), Some(Hint::TooBright));
        assert_eq!(by_light(Light { sharpness: 0.05, ..LIGHT }), Some(Hint::Blurred));
        let turned = Setting { pose: Pose { yaw: -40.0, ..Pose::default() }, ..setting() };
        assert_eq!(judge(&LIGHT, &turned).hint, Some(Hint::LookStraight));
        assert_eq!(judge(&LIGHT, &Setting { faces: 2, ..setting() }).hint, Some(Hint::ManyFaces));
    }

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
}
