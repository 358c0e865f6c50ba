//! Picture files: JPEG with its orientation, PNG, BMP.

use std::time::Duration;

use mabataki_engine::frame::Picture;

/// A picture that was read gives a frame.
pub fn still(bytes: &[u8]) {
    if let Ok(picture) = Picture::from_bytes(bytes) {
        assert!(picture.frame(Duration::ZERO).is_ok());
    }
}
