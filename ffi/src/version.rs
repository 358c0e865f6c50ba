//! Which library this is.

use std::ffi::{CStr, c_char};

use crate::boundary::guard;

/// Major 0: anything may still change.
pub const MBT_ABI_MAJOR: u32 = 0;
/// Grows with every function or field that is added.
pub const MBT_ABI_MINOR: u32 = 1;

const VERSION: &CStr = match CStr::from_bytes_with_nul(concat!(env!("CARGO_PKG_VERSION"), "\0").as_bytes()) {
    Ok(version) => version,
    Err(_) => c"",
};

/// The ABI of this library: the major number in the upper 16 bits, to be compared with MBT_ABI_MAJOR, the minor one in
/// the lower.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_abi_version() -> u32 {
    guard(0, || (MBT_ABI_MAJOR << 16) | MBT_ABI_MINOR)
}

/// The version of this library, such as "0.1.0". Static, never NULL.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub extern "C" fn mbt_version() -> *const c_char {
    guard(VERSION, || VERSION).as_ptr()
}

#[cfg(test)]
mod tests {
    use super::VERSION;

    #[test]
    fn the_version_is_the_packages() {
        assert_eq!(VERSION.to_str().unwrap(), env!("CARGO_PKG_VERSION"));
    }
}
