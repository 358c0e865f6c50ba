//! Pixels into a net's input.

use mabataki_models::{Colour, InputSpec, Layout};

use super::{FrameError, Pixels};

/// Writes a picture into a net's input as its manifest wants it: channels chosen, put in order, laid out, and each made
/// `(x − mean) / scale`. `tensor` has the shape [`InputSpec::shape`]. Colour becomes gray as ITU-R BT.601 weighs it, and
/// gray becomes three equal channels.
///
/// # Errors
/// [`FrameError::Tensor`] if the picture is not of the input's size, or the tensor not of its length.
pub fn fill_tensor(pixels: &Pixels<'_>, spec: &InputSpec, tensor: &mut [f32]) -> Result<(), FrameError> {
    let expected: usize = spec.shape().iter().product();
    if [pixels.width(), pixels.height()] != spec.size || tensor.len() != expected {
        return Err(FrameError::Tensor {
            width: pixels.width(),
            height: pixels.height(),
            length: tensor.len(),
            expected_size: spec.size,
            expected_length: expected,
        });
    }
    let affine = Affine::new(spec);
    match (pixels.colour(), spec.colour) {
        (Colour::Gray, Colour::Gray) => fill::<1, 1>(pixels, spec.layout, &affine, tensor, |[gray]| [gray]),
        (Colour::Gray, _) => fill::<1, 3>(pixels, spec.layout, &affine, tensor, |[gray]| [gray; 3]),
        (Colour::Rgb, Colour::Gray) => {
            fill::<3, 1>(pixels, spec.layout, &affine, tensor, |[r, g, b]| [luma(r, g, b)])
        }
        (Colour::Bgr, Colour::Gray) => {
            fill::<3, 1>(pixels, spec.layout, &affine, tensor, |[b, g, r]| [luma(r, g, b)])
        }
        (from, to) if from == to => fill::<3, 3>(pixels, spec.layout, &affine, tensor, |pixel| pixel),
        _ => fill::<3, 3>(pixels, spec.layout, &affine, tensor, |[first, second, third]| {
            [third, second, first]
        }),
    }
    Ok(())
}

/// Luma of a pixel by ITU-R BT.601 in 14-bit fixed point, as OpenCV rounds it.
pub fn luma(red: u8, green: u8, blue: u8) -> u8 {
    ((u32::from(red) * 4899 + u32::from(green) * 9617 + u32::from(blue) * 1868 + (1 << 13)) >> 14) as u8
}

/// `(x − mean) / scale` as a multiplication and an addition for each channel.
struct Affine {
    factor: [f32; 3],
    offset: [f32; 3],
}

impl Affine {
    fn new(spec: &InputSpec) -> Self {
        let (mean, scale) = (spec.mean.0, spec.scale.0);
        Self {
            factor: scale.map(f32::recip),
            offset: std::array::from_fn(|channel| -mean[channel] / scale[channel]),
        }
    }

    fn of(&self, channel: usize, value: u8) -> f32 {
        f32::from(value) * self.factor[channel] + self.offset[channel]
    }
}

/// Fills a tensor of `TO` channels from pixels of `FROM`.
fn fill<const FROM: usize, const TO: usize>(
    pixels: &Pixels<'_>,
    layout: Layout,
    affine: &Affine,
    tensor: &mut [f32],
    convert: impl Fn([u8; FROM]) -> [u8; TO],
) {
    let width = pixels.width() as usize;
    let plane = tensor.len() / TO;
    for y in 0..pixels.height() {
        let (row, _) = pixels.row(y).as_chunks::<FROM>();
        let start = y as usize * width;
        match layout {
            Layout::Nhwc => {
                let (target, _) = tensor[start * TO..(start + width) * TO].as_chunks_mut::<TO>();
                for (target, pixel) in target.iter_mut().zip(row) {
                    let values = convert(*pixel);
                    *target = std::array::from_fn(|channel| affine.of(channel, values[channel]));
                }
            }
            Layout::Nchw => {
                // A plane at a time: each loop then writes one stretch of memory and is vectorised.
                for channel in 0..TO {
                    let target = &mut tensor[channel * plane + start..channel * plane + start + width];
                    for (target, pixel) in target.iter_mut().zip(row) {
                        *target = affine.of(channel, convert(*pixel)[channel]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use mabataki_models::PerChannel;
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    fn spec(layout: Layout, colour: Colour) -> InputSpec {
        InputSpec {
            name: "input".into(),
            layout,
            colour,
            size: [2, 1],
            mean: PerChannel([1.0, 2.0, 3.0]),
            scale: PerChannel([1.0, 2.0, 4.0]),
        }
    }

    fn filled(colour: Colour, data: &[u8], spec: &InputSpec) -> Vec<f32> {
        let pixels = Pixels::new(colour, 2, 1, data.len(), data).unwrap();
        let mut tensor = vec![f32::NAN; spec.shape().iter().product()];
        fill_tensor(&pixels, spec, &mut tensor).unwrap();
        tensor
    }

    #[test]
    fn planes_or_pixels_as_the_layout_says() {
        let data = [1, 2, 3, 11, 12, 13];
        let planes = filled(Colour::Rgb, &data, &spec(Layout::Nchw, Colour::Rgb));
        assert_eq!(planes, [0.0, 10.0, 0.0, 5.0, 0.0, 2.5]);
        let mixed = filled(Colour::Rgb, &data, &spec(Layout::Nhwc, Colour::Rgb));
        assert_eq!(mixed, [0.0, 0.0, 0.0, 10.0, 5.0, 2.5]);
    }

    #[test]
    fn channels_are_swapped_where_the_orders_differ() {
        for (from, to) in [(Colour::Rgb, Colour::Bgr), (Colour::Bgr, Colour::Rgb)] {
            let swapped = filled(from, &[3, 2, 1, 13, 12, 11], &spec(Layout::Nhwc, to));
            assert_eq!(swapped, [0.0, 0.0, 0.0, 10.0, 5.0, 2.5]);
        }
    }

    #[test]
    fn gray_is_weighed_as_bt_601_does() {
        assert_eq!(
            [luma(255, 0, 0), luma(0, 255, 0), luma(0, 0, 255), luma(255, 255, 255)],
            [76, 150, 29, 255]
        );
        let of_rgb = filled(Colour::Rgb, &[255, 0, 0, 0, 0, 255], &spec(Layout::Nchw, Colour::Gray));
        assert_eq!(of_rgb, [75.0, 28.0]);
        let of_bgr = filled(Colour::Bgr, &[0, 0, 255, 255, 0, 0], &spec(Layout::Nchw, Colour::Gray));
        assert_eq!(of_bgr, of_rgb);
    }

    #[test]
    fn gray_pictures_feed_colour_nets() {
        assert_eq!(
            filled(Colour::Gray, &[3, 7], &spec(Layout::Nhwc, Colour::Rgb)),
            [2.0, 0.5, 0.0, 6.0, 2.5, 1.0]
        );
    }

    #[test]
    fn a_picture_or_tensor_of_another_size_is_refused() {
        let spec = spec(Layout::Nchw, Colour::Gray);
        let pixels = Pixels::new(Colour::Gray, 2, 1, 2, &[0; 2]).unwrap();
        assert!(matches!(
            fill_tensor(&pixels, &spec, &mut [0.0; 3]),
            Err(FrameError::Tensor { length: 3, .. })
        ));
        let pixels = Pixels::new(Colour::Gray, 1, 2, 1, &[0; 2]).unwrap();
        assert!(matches!(
            fill_tensor(&pixels, &spec, &mut [0.0; 2]),
            Err(FrameError::Tensor { width: 1, .. })
        ));
    }

    proptest! {
        #[test]
        fn every_value_is_mean_free_and_scaled(value: u8, mean in -300.0f32..300.0, scale in 0.5f32..300.0) {
            let mut spec = spec(Layout::Nchw, Colour::Gray);
            (spec.mean, spec.scale) = (PerChannel([mean; 3]), PerChannel([scale; 3]));
            let expected = (f32::from(value) - mean) / scale;
            for found in filled(Colour::Gray, &[value, value], &spec) {
                prop_assert!((found - expected).abs() <= 1e-4 * (1.0 + mean.abs() / scale), "{found} is not {expected}");
            }
        }
    }
}
