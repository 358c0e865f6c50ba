//! The short code of a checkpoint, as it was copied from paper.

use mabataki_engine::audit::ShortCode;

/// A code that was read is shown so that it reads as the same again.
pub fn short_code(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(code) = text.parse::<ShortCode>() {
        assert_eq!(code.to_string().parse(), Ok(code));
    }
}
