//! Keys for the tests of this room.

use jiff::{SignedDuration, Timestamp};
use zeroize::Zeroizing;

use super::{KeyRing, TerminalKeys};

/// A store's id.
pub(super) const STORE: [u8; 16] = [3; 16];

/// Other bytes for each `n`.
pub(super) fn seeds(n: u8) -> [Zeroizing<[u8; 32]>; 2] {
    [Zeroizing::new([n; 32]), Zeroizing::new([!n; 32])]
}

/// A terminal's first keys, other ones for each `n`.
pub(super) fn keys(n: u8) -> TerminalKeys {
    let [signing, sealing] = seeds(n);
    TerminalKeys::first(signing, sealing, Timestamp::UNIX_EPOCH)
}

/// The ring of terminal er-1 after so many rotations.
pub(super) fn ring(n: u8, rotations: u8) -> KeyRing {
    ring_of("er-1", n, rotations)
}

/// The ring of a terminal after so many rotations.
pub(super) fn ring_of(terminal: &str, n: u8, rotations: u8) -> KeyRing {
    let mut ring = KeyRing::new(keys(n));
    for rotation in 0..rotations {
        let now = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(i64::from(rotation));
        ring.rotate(terminal, STORE, seeds(n + 1 + rotation), now, now + SignedDuration::from_secs(10));
    }
    ring
}
