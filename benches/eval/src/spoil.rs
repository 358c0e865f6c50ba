//! Pictures spoilt by light: as a small camera's sensor would have taken them in less of it, in more, against it, or
//! through haze. Simulated, not taken: a real camera's own corrections are not in them.

use mabataki_engine::face::Rect;

use crate::{picture::Picture, stats::SplitMix};

/// Electrons that fill a pixel of a small sensor: they give the noise of the light itself.
const FULL: f32 = 3000.0;

/// The noise of reading a pixel, in shares of a full one.
const READ: f32 = 0.003;

/// A way to spoil a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Spoil {
    /// What reports call it.
    pub(crate) id: &'static str,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// As it was taken.
    None,
    /// So many times the light.
    Exposure(f32),
    /// So many times the light on the person, and four times as much behind them, a part of which the lens scatters
    /// over the whole picture.
    Behind(f32),
    /// So many times the light on one side of the face, and its own on the other.
    Side(f32),
    /// This share of the contrast, around the middle of the range.
    Haze(f32),
}

const fn spoil(id: &'static str, way: Way) -> Spoil {
    Spoil { id, way }
}

/// Every way, by degrees.
pub(crate) const SPOILS: [Spoil; 13] = [
    spoil("as_taken", Way::None),
    spoil("dark_1/8", Way::Exposure(1.0 / 8.0)),
    spoil("dark_1/16", Way::Exposure(1.0 / 16.0)),
    spoil("dark_1/32", Way::Exposure(1.0 / 32.0)),
    spoil("bright_4", Way::Exposure(4.0)),
    spoil("bright_6", Way::Exposure(6.0)),
    spoil("bright_8", Way::Exposure(8.0)),
    spoil("behind_1/8", Way::Behind(1.0 / 8.0)),
    spoil("behind_1/16", Way::Behind(1.0 / 16.0)),
    spoil("behind_1/32", Way::Behind(1.0 / 32.0)),
    spoil("side_1/16", Way::Side(1.0 / 16.0)),
    spoil("haze_1/2", Way::Haze(1.0 / 2.0)),
    spoil("haze_1/4", Way::Haze(1.0 / 4.0)),
];

/// How much brighter it is behind a person against the light.
const BEHIND: f32 = 4.0;

/// The share of the light behind that the lens scatters over the picture.
const SCATTERED: f32 = 0.01;

impl Spoil {
    /// Whether it leaves pictures as they were taken.
    pub(crate) fn is_none(&self) -> bool {
        self.way == Way::None
    }

    /// Spoils a picture with a face here. The same `seed` gives the same noise.
    pub(crate) fn apply(&self, picture: &mut Picture, face: &Rect, seed: u64) {
        if self.is_none() {
            return;
        }
        let mut chance = SplitMix::new(seed);
        let width = picture.width;
        for (index, pixel) in picture.rgb.as_chunks_mut::<3>().0.iter_mut().enumerate() {
            let (x, y) = ((index % width) as f32, (index / width) as f32);
            for channel in pixel {
                let light = to_light(*channel);
                let light = match self.way {
                    Way::None => light,
                    Way::Exposure(times) => light * times,
                    Way::Behind(times) => {
                        let person = person(face, x, y);
                        let times = times * person + BEHIND * (1.0 - person);
                        light * times + SCATTERED
                    }
                    Way::Side(times) => {
                        let across = ((x - face.x) / face.width).clamp(0.0, 1.0);
                        light * times.powf(1.0 - across)
                    }
                    Way::Haze(share) => to_light_of(0.5 + share * (f32::from(*channel) / 255.0 - 0.5)),
                };
                *channel = from_light(noisy(light, &mut chance));
            }
        }
    }
}

/// How much of a pixel is of the person with this face, 0..1: an ellipse about the head, and the shoulders below it.
fn person(face: &Rect, x: f32, y: f32) -> f32 {
    let centre = face.centre();
    let (across, down) = ((x - centre.x) / face.width, (y - centre.y) / face.height);
    let head = (across / 0.75).hypot((down + 0.08) / 0.8);
    let shoulders = across.abs() / (0.5 + 2.2 * (down - 0.4).max(0.0));
    let edge = |outside: f32| ((1.15 - outside) / 0.3).clamp(0.0, 1.0);
    if down > 0.4 { edge(head).max(edge(shoulders)) } else { edge(head) }
}

/// Light on a pixel with the sensor's noise, 0..1.
fn noisy(light: f32, chance: &mut SplitMix) -> f32 {
    // The sum of four even draws is near enough to a normal one.
    let draw: f32 = (0..4).map(|_| chance.below(1 << 16) as f32 / 65536.0 - 0.5).sum::<f32>() * 3.0f32.sqrt();
    let deviation = (light.clamp(0.0, 1.0) / FULL + READ * READ).sqrt();
    (light + draw * deviation).clamp(0.0, 1.0)
}

/// Light from an sRGB value (IEC 61966-2-1).
fn to_light(value: u8) -> f32 {
    to_light_of(f32::from(value) / 255.0)
}

fn to_light_of(value: f32) -> f32 {
    if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
}

fn from_light(light: f32) -> u8 {
    let value = if light <= 0.003_130_8 { 12.92 * light } else { 1.055 * light.powf(1.0 / 2.4) - 0.055 };
    (value * 255.0).round().clamp(0.0, 255.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    const FACE: Rect = Rect { x: 80.0, y: 70.0, width: 60.0, height: 80.0 };

    /// A picture of one gray, spoilt; the mean of the face's middle, and of the upper left corner.
    fn spoilt(id: &str, value: u8) -> [f32; 2] {
        let mut picture = Picture { width: 220, height: 220, rgb: vec![value; 220 * 220 * 3] };
        SPOILS.iter().find(|spoil| spoil.id == id).unwrap().apply(&mut picture, &FACE, 7);
        [(95, 100), (4, 4)].map(|(left, top)| {
            let places = (0..400).map(|at| (left + at % 20, top + at / 20));
            places.map(|(x, y)| picture.luma(x, y)).sum::<f32>() / 400.0
        })
    }

    #[test]
    fn pictures_as_taken_stay_as_they_are() {
        assert_eq!(spoilt("as_taken", 131), [131.0; 2]);
    }

    #[test]
    fn light_is_counted_in_light_and_not_in_values() {
        // Half of the range is 21 % of the light; an eighth of that is 2.7 %, which is a value of 46.
        let [face, corner] = spoilt("dark_1/8", 128);
        assert!((face - 46.0).abs() < 1.5 && (corner - 46.0).abs() < 1.5, "{face} {corner}");
        assert!(spoilt("bright_8", 128)[0] > 253.0);
    }

    #[test]
    fn light_from_behind_leaves_the_face_in_the_shade() {
        let [face, corner] = spoilt("behind_1/16", 128);
        assert!(face < 50.0 && corner > 220.0, "{face} {corner}");
    }

    #[test]
    fn haze_brings_values_to_the_middle() {
        assert!((spoilt("haze_1/4", 228)[0] - 152.6).abs() < 2.0);
    }

    #[test]
    fn the_same_seed_gives_the_same_picture_and_no_value_leaves_the_range() {
        assert_eq!(spoilt("dark_1/32", 90), spoilt("dark_1/32", 90));
        assert!(spoilt("dark_1/32", 0)[0] < 20.0 && spoilt("bright_4", 255)[0] > 254.0);
    }
}
