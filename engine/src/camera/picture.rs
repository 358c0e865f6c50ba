//! The bytes of a picture, in a buffer that is used again and again.

use std::time::Instant;

use zeroize::{Zeroize, Zeroizing};

use super::CameraError;
use super::choose::{Layout, Mode};
use crate::frame::jpeg_end;

/// What a driver sent, and when.
#[derive(Default)]
pub(super) struct Picture {
    bytes: Zeroizing<Vec<u8>>,
    taken: Option<Instant>,
}

impl Picture {
    /// Takes over a driver's bytes, as many as a picture of this mode has: some drivers hand out all of their buffer, with
    /// what is left of earlier pictures behind the end of this one.
    ///
    /// # Errors
    /// [`CameraError::WrongSize`] when there are too few; [`CameraError::CutOff`] for a compressed one without an end.
    pub(super) fn fill(
        &mut self,
        bytes: &[u8],
        taken: Instant,
        mode: Mode,
        name: &str,
    ) -> Result<(), CameraError> {
        let bytes = match mode.bytes() {
            Some(expected) => bytes.get(..expected).ok_or_else(|| {
                let found = bytes.len();
                CameraError::WrongSize { name: name.to_owned(), expected, found }
            }),
            None => {
                let end = jpeg_end(bytes).ok().and_then(|end| bytes.get(..end));
                end.ok_or_else(|| CameraError::CutOff { name: name.to_owned() })
            }
        }?;
        // The buffer grows only by being replaced, so that the old one is wiped.
        if self.bytes.capacity() < bytes.len() {
            self.bytes = Zeroizing::new(Vec::with_capacity(bytes.len()));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.taken = Some(taken);
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// When it was taken.
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
    /// How many bytes a picture has; a compressed one has as many as it says itself.
    fn bytes(self) -> Option<usize> {
        let pixels = (self.width as usize).saturating_mul(self.height as usize);
        match self.layout {
            Layout::Gray => Some(pixels),
            Layout::Nv12 => Some(pixels.saturating_add(pixels / 2)),
            Layout::Yuyv => Some(pixels.saturating_mul(2)),
            Layout::Rgb | Layout::Bgr => Some(pixels.saturating_mul(3)),
            Layout::Mjpeg => None,
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
            picture.fill(&[7; 30], Instant::now(), mode(layout), "Front").unwrap();
            assert_eq!(picture.bytes(), vec![7; bytes], "{layout:?}");
            let short = picture.fill(&vec![7; bytes - 1], Instant::now(), mode(layout), "Front");
            let wrong = CameraError::WrongSize { name: "Front".into(), expected: bytes, found: bytes - 1 };
            assert_eq!(short, Err(wrong), "{layout:?}");
        }
    }

    #[test]
    fn a_compressed_picture_ends_at_its_end_and_one_without_is_none() {
        let mut picture = Picture::default();
        let now = Instant::now();
        // Its start, an empty segment of text, its end; and what was in the driver's buffer before.
        let jpeg = [0xFF, 0xD8, 0xFF, 0xFE, 0, 2, 0xFF, 0xD9];
        picture.fill(&[&jpeg[..], &[7; 99]].concat(), now, mode(Layout::Mjpeg), "Front").unwrap();
        assert_eq!((picture.bytes(), picture.taken()), (&jpeg[..], Some(now)));
        for none in [&jpeg[..7], &[], &[7; 99]] {
            let error = picture.fill(none, now, mode(Layout::Mjpeg), "Front");
            assert_eq!(error, Err(CameraError::CutOff { name: "Front".into() }));
        }
    }

    #[test]
    fn buffers_are_used_again_and_keep_nothing_that_was_wiped() {
        let mut picture = Picture::default();
        picture.fill(&[1; 24], Instant::now(), mode(Layout::Rgb), "Front").unwrap();
        let place = picture.bytes().as_ptr();
        picture.wipe();
        assert!(picture.bytes().is_empty());
        picture.fill(&[2; 8], Instant::now(), mode(Layout::Gray), "Front").unwrap();
        assert_eq!((picture.bytes(), picture.bytes().as_ptr()), (&[2; 8][..], place));
    }
}
