//! Memory for keys that live long: a page of its own each, kept out of the swap and out of core dumps.
//!
//! Where the platform does not allow it (`ulimit -l`, a container), the key is kept as well as the platform allows, and
//! [`memory_locks`] says so: nobody would be let in more safely by a terminal that does not start.

use std::alloc::{Layout, handle_alloc_error};
use std::fmt;
use std::ops::Deref;
use std::ptr::{self, NonNull};

use rustix::mm::{Advice, MapFlags, ProtFlags, madvise, mlock, mmap_anonymous, munmap};
use zeroize::Zeroize;

/// The smallest page there is on the processors that the product runs on, bytes.
const PAGE: usize = 4096;

/// A secret in a page of its own. Wiped on drop, never printed.
pub(crate) struct Locked<T> {
    secret: NonNull<T>,
    kept_in: bool,
}

// SAFETY: the page belongs to this value alone, like a box.
unsafe impl<T: Send> Send for Locked<T> {}
// SAFETY: shared references to it give shared references to what is in it and nothing else, like a box.
unsafe impl<T: Sync> Sync for Locked<T> {}

impl<T> Locked<T> {
    /// Moves a secret into a page, where it stays.
    pub(crate) fn new(secret: T) -> Self {
        let (place, kept_in) = page::<T>();
        // SAFETY: the page is new, large and aligned enough, and holds nothing that would have to be dropped.
        unsafe { place.write(secret) };
        Self { secret: place, kept_in }
    }

    /// Whether the page is out of the swap's and the core dumps' reach.
    fn is_kept_in(&self) -> bool {
        self.kept_in
    }
}

impl<const N: usize> Locked<[u8; N]> {
    /// Secret bytes that `fill` writes where they will stay: they begin as zeros, and are never anywhere else.
    ///
    /// # Errors
    /// What `fill` returns.
    pub(crate) fn filled<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut locked = Self::new([0; N]);
        // SAFETY: the page is mapped, writable, holds these bytes, and is nobody else's.
        fill(unsafe { locked.secret.as_mut() })?;
        Ok(locked)
    }

    /// A copy of these bytes.
    pub(crate) fn copy_of(bytes: &[u8; N]) -> Self {
        let mut locked = Self::new([0; N]);
        // SAFETY: the page is mapped, writable, holds these bytes, and is nobody else's.
        unsafe { locked.secret.as_mut() }.copy_from_slice(bytes);
        locked
    }
}

/// A new page, and whether it is out of the swap's and the core dumps' reach.
fn page<T>() -> (NonNull<T>, bool) {
    const { assert!(align_of::<T>() <= PAGE && size_of::<T>() > 0) };
    let size = size_of::<T>();
    let (readable, private) = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
    // SAFETY: a new mapping at an address that the system chooses touches no other memory.
    let page = unsafe { mmap_anonymous(ptr::null_mut(), size, readable, private) };
    let Some(place) = page.ok().and_then(|page| NonNull::new(page.cast::<T>())) else {
        // As a box does when there is no memory.
        handle_alloc_error(Layout::new::<T>());
    };
    // SAFETY: the whole mapping is ours, and neither call changes what is in it.
    let kept_in = unsafe {
        let page = place.as_ptr().cast();
        mlock(page, size).and(madvise(page, size, Advice::LinuxDontDump)).is_ok()
    };
    (place, kept_in)
}

impl<T> Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the page is mapped and holds the secret as long as `self` lives.
        unsafe { self.secret.as_ref() }
    }
}

impl<const N: usize> Clone for Locked<[u8; N]> {
    fn clone(&self) -> Self {
        Self::copy_of(self)
    }
}

impl<T> Drop for Locked<T> {
    fn drop(&mut self) {
        let size = size_of::<T>();
        // SAFETY: the page is mapped, holds the secret, and after this nobody can reach it. To unmap it unlocks it.
        unsafe {
            self.secret.drop_in_place();
            // As bytes that may be uninitialised: a secret may have gaps.
            std::slice::from_raw_parts_mut(self.secret.as_ptr().cast::<std::mem::MaybeUninit<u8>>(), size)
                .zeroize();
            // It cannot fail for a mapping that was made as this one was.
            let _ = munmap(self.secret.as_ptr().cast(), size);
        }
    }
}

impl<T> fmt::Debug for Locked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locked(…)")
    }
}

/// Whether this process may keep keys out of the swap and out of core dumps.
#[must_use]
pub fn memory_locks() -> bool {
    Locked::new([0_u8; 32]).is_kept_in()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// What the kernel says of the mapping that holds this address, flag by flag.
    fn flags_of(address: usize) -> Vec<String> {
        let maps = fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in maps.lines() {
            if let Some((range, _)) = line.split_once(' ').filter(|(range, _)| range.contains('-')) {
                let (from, to) = range.split_once('-').unwrap();
                let number = |hex| usize::from_str_radix(hex, 16).unwrap();
                inside = (number(from)..number(to)).contains(&address);
            } else if let Some(flags) = line.strip_prefix("VmFlags:").filter(|_| inside) {
                return flags.split_whitespace().map(str::to_owned).collect();
            }
        }
        Vec::new()
    }

    #[test]
    fn a_key_stays_out_of_the_swap_and_of_core_dumps() {
        let key = Locked::copy_of(&[7; 32]);
        let address = key.as_ptr() as usize;
        let flags = flags_of(address);
        assert_eq!(key.is_kept_in(), flags.iter().any(|flag| flag == "lo"), "{flags:?}");
        assert!(flags.iter().any(|flag| flag == "dd"), "{flags:?}");
        drop(key);
        assert!(!flags_of(address).iter().any(|flag| flag == "lo"));
    }

    #[test]
    fn each_copy_is_a_page_of_its_own_and_is_never_printed() {
        let one = Locked::filled(|bytes: &mut [u8; 4]| {
            *bytes = [1, 2, 3, 4];
            Ok::<(), ()>(())
        })
        .unwrap();
        let other = one.clone();
        drop(one);
        assert_eq!(*other, [1, 2, 3, 4]);
        assert_eq!(format!("{other:?}"), "Locked(…)");
    }

    #[test]
    fn what_could_not_be_filled_is_no_key() {
        assert_eq!(Locked::<[u8; 4]>::filled(|_| Err("no random numbers")).unwrap_err(), "no random numbers");
    }

    #[test]
    fn what_is_in_a_page_is_dropped_once() {
        let counted = std::sync::Arc::new(());
        let locked = Locked::new(std::sync::Arc::clone(&counted));
        assert_eq!(std::sync::Arc::strong_count(&counted), 2);
        drop(locked);
        assert_eq!(std::sync::Arc::strong_count(&counted), 1);
    }
}
