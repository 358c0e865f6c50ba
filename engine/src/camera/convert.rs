//! The colours cameras send, as RGB: ITU-R BT.601 with luma from 16 to 235, which UVC cameras use unless they say
//! otherwise.

use zeroize::{Zeroize, Zeroizing};

use crate::frame::{FrameError, MAX_SIDE};

/// Y0 U Y1 V, two pixels in four bytes, to RGB, three bytes a pixel. More bytes than the picture has are passed over.
pub(super) fn yuyv_to_rgb(
    yuyv: &[u8],
    width: u32,
    height: u32,
    rgb: &mut Zeroizing<Vec<u8>>,
) -> Result<(), FrameError> {
    let pixels = check(width, height, rgb)?;
    let yuyv = part(yuyv, pixels * 2)?;
    for (&[y0, u, y1, v], out) in yuyv.as_chunks::<4>().0.iter().zip(rgb.as_chunks_mut::<6>().0) {
        let chroma = Chroma::new(u, v);
        let ([r0, g0, b0], [r1, g1, b1]) = (chroma.with(y0), chroma.with(y1));
        *out = [r0, g0, b0, r1, g1, b1];
    }
    Ok(())
}

/// A plane of luma, then a plane of U and V in turn for each two by two pixels, to RGB.
pub(super) fn nv12_to_rgb(
    nv12: &[u8],
    width: u32,
    height: u32,
    rgb: &mut Zeroizing<Vec<u8>>,
) -> Result<(), FrameError> {
    let pixels = check(width, height, rgb)?;
    let (luma, chroma) = part(nv12, pixels + pixels / 2)?.split_at(pixels);
    let width = width as usize;
    let rows = luma.chunks_exact(width).zip(rgb.chunks_exact_mut(width * 3));
    for (index, (luma, out)) in rows.enumerate() {
        let chroma = &chroma[index / 2 * width..][..width];
        let pairs = luma.as_chunks::<2>().0.iter().zip(chroma.as_chunks::<2>().0);
        for ((&[y0, y1], &[u, v]), out) in pairs.zip(out.as_chunks_mut::<6>().0) {
            let chroma = Chroma::new(u, v);
            let ([r0, g0, b0], [r1, g1, b1]) = (chroma.with(y0), chroma.with(y1));
            *out = [r0, g0, b0, r1, g1, b1];
        }
    }
    Ok(())
}

/// Makes room for the pixels, and tells how many there are. Chroma goes by two, so sides must be even.
fn check(width: u32, height: u32, rgb: &mut Zeroizing<Vec<u8>>) -> Result<usize, FrameError> {
    if width == 0 || height == 0 {
        return Err(FrameError::Empty { width, height });
    }
    if width > MAX_SIDE || height > MAX_SIDE {
        return Err(FrameError::TooLarge { width: width.into(), height: height.into() });
    }
    if !width.is_multiple_of(2) || !height.is_multiple_of(2) {
        return Err(FrameError::OddSide { width, height });
    }
    let pixels = width as usize * height as usize;
    if rgb.len() != pixels * 3 {
        rgb.zeroize();
        rgb.resize(pixels * 3, 0);
    }
    Ok(pixels)
}

fn part(bytes: &[u8], expected: usize) -> Result<&[u8], FrameError> {
    bytes.get(..expected).ok_or(FrameError::TooShort { expected, found: bytes.len() })
}

/// What the chroma of two pixels adds to each, in 1/64: the matrix of BT.601 for luma of 219 steps, chroma of 224.
#[derive(Clone, Copy)]
struct Chroma {
    red: i32,
    green: i32,
    blue: i32,
}

impl Chroma {
    fn new(u: u8, v: u8) -> Chroma {
        let (u, v) = (i32::from(u) - 128, i32::from(v) - 128);
        // 1.596, 0.392, 0.813, 2.017.
        Chroma { red: 102 * v, green: -25 * u - 52 * v, blue: 129 * u }
    }

    fn with(self, y: u8) -> [u8; 3] {
        // 1.164, and a half for rounding.
        let y = 149 * (i32::from(y) - 16) / 2 + 32;
        [self.red, self.green, self.blue].map(|colour| ((y + colour) >> 6).clamp(0, 255) as u8)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Full-scale RGB to Y, U, V by the equations of BT.601, in floating point.
    fn yuv([r, g, b]: [u8; 3]) -> [u8; 3] {
        let [r, g, b] = [r, g, b].map(|value| f64::from(value) / 255.0);
        let y = 0.299 * r + 0.587 * g + 0.114 * b;
        let scaled = [16.0 + 219.0 * y, 128.0 + 224.0 * (b - y) / 1.772, 128.0 + 224.0 * (r - y) / 1.402];
        scaled.map(|value| value.round() as u8)
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
            let [y, u, v] = yuv(colour);
            let near = |found: &[u8]| {
                found.iter().zip(colour).all(|(found, expected)| found.abs_diff(expected) <= 4)
            };
            let mut rgb = Zeroizing::default();
            yuyv_to_rgb(&[y, u, y, v, y, u, y, v], 2, 2, &mut rgb).unwrap();
            assert_eq!(rgb.len(), 12);
            assert!(rgb.chunks(3).all(near), "YUYV {colour:?}: {rgb:?}");
            nv12_to_rgb(&[y, y, y, y, u, v], 2, 2, &mut rgb).unwrap();
            assert!(rgb.chunks(3).all(near), "NV12 {colour:?}: {rgb:?}");
        }
    }

    #[test]
    fn each_pixel_has_its_own_luma_and_its_pairs_chroma() {
        let [y1, u1, v1] = yuv([200, 40, 40]);
        let [y2, u2, v2] = yuv([40, 40, 200]);
        // Four columns, two rows: red on the left, blue on the right, the last pixel black in luma.
        let row = [y1, y1, y2, y2];
        let nv12 = [&row[..], &row[..3], &[16], &[u1, v1, u2, v2]].concat();
        let mut rgb = Zeroizing::default();
        nv12_to_rgb(&nv12, 4, 2, &mut rgb).unwrap();
        assert!(rgb[0] > 180 && rgb[2] < 60, "left is red: {:?}", &rgb[..3]);
        assert!(rgb[6] < 60 && rgb[8] > 180, "right is blue: {:?}", &rgb[6..9]);
        assert!(rgb[21..24].iter().all(|value| *value < 170) && rgb[23] < rgb[20], "{:?}", &rgb[18..]);
    }

    #[test]
    fn pictures_that_are_not_there_in_full_are_refused() {
        let mut rgb = Zeroizing::default();
        let short = yuyv_to_rgb(&[0; 7], 2, 2, &mut rgb);
        assert!(matches!(short, Err(FrameError::TooShort { expected: 8, found: 7 })), "{short:?}");
        let short = nv12_to_rgb(&[0; 5], 2, 2, &mut rgb);
        assert!(matches!(short, Err(FrameError::TooShort { expected: 6, found: 5 })), "{short:?}");
        assert!(matches!(yuyv_to_rgb(&[], 0, 2, &mut rgb), Err(FrameError::Empty { .. })));
        assert!(matches!(nv12_to_rgb(&[0; 99], 3, 2, &mut rgb), Err(FrameError::OddSide { .. })));
        assert!(matches!(yuyv_to_rgb(&[], 8194, 2, &mut rgb), Err(FrameError::TooLarge { .. })));
    }

    proptest! {
        #[test]
        fn no_size_and_no_bytes_make_it_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            width in 0u32..20,
            height in 0u32..20,
        ) {
            let mut rgb = Zeroizing::default();
            if yuyv_to_rgb(&bytes, width, height, &mut rgb).is_ok() {
                prop_assert_eq!(rgb.len(), (width * height * 3) as usize);
            }
            let _ = nv12_to_rgb(&bytes, width, height, &mut rgb);
        }
    }
}
