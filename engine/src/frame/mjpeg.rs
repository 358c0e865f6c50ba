//! Motion JPEG: JPEG pictures one behind the other.

use std::io::{self, Read};

use zeroize::Zeroizing;

use super::{FrameError, MAX_JPEG_BYTES, jpeg::Scanner};

/// How much is read at a time, bytes.
const CHUNK: usize = 64 * 1024;

/// Cuts a stream of JPEG pictures into pictures, by their markers: what stands in a segment, such as a thumbnail, is
/// never taken for the start or the end of a picture. Bytes between pictures are passed over. No more than one picture
/// of the longest kind is ever held; what is held is wiped on drop.
pub(super) struct Splitter<R> {
    reader: R,
    buffer: Zeroizing<Vec<u8>>,
    /// Where the bytes not yet handed out begin.
    start: usize,
    at_end: bool,
}

/// Why the next picture cannot be had.
#[derive(Debug)]
pub(super) enum SplitError {
    /// Reading failed.
    Io(io::Error),
    /// A picture is damaged, too long, or cut off. The next call goes on behind the damage.
    Picture(FrameError),
}

impl<R: Read> Splitter<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { reader, buffer: Zeroizing::default(), start: 0, at_end: false }
    }

    /// The next picture, from its start marker to its end marker. `None` at the end of the stream.
    pub(super) fn next_picture(&mut self) -> Result<Option<&[u8]>, SplitError> {
        while !self.skip_to_start_marker() {
            if !self.read_more().map_err(SplitError::Io)? {
                return Ok(None);
            }
        }
        let mut scanner = Scanner::default();
        loop {
            let bytes = &self.buffer[self.start..];
            let held = bytes.len();
            // Behind a damaged picture the search goes on where the damage is: what was passed over before it, a
            // thumbnail maybe, is no picture of the stream.
            let (cause, skip) = match scanner.end(bytes) {
                Ok(Some(length)) => {
                    let start = self.start;
                    self.start += length;
                    return Ok(Some(&self.buffer[start..start + length]));
                }
                Ok(None) if held > MAX_JPEG_BYTES => (FrameError::JpegTooLong { found: held }, held),
                Ok(None) if self.read_more().map_err(SplitError::Io)? => continue,
                Ok(None) => (FrameError::JpegCutOff { found: held }, held),
                Err(cause) => (cause, scanner.position()),
            };
            self.start += skip;
            return Err(SplitError::Picture(cause));
        }
    }

    /// Drops bytes up to the next start marker. False if there is none yet.
    fn skip_to_start_marker(&mut self) -> bool {
        match self.buffer[self.start..].windows(2).position(|pair| pair == [0xFF, 0xD8]) {
            Some(offset) => {
                self.start += offset;
                true
            }
            None => {
                // The last byte may be the first half of a marker.
                self.start = self.start.max(self.buffer.len().saturating_sub(1));
                false
            }
        }
    }

    /// Reads on, after moving what is still wanted to the front. False at the end of the stream.
    fn read_more(&mut self) -> io::Result<bool> {
        if self.at_end {
            return Ok(false);
        }
        self.buffer.drain(..self.start);
        self.start = 0;
        let held = self.buffer.len();
        self.buffer.resize(held + CHUNK, 0);
        let outcome = loop {
            match self.reader.read(&mut self.buffer[held..]) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                outcome => break outcome,
            }
        };
        self.buffer.truncate(held + outcome.as_ref().copied().unwrap_or(0));
        self.at_end = !matches!(outcome, Ok(1..));
        outcome.map(|read| read > 0)
    }
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;
    use proptest::prelude::*;

    use super::*;

    /// The frame of a picture: no tables, so it cannot be decoded, but its markers are all there.
    fn picture(scan: &[u8], app: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xFF, 0xD8, 0xFF, 0xE1];
        bytes.extend_from_slice(&(app.len() as u16 + 2).to_be_bytes());
        bytes.extend_from_slice(app);
        bytes.extend_from_slice(&[0xFF, 0xC0, 0, 11, 8, 0, 4, 0, 6, 1, 1, 0x11, 0]);
        bytes.extend_from_slice(&[0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0]);
        bytes.extend(scan.iter().flat_map(|byte| if *byte == 0xFF { vec![0xFF, 0] } else { vec![*byte] }));
        bytes.extend_from_slice(&[0xFF, 0xD9]);
        bytes
    }

    /// A reader that gives a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(target.len()).min(self.0.len());
            target[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    /// All pictures, and what went wrong on the way.
    fn split(stream: &[u8], at_a_time: usize) -> (Vec<Vec<u8>>, Vec<FrameError>) {
        let mut splitter = Splitter::new(Drip(stream, at_a_time));
        let (mut pictures, mut errors) = (Vec::new(), Vec::new());
        loop {
            match splitter.next_picture() {
                Ok(Some(picture)) => pictures.push(picture.to_vec()),
                Ok(None) => return (pictures, errors),
                Err(SplitError::Picture(error)) => errors.push(error),
                Err(SplitError::Io(error)) => panic!("{error}"),
            }
        }
    }

    #[test]
    fn a_thumbnail_inside_a_picture_is_not_a_picture() {
        let whole = picture(&[1, 2, 3], &picture(&[9], &[]));
        let (pictures, errors) = split(&[whole.clone(), whole.clone()].concat(), 7);
        assert_eq!(pictures, [whole.clone(), whole]);
        assert!(errors.is_empty());
    }

    #[test]
    fn bytes_between_pictures_are_passed_over() {
        let whole = picture(&[1], b"x");
        let stream = [&b"--boundary\r\n"[..], &whole, &[0; 100], &whole, &[0xFF]].concat();
        assert_eq!(split(&stream, 3).0, [whole.clone(), whole]);
    }

    #[test]
    fn a_picture_cut_off_at_the_end_is_an_error() {
        let whole = picture(&[1, 2, 3, 4], b"x");
        for length in 2..whole.len() {
            let (pictures, errors) = split(&[&whole[..], &whole[..length]].concat(), 64);
            assert_eq!(pictures, [&whole[..]]);
            assert!(
                matches!(errors[..], [FrameError::JpegCutOff { found }] if found == length),
                "{length}: {errors:?}"
            );
        }
    }

    #[test]
    fn a_damaged_picture_is_an_error_and_the_next_one_is_found() {
        let whole = picture(&[1, 2, 3, 4], b"x");
        let damaged = [0xFF, 0xD8, 0xFF, 0xE1, 0, 1, 0, 0];
        let (pictures, errors) = split(&[&damaged[..], &whole].concat(), 64);
        assert_eq!(pictures, [whole]);
        assert!(matches!(errors[..], [FrameError::Jpeg { .. }]), "{errors:?}");
    }

    #[test]
    fn a_stream_without_a_picture_has_none() {
        assert_eq!(split(b"nothing here", 5).0.len(), 0);
        assert_eq!(split(b"", 5).0.len(), 0);
    }

    #[test]
    fn a_picture_without_an_end_is_given_up_at_the_limit() {
        let head = picture(&[], &[]);
        let endless = io::Cursor::new(head[..head.len() - 2].to_vec()).chain(io::repeat(7));
        let mut splitter = Splitter::new(endless);
        let error = splitter.next_picture().unwrap_err();
        assert!(matches!(error, SplitError::Picture(FrameError::JpegTooLong { .. })), "{error:?}");
        assert!(splitter.buffer.capacity() < 3 * MAX_JPEG_BYTES);
    }

    proptest! {
        #[test]
        fn pictures_come_out_as_they_went_in(
            scans in prop::collection::vec((prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(any::<u8>(), 0..40)), 0..6),
            at_a_time in 1usize..50,
        ) {
            let pictures: Vec<_> = scans.iter().map(|(scan, app)| picture(scan, app)).collect();
            let (found, errors) = split(&pictures.concat(), at_a_time);
            prop_assert_eq!(found, pictures);
            prop_assert!(errors.is_empty());
        }

        #[test]
        fn no_stream_makes_it_panic_or_run_for_ever(stream in prop::collection::vec(prop_oneof![Just(0xFFu8), Just(0xD8), Just(0xD9), Just(0xDA), any::<u8>()], 0..300), at_a_time in 1usize..40) {
            let (pictures, errors) = split(&stream, at_a_time);
            prop_assert!(pictures.iter().map(Vec::len).sum::<usize>() + 2 * errors.len() <= stream.len());
        }
    }
}
