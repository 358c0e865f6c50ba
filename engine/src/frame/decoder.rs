//! From frames as their sources give them to pixels that can be looked at: upright, one byte a channel.

use zeroize::{Zeroize as _, Zeroizing};

use super::view::Content;
use super::{Colour, Frame, FrameError, Pixels, jpeg};

/// Turns frames into pixels. What can be looked at as it is, is handed through; the rest is decoded, converted and turned
/// in buffers that are kept from frame to frame and wiped on drop.
#[derive(Default)]
pub struct Decoder {
    decoded: Zeroizing<Vec<u8>>,
    turned: Zeroizing<Vec<u8>>,
}

impl Decoder {
    /// A decoder without buffers yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The frame's pixels, upright. A JPEG picture comes as RGB, or as gray if it has no colour; what has four bytes a pixel,
    /// or chroma for several, comes as RGB.
    ///
    /// # Errors
    /// [`FrameError::Jpeg`] for a picture that cannot be decoded.
    pub fn decode<'a>(&'a mut self, frame: &Frame<'a>) -> Result<Pixels<'a>, FrameError> {
        let Decoder { decoded, turned } = self;
        let pixels = match frame.content() {
            Content::Pixels(pixels) => *pixels,
            Content::Jpeg { bytes, size } => jpeg::decode(bytes, *size, decoded)?,
            Content::Coded(coded) => {
                let [width, height] = coded.size();
                let stride = width as usize * 3;
                make_room(decoded, stride * height as usize);
                coded.to_rgb(decoded)?;
                Pixels::new(Colour::Rgb, width, height, stride, decoded)?
            }
        };
        frame.turn().apply(pixels, turned)
    }
}

impl std::fmt::Debug for Decoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Decoder([{} bytes])", self.decoded.len().saturating_add(self.turned.len()))
    }
}

/// Makes a buffer this long, bytes. What it held is wiped before it moves.
pub(super) fn make_room(buffer: &mut Zeroizing<Vec<u8>>, length: usize) {
    if buffer.len() != length {
        buffer.zeroize();
        buffer.resize(length, 0);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use pretty_assertions::assert_eq;

    use super::*;
    use crate::frame::jpeg::tests::ramp;
    use crate::frame::{PixelFormat, Raster, Rotation, Turn};

    #[test]
    fn one_decoder_takes_frames_of_many_sizes() {
        let mut decoder = Decoder::new();
        for (width, height) in [(64, 48), (16, 16), (128, 8)] {
            let bytes = ramp(width, height, Colour::Rgb);
            let pixels = decoder.decode(&Frame::jpeg(&bytes, Duration::ZERO).unwrap()).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (width, height));
        }
    }

    #[test]
    fn uncompressed_frames_are_handed_through() {
        let data = [1, 2, 3, 4];
        let frame = Frame::new(&Raster::dense(PixelFormat::Gray8, 2, 2), &data, Duration::ZERO).unwrap();
        assert!(std::ptr::eq(Decoder::new().decode(&frame).unwrap().data(), &data));
    }

    #[test]
    fn a_frame_of_a_camera_on_its_side_has_the_size_of_the_upright_picture_in_every_layout() {
        let turn = Turn { rotation: Rotation::Quarter, mirrored: false };
        let jpeg = ramp(4, 2, Colour::Rgb);
        let pixels = [0; 64];
        let mut decoder = Decoder::new();
        for (format, data) in [
            (PixelFormat::Gray8, &pixels[..]),
            (PixelFormat::Bgr24, &pixels),
            (PixelFormat::Rgba32, &pixels),
            (PixelFormat::Nv12, &pixels),
            (PixelFormat::Yuy2, &pixels),
            (PixelFormat::Mjpeg, &jpeg),
        ] {
            let raster = Raster { turn, ..Raster::dense(format, 4, 2) };
            let frame = Frame::new(&raster, data, Duration::ZERO).unwrap();
            assert_eq!((frame.width(), frame.height()), (2, 4), "{format:?}");
            let pixels = decoder.decode(&frame).unwrap();
            assert_eq!((pixels.width(), pixels.height()), (2, 4), "{format:?}");
        }
        // Red grows to the right, green downwards: turned clockwise, red grows downwards and green to the left.
        let jpeg = ramp(40, 24, Colour::Rgb);
        let frame = Frame::new(&Raster { turn, ..Raster::JPEG }, &jpeg, Duration::ZERO).unwrap();
        let pixels = decoder.decode(&frame).unwrap();
        let [top, bottom] = [pixels.row(0), pixels.row(39)];
        assert!(top[0] < 30 && bottom[0] > 220 && top[1] > 200 && top[23 * 3 + 1] < 30);
    }
}
