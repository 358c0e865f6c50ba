//! Layouts that nothing looks at as they are, turned into RGB row by row. Colours of cameras are those of ITU-R BT.601 with
//! luma from 16 to 235, which UVC cameras use unless they say otherwise.

use yuv::{
    YuvBiPlanarImage, YuvConversionMode, YuvError, YuvPackedImage, YuvRange, YuvStandardMatrix, bgra_to_rgb,
    rgba_to_rgb, yuv_nv12_to_rgb, yuyv422_to_rgb,
};

use super::FrameError;
use super::view::Rows;

const RANGE: YuvRange = YuvRange::Limited;
const MATRIX: YuvStandardMatrix = YuvStandardMatrix::Bt601;
/// Six bits of fraction, as good as what eight bits hold.
const MODE: YuvConversionMode = YuvConversionMode::Balanced;

/// A picture that is to be converted. Its rows are there in full, and where chroma goes by two, sides are even.
#[derive(Clone, Copy)]
pub(super) struct Coded<'a> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) planes: Planes<'a>,
}

/// Its bytes.
#[derive(Clone, Copy)]
pub(super) enum Planes<'a> {
    Rgba(Rows<'a>),
    Bgra(Rows<'a>),
    Yuy2(Rows<'a>),
    Nv12 { luma: Rows<'a>, chroma: Rows<'a> },
}

impl Coded<'_> {
    /// Width and height, px.
    pub(super) fn size(&self) -> [u32; 2] {
        [self.width, self.height]
    }

    /// Writes its pixels, three bytes each, rows close together, to a buffer of that length.
    pub(super) fn to_rgb(self, rgb: &mut [u8]) -> Result<(), FrameError> {
        let length = self.width as usize * 3;
        let mut rows = (0_u32..).zip(rgb.chunks_exact_mut(length));
        rows.try_for_each(|(y, row)| self.row_to_rgb(y, row)).map_err(|error| FrameError::Conversion {
            width: self.width,
            height: self.height,
            cause: error.to_string(),
        })
    }

    fn row_to_rgb(&self, y: u32, rgb: &mut [u8]) -> Result<(), YuvError> {
        let width = self.width;
        match self.planes {
            Planes::Rgba(rows) => rgba_to_rgb(rows.row(y), width * 4, rgb, width * 3, width, 1),
            Planes::Bgra(rows) => bgra_to_rgb(rows.row(y), width * 4, rgb, width * 3, width, 1),
            Planes::Yuy2(rows) => {
                let row = YuvPackedImage { yuy: rows.row(y), yuy_stride: width * 2, width, height: 1 };
                yuyv422_to_rgb(&row, rgb, width * 3, RANGE, MATRIX)
            }
            Planes::Nv12 { luma, chroma } => {
                let row = YuvBiPlanarImage {
                    y_plane: luma.row(y),
                    y_stride: width,
                    uv_plane: chroma.row(y / 2),
                    uv_stride: width,
                    width,
                    height: 1,
                };
                yuv_nv12_to_rgb(&row, rgb, width * 3, RANGE, MATRIX, MODE)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Decoder, Frame, PixelFormat, Plane, Raster};

    const FORMATS: [PixelFormat; 4] =
        [PixelFormat::Yuy2, PixelFormat::Nv12, PixelFormat::Rgba32, PixelFormat::Bgra32];

    /// Full-scale RGB to Y, U, V by the equations of BT.601, in floating point.
    fn yuv([r, g, b]: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = [r, g, b].map(|value| f64::from(value) / 255.0);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let scaled = [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.772, 128.0 + 224.0 * (r - y) / 1.402];
        scaled.map(|value| value.round() as u8)
    }

    fn rgb(raster: Raster, data: &[u8]) -> Result<Vec<u8>, FrameError> {
        let frame = Frame::new(&raster, data, Duration::ZERO)?;
        Decoder::new().decode(&frame).map(|pixels| pixels.data().to_vec())
    }

    /// A picture of one colour, as its source would send it.
    fn one_colour(format: PixelFormat, colour: [u8; 3], width: usize, height: usize) -> Vec<u8> {
        let ([r, g, b], [y, u, v]) = (colour, yuv(colour));
        match format {
            PixelFormat::Yuy2 => [y, u, y, v].repeat(width * height / 2),
            PixelFormat::Nv12 => [vec![y; width * height], [u, v].repeat(width * height / 4)].concat(),
            PixelFormat::Bgra32 => [b, g, r, 77].repeat(width * height),
            _ => [r, g, b, 77].repeat(width * height),
        }
    }

    #[test]
    fn colours_come_back_as_they_went_in() {
        for colour in [
            [0, 0, 0],
            [255, 255, 255],
            [255, 0, 0],
            [0, 255, 0],
            [0, 0, 255],
            [128, 128, 128],
            [224, 172, 105],
        ] {
            // Wide enough for every way in which rows are converted: many pixels at once, and those that are left over.
            for (format, width) in
                FORMATS.into_iter().flat_map(|format| [2, 46, 640].map(|width| (format, width)))
            {
                let data = one_colour(format, colour, width, 2);
                let found = rgb(Raster::dense(format, width as u32, 2), &data).unwrap();
                assert_eq!(found.len(), width * 6);
                let is_near = |pixel: &[u8]| pixel.iter().zip(colour).all(|(a, b)| a.abs_diff(b) <= 4);
                assert!(found.chunks(3).all(is_near), "{format:?} {width} {colour:?}: {:?}", &found[..6]);
            }
        }
    }

    #[test]
    fn each_pixel_has_its_own_luma_and_its_pairs_chroma() {
        let ([y1, u1, v1], [y2, u2, v2]) = (yuv([200, 40, 40]), yuv([40, 40, 200]));
        // Four columns, two rows: red on the left, blue on the right, the last pixel black in luma.
        let row = [y1, y1, y2, y2];
        let nv12 = [&row[..], &row[..3], &[16], &[u1, v1, u2, v2]].concat();
        let rgb = rgb(Raster::dense(PixelFormat::Nv12, 4, 2), &nv12).unwrap();
        assert!(rgb[0] > 180 && rgb[2] < 60, "left is red: {:?}", &rgb[..3]);
        assert!(rgb[6] < 60 && rgb[8] > 180, "right is blue: {:?}", &rgb[6..9]);
        assert!(rgb[21..24].iter().all(|value| *value < 170) && rgb[23] < rgb[20], "{:?}", &rgb[18..]);
    }

    #[test]
    fn rows_and_planes_lie_where_the_raster_says() {
        let ([y, u, v], [wrong, ..]) = (yuv([200, 40, 40]), yuv([0, 0, 0]));
        // Rows of luma are 5 bytes apart; between the planes lie three more; rows of chroma are 6 bytes apart.
        let luma = [y, y, wrong, wrong, wrong].repeat(4);
        let data = [&luma[..], &[wrong; 3], &[u, v, 0, 0, 0, 0, u, v]].concat();
        let raster = Raster {
            chroma: Some(Plane { offset: 23, stride: 6 }),
            ..Raster::with_stride(PixelFormat::Nv12, 2, 4, 5)
        };
        let found = rgb(raster, &data).unwrap();
        let is_red = |pixel: &[u8]| pixel[0] > 180 && pixel[1] < 60 && pixel[2] < 60;
        assert_eq!(found.len(), 24);
        assert!(found.chunks(3).all(is_red), "{found:?}");
        let short = rgb(raster, &data[..data.len() - 1]);
        assert!(matches!(short, Err(FrameError::TooShort { expected: 31, found: 30 })), "{short:?}");
        let far = Raster { chroma: Some(Plane { offset: u32::MAX, stride: u32::MAX }), ..raster };
        assert!(matches!(rgb(far, &data), Err(FrameError::TooShort { .. })));
        let overlap = Raster { chroma: Some(Plane { offset: 23, stride: 1 }), ..raster };
        assert!(matches!(rgb(overlap, &data), Err(FrameError::Stride { width: 2, least: 2, stride: 1 })));
    }

    #[test]
    fn pictures_that_are_not_there_in_full_are_refused() {
        for (format, whole) in FORMATS.into_iter().zip([8, 6, 16, 16]) {
            assert_eq!(rgb(Raster::dense(format, 2, 2), &vec![0; whole]).unwrap().len(), 12, "{format:?}");
            let short = rgb(Raster::dense(format, 2, 2), &vec![0; whole - 1]);
            let Err(FrameError::TooShort { expected, found }) = short else {
                panic!("{format:?}: {short:?}")
            };
            assert_eq!((expected, found), (whole, whole - 1), "{format:?}");
        }
        for (format, width, height) in
            [(PixelFormat::Nv12, 3, 2), (PixelFormat::Nv12, 2, 3), (PixelFormat::Yuy2, 3, 2)]
        {
            let odd = rgb(Raster::dense(format, width, height), &[0; 99]);
            assert!(matches!(odd, Err(FrameError::OddSide { .. })), "{format:?}: {odd:?}");
        }
        assert!(
            rgb(Raster::dense(PixelFormat::Yuy2, 2, 3), &[0; 12]).is_ok(),
            "its chroma goes by columns only"
        );
    }

    proptest! {
        #[test]
        fn no_raster_and_no_bytes_make_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..400),
            which in 0usize..4,
            width in 0u32..20,
            height in 0u32..20,
            stride in 0u32..90,
            chroma in prop::option::of((0u32..400, 0u32..30)),
        ) {
            let chroma = chroma.map(|(offset, stride)| Plane { offset, stride });
            let raster = Raster { chroma, ..Raster::with_stride(FORMATS[which], width, height, stride) };
            if let Ok(found) = rgb(raster, &bytes) {
                prop_assert_eq!(found.len(), (width * height * 3) as usize);
            }
        }
    }
}
