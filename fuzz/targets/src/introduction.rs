//! What one terminal tells another of itself.

use mabataki_engine::terminal::Introduction;

/// An introduction that was accepted reads as the same when it is passed on, and no terminal follows on itself.
pub fn introduction(bytes: &[u8]) {
    let Ok(read) = Introduction::parse(bytes) else { return };
    assert!(read.successor_of(read.identity()).is_err());
    let again = Introduction::parse(read.to_text().as_bytes());
    assert_eq!(again.ok(), Some(read));
}
