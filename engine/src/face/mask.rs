//! How much it looks as if something covers mouth and nose.
//!
//! No net: what a mask changes is measured on the aligned face, and weighed. A mask differs in colour from the skin above
//! it, and hides what every bare face shows: the dark line between the lips, their edges, the nostrils. Beards keep the
//! lips and leave the nose bare; dark skin, dim light and a coloured lamp change the upper face as much as the lower one.
//! What is worn too low to cover the nose, and what has the colour of the skin, is seen less well: the figures are in
//! `docs/measurements/mask.md`.

use super::Pose;
use crate::frame::{Colour, Pixels};

/// Width and height of the aligned picture that the places below are given for, px: ArcFace's (Deng et al. 2019).
const SIDE: usize = 112;

/// Beyond this the far side of the face shows what lies behind it, degrees (yaw, pitch).
const TURNED: [f32; 2] = [30.0, 25.0];

/// Between the eyes, where nothing but glasses covers the skin, and the forehead, where nothing but hair does. Whichever
/// is more like the lower face stands for the skin.
const UPPER: [Area; 2] = [area(44..58, 48..64), area(22..36, 40..72)];

/// The tip of the nose, below it, and both sides of the mouth.
const LOWER: [Area; 4] =
    [area(68..76, 50..62), area(79..85, 46..66), area(76..98, 26..38), area(76..98, 74..86)];

/// The lower face, whose spread of luma is the measure for edges in it.
const FACE: Area = area(60..105, 26..86);

/// Where the lips are, and the underside of the nose.
const MOUTH: Area = area(84..102, 40..72);
const NOSE: Area = area(70..88, 46..66);

/// Rows in which the line between the lips is looked for, and how far above and below it the lips are.
const LINE: std::ops::Range<usize> = 84..101;
const LIPS: usize = 5;

/// What each sign weighs: red and blue of the lower face less those of the skin, how far off they are either way, its
/// lightness, that either way, the line between the lips, edges of the mouth, edges of the nose. Logistic regression on
/// every second one of 4,797 press photographs, bare and with 17 kinds of masks drawn on.
const WEIGHTS: [f32; 9] = [-1.582, -0.372, 1.153, 2.749, 0.576, 0.574, -0.555, -2.309, -2.391];

/// Puts one half where, of the photographs weighed, about one bare face in 800 is taken for a masked one.
const BIAS: f32 = 4.543;

/// Rows and columns of the aligned picture, px.
struct Area {
    rows: std::ops::Range<usize>,
    columns: std::ops::Range<usize>,
}

const fn area(rows: std::ops::Range<usize>, columns: std::ops::Range<usize>) -> Area {
    Area { rows, columns }
}

/// The measure, 0..1; one half and more speaks for a mask. `None` for a head turned away, and for aligned pictures that
/// are not 112×112 px. `gray` is the same picture as luma, row by row.
pub(super) fn measure(aligned: &Pixels<'_>, gray: &[u8], pose: &Pose) -> Option<f32> {
    let fits = (aligned.width(), aligned.height(), gray.len()) == (SIDE as u32, SIDE as u32, SIDE * SIDE);
    if !fits || pose.yaw.abs() > TURNED[0] || pose.pitch.abs() > TURNED[1] {
        return None;
    }
    let signs = signs(aligned, gray);
    let sum: f32 = signs.iter().zip(WEIGHTS).map(|(sign, weight)| sign * weight).sum();
    Some(1.0 / (1.0 + (-(sum + BIAS)).exp()))
}

fn signs(aligned: &Pixels<'_>, gray: &[u8]) -> [f32; 9] {
    let lower = median_shade(LOWER.map(|area| Shade::of(aligned, gray, &area)));
    let [a, b] = UPPER.map(|area| lower.less(&Shade::of(aligned, gray, &area)));
    let [red, blue, light] = if a.distance() <= b.distance() { a } else { b }.scaled();
    let spread = deviation(gray, &FACE) + 4.0;
    [
        red,
        blue,
        red.abs(),
        blue.abs(),
        light,
        light.abs(),
        (4.0 * lip_line(gray) / spread).clamp(-1.0, 4.0),
        (10.0 * steps(gray, &MOUTH) / spread).min(4.0),
        (10.0 * steps(gray, &NOSE) / spread).min(4.0),
    ]
}

/// The colour of some skin, or of what covers it: shares of red and blue in the light, and the light. A sensor's noise
/// is kept from deciding in the dark by a little of each added.
#[derive(Clone, Copy)]
struct Shade {
    red: f32,
    blue: f32,
    light: f32,
}

impl Shade {
    /// The medians over an area: hair, glasses' rims and shine are the lesser part of each.
    fn of(aligned: &Pixels<'_>, gray: &[u8], area: &Area) -> Self {
        let mut values = [[0u16; MOST]; 3];
        let mut count = 0;
        for y in area.rows.clone() {
            let row = aligned.row(y as u32);
            for x in area.columns.clone() {
                let [red, green, blue] = match aligned.colour() {
                    Colour::Gray => [row[x]; 3],
                    Colour::Rgb => [row[3 * x], row[3 * x + 1], row[3 * x + 2]],
                    Colour::Bgr => [row[3 * x + 2], row[3 * x + 1], row[3 * x]],
                }
                .map(u32::from);
                let sum = red + green + blue + 30;
                values[0][count] = ((red + 10) * SHARE / sum) as u16;
                values[1][count] = ((blue + 10) * SHARE / sum) as u16;
                values[2][count] = u16::from(gray[y * SIDE + x]);
                count += 1;
            }
        }
        let [red, blue, light] =
            values.map(|mut values| f32::from(*values[..count].select_nth_unstable(count / 2).1));
        Self { red: red / SHARE as f32, blue: blue / SHARE as f32, light: light + 8.0 }
    }

    fn less(&self, other: &Self) -> Difference {
        Difference {
            red: self.red - other.red,
            blue: self.blue - other.blue,
            light: (self.light / other.light).ln(),
        }
    }
}

/// The most pixels of an area that a shade is taken of.
const MOST: usize = 512;

/// Shares of colour are counted in these.
const SHARE: u32 = 4096;

struct Difference {
    red: f32,
    blue: f32,
    light: f32,
}

impl Difference {
    fn distance(&self) -> f32 {
        20.0 * (self.red.abs() + self.blue.abs()) + 0.8 * self.light.abs()
    }

    /// As signs of about one, and none so large that it alone decides.
    fn scaled(&self) -> [f32; 3] {
        [(20.0 * self.red).clamp(-3.0, 3.0), (20.0 * self.blue).clamp(-3.0, 3.0), self.light.clamp(-2.0, 2.0)]
    }
}

/// The middle of four shades, each part by itself.
fn median_shade(shades: [Shade; 4]) -> Shade {
    let middle = |mut values: [f32; 4]| {
        values.sort_by(f32::total_cmp);
        f32::midpoint(values[1], values[2])
    };
    Shade {
        red: middle(shades.map(|shade| shade.red)),
        blue: middle(shades.map(|shade| shade.blue)),
        light: middle(shades.map(|shade| shade.light)),
    }
}

/// How much darker than the lips the darkest row between them is, luma.
fn lip_line(gray: &[u8]) -> f32 {
    let row = |y: usize| {
        let cells = &gray[y * SIDE + NOSE.columns.start..y * SIDE + NOSE.columns.end];
        cells.iter().map(|&luma| f32::from(luma)).sum::<f32>() / cells.len() as f32
    };
    LINE.map(|y| f32::midpoint(row(y - LIPS), row(y + LIPS)) - row(y)).fold(f32::NEG_INFINITY, f32::max)
}

/// The mean step of luma from one row to the next.
fn steps(gray: &[u8], area: &Area) -> f32 {
    let (mut sum, mut count) = (0u32, 0u32);
    for y in area.rows.start..area.rows.end - 1 {
        for x in area.columns.clone() {
            sum += u32::from(gray[y * SIDE + x].abs_diff(gray[(y + 1) * SIDE + x]));
            count += 1;
        }
    }
    sum as f32 / count as f32
}

/// Standard deviation of luma.
fn deviation(gray: &[u8], area: &Area) -> f32 {
    let (mut sum, mut squares, mut count) = (0u64, 0u64, 0u64);
    for y in area.rows.clone() {
        for &luma in &gray[y * SIDE + area.columns.start..y * SIDE + area.columns.end] {
            let luma = u64::from(luma);
            sum += luma;
            squares += luma * luma;
            count += 1;
        }
    }
    let mean = sum as f64 / count as f64;
    (squares as f64 / count as f64 - mean * mean).max(0.0).sqrt() as f32
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::luma;

    /// A face of one skin colour with eyes, nostrils and a mouth, and what `over` lays on it.
    fn face(skin: [u8; 3], over: impl Fn(usize, usize) -> Option<[u8; 3]>) -> Vec<u8> {
        let dark = |share: f32| skin.map(|part| (f32::from(part) * share) as u8);
        let mut data = Vec::with_capacity(3 * SIDE * SIDE);
        for index in 0..SIDE * SIDE {
            let (x, y) = (index % SIDE, index / SIDE);
            let lips = (86..98).contains(&y) && (43..69).contains(&x);
            let colour = over(x, y).unwrap_or(match (x, y) {
                (44..68, 91..93) => dark(0.3),
                _ if lips => [dark(1.0)[0], dark(0.65)[1], dark(0.7)[2]],
                (48..53 | 59..64, 76..80) => dark(0.35),
                (30..46 | 66..82, 49..55) => dark(0.2),
                // Light falls off a little towards the chin.
                _ => dark(1.0 - 0.1 * y as f32 / SIDE as f32),
            });
            data.extend(colour);
        }
        data
    }

    fn measured(data: &[u8], colour: Colour, pose: Pose) -> Option<f32> {
        let wide = data.len() / (SIDE * SIDE);
        let pixels = Pixels::new(colour, SIDE as u32, SIDE as u32, wide * SIDE, data).unwrap();
        let gray: Vec<u8> = match colour {
            Colour::Gray => data.to_vec(),
            Colour::Rgb => data.as_chunks().0.iter().map(|[r, g, b]| luma(*r, *g, *b)).collect(),
            Colour::Bgr => data.as_chunks().0.iter().map(|[b, g, r]| luma(*r, *g, *b)).collect(),
        };
        measure(&pixels, &gray, &pose)
    }

    fn of(data: &[u8]) -> f32 {
        measured(data, Colour::Rgb, Pose::default()).unwrap()
    }

    const SKINS: [[u8; 3]; 3] = [[224, 176, 150], [168, 118, 90], [92, 62, 50]];

    /// A mask from the bridge of the nose down, its upper edge falling off to both sides, with three soft pleats, lit as
    /// the face is.
    fn masked(skin: [u8; 3], colour: [u8; 3]) -> Vec<u8> {
        face(skin, |x, y| {
            let pleat = if matches!(y, 73..75 | 84..86 | 95..97) { 0.94 } else { 1.0 };
            let light = pleat * (1.0 - 0.1 * y as f32 / SIDE as f32);
            (y > 60 + x.abs_diff(56) / 3).then_some(colour.map(|part| (f32::from(part) * light) as u8))
        })
    }

    #[test]
    fn a_bare_face_of_any_skin_is_no_masked_one() {
        for skin in SKINS {
            assert!(of(&face(skin, |_, _| None)) < 0.1, "{skin:?}: {}", of(&face(skin, |_, _| None)));
        }
    }

    #[test]
    fn the_common_masks_are_seen_on_any_skin() {
        for skin in SKINS {
            for mask in [[238, 240, 242], [176, 208, 230], [105, 165, 210], [34, 34, 38]] {
                let found = of(&masked(skin, mask));
                assert!(found > 0.5, "{skin:?} {mask:?}: {found}");
            }
        }
    }

    #[test]
    fn a_beard_is_no_mask_while_lips_and_nose_show() {
        let beard = |x: usize, y: usize| {
            let mouth = (84..100).contains(&y) && (41..71).contains(&x);
            let hair = y > 80 && !mouth;
            hair.then_some([40 + (x * 7 % 11) as u8, 32 + (y * 5 % 9) as u8, 28])
        };
        for skin in SKINS {
            let found = of(&face(skin, beard));
            assert!(found < 0.5, "{skin:?}: {found}");
        }
    }

    #[test]
    fn glasses_and_a_fringe_of_hair_are_no_mask() {
        let glasses =
            |x: usize, y: usize| ((42..60).contains(&y) && (24..88).contains(&x)).then_some([20, 22, 40]);
        let hair = |_: usize, y: usize| (y < 40).then_some([25, 22, 24]);
        for skin in SKINS {
            assert!(of(&face(skin, glasses)) < 0.5 && of(&face(skin, hair)) < 0.5);
        }
    }

    #[test]
    fn red_and_blue_the_other_way_round_are_the_same_face() {
        let rgb = masked(SKINS[0], [105, 165, 210]);
        let bgr: Vec<u8> = rgb.as_chunks::<3>().0.iter().flat_map(|[r, g, b]| [*b, *g, *r]).collect();
        assert_eq!(
            measured(&bgr, Colour::Bgr, Pose::default()),
            measured(&rgb, Colour::Rgb, Pose::default())
        );
    }

    #[test]
    fn a_picture_without_colour_is_measured_by_light_and_edges() {
        let gray = |data: &[u8]| -> Vec<u8> {
            data.as_chunks().0.iter().map(|[r, g, b]| luma(*r, *g, *b)).collect()
        };
        let of = |data: &[u8]| measured(&gray(data), Colour::Gray, Pose::default()).unwrap();
        assert!(of(&face(SKINS[1], |_, _| None)) < of(&masked(SKINS[1], [238, 240, 242])));
    }

    #[test]
    fn a_head_turned_away_and_a_picture_of_another_size_are_not_measured() {
        let bare = face(SKINS[0], |_, _| None);
        let turned = |yaw, pitch| measured(&bare, Colour::Rgb, Pose { yaw, pitch, roll: 0.0 });
        assert!(turned(29.0, 0.0).is_some() && turned(0.0, -24.0).is_some());
        assert!(turned(-31.0, 0.0).is_none() && turned(0.0, 26.0).is_none());
        let small = vec![0; 96 * 96];
        let pixels = Pixels::new(Colour::Gray, 96, 96, 96, &small).unwrap();
        assert_eq!(measure(&pixels, &small, &Pose::default()), None);
    }

    proptest! {
        #[test]
        fn any_picture_gives_a_number_from_nought_to_one(seed: u64, flat: bool) {
            let mut state = seed;
            let data: Vec<u8> = (0..3 * SIDE * SIDE).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if flat { seed as u8 } else { (state >> 56) as u8 }
            }).collect();
            prop_assert!((0.0..=1.0).contains(&of(&data)));
        }
    }
}
