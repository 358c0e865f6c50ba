//! Text on its way in and out: UTF-8, bounded, and NUL-terminated where it is in an array.

use std::ffi::c_char;

use crate::failure::{Answer, Failure};

/// An array of the header with `text` in it, cut between characters where it does not fit, and always NUL-terminated.
pub(crate) fn fill<const N: usize>(text: &str) -> [c_char; N] {
    let mut array = [0; N];
    let text = text.split('\0').next().unwrap_or_default();
    let end = text.floor_char_boundary(N.saturating_sub(1));
    for (place, byte) in array.iter_mut().zip(&text.as_bytes()[..end]) {
        *place = c_char::from_ne_bytes([*byte]);
    }
    array
}

/// A caller's text of at most `most` bytes; NULL is `None`.
///
/// # Safety
/// `pointer` is NULL or points to a NUL-terminated text, or to more than `most` readable bytes.
pub(crate) unsafe fn optional(pointer: *const c_char, name: &str, most: usize) -> Answer<Option<String>> {
    if pointer.is_null() {
        return Ok(None);
    }
    let mut bytes = Vec::new();
    loop {
        // SAFETY: no NUL was met before, so this byte still belongs to the caller's text.
        let byte = unsafe { pointer.cast::<u8>().add(bytes.len()).read() };
        if byte == 0 {
            break;
        }
        if bytes.len() == most {
            return Err(Failure::invalid(format!("{name} is longer than {most} bytes")));
        }
        bytes.push(byte);
    }
    String::from_utf8(bytes).map(Some).map_err(|_| Failure::invalid(format!("{name} is not UTF-8")))
}

/// A caller's text that must be there.
///
/// # Safety
/// As for [`optional`].
pub(crate) unsafe fn required(pointer: *const c_char, name: &str, most: usize) -> Answer<String> {
    // SAFETY: as this function asks of its caller.
    unsafe { optional(pointer, name, most) }?
        .ok_or_else(|| Failure::invalid(format!("expected {name}, found NULL")))
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    fn shown<const N: usize>(text: &str) -> String {
        let array: [c_char; N] = fill(text);
        unsafe { CStr::from_ptr(array.as_ptr()) }.to_str().unwrap().to_owned()
    }

    #[test]
    fn text_that_does_not_fit_is_cut_between_characters() {
        assert_eq!(shown::<8>("abc"), "abc");
        assert_eq!(shown::<8>("看護師長"), "看護");
        assert_eq!(shown::<1>("abc"), "");
        assert_eq!(shown::<8>("a\0b"), "a");
    }

    #[test]
    fn text_is_taken_up_to_its_limit_and_only_as_utf_8() {
        assert_eq!(unsafe { optional(std::ptr::null(), "it", 4) }, Ok(None));
        assert_eq!(unsafe { optional(c"abcd".as_ptr(), "it", 4) }.unwrap().unwrap(), "abcd");
        assert_eq!(
            unsafe { optional(c"abcde".as_ptr(), "it", 4) }.unwrap_err().text,
            "it is longer than 4 bytes"
        );
        assert_eq!(unsafe { optional(c"\xff".as_ptr(), "it", 4) }.unwrap_err().text, "it is not UTF-8");
        assert_eq!(
            unsafe { required(std::ptr::null(), "it", 4) }.unwrap_err().text,
            "expected it, found NULL"
        );
    }
}
