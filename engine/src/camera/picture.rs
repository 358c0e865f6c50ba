//! The bytes of a picture, in a buffer that is used again and again.

use std::time::Instant;

use zeroize::{Zeroize, Zeroizing};

use super::CameraError;
use super::choose::{Layout, Mode};

/// The least room a compressed picture is given, bytes: tables and headers weigh as much however small it is.
const LEAST_ROOM: usize = 64 * 1024;

/// What a driver sent, and when.
#[derive(Default)]
pub(super) struct Picture {
    bytes: Zeroizing<Vec<u8>>,
    taken: Option<Instant>,
}

impl Picture {
    /// Takes over a driver's bytes, as many as a picture of this mode has, or can have: some drivers hand out all of their
    /// buffer.
    ///
    /// # Errors
    /// [`CameraError::WrongSize`] when there are too few.
    pub(super) fn fill(&mut self, bytes: &[u8], mode: Mode, name: &str) -> Result<(), CameraError> {
        let (expected, found) = (mode.bytes(), bytes.len());
        let bytes = match mode.layout {
            Layout::Mjpeg => Some(&bytes[..found.min(expected.max(LEAST_ROOM))]).filter(|_| found > 0),
            _ => bytes.get(..expected),
        };
        let bytes = bytes.ok_or_else(|| CameraError::WrongSize { name: name.to_owned(), expected, found })?;
        // The buffer grows only by being replaced, so that the old one is wiped.
        if self.bytes.capacity() < bytes.len() {
            self.bytes = Zeroizing::new(Vec::with_capacity(bytes.len()));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.taken = Some(Instant::now());
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// When it came from the driver.
    pub(super) fn taken(&self) -> Option<Instant> {
        self.taken
    }

    /// Forgets what it shows; the room stays.
    pub(super) fn wipe(&mut self) {
        self.bytes.as_mut_slice().zeroize();
        self.bytes.clear();
    }
}

impl Mode {
    /// How many bytes a picture has; how many at the most, where it is compressed: noise does not shrink, and a driver
    /// may have room for it.
    fn bytes(self) -> usize {
        let pixels = (self.width as usize).saturating_mul(self.height as usize);
        match self.layout {
            Layout::Gray => pixels,
            Layout::Nv12 => pixels.saturating_add(pixels / 2),
            Layout::Yuyv => pixels.saturating_mul(2),
            Layout::Rgb | Layout::Bgr => pixels.saturating_mul(3),
            Layout::Mjpeg => pixels.saturating_mul(4),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mode(layout: Layout) -> Mode {
        Mode { width: 4, height: 2, fps: 30, layout }
    }

    #[test]
    fn a_picture_has_the_bytes_of_its_mode_and_no_more() {
        let mut picture = Picture::default();
        for (layout, bytes) in
            [(Layout::Gray, 8), (Layout::Nv12, 12), (Layout::Yuyv, 16), (Layout::Rgb, 24), (Layout::Bgr, 24)]
        {
            picture.fill(&[7; 30], mode(layout), "Front").unwrap();
            assert_eq!(picture.bytes(), vec![7; bytes], "{layout:?}");
            let short = picture.fill(&vec![7; bytes - 1], mode(layout), "Front");
            let wrong = CameraError::WrongSize { name: "Front".into(), expected: bytes, found: bytes - 1 };
            assert_eq!(short, Err(wrong), "{layout:?}");
        }
    }

    #[test]
    fn a_compressed_picture_is_as_long_as_it_is_but_neither_empty_nor_endless() {
        let mut picture = Picture::default();
        picture.fill(&[7; 5], mode(Layout::Mjpeg), "Front").unwrap();
        assert_eq!(picture.bytes(), [7; 5]);
        picture.fill(&vec![7; 2 * LEAST_ROOM], mode(Layout::Mjpeg), "Front").unwrap();
        assert_eq!(picture.bytes().len(), LEAST_ROOM);
        let empty = picture.fill(&[], mode(Layout::Mjpeg), "Front").unwrap_err();
        assert!(matches!(empty, CameraError::WrongSize { found: 0, .. }), "{empty}");
    }

    #[test]
    fn buffers_are_used_again_and_keep_nothing_that_was_wiped() {
        let mut picture = Picture::default();
        picture.fill(&[1; 24], mode(Layout::Rgb), "Front").unwrap();
        let place = picture.bytes().as_ptr();
        picture.wipe();
        assert!(picture.bytes().is_empty());
        picture.fill(&[2; 8], mode(Layout::Gray), "Front").unwrap();
        assert_eq!((picture.bytes(), picture.bytes().as_ptr()), (&[2; 8][..], place));
    }
}
