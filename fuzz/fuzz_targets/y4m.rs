//! Y4M: header and frames.
#![no_main]

use std::{io::Cursor, path::Path};

use libfuzzer_sys::fuzz_target;
use mabataki_engine::frame::{FrameSource as _, Replay};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(mut replay) = Replay::y4m(Path::new("fuzz"), Cursor::new(bytes.to_vec()), None) {
        while let Ok(Some(frame)) = replay.next_frame() {
            assert!(frame.width() > 0 && frame.height() > 0);
        }
    }
});
