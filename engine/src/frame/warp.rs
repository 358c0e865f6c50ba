//! Sampling a picture through a similarity.

use super::{FrameError, MAX_SIDE, Pixels, Similarity};

/// Fractions of a pixel are kept in 16 bits; 8 of them weigh the four neighbours.
const FRACTION_BITS: u32 = 16;

/// Fills `target`, a picture of `size` with `N` channels a pixel, from the points `to_source` gives.
pub(super) fn sample<const N: usize>(
    pixels: &Pixels<'_>,
    to_source: Similarity,
    size: [u32; 2],
    target: &mut [u8],
) -> Result<(), FrameError> {
    let Similarity { a, b, tx, ty } = to_source;
    let largest = 4.0 * MAX_SIDE as f32;
    if ![a, b, tx, ty].iter().all(|number| number.abs() <= largest) {
        return Err(FrameError::Transform { a, b, tx, ty });
    }
    let fixed = |number: f32| (f64::from(number) * f64::from(1 << FRACTION_BITS)).round() as i64;
    let (step_x, step_y) = (fixed(a), fixed(b));
    let row_bytes = size[0] as usize * N;
    for (y, row) in target.chunks_exact_mut(row_bytes).enumerate() {
        // Each row starts from the exact place, so that rounding does not add up over the rows.
        let [x, y] = to_source.apply([0.0, y as f32]).map(fixed);
        let span = inner_span(pixels, [x, y], [step_x, step_y], size[0]);
        for (column, pixel) in row.chunks_exact_mut(N).enumerate() {
            let (x, y) = (x + column as i64 * step_x, y + column as i64 * step_y);
            let place = Place::of(x, y);
            if span.contains(&column) {
                blend_inside::<N>(pixels, &place, pixel);
            } else {
                blend_at_border::<N>(pixels, &place, pixel);
            }
        }
    }
    Ok(())
}

/// A point of the source: the pixel up and left of it, and its distance from there, 0..256.
struct Place {
    x: i64,
    y: i64,
    right: u32,
    down: u32,
}

impl Place {
    fn of(x: i64, y: i64) -> Self {
        let fraction = |number: i64| ((number >> (FRACTION_BITS - 8)) & 0xFF) as u32;
        Self { x: x >> FRACTION_BITS, y: y >> FRACTION_BITS, right: fraction(x), down: fraction(y) }
    }
}

/// The columns of a row whose four neighbours all lie in the picture. They are one stretch, as the points of a row
/// lie on a straight line and the picture is convex.
fn inner_span(pixels: &Pixels<'_>, start: [i64; 2], step: [i64; 2], columns: u32) -> std::ops::Range<usize> {
    let limits = [pixels.width(), pixels.height()].map(|side| (i64::from(side) - 1) << FRACTION_BITS);
    let (mut first, mut end) = (0, i64::from(columns));
    for ((start, step), limit) in start.into_iter().zip(step).zip(limits) {
        // All columns c with 0 <= start + c·step < limit.
        match step {
            0 if (0..limit).contains(&start) => {}
            0 => end = 0,
            1.. => {
                first = first.max(ceil_div(-start, step));
                end = end.min(ceil_div(limit - start, step));
            }
            _ => {
                first = first.max(start.saturating_sub(limit).div_euclid(-step) + 1);
                end = end.min(start.div_euclid(-step) + 1);
            }
        }
    }
    let first = first.clamp(0, i64::from(columns));
    first as usize..end.clamp(first, i64::from(columns)) as usize
}

fn ceil_div(number: i64, by: i64) -> i64 {
    -(-number).div_euclid(by)
}

/// The weighted mean of the four neighbours, all of them in the picture.
fn blend_inside<const N: usize>(pixels: &Pixels<'_>, place: &Place, pixel: &mut [u8]) {
    let start = place.y as usize * pixels.stride() + place.x as usize * N;
    let data = pixels.data();
    let upper = &data[start..start + 2 * N];
    let lower = &data[start + pixels.stride()..start + pixels.stride() + 2 * N];
    for channel in 0..N {
        let neighbours = [upper[channel], upper[channel + N], lower[channel], lower[channel + N]];
        pixel[channel] = mean(neighbours, place);
    }
}

/// The same where some of the four may be outside, and then black.
fn blend_at_border<const N: usize>(pixels: &Pixels<'_>, place: &Place, pixel: &mut [u8]) {
    let at = |x: i64, y: i64, channel: usize| match (u32::try_from(x), u32::try_from(y)) {
        (Ok(x), Ok(y)) if x < pixels.width() => {
            pixels.row(y).get(x as usize * N + channel).copied().unwrap_or(0)
        }
        _ => 0,
    };
    for (channel, value) in pixel.iter_mut().enumerate() {
        let Place { x, y, .. } = *place;
        let neighbours =
            [at(x, y, channel), at(x + 1, y, channel), at(x, y + 1, channel), at(x + 1, y + 1, channel)];
        *value = mean(neighbours, place);
    }
}

fn mean(neighbours: [u8; 4], place: &Place) -> u8 {
    let [up_left, up_right, down_left, down_right] = neighbours.map(u32::from);
    let up = up_left * (256 - place.right) + up_right * place.right;
    let down = down_left * (256 - place.right) + down_right * place.right;
    ((up * (256 - place.down) + down * place.down + (1 << 15)) >> 16) as u8
}

#[cfg(test)]
mod tests {
    use mabataki_models::Colour;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::Patch;

    fn warped(pixels: &Pixels<'_>, to_source: Similarity, width: u32, height: u32) -> Vec<u8> {
        let mut patch = Patch::new(width, height).unwrap();
        patch.warp(pixels, to_source).unwrap();
        patch.pixels().unwrap().data().to_vec()
    }

    /// The same by the formula, in floating point.
    fn by_formula(pixels: &Pixels<'_>, to_source: Similarity, x: u32, y: u32) -> f64 {
        let [x, y] = to_source.apply([x as f32, y as f32]).map(f64::from);
        let at = |x: f64, y: f64| {
            if x < 0.0 || y < 0.0 || x >= f64::from(pixels.width()) || y >= f64::from(pixels.height()) {
                0.0
            } else {
                f64::from(pixels.row(y as u32)[x as usize])
            }
        };
        let (left, top) = (x.floor(), y.floor());
        let (right, down) = (x - left, y - top);
        at(left, top) * (1.0 - right) * (1.0 - down)
            + at(left + 1.0, top) * right * (1.0 - down)
            + at(left, top + 1.0) * (1.0 - right) * down
            + at(left + 1.0, top + 1.0) * right * down
    }

    #[test]
    fn the_identity_is_an_exact_copy_with_black_around() {
        let data = [1, 2, 3, 4];
        let pixels = Pixels::new(Colour::Gray, 2, 2, 2, &data).unwrap();
        let shift = Similarity { a: 1.0, b: 0.0, tx: -1.0, ty: 0.0 };
        assert_eq!(warped(&pixels, shift, 4, 3), [0, 1, 2, 0, 0, 3, 4, 0, 0, 0, 0, 0]);
    }

    #[test]
    fn a_quarter_turn_puts_columns_for_rows() {
        let data = [1, 2, 3, 4, 5, 6];
        let pixels = Pixels::new(Colour::Gray, 3, 2, 3, &data).unwrap();
        // (x, y) of the target lies at (2 − y, x) of the source.
        let turn = Similarity { a: 0.0, b: 1.0, tx: 2.0, ty: 0.0 };
        assert_eq!(warped(&pixels, turn, 2, 3), [3, 6, 2, 5, 1, 4]);
    }

    #[test]
    fn a_transform_that_is_not_finite_is_refused() {
        let pixels = Pixels::new(Colour::Gray, 1, 1, 1, &[0]).unwrap();
        for bad in [f32::NAN, f32::INFINITY, 1e9] {
            let refused =
                Patch::new(2, 2).unwrap().warp(&pixels, Similarity { a: bad, b: 0.0, tx: 0.0, ty: 0.0 });
            assert!(matches!(refused, Err(FrameError::Transform { .. })));
        }
    }

    proptest! {
        #[test]
        fn every_pixel_is_the_mean_the_formula_gives(
            data in prop::collection::vec(any::<u8>(), 11 * 7),
            a in -3.0f32..3.0, b in -3.0f32..3.0, tx in -15.0f32..15.0, ty in -15.0f32..15.0,
        ) {
            let pixels = Pixels::new(Colour::Gray, 11, 7, 11, &data).unwrap();
            let to_source = Similarity { a, b, tx, ty };
            let found = warped(&pixels, to_source, 9, 8);
            for (index, value) in found.into_iter().enumerate() {
                let expected = by_formula(&pixels, to_source, index as u32 % 9, index as u32 / 9);
                // Weights have 8 bits: over a step of 255 that is one unit each way, and half of one for rounding.
                prop_assert!((f64::from(value) - expected).abs() <= 2.5, "{value} is not {expected} at {index}");
            }
        }

        #[test]
        fn colours_are_sampled_each_for_itself(
            data in prop::collection::vec(any::<u8>(), 6 * 5 * 3), b in -2.0f32..2.0, tx in -5.0f32..5.0,
        ) {
            let to_source = Similarity { a: 0.7, b, tx, ty: 1.3 };
            let colour = warped(&Pixels::new(Colour::Rgb, 6, 5, 18, &data).unwrap(), to_source, 7, 6);
            for channel in 0..3 {
                let plane: Vec<u8> = data.iter().skip(channel).step_by(3).copied().collect();
                let gray = warped(&Pixels::new(Colour::Gray, 6, 5, 6, &plane).unwrap(), to_source, 7, 6);
                let of_colour: Vec<u8> = colour.iter().skip(channel).step_by(3).copied().collect();
                prop_assert_eq!(gray, of_colour);
            }
        }

        #[test]
        fn no_transform_makes_it_panic(a: f32, b: f32, tx: f32, ty: f32) {
            let pixels = Pixels::new(Colour::Gray, 3, 2, 3, &[0; 6]).unwrap();
            let _ = Patch::new(4, 4).unwrap().warp(&pixels, Similarity { a, b, tx, ty });
        }
    }
}
