//! Memory that is handed out, and wiped when it comes back.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use zeroize::Zeroizing;

use crate::boundary::guard;

/// Data that the library allocated: free it with mbt_buffer_free, which wipes it. Frozen: it will never grow, so it has
/// no size of its own. Set it to {0} before it is passed in.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_buffer {
    pub data: *mut u8,
    pub len: usize,
}

/// What is handed out and not yet back, by address: nothing else is ever freed.
static LIVE: Mutex<BTreeMap<usize, Zeroizing<Box<[u8]>>>> = Mutex::new(BTreeMap::new());

fn live() -> MutexGuard<'static, BTreeMap<usize, Zeroizing<Box<[u8]>>>> {
    // A map whose user panicked is still a map.
    LIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl mbt_buffer {
    pub(crate) const NONE: mbt_buffer = mbt_buffer { data: std::ptr::null_mut(), len: 0 };

    /// Hands these bytes out, followed by a NUL that `len` does not count.
    pub(crate) fn holding(bytes: &[u8]) -> mbt_buffer {
        let mut owned = Vec::with_capacity(bytes.len().saturating_add(1));
        owned.extend_from_slice(bytes);
        owned.push(0);
        let mut owned = Zeroizing::new(owned.into_boxed_slice());
        let buffer = mbt_buffer { data: owned.as_mut_ptr(), len: bytes.len() };
        live().insert(buffer.data as usize, owned);
        buffer
    }
}

/// Wipes the buffer's data, frees it and sets the buffer to {0}. NULL, an empty buffer and one that was freed already are
/// let be.
///
/// # Safety
/// `buffer` is NULL or points to an `mbt_buffer`.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_buffer_free(buffer: *mut mbt_buffer) {
    guard((), || {
        if buffer.is_null() || !buffer.is_aligned() {
            return;
        }
        // SAFETY: not null, aligned, and an `mbt_buffer` as this function asks of its caller.
        let data = unsafe { std::mem::replace(&mut *buffer, mbt_buffer::NONE) }.data;
        // Dropping it wipes it.
        drop(live().remove(&(data as usize)));
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_is_freed_once_and_a_foreign_one_never() {
        let mut buffer = mbt_buffer::holding("秘密".as_bytes());
        let address = buffer.data as usize;
        let bytes = unsafe { std::slice::from_raw_parts(buffer.data, buffer.len + 1) };
        assert_eq!(bytes, "秘密\0".as_bytes());
        let mut copy = buffer;
        unsafe { mbt_buffer_free(&raw mut buffer) };
        assert!(buffer.data.is_null() && buffer.len == 0);
        assert!(!live().contains_key(&address));
        unsafe { mbt_buffer_free(&raw mut copy) };
        let mut own = [1_u8, 2, 3];
        let mut foreign = mbt_buffer { data: own.as_mut_ptr(), len: 3 };
        unsafe { mbt_buffer_free(&raw mut foreign) };
        unsafe { mbt_buffer_free(std::ptr::null_mut()) };
        assert_eq!(own, [1, 2, 3]);
    }
}
