//! Motion JPEG: cutting the stream into pictures, and decoding each.

use std::io::Cursor;
use std::path::Path;

use mabataki_engine::frame::{Decoder, FrameSource as _, Replay};

/// A stream ends, whatever is in it.
pub fn mjpeg(bytes: &[u8]) {
    let Ok(mut replay) = Replay::mjpeg(Path::new("fuzz"), Cursor::new(bytes.to_vec()), None) else { return };
    let mut decoder = Decoder::new();
    // Each call takes at least two bytes of the stream.
    for _ in 0..=bytes.len() / 2 + 1 {
        match replay.next_frame() {
            Ok(None) => return,
            Ok(Some(frame)) if frame.width() * frame.height() <= 1 << 20 => {
                let _ = decoder.decode(&frame);
            }
            _ => {}
        }
    }
    panic!("the stream does not end");
}
