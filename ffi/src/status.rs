//! What a call can come back with.

use std::ffi::{CStr, c_char};

use crate::boundary::guard;

/// Declares the status codes and their names in one place, so that neither can lack the other.
macro_rules! statuses {
    ($($name:ident = $number:literal,)*) => {
        /// Every status with its number and its name in C.
        const STATUSES: &[(i32, &CStr)] = &[$(($number, status_name!($name)),)*];
    };
}

macro_rules! status_name {
    ($name:ident) => {
        match CStr::from_bytes_with_nul(concat!("MBT_", stringify!($name), "\0").as_bytes()) {
            Ok(name) => name,
            Err(_) => c"",
        }
    };
}

// Grouped, with room to grow; a number is never used again for something else.
statuses! {
    OK = 0,
    // The caller's mistake.
    E_INVALID = -1,
    E_ABI = -2,
    E_STATE = -3,
    E_FORKED = -4,
    E_DENIED = -5,
    E_NOT_FOUND = -6,
    E_EXISTS = -7,
    E_END = -8,
    E_SMALL = -9,
    // Normal ends of waiting.
    E_TIMEOUT = -20,
    E_CANCELLED = -21,
    // Cannot be judged here and now.
    E_NO_CAMERA = -40,
    E_CAMERA_BUSY = -41,
    E_NO_READER = -42,
    E_MODEL = -43,
    E_STORE = -44,
    E_SERVICE = -45,
    E_NO_TEMPLATES = -46,
    // Data refused.
    E_SIGNATURE = -60,
    E_CORRUPT = -61,
    E_STALE = -62,
    E_REAUTH = -63,
    // Ours.
    E_NO_MEMORY = -90,
    E_INTERNAL = -99,
}

const UNKNOWN: &CStr = c"MBT_E_UNKNOWN";

/// The name of a status as `mabataki.h` spells it; `MBT_E_UNKNOWN` for a number that is none. Static, never null.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_status_name(status: i32) -> *const c_char {
    guard(UNKNOWN, || {
        STATUSES.iter().find(|(number, _)| *number == status).map_or(UNKNOWN, |(_, name)| *name)
    })
    .as_ptr()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = include_str!("../include/mabataki.h");

    /// `NAME = number` pairs of the header's enumeration.
    fn declared() -> Vec<(String, i32)> {
        let start = HEADER.find("enum {").unwrap();
        let body = &HEADER[start..][..HEADER[start..].find("};").unwrap()];
        let words: Vec<&str> = body.split([' ', '\n', ',']).filter(|word| !word.is_empty()).collect();
        words
            .windows(3)
            .filter(|words| words[1] == "=")
            .map(|words| (words[0].to_owned(), words[2].parse().unwrap()))
            .collect()
    }

    #[test]
    fn the_header_declares_exactly_these_statuses() {
        let ours: Vec<(String, i32)> =
            STATUSES.iter().map(|(number, name)| (name.to_str().unwrap().to_owned(), *number)).collect();
        assert_eq!(declared(), ours);
    }

    #[test]
    fn no_number_stands_for_two_statuses() {
        let mut numbers: Vec<i32> = STATUSES.iter().map(|(number, _)| *number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), STATUSES.len());
    }
}
