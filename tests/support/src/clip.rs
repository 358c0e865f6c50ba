//! Parts of recorded clips.

use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};

/// Writes the frames `range` (0-based) of a motion JPEG file to `folder`, and gives the new file.
///
/// # Panics
/// When the clip cannot be read, or has not so many frames.
#[expect(clippy::expect_used, reason = "a test fails so")]
#[must_use]
pub fn cut(clip: &Path, range: RangeInclusive<usize>, folder: &Path) -> PathBuf {
    let bytes = std::fs::read(clip).expect("the clip can be read");
    let part = frames(&bytes).get(range.clone()).expect("the clip has so many frames").concat();
    let stem = clip.file_stem().unwrap_or_default().to_string_lossy();
    let path = folder.join(format!("{stem}-{}-{}.mjpeg", range.start(), range.end()));
    std::fs::write(&path, part).expect("the part can be written");
    path
}

/// The frames of a motion JPEG file, one JPEG picture each. Enough for clips that ffmpeg made, whose pictures hold no
/// pictures themselves: inside one, FF is always followed by 00 or by another marker.
#[must_use]
pub fn frames(clip: &[u8]) -> Vec<&[u8]> {
    const END: [u8; 2] = [0xff, 0xd9];
    let mut frames = Vec::new();
    let mut start = 0;
    for (index, marker) in clip.windows(2).enumerate() {
        if marker == END && index >= start {
            frames.push(&clip[start..index + 2]);
            start = index + 2;
        }
    }
    frames
}
