//! Structs that begin with their own size, so that a host and a library of different ages understand each other.
//!
//! Fields are only ever appended. What the caller's struct lacks is taken as 0 on the way in and left out on the way
//! out; what a newer caller's struct has beyond ours must be 0 on the way in, since it asks for what this library does
//! not know, and is left as it is on the way out.

use std::mem::MaybeUninit;

use crate::failure::{Answer, Failure};

/// The least a struct can be: its size and one more number.
pub(crate) const SMALLEST: usize = 8;

/// Far beyond any struct of this ABI: a greater size is garbage, not a newer header.
pub(crate) const GREATEST: usize = 16 * 1024;

/// A struct of the header that begins with `uint32_t size`.
///
/// # Safety
/// The type is `repr(C)`, its first field is the `u32` size, and every pattern of bytes is a value of it.
pub(crate) unsafe trait Plain: Copy {}

/// Takes a caller's struct.
///
/// # Safety
/// `pointer` is NULL or points to as many readable bytes as the `u32` it begins with says.
pub(crate) unsafe fn take<T: Plain>(pointer: *const T, name: &str) -> Answer<T> {
    // SAFETY: as this function asks of its caller.
    let size = unsafe { size_of_callers(pointer, name) }?;
    let ours = size_of::<T>();
    let mut value = MaybeUninit::<T>::zeroed();
    // SAFETY: both have at least the smaller of the two sizes, and a new local overlaps nothing.
    unsafe {
        std::ptr::copy_nonoverlapping(pointer.cast::<u8>(), value.as_mut_ptr().cast::<u8>(), size.min(ours));
    }
    for offset in ours..size {
        // SAFETY: `offset` is below the size that the caller vouches for.
        if unsafe { pointer.cast::<u8>().add(offset).read() } != 0 {
            return Err(Failure::abi(format!(
                "{name} of {size} bytes asks for what this library ({ours} bytes) does not know: expected 0 there"
            )));
        }
    }
    // SAFETY: it was zeroed, then filled with bytes, and every pattern of bytes is a `T`.
    Ok(unsafe { value.assume_init() })
}

/// A caller's struct that is to be filled: checked before the work, written only when the work is done.
#[derive(Debug)]
pub(crate) struct Out<T> {
    pointer: *mut T,
    size: usize,
}

impl<T: Plain> Out<T> {
    /// Checks the caller's struct.
    ///
    /// # Safety
    /// `pointer` is NULL or points to as many writable bytes as the `u32` it begins with says, until `give`.
    pub(crate) unsafe fn new(pointer: *mut T) -> Answer<Out<T>> {
        // SAFETY: as this function asks of its caller.
        let size = unsafe { size_of_callers(pointer, "the struct to fill") }?;
        Ok(Out { pointer, size })
    }

    /// For what must arrive whole: what is left out of it would be lost, or never freed.
    pub(crate) fn whole(self) -> Answer<Out<T>> {
        if self.size >= size_of::<T>() {
            return Ok(self);
        }
        Err(Failure::abi(format!("the struct to fill has {} bytes: expected {}", self.size, size_of::<T>())))
    }

    /// Writes what the caller's struct has room for; its `size` stays.
    pub(crate) fn give(self, value: &T) {
        let from = size_of::<u32>();
        let length = self.size.min(size_of::<T>()) - from;
        // SAFETY: `new` was promised `size` writable bytes, at least SMALLEST of them, and `value` is another place.
        unsafe {
            std::ptr::copy_nonoverlapping(
                std::ptr::from_ref(value).cast::<u8>().add(from),
                self.pointer.cast::<u8>().add(from),
                length,
            );
        }
    }
}

/// What is to be filled with one value that has no size of its own: a number, a handle.
///
/// # Safety
/// `pointer` is NULL or may be written to for as long as the answer is used.
pub(crate) unsafe fn place<'a, T>(pointer: *mut T, name: &str) -> Answer<&'a mut MaybeUninit<T>> {
    if pointer.is_null() {
        return Err(Failure::invalid(format!("expected a place for {name}, found NULL")));
    }
    if !pointer.is_aligned() {
        return Err(Failure::invalid(format!("the place for {name} is not aligned")));
    }
    // SAFETY: not null, aligned, and writable as this function asks of its caller; unread, so it need not be set.
    Ok(unsafe { &mut *pointer.cast::<MaybeUninit<T>>() })
}

/// As [`place`], of what the caller may leave out: NULL is none.
///
/// # Safety
/// As for [`place`].
pub(crate) unsafe fn wanted<'a, T>(pointer: *mut T, name: &str) -> Answer<Option<&'a mut MaybeUninit<T>>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: as this function asks of its caller.
    unsafe { place(pointer, name) }.map(Some)
}

/// # Safety
/// `pointer` is NULL or points to at least four readable bytes.
unsafe fn size_of_callers<T>(pointer: *const T, name: &str) -> Answer<usize> {
    if pointer.is_null() {
        return Err(Failure::invalid(format!("expected {name}, found NULL")));
    }
    if !pointer.is_aligned() {
        return Err(Failure::invalid(format!("{name} is not aligned to {} bytes", align_of::<T>())));
    }
    // SAFETY: not null, aligned for a type that begins with a `u32`, readable as this function asks.
    let size = unsafe { pointer.cast::<u32>().read() } as usize;
    if (SMALLEST..=GREATEST).contains(&size) {
        return Ok(size);
    }
    Err(Failure::abi(format!(
        "the size of {name} is {size}: expected sizeof of it ({} here); begin with its _init function",
        size_of::<T>()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{MBT_E_ABI, MBT_E_INVALID};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[repr(C)]
    struct Old {
        size: u32,
        first: u32,
    }

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[repr(C)]
    struct New {
        size: u32,
        first: u32,
        second: u32,
        third: u32,
    }

    // SAFETY: repr(C), begins with `size`, only numbers.
    unsafe impl Plain for Old {}
    // SAFETY: as above.
    unsafe impl Plain for New {}

    fn new(size: u32) -> New {
        New { size, first: 1, second: 2, third: 3 }
    }

    #[test]
    fn what_an_older_caller_lacks_is_zero() {
        let older = new(12);
        let value = unsafe { take(&raw const older, "it") }.unwrap();
        assert_eq!(value, New { size: 12, first: 1, second: 2, third: 0 });
    }

    #[test]
    fn what_a_newer_caller_adds_must_be_zero() {
        let mut newer = new(16);
        let pointer = (&raw const newer).cast::<Old>();
        assert_eq!(unsafe { take(pointer, "it") }.unwrap_err().status, MBT_E_ABI);
        (newer.second, newer.third) = (0, 0);
        let pointer = (&raw const newer).cast::<Old>();
        assert_eq!(unsafe { take(pointer, "it") }.unwrap().first, 1);
    }

    #[test]
    fn a_size_that_no_header_gives_is_refused() {
        for size in [0, 1, 7, 16 * 1024 + 1, u32::MAX] {
            let mut value = new(size);
            assert_eq!(unsafe { take(&raw const value, "it") }.unwrap_err().status, MBT_E_ABI, "{size}");
            assert_eq!(unsafe { Out::new(&raw mut value) }.unwrap_err().status, MBT_E_ABI, "{size}");
        }
        assert_eq!(unsafe { take::<New>(std::ptr::null(), "it") }.unwrap_err().status, MBT_E_INVALID);
        let value = new(16);
        let aside = (&raw const value).cast::<u8>().wrapping_add(1).cast::<New>();
        assert_eq!(unsafe { take(aside, "it") }.unwrap_err().status, MBT_E_INVALID);
    }

    #[test]
    fn only_what_the_caller_has_is_written_and_never_its_size() {
        let mut older = New { size: 8, first: 0, second: 77, third: 78 };
        unsafe { Out::new(&raw mut older) }.unwrap().give(&new(16));
        assert_eq!(older, New { size: 8, first: 1, second: 77, third: 78 });
        let mut newer = New { size: 16, first: 0, second: 77, third: 78 };
        let out = unsafe { Out::new((&raw mut newer).cast::<Old>()) }.unwrap();
        out.give(&Old { size: 0, first: 5 });
        assert_eq!(newer, New { size: 16, first: 5, second: 77, third: 78 });
    }
}
