//! What calls for administrators have in common: whose grant they are made by, texts and times in structs, and lists that come
//! page by page.

use std::ffi::c_char;
use std::sync::Arc;

use jiff::Timestamp;
use mabataki_engine::service::protocol::{Act, Acted};
use mabataki_engine::service::{ClientGrant, ServiceError};

use crate::engine::{Engine, mbt_engine};
use crate::failure::{Answer, Failure};
use crate::grant::{Grant, mbt_grant};
use crate::handles;
use crate::sized::{GREATEST, Plain, SMALLEST, place};
use crate::slot::{Held, on};
use crate::status::{MBT_E_END, MBT_E_NOT_FOUND, mbt_status};
use crate::strings::required;

/// The longest text of a call: an id, a name, a label.
pub(crate) const MOST_TEXT: usize = 1024;

/// The grant of whoever administers; none for NULL.
pub(crate) fn by_whom(by: *const mbt_grant) -> Answer<Option<Arc<ClientGrant>>> {
    if by.is_null() {
        return Ok(None);
    }
    let grant: Arc<Grant> = handles::get(by)?;
    grant.slot().get().map(Some)
}

/// Runs an export that has the service do one act.
pub(crate) fn act(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    make: impl FnOnce() -> Answer<Act>,
    take: impl FnOnce(Acted) -> Answer,
) -> mbt_status {
    on::<Engine, _>(engine, |_, client| {
        let by = by_whom(by)?;
        let act = make()?;
        take(client.act(by.as_deref(), act)?)
    })
}

/// Runs an export that does something to what one text names.
///
/// # Safety
/// `text` is NULL or NUL-terminated.
pub(crate) unsafe fn act_on(
    engine: *const mbt_engine,
    by: *const mbt_grant,
    (text, name): (*const c_char, &str),
    make: impl FnOnce(String) -> Act,
    take: impl FnOnce(Acted) -> Answer,
) -> mbt_status {
    // SAFETY: as this function asks of its caller.
    act(engine, by, || unsafe { required(text, name, MOST_TEXT) }.map(make), take)
}

/// Of an act that has nothing to tell.
pub(crate) fn done(acted: Acted) -> Answer {
    match acted {
        Acted::Done | Acted::Did(true) => Ok(()),
        Acted::Did(false) => Err(Failure::new(
            MBT_E_NOT_FOUND,
            "not_found",
            "there was nothing to do it to: expected one that is there",
        )),
        _ => Err(other_answer()),
    }
}

/// The service spoke of something else.
pub(crate) fn other_answer() -> Failure {
    ServiceError::Malformed { what: "an answer to another question" }.into()
}

/// An array of a struct of the caller's that holds one text.
pub(crate) fn held<const N: usize>(array: &[c_char; N], name: &str) -> Answer<String> {
    let mut bytes = Vec::with_capacity(N);
    for byte in array {
        match byte.to_ne_bytes() {
            [0] => {
                return String::from_utf8(bytes)
                    .map_err(|_| Failure::invalid(format!("{name} is not UTF-8")));
            }
            [byte] => bytes.push(byte),
        }
    }
    Err(Failure::invalid(format!("{name} does not end within the {N} bytes of its array")))
}

/// As [`held`]; none where it is empty.
pub(crate) fn held_if_any<const N: usize>(array: &[c_char; N], name: &str) -> Answer<Option<String>> {
    held(array, name).map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// Lines of one text; none where it is empty.
pub(crate) fn lines(text: &str) -> Vec<String> {
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

/// A time of the caller's: seconds since 1970, UTC; none for 0.
pub(crate) fn time(seconds: i64, name: &str) -> Answer<Option<Timestamp>> {
    if seconds == 0 {
        return Ok(None);
    }
    let time = Timestamp::from_second(seconds);
    time.map(Some)
        .map_err(|_| Failure::invalid(format!("{name} is no time: found {seconds} seconds since 1970")))
}

/// A time for the caller; 0 for none.
pub(crate) fn seconds(time: Option<Timestamp>) -> i64 {
    time.map_or(0, |time| time.as_second())
}

/// What the caller passed with its length.
///
/// # Safety
/// `data` is NULL or points to `len` readable bytes for as long as the answer is used.
pub(crate) unsafe fn bytes<'a>(data: *const u8, len: usize, name: &str, most: usize) -> Answer<&'a [u8]> {
    if data.is_null() {
        return Err(Failure::invalid(format!("expected {name}, found NULL")));
    }
    if len > most {
        return Err(Failure::invalid(format!("{name} may be {most} bytes long, found {len}")));
    }
    // SAFETY: not null, `len` readable bytes as this function asks of its caller, and no more than a slice may be.
    Ok(unsafe { std::slice::from_raw_parts(data, len) })
}

/// A caller's array of structs that is to be filled, a page at a time.
pub(crate) struct Page<T> {
    items: *mut T,
    item_size: usize,
    room: usize,
    count: *mut usize,
}

impl<T: Plain> Page<T> {
    /// Checks the caller's array.
    ///
    /// # Safety
    /// `items` is NULL or points to `room` structs of `item_size` writable bytes each, and `count` is NULL or may be written
    /// to, until `give`.
    pub(crate) unsafe fn new(
        items: *mut T,
        item_size: usize,
        room: usize,
        count: *mut usize,
    ) -> Answer<Page<T>> {
        // SAFETY: as this function asks of its caller.
        unsafe { place(items, "the list") }?;
        // SAFETY: as above.
        unsafe { place(count, "the number of entries") }?;
        let fits = (SMALLEST..=GREATEST).contains(&item_size) && item_size.is_multiple_of(align_of::<T>());
        if !fits {
            let text =
                format!("an entry of {item_size} bytes: expected sizeof of one ({} here)", size_of::<T>());
            return Err(Failure::abi(text));
        }
        let length = item_size.checked_mul(room).filter(|length| isize::try_from(*length).is_ok());
        if room == 0 || length.is_none() {
            return Err(Failure::invalid(format!(
                "no list has {room} entries: expected room for one at the least"
            )));
        }
        Ok(Page { items, item_size, room, count })
    }

    /// Writes as many entries as there is room for, each with its size. MBT_E_END where there is none.
    pub(crate) fn give<E>(self, entries: Vec<E>, told: impl Fn(&E) -> T) -> Answer {
        if entries.is_empty() {
            return Err(Failure::new(MBT_E_END, "end", "the list has no more entries"));
        }
        let count = entries.len().min(self.room);
        for (index, entry) in entries.iter().take(count).enumerate() {
            let value = told(entry);
            let length = self.item_size.min(size_of::<T>());
            let size = u32::try_from(self.item_size).unwrap_or(u32::MAX);
            // SAFETY: `new` was promised `room` structs of `item_size` bytes, `index` is below `room`, each begins with its
            // size and is aligned, and `value` is another place.
            unsafe {
                let item = self.items.byte_add(index * self.item_size);
                std::ptr::copy_nonoverlapping(
                    std::ptr::from_ref(&value).cast::<u8>(),
                    item.cast::<u8>(),
                    length,
                );
                item.cast::<u32>().write(size);
            }
        }
        // SAFETY: `new` found it to be there and aligned, and was promised that it may be written to.
        unsafe { self.count.write(count) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{MBT_E_ABI, MBT_E_INVALID};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    #[repr(C)]
    struct Entry {
        size: u32,
        first: u32,
        second: u32,
    }

    // SAFETY: repr(C), begins with `size`, only numbers.
    unsafe impl Plain for Entry {}

    fn told(number: &u32) -> Entry {
        Entry { size: 0, first: *number, second: 70 + *number }
    }

    #[test]
    fn a_page_takes_as_many_as_there_is_room_for_and_leaves_what_an_older_caller_lacks() {
        let mut items = [Entry { size: 1, first: 2, second: 3 }; 2];
        let mut count = 9;
        let page = unsafe { Page::new(items.as_mut_ptr(), 12, 2, &raw mut count) }.unwrap();
        page.give(vec![1_u32, 2, 3], told).unwrap();
        assert_eq!((count, items[1]), (2, Entry { size: 12, first: 2, second: 72 }));
        // An older caller has structs of 8 bytes, one after another.
        let mut older = [0_u32; 6];
        let page = unsafe { Page::<Entry>::new(older.as_mut_ptr().cast(), 8, 2, &raw mut count) }.unwrap();
        page.give(vec![1_u32, 2], told).unwrap();
        assert_eq!(older, [8, 1, 8, 2, 0, 0]);
    }

    #[test]
    fn an_empty_list_is_the_end_and_an_odd_array_is_refused() {
        let mut items = [told(&0); 2];
        let mut count = 9;
        let page = unsafe { Page::new(items.as_mut_ptr(), 12, 2, &raw mut count) }.unwrap();
        assert_eq!(page.give(Vec::<u32>::new(), told).unwrap_err().status, MBT_E_END);
        assert_eq!(count, 9);
        for (size, room, status) in [
            (0, 1, MBT_E_ABI),
            (13, 1, MBT_E_ABI),
            (usize::MAX, 1, MBT_E_ABI),
            (12, 0, MBT_E_INVALID),
            (12, usize::MAX, MBT_E_INVALID),
        ] {
            let page = unsafe { Page::new(items.as_mut_ptr(), size, room, &raw mut count) };
            assert_eq!(page.err().unwrap().status, status, "{size} {room}");
        }
    }

    #[test]
    fn a_text_in_an_array_ends_within_it() {
        let text = [b'a' as c_char, b'b' as c_char, 0, 7];
        assert_eq!(held(&text, "it").unwrap(), "ab");
        assert_eq!(held(&[b'a' as c_char; 4], "it").unwrap_err().status, MBT_E_INVALID);
    }
}
