//! Cutting a stretch out of a motion-JPEG recording.

use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;

use crate::error::Error;

/// Writes frames `frames` (0-based) of the recording at `from` to a recording at `to`.
pub(super) fn cut(from: &Path, frames: RangeInclusive<usize>, to: &Path) -> Result<(), Error> {
    let recording = fs::read(from).map_err(Error::io("read", from))?;
    let all = frames_of(&recording);
    let Some(cut) = all.get(frames.clone()) else {
        return Err(Error::Frames {
            recording: from.to_owned(),
            expected: frames.end() + 1,
            found: all.len(),
        });
    };
    fs::write(to, cut.concat()).map_err(Error::io("write", to))
}

/// The single pictures: each begins with a start-of-image marker and the FF of the next marker,
/// which occurs nowhere else (see `samples::count_frames`).
fn frames_of(recording: &[u8]) -> Vec<&[u8]> {
    let is_start = |at: usize| recording[at..].starts_with(&[0xFF, 0xD8, 0xFF]);
    let mut starts: Vec<usize> = (0..recording.len()).filter(|at| is_start(*at)).collect();
    starts.push(recording.len());
    starts.windows(2).map(|pair| &recording[pair[0]..pair[1]]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const RECORDING: &[u8] = b"\xFF\xD8\xFFone\xFF\xD8\xFFtwo\xFF\xD8\xFFthree";

    #[test]
    fn a_stretch_is_cut_out_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        fs::write(&from, RECORDING).unwrap();
        cut(&from, 1..=2, &to).unwrap();
        assert_eq!(fs::read(&to).unwrap(), b"\xFF\xD8\xFFtwo\xFF\xD8\xFFthree");
    }

    #[test]
    fn a_recording_that_is_too_short_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("short.mjpeg");
        fs::write(&from, RECORDING).unwrap();
        let error = cut(&from, 0..=3, &folder.path().join("to")).unwrap_err().to_string();
        assert!(error.contains("short.mjpeg came out with 3 frames, 4 were expected"), "{error}");
    }
}
