//! Y4M: header and frames.

use std::io::Cursor;
use std::path::Path;

use mabataki_engine::frame::{FrameSource as _, Replay};

/// A frame that was read has a size.
pub fn y4m(bytes: &[u8]) {
    if let Ok(mut replay) = Replay::y4m(Path::new("fuzz"), Cursor::new(bytes.to_vec()), None) {
        while let Ok(Some(frame)) = replay.next_frame() {
            assert!(frame.width() > 0 && frame.height() > 0);
        }
    }
}
