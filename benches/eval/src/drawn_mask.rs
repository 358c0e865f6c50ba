//! Masks drawn on faces: no photograph of a mask is needed, and none is fitted to a real one. The outline follows the jaw
//! and the nose, the light of the face falls on it.

use mabataki_engine::face::{Landmarks, Point};

use crate::{picture::Picture, stats::SplitMix};

/// How a mask is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Flat, with folds across.
    Surgical,
    /// Stands off the face, with a seam down the middle.
    Cone,
    /// A surgical one that leaves the nose bare.
    Low,
}

/// A kind of mask.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MaskKind {
    /// What reports call it.
    pub(crate) id: &'static str,
    cut: Cut,
    rgb: [f32; 3],
}

const WHITE: [f32; 3] = [238.0, 240.0, 242.0];
const LIGHT_BLUE: [f32; 3] = [176.0, 208.0, 230.0];
const PINK: [f32; 3] = [236.0, 196.0, 202.0];
const BEIGE: [f32; 3] = [214.0, 182.0, 158.0];
const GREY: [f32; 3] = [125.0, 126.0, 130.0];
const BLACK: [f32; 3] = [34.0, 34.0, 38.0];

/// What is worn in hospitals first, then what is harder to see: the colour of skin, black on dark skin, a bare nose.
pub(crate) const KINDS: [MaskKind; 9] = [
    MaskKind { id: "surgical_white", cut: Cut::Surgical, rgb: WHITE },
    MaskKind { id: "surgical_light_blue", cut: Cut::Surgical, rgb: LIGHT_BLUE },
    MaskKind { id: "surgical_pink", cut: Cut::Surgical, rgb: PINK },
    MaskKind { id: "surgical_grey", cut: Cut::Surgical, rgb: GREY },
    MaskKind { id: "cone_white", cut: Cut::Cone, rgb: WHITE },
    MaskKind { id: "cone_black", cut: Cut::Cone, rgb: BLACK },
    MaskKind { id: "surgical_beige", cut: Cut::Surgical, rgb: BEIGE },
    MaskKind { id: "surgical_black", cut: Cut::Surgical, rgb: BLACK },
    MaskKind { id: "low_white", cut: Cut::Low, rgb: WHITE },
];

/// Where a surgical mask's folds lie, from its upper edge to its lower one.
const FOLDS: [f32; 3] = [0.3, 0.48, 0.66];

impl Picture {
    /// Draws a mask over the face of these points. How it sits is drawn from `chance`.
    pub(crate) fn draw(&mut self, kind: &MaskKind, face: &Landmarks, chance: &mut SplitMix) {
        let fit = Fit::new(kind.cut, face, chance);
        let light = Light::of(self, fit.height * 0.22);
        let (left, right, top, bottom) = fit.bounds(self);
        let inside: Vec<(usize, usize, f32)> = (top..bottom)
            .flat_map(|y| (left..right).map(move |x| (x, y)))
            .map(|(x, y)| (x, y, fit.coverage(x, y)))
            .filter(|&(.., coverage)| coverage > 0.0)
            .collect();
        let weight: f32 = inside.iter().map(|&(.., coverage)| coverage).sum();
        let mean =
            inside.iter().map(|&(x, y, coverage)| light.at(x, y) * coverage).sum::<f32>() / weight.max(1.0);
        // A camera takes the exposure from the face: a mask in the dark is dark.
        let bright = (mean / 150.0).clamp(0.35, 1.25);
        for (x, y, coverage) in inside {
            let shade = (light.at(x, y) / mean.max(1.0)).powf(0.8) * bright * fit.relief(kind.cut, x, y);
            let grain = 1.0 + 0.02 * (chance.below(201) as f32 / 100.0 - 1.0);
            for (channel, colour) in kind.rgb.iter().enumerate() {
                let cell = &mut self.rgb[(y * self.width + x) * 3 + channel];
                let cloth = (colour * shade * grain).clamp(0.0, 255.0);
                *cell = (f32::from(*cell) * (1.0 - coverage) + cloth * coverage).round() as u8;
            }
        }
    }
}

/// A mask on a face: its outline, and where on it a pixel lies.
struct Fit {
    outline: Vec<Point>,
    /// The middle of its upper edge.
    top: Point,
    /// From the bridge of the nose to the chin, of length one.
    down: Point,
    /// From the bridge of the nose to the chin, px.
    height: f32,
    /// How far it reaches down from `top` and to either side, in `height`s.
    reach: [f32; 2],
}

impl Fit {
    /// The points are those of the 68: 0–16 the jaw, 27–30 the bridge of the nose, 33 below it, 51 the upper lip, 8 the chin.
    fn new(cut: Cut, face: &Landmarks, chance: &mut SplitMix) -> Fit {
        let mut draw = |from: f32, to: f32| from + (to - from) * chance.below(1001) as f32 / 1000.0;
        let (bridge, chin) = (face[27], face[8]);
        let height = distance(bridge, chin).max(1.0);
        let down = Point { x: (chin.x - bridge.x) / height, y: (chin.y - bridge.y) / height };
        let top = match cut {
            Cut::Low => between(face[33], face[51], 0.3),
            Cut::Surgical | Cut::Cone => between(face[28], face[29], draw(0.0, 0.9)),
        };
        let (side, beyond) = (draw(0.0, 0.8), draw(0.0, 0.08));
        let mut outline = vec![between(face[1], face[2], side)];
        outline.extend((2..15).map(|at| {
            let middle = (1.0 - (at as f32 - 8.0).abs() / 7.0).max(0.0);
            moved(face[at], down, height * beyond * middle)
        }));
        outline.push(between(face[15], face[14], side));
        let (first, last) = (outline[0], outline[outline.len() - 1]);
        let sag = draw(0.02, 0.08) * height;
        let mut edge = |from: Point, to: Point| {
            let control = moved(between(from, to, 0.5), down, sag);
            let curve = (1..8).map(move |step| {
                let t = step as f32 / 8.0;
                between(between(from, control, t), between(control, to, t), t)
            });
            outline.extend(curve);
        };
        edge(last, top);
        edge(top, first);
        let reach = [0, 1].map(|axis| {
            outline.iter().map(|point| along(*point, top, down, height)[axis].abs()).fold(0.0, f32::max)
        });
        Fit { outline, top, down, height, reach }
    }

    /// Left, right, top and bottom of what may be covered, px within the picture.
    fn bounds(&self, picture: &Picture) -> (usize, usize, usize, usize) {
        let range = |values: &mut dyn Iterator<Item = f32>, limit: usize| {
            let (low, high) = values.fold((f32::MAX, f32::MIN), |(low, high), v| (low.min(v), high.max(v)));
            (low.floor().clamp(0.0, limit as f32) as usize, high.ceil().clamp(0.0, limit as f32) as usize)
        };
        let (left, right) = range(&mut self.outline.iter().map(|point| point.x), picture.width);
        let (top, bottom) = range(&mut self.outline.iter().map(|point| point.y), picture.height);
        (left, right, top, bottom)
    }

    /// How much of a pixel is covered, by its four quarters.
    fn coverage(&self, x: usize, y: usize) -> f32 {
        let quarters = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
        let covered =
            quarters.iter().filter(|(dx, dy)| self.holds(Point { x: x as f32 + dx, y: y as f32 + dy }));
        covered.count() as f32 / 4.0
    }

    /// By the even-odd rule.
    fn holds(&self, at: Point) -> bool {
        let next = self.outline.iter().cycle().skip(1);
        self.outline.iter().zip(next).fold(false, |inside, (a, b)| {
            let crosses =
                (a.y > at.y) != (b.y > at.y) && at.x < a.x + (at.y - a.y) / (b.y - a.y) * (b.x - a.x);
            inside != crosses
        })
    }

    /// How light the cloth is at a pixel for its shape alone.
    fn relief(&self, cut: Cut, x: usize, y: usize) -> f32 {
        let [down, across] = along(Point { x: x as f32, y: y as f32 }, self.top, self.down, self.height);
        let line = |off: f32| (-(off / 0.012).powi(2)).exp();
        match cut {
            Cut::Cone => {
                let round = (across / self.reach[1].max(0.1)).clamp(-1.0, 1.0) * std::f32::consts::FRAC_PI_2;
                0.92 + 0.12 * round.cos() - 0.18 * line(across)
            }
            Cut::Surgical | Cut::Low => {
                let folds = FOLDS.iter().map(|fold| line(down - fold * self.reach[0])).fold(0.0, f32::max);
                1.0 - 0.14 * folds
            }
        }
    }
}

/// The light on a face: luma, blurred by a box.
struct Light {
    /// Sums of luma above and left of each pixel.
    sums: Vec<f64>,
    width: usize,
    height: usize,
    radius: usize,
}

impl Light {
    fn of(picture: &Picture, radius: f32) -> Light {
        let (width, height) = (picture.width, picture.height);
        let mut sums = vec![0.0; (width + 1) * (height + 1)];
        for y in 0..height {
            let mut row = 0.0;
            for x in 0..width {
                row += f64::from(picture.luma(x, y));
                sums[(y + 1) * (width + 1) + x + 1] = sums[y * (width + 1) + x + 1] + row;
            }
        }
        Light { sums, width, height, radius: (radius.max(1.0)) as usize }
    }

    fn at(&self, x: usize, y: usize) -> f32 {
        let (left, right) = (x.saturating_sub(self.radius), (x + self.radius + 1).min(self.width));
        let (top, bottom) = (y.saturating_sub(self.radius), (y + self.radius + 1).min(self.height));
        let sum = |x: usize, y: usize| self.sums[y * (self.width + 1) + x];
        let total = sum(right, bottom) - sum(left, bottom) - sum(right, top) + sum(left, top);
        (total / ((right - left) * (bottom - top)) as f64) as f32
    }
}

fn between(a: Point, b: Point, share: f32) -> Point {
    Point { x: a.x + (b.x - a.x) * share, y: a.y + (b.y - a.y) * share }
}

fn moved(point: Point, direction: Point, by: f32) -> Point {
    Point { x: point.x + direction.x * by, y: point.y + direction.y * by }
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// How far `at` lies from `origin` downwards and to the side, in `unit`s.
fn along(at: Point, origin: Point, down: Point, unit: f32) -> [f32; 2] {
    let (x, y) = (at.x - origin.x, at.y - origin.y);
    [(x * down.x + y * down.y) / unit, (x * down.y - y * down.x) / unit]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A head of 100 px from the bridge of the nose to the chin, seen from the front.
    fn head() -> Landmarks {
        let mut face = [Point::default(); 68];
        for (at, point) in face[..17].iter_mut().enumerate() {
            let side = (at as f32 - 8.0) / 8.0;
            *point = Point { x: 150.0 + 60.0 * side, y: 200.0 - 90.0 * side * side };
        }
        for (at, y) in [(27, 100.0), (28, 112.0), (29, 124.0), (30, 136.0), (33, 145.0), (51, 160.0)] {
            face[at] = Point { x: 150.0, y };
        }
        face
    }

    fn picture() -> Picture {
        Picture { width: 300, height: 300, rgb: vec![150; 300 * 300 * 3] }
    }

    #[test]
    fn a_mask_covers_the_mouth_and_leaves_eyes_and_background_alone() {
        for kind in &KINDS {
            let mut picture = picture();
            picture.draw(kind, &head(), &mut SplitMix::new(1));
            let at = |x: usize, y: usize| picture.rgb[(y * 300 + x) * 3];
            assert_ne!(at(150, 175), 150, "{}: mouth", kind.id);
            for (what, x, y) in
                [("eyes", 130, 98), ("forehead", 150, 60), ("background", 20, 150), ("neck", 150, 230)]
            {
                assert_eq!(at(x, y), 150, "{}: {what}", kind.id);
            }
            let nose = at(150, 136) != 150;
            assert_eq!(nose, kind.cut != Cut::Low, "{}: nose", kind.id);
        }
    }

    #[test]
    fn a_face_at_the_pictures_edge_is_masked_as_far_as_it_is_there() {
        let mut face = head();
        face.iter_mut().for_each(|point| point.x -= 150.0);
        let mut picture = picture();
        picture.draw(&KINDS[0], &face, &mut SplitMix::new(1));
        assert_ne!(picture.rgb[175 * 300 * 3], 150);
    }

    #[test]
    fn the_same_seed_draws_the_same_mask() {
        let drawn = || {
            let mut picture = picture();
            picture.draw(&KINDS[4], &head(), &mut SplitMix::new(7));
            picture.rgb
        };
        assert!(drawn() == drawn());
    }
}
