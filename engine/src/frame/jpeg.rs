//! JPEG pictures: where they end, how large they are, and their pixels.

use mabataki_models::Colour;
use zeroize::Zeroizing;
use zune_jpeg::{
    JpegDecoder,
    zune_core::{bytestream::ZCursor, colorspace::ColorSpace, options::DecoderOptions},
};

use super::{FrameError, MAX_SIDE, Pixels, decoder::make_room};

/// The pixels of a picture of this width and height, px, in this buffer: RGB, or gray if it has no colour.
pub(super) fn decode<'b>(
    bytes: &[u8],
    [width, height]: [u32; 2],
    buffer: &'b mut Zeroizing<Vec<u8>>,
) -> Result<Pixels<'b>, FrameError> {
    let options = DecoderOptions::new_fast()
        .set_max_width(MAX_SIDE as usize)
        .set_max_height(MAX_SIDE as usize)
        .jpeg_set_out_colorspace(ColorSpace::RGB);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers().map_err(jpeg_error)?;
    let mut colour = Colour::Rgb;
    if decoder.input_colorspace() == Some(ColorSpace::Luma) {
        decoder.set_options(options.jpeg_set_out_colorspace(ColorSpace::Luma));
        colour = Colour::Gray;
    }
    let stride = width as usize * colour.channels();
    let needed = decoder.output_buffer_size().unwrap_or(0);
    if needed != stride * height as usize {
        return Err(FrameError::Jpeg { cause: "its headers contradict each other".into() });
    }
    make_room(buffer, needed);
    decoder.decode_into(buffer).map_err(jpeg_error)?;
    Pixels::new(colour, width, height, stride, buffer)
}

fn jpeg_error(cause: impl std::fmt::Debug) -> FrameError {
    FrameError::Jpeg { cause: format!("{cause:?}").replace('\n', " ") }
}

/// The picture's length up to and with its end marker.
pub(crate) fn end(bytes: &[u8]) -> Result<usize, FrameError> {
    Scanner::default().end(bytes)?.ok_or(FrameError::JpegCutOff { found: bytes.len() })
}

/// Width and height by the picture's frame header (SOF), px.
pub(super) fn size(bytes: &[u8]) -> Result<[u32; 2], FrameError> {
    let bad = |cause: &str| FrameError::Jpeg { cause: cause.into() };
    let mut scanner = Scanner::default();
    loop {
        match scanner.next(bytes) {
            Step::Segment { marker, body } if is_frame_header(marker) => {
                // Precision (1 byte), height (2), width (2), components.
                let [_, h1, h0, w1, w0, ..] = *body else { return Err(bad("its frame header is too short")) };
                return Ok([u16::from_be_bytes([w1, w0]).into(), u16::from_be_bytes([h1, h0]).into()]);
            }
            Step::Segment { marker: SOS, .. } | Step::End => {
                return Err(bad("it has no frame header before its data"));
            }
            Step::Segment { .. } => {}
            Step::Need => return Err(FrameError::JpegCutOff { found: bytes.len() }),
            Step::Bad(cause) => return Err(bad(cause)),
        }
    }
}

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// SOF0 to SOF15, without DHT, JPG and DAC, which share their range.
fn is_frame_header(marker: u8) -> bool {
    (0xC0..=0xCF).contains(&marker) && !matches!(marker, 0xC4 | 0xC8 | 0xCC)
}

/// Walks through the markers of one picture (ITU-T T.81, annex B): segments by their lengths, entropy-coded data byte
/// by byte. So a thumbnail in an APPn segment, a picture in itself, is passed over. It can be called again with the
/// same bytes and more behind them, and goes on where it stopped.
#[derive(Debug, Clone, Default)]
pub(super) struct Scanner {
    position: usize,
    in_scan: bool,
}

/// What a step of the [`Scanner`] came upon.
enum Step<'a> {
    /// A marker segment, without marker and length.
    Segment { marker: u8, body: &'a [u8] },
    /// The end marker; the scanner stands behind it.
    End,
    /// The bytes end before this step does.
    Need,
    /// Not JPEG.
    Bad(&'static str),
}

impl Scanner {
    /// The picture's length up to and with its end marker; `None` if the bytes end before that.
    pub(super) fn end(&mut self, bytes: &[u8]) -> Result<Option<usize>, FrameError> {
        loop {
            match self.next(bytes) {
                Step::Segment { .. } => {}
                Step::End => return Ok(Some(self.position)),
                Step::Need => return Ok(None),
                Step::Bad(cause) => return Err(FrameError::Jpeg { cause: cause.into() }),
            }
        }
    }

    /// How far into the picture it has come, bytes.
    pub(super) fn position(&self) -> usize {
        self.position
    }

    fn next<'a>(&mut self, bytes: &'a [u8]) -> Step<'a> {
        if self.position == 0 {
            match bytes {
                [0xFF, SOI, ..] => self.position = 2,
                [] | [0xFF] => return Step::Need,
                _ => return Step::Bad("it does not begin with a start marker"),
            }
        }
        loop {
            if self.in_scan && !self.skip_entropy_data(bytes) {
                return Step::Need;
            }
            let Some(&[first, second]) = bytes.get(self.position..).and_then(|rest| rest.first_chunk())
            else {
                return Step::Need;
            };
            match (first, second) {
                // Fill bytes may stand before any marker.
                (0xFF, 0xFF) => self.position += 1,
                (0xFF, 0x01 | 0xD0..=0xD7) => self.position += 2,
                (0xFF, EOI) => {
                    self.position += 2;
                    return Step::End;
                }
                (0xFF, SOI) => return Step::Bad("a second picture begins before the first one ends"),
                (0xFF, marker) if marker != 0 => return self.segment(bytes, marker),
                _ => return Step::Bad("there is no marker where one must be"),
            }
        }
    }

    fn segment<'a>(&mut self, bytes: &'a [u8], marker: u8) -> Step<'a> {
        let start = self.position + 2;
        let Some(&length) = bytes.get(start..).and_then(|rest| rest.first_chunk()) else { return Step::Need };
        let length = usize::from(u16::from_be_bytes(length));
        if length < 2 {
            return Step::Bad("a segment is shorter than its own length field");
        }
        let Some(body) = bytes.get(start + 2..start + length) else { return Step::Need };
        self.position = start + length;
        self.in_scan = marker == SOS;
        Step::Segment { marker, body }
    }

    /// Goes to the next marker that is not a stuffed byte or a restart. False if the bytes end before.
    fn skip_entropy_data(&mut self, bytes: &[u8]) -> bool {
        while let Some(offset) =
            bytes.get(self.position..).and_then(|rest| rest.iter().position(|byte| *byte == 0xFF))
        {
            self.position += offset;
            match bytes.get(self.position + 1) {
                Some(0 | 0xD0..=0xD7) => self.position += 2,
                Some(0xFF) => self.position += 1,
                Some(_) => {
                    self.in_scan = false;
                    return true;
                }
                // It may be the first half of a marker: look again when there is more.
                None => return false,
            }
        }
        self.position = self.position.max(bytes.len());
        false
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::time::Duration;

    use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Decoder, Frame, MAX_JPEG_BYTES, Raster};

    /// A JPEG picture: a ramp of red to the right and of green downwards, or of gray to the right.
    pub(in crate::frame) fn ramp(width: u32, height: u32, colour: Colour) -> Vec<u8> {
        let mut pixels = Vec::new();
        for (x, y) in (0..height).flat_map(|y| (0..width).map(move |x| (x, y))) {
            let (right, down) = ((x * 255 / width) as u8, (y * 255 / height) as u8);
            pixels.extend(&[right, down, 0][..colour.channels()]);
        }
        let kind = if colour == Colour::Gray { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
        let mut bytes = Vec::new();
        JpegEncoder::new_with_quality(&mut bytes, 95).encode(&pixels, width, height, kind).unwrap();
        bytes
    }

    fn decode(bytes: &[u8]) -> Result<Vec<u8>, FrameError> {
        let frame = Frame::jpeg(bytes, Duration::ZERO)?;
        Decoder::new().decode(&frame).map(|pixels| pixels.data().to_vec())
    }

    #[test]
    fn a_jpeg_frame_comes_as_rgb_of_its_own_size() {
        let bytes = ramp(40, 24, Colour::Rgb);
        let frame = Frame::new(&Raster::JPEG, &bytes, Duration::from_millis(7)).unwrap();
        assert_eq!((frame.width(), frame.height(), frame.time()), (40, 24, Duration::from_millis(7)));
        let mut decoder = Decoder::new();
        let pixels = decoder.decode(&frame).unwrap();
        assert_eq!(
            (pixels.colour(), pixels.width(), pixels.height(), pixels.stride()),
            (Colour::Rgb, 40, 24, 120)
        );
        assert!(pixels.row(0)[0] < 30 && pixels.row(0)[39 * 3] > 220 && pixels.row(23)[1] > 200);
    }

    #[test]
    fn gray_pictures_come_as_gray() {
        let gray = ramp(33, 9, Colour::Gray);
        let mut decoder = Decoder::new();
        let pixels = decoder.decode(&Frame::jpeg(&gray, Duration::ZERO).unwrap()).unwrap();
        assert_eq!((pixels.colour(), pixels.data().len()), (Colour::Gray, 33 * 9));
    }

    #[test]
    fn a_picture_cut_off_anywhere_is_an_error() {
        let whole = ramp(40, 24, Colour::Rgb);
        assert!(decode(&whole).is_ok());
        for length in 0..whole.len() {
            let error = decode(&whole[..length]).unwrap_err();
            assert!(
                matches!(error, FrameError::JpegCutOff { found } if found == length),
                "{length}: {error}"
            );
        }
    }

    #[test]
    fn padding_behind_the_end_marker_is_ignored() {
        let whole = ramp(40, 24, Colour::Rgb);
        assert_eq!(decode(&[&whole[..], &[0; 500]].concat()).unwrap(), decode(&whole).unwrap());
    }

    #[test]
    fn an_absurd_size_in_the_header_is_refused_before_any_memory_is_taken() {
        let mut bytes = ramp(40, 24, Colour::Rgb);
        let header = bytes.windows(2).position(|pair| pair == [0xFF, 0xC0]).unwrap();
        bytes[header + 5..header + 9].copy_from_slice(&[0xFF; 4]);
        assert!(matches!(decode(&bytes), Err(FrameError::TooLarge { width: 65535, height: 65535 })));
        bytes[header + 5..header + 9].copy_from_slice(&[0, 0, 0, 40]);
        assert!(matches!(decode(&bytes), Err(FrameError::Empty { width: 40, height: 0 })));
    }

    #[test]
    fn a_picture_over_the_limit_is_refused_unread() {
        let bytes = vec![0xFF; MAX_JPEG_BYTES + 1];
        assert!(matches!(decode(&bytes), Err(FrameError::JpegTooLong { .. })));
    }

    #[test]
    fn other_bytes_are_no_jpeg_picture() {
        assert!(matches!(decode(b"\x89PNG\r\n\x1a\n"), Err(FrameError::Jpeg { .. })));
        assert!(matches!(decode(&[0xFF, 0xD8, 0xFF, 0xD9]), Err(FrameError::Jpeg { .. })));
        assert!(matches!(
            decode(&[0xFF, 0xD8, 0xFF, 0xC0, 0, 4, 8, 0, 0xFF, 0xD9]),
            Err(FrameError::Jpeg { .. })
        ));
    }

    proptest! {
        #[test]
        fn no_damage_makes_the_decoder_panic(at in 2usize..900, byte: u8, cut in 0usize..40) {
            let mut bytes = ramp(40, 24, Colour::Rgb);
            let at = at % bytes.len();
            bytes[at] = byte;
            bytes.drain(at..(at + cut).min(bytes.len()));
            let _ = decode(&bytes);
        }

        #[test]
        fn the_scanner_finds_the_same_end_however_the_bytes_arrive(steps in prop::collection::vec(1usize..200, 1..30)) {
            let bytes = ramp(40, 24, Colour::Rgb);
            let mut scanner = Scanner::default();
            let mut length = 0;
            for step in steps {
                length = (length + step).min(bytes.len());
                let expected = (length == bytes.len()).then_some(bytes.len());
                let found = scanner.end(&bytes[..length]).unwrap();
                prop_assert_eq!(found, expected);
                if found.is_some() {
                    break;
                }
            }
        }
    }
}
