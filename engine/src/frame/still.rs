//! Picture files.

use std::{
    fmt,
    fs::{self, File, Metadata},
    io::{self, Cursor, Read},
    path::Path,
    time::Duration,
};

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use mabataki_models::Colour;
use zeroize::Zeroizing;

use super::{Frame, FrameError, MAX_JPEG_BYTES, MAX_PIXELS, MAX_SIDE, Pixels, jpeg, view::check_size};

/// The longest picture file that is read, bytes: the largest picture as uncompressed BMP, and its header.
const MAX_FILE_BYTES: u64 = 4 * MAX_PIXELS + 4096;

/// A picture with pixels of its own, the right way up. Wiped on drop.
pub struct Picture {
    colour: Colour,
    width: u32,
    height: u32,
    data: Zeroizing<Vec<u8>>,
}

/// Opens a picture file: JPEG, PNG or BMP, told by its content. It is turned the way its EXIF orientation says.
///
/// # Errors
/// [`FrameError::Io`] if the file cannot be read, [`FrameError::Still`] naming it if it is no picture, a damaged or
/// cut-off one, or beyond the limits, which are checked before memory is taken.
pub fn open_still(path: &Path) -> Result<Picture, FrameError> {
    let io_error = |cause| FrameError::Io { path: path.to_path_buf(), cause };
    let found = fs::metadata(path).map_err(io_error)?;
    ordinary_file(&found).map_err(io_error)?;
    let length = found.len();
    if length > MAX_FILE_BYTES {
        let cause = io::Error::new(
            io::ErrorKind::FileTooLarge,
            format!("a picture file may have at most {MAX_FILE_BYTES} bytes, found {length}"),
        );
        return Err(io_error(cause));
    }
    let file = File::open(path).map_err(io_error)?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(length).unwrap_or(0)));
    file.take(MAX_FILE_BYTES).read_to_end(&mut bytes).map_err(io_error)?;
    Picture::from_bytes(&bytes)
        .map_err(|cause| FrameError::Still { path: path.to_path_buf(), cause: cause.into() })
}

/// Refuses what is no file on a disk: opening a named pipe may never return, and a device may never end.
pub(super) fn ordinary_file(found: &Metadata) -> io::Result<()> {
    if found.is_file() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidInput, "expected an ordinary file, found something else"))
}

impl Picture {
    /// Decodes a picture file's bytes.
    ///
    /// # Errors
    /// As [`open_still`], without the file's name.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, FrameError> {
        let refused = |cause: &dyn fmt::Display| FrameError::NotAPicture {
            cause: cause.to_string().replace('\n', " "),
        };
        let mut reader =
            ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|cause| refused(&cause))?;
        if reader.format() == Some(ImageFormat::Jpeg) {
            if bytes.len() > MAX_JPEG_BYTES {
                return Err(FrameError::JpegTooLong { found: bytes.len() });
            }
            // The decoder would fill up what is missing with gray.
            jpeg::end(bytes)?;
        }
        let mut limits = Limits::default();
        limits.max_image_width = Some(MAX_SIDE);
        limits.max_image_height = Some(MAX_SIDE);
        // Eight bytes a pixel is what the widest PNG takes.
        limits.max_alloc = Some(8 * MAX_PIXELS);
        reader.limits(limits);

        let mut decoder = reader.into_decoder().map_err(|cause| refused(&cause))?;
        let (width, height) = decoder.dimensions();
        check_size(width, height)?;
        let orientation = decoder.orientation().map_err(|cause| refused(&cause))?;
        let mut picture = DynamicImage::from_decoder(decoder).map_err(|cause| refused(&cause))?;
        picture.apply_orientation(orientation);

        let (width, height) = (picture.width(), picture.height());
        let (colour, data) = if picture.color().has_color() {
            (Colour::Rgb, picture.into_rgb8().into_raw())
        } else {
            (Colour::Gray, picture.into_luma8().into_raw())
        };
        Ok(Self { colour, width, height, data: Zeroizing::new(data) })
    }

    /// A view of the picture, as if captured at this time.
    ///
    /// # Errors
    /// None in practice: a picture is within the limits by construction.
    pub fn frame(&self, time: Duration) -> Result<Frame<'_>, FrameError> {
        let stride = self.width as usize * self.colour.channels();
        let pixels = Pixels::new(self.colour, self.width, self.height, stride, &self.data)?;
        Ok(Frame::of(pixels, time))
    }
}

impl fmt::Debug for Picture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Picture({:?} {}×{})", self.colour, self.width, self.height)
    }
}

#[cfg(test)]
mod tests {
    use image::{ExtendedColorType, ImageEncoder as _, codecs::png::PngEncoder};
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;
    use crate::frame::{Decoder, jpeg::tests::ramp};

    fn png(width: u32, height: u32, pixels: &[u8], kind: ExtendedColorType) -> Vec<u8> {
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes).write_image(pixels, width, height, kind).unwrap();
        bytes
    }

    fn pixels(bytes: &[u8]) -> (Colour, u32, u32, Vec<u8>) {
        let picture = Picture::from_bytes(bytes).unwrap();
        let frame = picture.frame(Duration::ZERO).unwrap();
        let mut decoder = Decoder::new();
        let pixels = decoder.decode(&frame).unwrap();
        (pixels.colour(), pixels.width(), pixels.height(), pixels.data().to_vec())
    }

    /// The same JPEG picture with an EXIF segment that holds nothing but an orientation.
    fn oriented(jpeg: &[u8], orientation: u8) -> Vec<u8> {
        let mut exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0".to_vec();
        exif.extend_from_slice(&[orientation, 0, 0, 0, 0, 0, 0]);
        let length = (exif.len() as u16 + 2).to_be_bytes();
        [&jpeg[..2], &[0xFF, 0xE1], &length, &exif, &jpeg[2..]].concat()
    }

    #[test]
    fn png_with_and_without_colour_opens() {
        let rgb = png(2, 1, &[1, 2, 3, 4, 5, 6], ExtendedColorType::Rgb8);
        assert_eq!(pixels(&rgb), (Colour::Rgb, 2, 1, vec![1, 2, 3, 4, 5, 6]));
        let gray = png(1, 2, &[7, 8], ExtendedColorType::L8);
        assert_eq!(pixels(&gray), (Colour::Gray, 1, 2, vec![7, 8]));
        let alpha = png(1, 1, &[1, 2, 3, 0], ExtendedColorType::Rgba8);
        assert_eq!(pixels(&alpha), (Colour::Rgb, 1, 1, vec![1, 2, 3]));
    }

    #[test]
    fn a_photo_taken_sideways_is_turned_upright() {
        let jpeg = ramp(40, 24, Colour::Rgb);
        let (_, width, height, data) = pixels(&oriented(&jpeg, 1));
        assert_eq!((width, height), (40, 24));
        assert!(data[39 * 3] > 200);
        // 6: the camera was turned so that the picture's top is on its right.
        let (_, width, height, data) = pixels(&oriented(&jpeg, 6));
        assert_eq!((width, height), (24, 40));
        assert!(data[39 * 24 * 3] > 200 && data[0] < 40);
    }

    #[test]
    fn a_picture_cut_off_is_an_error() {
        let jpeg = ramp(40, 24, Colour::Rgb);
        let png = png(40, 24, &[9; 40 * 24 * 3], ExtendedColorType::Rgb8);
        for bytes in [&jpeg, &png] {
            for length in [0, 1, 10, bytes.len() / 2, bytes.len() - 20] {
                assert!(Picture::from_bytes(&bytes[..length]).is_err(), "{length} of {}", bytes.len());
            }
        }
    }

    #[test]
    fn an_absurd_size_is_refused_before_any_memory_is_taken() {
        let mut bytes = png(1, 1, &[0], ExtendedColorType::L8);
        bytes[16..24].copy_from_slice(&[0x7F, 0xFF, 0xFF, 0xFF, 0x7F, 0xFF, 0xFF, 0xFF]);
        let sum = crc32(&bytes[12..29]);
        bytes[29..33].copy_from_slice(&sum.to_be_bytes());
        let error = Picture::from_bytes(&bytes).unwrap_err();
        assert!(matches!(error, FrameError::NotAPicture { .. } | FrameError::TooLarge { .. }), "{error}");
    }

    /// The checksum of PNG chunks (ISO 3309).
    fn crc32(bytes: &[u8]) -> u32 {
        let step = |sum: u32, _| if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 };
        !bytes.iter().fold(!0, |sum, byte| (0..8).fold(sum ^ u32::from(*byte), step))
    }

    #[test]
    fn the_file_is_named_whatever_is_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("portrait.jpg");
        let error = open_still(&file).unwrap_err();
        assert!(matches!(&error, FrameError::Io { path, .. } if *path == file), "{error}");
        fs::write(&file, b"not a picture").unwrap();
        let error = open_still(&file).unwrap_err();
        assert!(matches!(&error, FrameError::Still { path, .. } if *path == file), "{error}");
        assert!(!error.to_string().contains('\n'), "{error}");
        File::create(&file).unwrap().set_len(MAX_FILE_BYTES + 1).unwrap();
        let error = open_still(&file).unwrap_err();
        assert!(matches!(&error, FrameError::Io { path, .. } if *path == file), "{error}");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(start in 0usize..3, rest in prop::collection::vec(any::<u8>(), 0..300)) {
            let magic = [&b"\x89PNG\r\n\x1a\n"[..], b"\xFF\xD8\xFF", b"BM"][start];
            let _ = Picture::from_bytes(&[magic, &rest].concat());
        }
    }
}
