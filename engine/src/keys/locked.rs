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

/// `N` secret bytes in a page of their own. Wiped on drop, never printed.
pub(crate) struct Locked<const N: usize> {
    bytes: NonNull<[u8; N]>,
    kept_in: bool,
}

// SAFETY: the page belongs to this value alone, like a box; nothing in it depends on the thread.
unsafe impl<const N: usize> Send for Locked<N> {}
// SAFETY: through a shared reference the page is only read.
unsafe impl<const N: usize> Sync for Locked<N> {}

impl<const N: usize> Locked<N> {
    /// A page whose bytes `fill` writes where they will stay: they begin as zeros, and are never anywhere else.
    ///
    /// # Errors
    /// What `fill` returns.
    pub(crate) fn filled<E>(fill: impl FnOnce(&mut [u8; N]) -> Result<(), E>) -> Result<Self, E> {
        let mut locked = Self::zeros();
        // SAFETY: the page is mapped, writable, and nobody else's.
        fill(unsafe { locked.bytes.as_mut() })?;
        Ok(locked)
    }

    /// A copy of these bytes.
    pub(crate) fn copy_of(bytes: &[u8; N]) -> Self {
        let mut locked = Self::zeros();
        // SAFETY: the page is mapped, writable, and nobody else's.
        unsafe { locked.bytes.as_mut() }.copy_from_slice(bytes);
        locked
    }

    /// Whether the page is out of the swap's and the core dumps' reach.
    pub(crate) fn is_kept_in(&self) -> bool {
        self.kept_in
    }

    fn zeros() -> Self {
        let private = (ProtFlags::READ | ProtFlags::WRITE, MapFlags::PRIVATE);
        // SAFETY: a new mapping at an address that the system chooses touches no other memory.
        let page = unsafe { mmap_anonymous(ptr::null_mut(), N, private.0, private.1) };
        let Some(bytes) = page.ok().and_then(|page| NonNull::new(page.cast::<[u8; N]>())) else {
            // As a box does when there is no memory.
            handle_alloc_error(Layout::new::<[u8; N]>());
        };
        // SAFETY: the whole mapping is ours, and neither call changes what is in it.
        let kept_in = unsafe {
            let page = bytes.as_ptr().cast();
            mlock(page, N).and(madvise(page, N, Advice::LinuxDontDump)).is_ok()
        };
        Self { bytes, kept_in }
    }
}

impl<const N: usize> Deref for Locked<N> {
    type Target = [u8; N];

    fn deref(&self) -> &[u8; N] {
        // SAFETY: the page is mapped and holds `N` bytes as long as `self` lives.
        unsafe { self.bytes.as_ref() }
    }
}

impl<const N: usize> Clone for Locked<N> {
    fn clone(&self) -> Self {
        Self::copy_of(self)
    }
}

impl<const N: usize> Drop for Locked<N> {
    fn drop(&mut self) {
        // SAFETY: the page is mapped and ours; after this nobody can reach it. To unmap it unlocks it.
        unsafe {
            self.bytes.as_mut().zeroize();
            // It cannot fail for a mapping that was made as this one was.
            let _ = munmap(self.bytes.as_ptr().cast(), N);
        }
    }
}

impl<const N: usize> fmt::Debug for Locked<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locked(…)")
    }
}

/// Whether this process may keep keys out of the swap and out of core dumps.
#[must_use]
pub fn memory_locks() -> bool {
    Locked::<32>::zeros().is_kept_in()
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
        let flags = flags_of(key.as_ptr() as usize);
        assert_eq!(key.is_kept_in(), flags.iter().any(|flag| flag == "lo"), "{flags:?}");
        assert!(flags.iter().any(|flag| flag == "dd"), "{flags:?}");
        let address = key.as_ptr() as usize;
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
        assert_eq!(Locked::<4>::filled(|_| Err("no random numbers")).unwrap_err(), "no random numbers");
    }
}
