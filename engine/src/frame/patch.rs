//! A piece of a picture, brought to a size of its own.

use std::fmt;

use fast_image_resize::{
    FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer,
    images::{TypedImage, TypedImageRef},
    pixels::{U8, U8x3},
};
use mabataki_models::Colour;
use zeroize::{Zeroize as _, Zeroizing};

use super::{FrameError, MAX_PIXELS, MAX_SIDE, Pixels, warp};

/// An upright rectangle of a picture, px; pixel edges, not middles, so the whole of a picture is `0, 0, width, height`.
/// It may reach over the picture's border.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Area {
    /// Left edge.
    pub x: f32,
    /// Upper edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Area {
    /// The whole picture.
    pub fn whole(pixels: &Pixels<'_>) -> Self {
        Self { x: 0.0, y: 0.0, width: pixels.width() as f32, height: pixels.height() as f32 }
    }
}

/// What lies beyond a picture's border.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Border {
    /// Black.
    Zero,
    /// The pixel nearest to it.
    Nearest,
}

/// How the pixels of a smaller or larger picture are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sampling {
    /// From the four pixels around each point, whatever the scale: what OpenCV calls `INTER_LINEAR`, and most nets
    /// were trained on.
    Linear,
    /// From all the pixels under each point's share of the picture, weighted by a triangle: no aliasing when making
    /// smaller. The same as [`Sampling::Linear`] when making larger.
    Smooth,
}

/// A picture of fixed size in a buffer that is kept from frame to frame and wiped on drop. A piece of a frame is brought
/// into it by [`Patch::crop`] or [`Patch::warp`], in the frame's own colours.
pub struct Patch {
    width: u32,
    height: u32,
    colour: Colour,
    data: Zeroizing<Vec<u8>>,
    padded: Zeroizing<Vec<u8>>,
    resizer: Resizer,
}

impl Patch {
    /// A black patch of this width and height, px.
    ///
    /// # Errors
    /// [`FrameError`] for a size of zero or beyond the limits.
    pub fn new(width: u32, height: u32) -> Result<Self, FrameError> {
        super::view::check_size(width, height)?;
        let data = Zeroizing::new(vec![0; width as usize * height as usize * 3]);
        let (padded, resizer) = (Zeroizing::default(), Resizer::new());
        Ok(Self { width, height, colour: Colour::Rgb, data, padded, resizer })
    }

    /// What the patch holds.
    ///
    /// # Errors
    /// None in practice: a patch is within the limits by construction.
    pub fn pixels(&self) -> Result<Pixels<'_>, FrameError> {
        let stride = self.width as usize * self.colour.channels();
        Pixels::new(self.colour, self.width, self.height, stride, &self.data)
    }

    /// Brings an area of a picture to the patch's size, stretching it where the proportions differ.
    ///
    /// # Errors
    /// [`FrameError::Area`] if the area has no size, or a size beyond the limits.
    pub fn crop(
        &mut self,
        pixels: &Pixels<'_>,
        area: Area,
        border: Border,
        sampling: Sampling,
    ) -> Result<(), FrameError> {
        self.take_colour(pixels.colour());
        match pixels.colour() {
            Colour::Gray => self.crop_typed::<U8>(pixels, area, border, sampling),
            Colour::Rgb | Colour::Bgr => self.crop_typed::<U8x3>(pixels, area, border, sampling),
        }
    }

    /// Brings the picture seen through a similarity to the patch: each of the patch's pixels is sampled, from the four
    /// pixels around it, where `to_source` says it lies. What lies outside the picture is black.
    ///
    /// # Errors
    /// [`FrameError::Transform`] if a coefficient is not finite or absurdly large.
    pub fn warp(&mut self, pixels: &Pixels<'_>, to_source: Similarity) -> Result<(), FrameError> {
        self.take_colour(pixels.colour());
        let size = [self.width, self.height];
        match pixels.colour() {
            Colour::Gray => warp::sample::<1>(pixels, to_source, size, &mut self.data),
            Colour::Rgb | Colour::Bgr => warp::sample::<3>(pixels, to_source, size, &mut self.data),
        }
    }

    /// Changes every value of every channel to what the table has for it.
    pub fn map(&mut self, table: &[u8; 256]) {
        self.data.iter_mut().for_each(|value| *value = table[usize::from(*value)]);
    }

    fn take_colour(&mut self, colour: Colour) {
        self.colour = colour;
        // Shrinks or grows within the capacity it was made with.
        self.data.resize(self.width as usize * self.height as usize * colour.channels(), 0);
    }

    fn crop_typed<P: PixelTrait>(
        &mut self,
        pixels: &Pixels<'_>,
        area: Area,
        border: Border,
        sampling: Sampling,
    ) -> Result<(), FrameError> {
        let bounds = Bounds::around(area)?;
        let is_dense = pixels.stride() == pixels.width() as usize * pixels.colour().channels();
        let (x, y, width, height, source) = if bounds.is_inside(pixels) && is_dense {
            (area.x, area.y, pixels.width(), pixels.height(), pixels.data())
        } else {
            pad(pixels, &bounds, border, &mut self.padded);
            let (x, y) = (area.x - bounds.left as f32, area.y - bounds.top as f32);
            (x, y, bounds.width, bounds.height, self.padded.as_slice())
        };
        // Rounding of the edges may have put the far ones a hair's breadth outside.
        let (x, y) = (f64::from(x), f64::from(y));
        let crop_width = f64::from(area.width).min(f64::from(width) - x);
        let crop_height = f64::from(area.height).min(f64::from(height) - y);
        let algorithm = match sampling {
            Sampling::Linear => ResizeAlg::Interpolation(FilterType::Bilinear),
            Sampling::Smooth => ResizeAlg::Convolution(FilterType::Bilinear),
        };
        let options = ResizeOptions::new().resize_alg(algorithm).crop(x, y, crop_width, crop_height);
        let refused = |_| FrameError::Area { area };
        let source =
            TypedImageRef::<P>::from_buffer(width, height, source).map_err(|_| FrameError::Area { area })?;
        let mut target = TypedImage::<P>::from_buffer(self.width, self.height, &mut self.data)
            .map_err(|_| FrameError::Area { area })?;
        self.resizer.resize_typed(&source, &mut target, &options).map_err(refused)
    }
}

impl Drop for Patch {
    fn drop(&mut self) {
        self.data.zeroize();
        self.padded.zeroize();
        self.resizer.reset_internal_buffers();
    }
}

impl fmt::Debug for Patch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Patch({}×{})", self.width, self.height)
    }
}

/// A turn, a scale and a shift: `(x, y)` goes to `(a·x − b·y + tx, b·x + a·y + ty)`. Coordinates are of pixel middles:
/// the first pixel's is `0, 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Similarity {
    /// Scale times the cosine of the turn.
    pub a: f32,
    /// Scale times the sine of the turn.
    pub b: f32,
    /// Shift to the right, px.
    pub tx: f32,
    /// Shift downwards, px.
    pub ty: f32,
}

impl Similarity {
    /// Where a point goes.
    pub fn apply(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        [self.a * x - self.b * y + self.tx, self.b * x + self.a * y + self.ty]
    }
}

/// The shortest side of an area, px. Next to nothing leaves the resizer no pixel to look at.
const LEAST_SIDE: f32 = 0.01;

/// The whole pixels an area touches.
struct Bounds {
    left: i64,
    top: i64,
    width: u32,
    height: u32,
}

impl Bounds {
    fn around(area: Area) -> Result<Self, FrameError> {
        let largest = 2.0 * MAX_SIDE as f32;
        let is_sound = area.width >= LEAST_SIDE
            && area.height >= LEAST_SIDE
            && [area.x, area.y, area.width, area.height].iter().all(|number| number.abs() <= largest);
        if !is_sound {
            return Err(FrameError::Area { area });
        }
        let [left, top] = [area.x, area.y].map(|edge| edge.floor() as i64);
        let [right, bottom] = [area.x + area.width, area.y + area.height].map(|edge| edge.ceil() as i64);
        match (u32::try_from(right - left), u32::try_from(bottom - top)) {
            (Ok(width @ 1..), Ok(height @ 1..)) if u64::from(width) * u64::from(height) <= MAX_PIXELS => {
                Ok(Self { left, top, width, height })
            }
            _ => Err(FrameError::Area { area }),
        }
    }

    fn is_inside(&self, pixels: &Pixels<'_>) -> bool {
        self.left >= 0
            && self.top >= 0
            && self.left + i64::from(self.width) <= i64::from(pixels.width())
            && self.top + i64::from(self.height) <= i64::from(pixels.height())
    }
}

/// Copies the bounds' pixels, and what the border says for those that are not there.
fn pad(pixels: &Pixels<'_>, bounds: &Bounds, border: Border, padded: &mut Vec<u8>) {
    let channels = pixels.colour().channels();
    let row_bytes = bounds.width as usize * channels;
    padded.clear();
    padded.resize(row_bytes * bounds.height as usize, 0);

    let width = i64::from(pixels.width());
    // The columns of the bounds before, on and behind the picture.
    let before = (-bounds.left).clamp(0, i64::from(bounds.width));
    let on_end = (width - bounds.left).clamp(before, i64::from(bounds.width));
    let [before, on_end] = [before, on_end].map(|columns| columns as usize * channels);
    for (index, target) in padded.chunks_exact_mut(row_bytes).enumerate() {
        let y = bounds.top + index as i64;
        let nearest = y.clamp(0, i64::from(pixels.height()) - 1);
        if nearest != y && border == Border::Zero {
            continue;
        }
        let row = pixels.row(nearest as u32);
        if on_end > before {
            let start = bounds.left.max(0) as usize * channels;
            target[before..on_end].copy_from_slice(&row[start..start + on_end - before]);
        }
        if border == Border::Nearest {
            let (first, last) = (&row[..channels], &row[row.len() - channels..]);
            target[..before].chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(first));
            target[on_end..].chunks_exact_mut(channels).for_each(|pixel| pixel.copy_from_slice(last));
        }
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    /// A gray picture whose pixels count up, row by row.
    fn counting(width: u32, height: u32) -> Vec<u8> {
        (0..width * height).map(|index| (index % 251) as u8).collect()
    }

    fn gray(width: u32, height: u32, data: &[u8]) -> Pixels<'_> {
        Pixels::new(Colour::Gray, width, height, width as usize, data).unwrap()
    }

    fn area(x: f32, y: f32, width: f32, height: f32) -> Area {
        Area { x, y, width, height }
    }

    #[test]
    fn a_crop_of_its_own_size_is_an_exact_copy() {
        let data = counting(6, 5);
        let mut patch = Patch::new(2, 3).unwrap();
        patch.crop(&gray(6, 5, &data), area(1.0, 2.0, 2.0, 3.0), Border::Zero, Sampling::Linear).unwrap();
        assert_eq!(patch.pixels().unwrap().data(), [13, 14, 19, 20, 25, 26]);
    }

    #[test]
    fn beyond_the_border_is_black_or_the_nearest_pixel() {
        let data = [10, 20, 30, 40];
        let mut patch = Patch::new(4, 3).unwrap();
        patch.crop(&gray(2, 2, &data), area(-1.0, -1.0, 4.0, 3.0), Border::Zero, Sampling::Linear).unwrap();
        assert_eq!(patch.pixels().unwrap().data(), [0, 0, 0, 0, 0, 10, 20, 0, 0, 30, 40, 0]);
        patch
            .crop(&gray(2, 2, &data), area(-1.0, -1.0, 4.0, 3.0), Border::Nearest, Sampling::Linear)
            .unwrap();
        assert_eq!(patch.pixels().unwrap().data(), [10, 10, 20, 20, 10, 10, 20, 20, 30, 30, 40, 40]);
    }

    #[test]
    fn an_area_that_misses_the_picture_is_all_border() {
        let mut patch = Patch::new(2, 1).unwrap();
        patch.crop(&gray(1, 1, &[9]), area(50.0, -70.0, 2.0, 1.0), Border::Zero, Sampling::Linear).unwrap();
        assert_eq!(patch.pixels().unwrap().data(), [0, 0]);
        patch
            .crop(&gray(1, 1, &[9]), area(50.0, -70.0, 2.0, 1.0), Border::Nearest, Sampling::Linear)
            .unwrap();
        assert_eq!(patch.pixels().unwrap().data(), [9, 9]);
    }

    #[test]
    fn padding_between_rows_is_never_looked_at() {
        let data = [1, 2, 255, 3, 4, 255];
        let pixels = Pixels::new(Colour::Gray, 2, 2, 3, &data).unwrap();
        let mut patch = Patch::new(1, 1).unwrap();
        patch.crop(&pixels, Area::whole(&pixels), Border::Zero, Sampling::Smooth).unwrap();
        assert!((2..=3).contains(&patch.pixels().unwrap().data()[0]));
    }

    #[test]
    fn halving_a_picture_takes_the_mean_of_four() {
        let data = [10, 20, 0, 0, 30, 40, 0, 0];
        let mut patch = Patch::new(2, 1).unwrap();
        patch.crop(&gray(4, 2, &data), area(0.0, 0.0, 4.0, 2.0), Border::Zero, Sampling::Linear).unwrap();
        assert_eq!(patch.pixels().unwrap().data(), [25, 0]);
    }

    #[test]
    fn an_area_without_size_or_absurdly_large_is_refused() {
        let mut patch = Patch::new(2, 2).unwrap();
        for bad in [
            area(0.0, 0.0, 0.0, 1.0),
            area(0.0, 0.0, -1.0, 1.0),
            area(0.0, 0.0, 1e-28, 1e-28),
            area(f32::NAN, 0.0, 1.0, 1.0),
            area(0.0, f32::INFINITY, 1.0, 1.0),
            area(0.0, 0.0, 1e9, 1.0),
            area(0.0, 0.0, 16000.0, 16000.0),
            area(-1e30, 0.0, 2e30, 1.0),
        ] {
            let refused = patch.crop(&gray(1, 1, &[0]), bad, Border::Nearest, Sampling::Smooth);
            assert!(matches!(refused, Err(FrameError::Area { .. })), "{bad:?}");
        }
    }

    #[test]
    fn a_patch_follows_the_colours_of_the_frame() {
        let data = [1, 2, 3];
        let mut patch = Patch::new(1, 1).unwrap();
        for colour in [Colour::Gray, Colour::Bgr, Colour::Rgb] {
            let pixels = Pixels::new(colour, 1, 1, 3, &data).unwrap();
            patch.crop(&pixels, Area::whole(&pixels), Border::Zero, Sampling::Linear).unwrap();
            assert_eq!(patch.pixels().unwrap().colour(), colour);
            assert_eq!(patch.pixels().unwrap().data(), &data[..colour.channels()]);
        }
    }

    /// Linear sampling by its formula: a target pixel's middle lies where the area's proportions put it.
    fn by_formula(data: &[u8], side: usize, area: Area, size: [u32; 2], x: u32, y: u32) -> f32 {
        let place = |index: u32, start: f32, extent: f32, pixels: u32| {
            (start + (index as f32 + 0.5) * extent / pixels as f32 - 0.5).clamp(0.0, side as f32 - 1.0)
        };
        let (x, y) = (place(x, area.x, area.width, size[0]), place(y, area.y, area.height, size[1]));
        let at =
            |x: f32, y: f32| f32::from(data[(y as usize).min(side - 1) * side + (x as usize).min(side - 1)]);
        let (right, down) = (x.fract(), y.fract());
        let up = at(x, y) * (1.0 - right) + at(x + 1.0, y) * right;
        up * (1.0 - down) + (at(x, y + 1.0) * (1.0 - right) + at(x + 1.0, y + 1.0) * right) * down
    }

    proptest! {
        #[test]
        fn linear_sampling_takes_the_four_pixels_around_each_point(
            data in prop::collection::vec(any::<u8>(), 16 * 16),
            x in 0.0f32..4.0, y in 0.0f32..4.0, width in 2.0f32..12.0, height in 2.0f32..12.0,
        ) {
            let mut patch = Patch::new(5, 4).unwrap();
            let area = area(x, y, width, height);
            patch.crop(&gray(16, 16, &data), area, Border::Nearest, Sampling::Linear).unwrap();
            for (index, found) in patch.pixels().unwrap().data().iter().enumerate() {
                let expected = by_formula(&data, 16, area, [5, 4], index as u32 % 5, index as u32 / 5);
                prop_assert!((f32::from(*found) - expected).abs() <= 2.0, "{found} is not {expected} at {index}");
            }
        }

        #[test]
        fn no_area_makes_it_panic(x: f32, y: f32, width: f32, height: f32) {
            let area = Area { x, y, width, height };
            let _ = Patch::new(2, 2).unwrap().crop(&gray(1, 1, &[0]), area, Border::Nearest, Sampling::Smooth);
        }

        #[test]
        fn a_crop_of_one_colour_stays_that_colour(
            value: u8, x in -20.0f32..20.0, y in -20.0f32..20.0, width in 0.01f32..40.0, height in 0.01f32..40.0, smooth: bool,
        ) {
            let data = vec![value; 12 * 9 * 3];
            let pixels = Pixels::new(Colour::Rgb, 12, 9, 36, &data).unwrap();
            let sampling = if smooth { Sampling::Smooth } else { Sampling::Linear };
            let mut patch = Patch::new(5, 7).unwrap();
            patch.crop(&pixels, area(x, y, width, height), Border::Nearest, sampling).unwrap();
            prop_assert!(patch.pixels().unwrap().data().iter().all(|byte| *byte == value));
        }
    }
}
