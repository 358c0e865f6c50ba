//! Picture files: JPEG with its orientation, PNG, BMP.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use mabataki_engine::frame::Picture;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(picture) = Picture::from_bytes(bytes) {
        assert!(picture.frame(Duration::ZERO).is_ok());
    }
});
