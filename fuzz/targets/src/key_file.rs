//! The file that a store key is kept by.

use std::fs;

use mabataki_engine::keys::{Keeper, KeyPlace};

use crate::place::{self, Place};

/// A key is read from a file that holds one in hex, and from no other that says it holds the key itself.
pub fn key_file(bytes: &[u8]) {
    thread_local!(static PLACE: Place = Place::new());
    PLACE.with(|place| {
        let path = place.root().join("store.key");
        place::write_private(&path, bytes);
        let kept = KeyPlace::new(path);
        // Only what is in the file: the others' keepers would be asked for keys of this machine.
        if let Ok(Keeper::File) = kept.keeper(&place.location().state) {
            let is_one = kept.load(&place.location().state).is_ok();
            assert_eq!(is_one, holds_a_key(bytes));
        }
        fs::remove_file(kept.path()).unwrap();
    });
}

fn holds_a_key(bytes: &[u8]) -> bool {
    let lines = bytes.strip_prefix(b"mabataki store key 1\n").unwrap_or_default();
    let digits = lines.strip_suffix(b"\n").unwrap_or(lines);
    digits.len() == 64 && digits.iter().all(|digit| b"0123456789abcdef".contains(digit))
}
