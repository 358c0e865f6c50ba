//! The table of what is open. A handle is a number that looks like a pointer: it is looked up here and never followed,
//! so a stale or foreign one is a status and not a crash. Numbers are never used again.

use std::any::Any;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::failure::{Answer, Failure};
use crate::status::MBT_E_STATE;

/// What a handle can stand for.
pub(crate) trait Kind: Any + Send + Sync {
    /// Its type in C.
    const NAME: &'static str;
}

/// The open handles of one process.
struct Table {
    process: u32,
    /// Smaller numbers were given out before the fork that began this process.
    first: usize,
    live: Mutex<BTreeMap<usize, Arc<dyn Any + Send + Sync>>>,
}

/// The table of this process, or of the one it was forked from.
static TABLE: AtomicPtr<Table> = AtomicPtr::new(std::ptr::null_mut());

/// The next number. They are odd, so that none looks like the address of anything that is aligned.
static NEXT: AtomicUsize = AtomicUsize::new(0x1001);

/// Opens a handle.
pub(crate) fn open<T: Kind, C>(value: Arc<T>) -> *mut C {
    let number = NEXT.fetch_add(2, Ordering::Relaxed);
    table_of_this_process(number).lock().insert(number, value);
    std::ptr::without_provenance_mut(number)
}

/// What a handle stands for.
pub(crate) fn get<T: Kind, C>(handle: *const C) -> Answer<Arc<T>> {
    let number = handle.addr();
    let table = reach(number, T::NAME)?;
    let value = table.lock().get(&number).cloned();
    typed(value, T::NAME)
}

/// Closes a handle and answers with what it stood for; NULL is `None`.
pub(crate) fn close<T: Kind, C>(handle: *mut C) -> Answer<Option<Arc<T>>> {
    let number = handle.addr();
    if number == 0 {
        return Ok(None);
    }
    let table = reach(number, T::NAME)?;
    let mut live = table.lock();
    let value: Arc<T> = typed(live.get(&number).cloned(), T::NAME)?;
    live.remove(&number);
    Ok(Some(value))
}

fn typed<T: Kind>(value: Option<Arc<dyn Any + Send + Sync>>, name: &str) -> Answer<Arc<T>> {
    let value = value.ok_or_else(|| {
        Failure::new(
            MBT_E_STATE,
            "closed",
            format!("expected an open {name}: this handle is closed or no handle"),
        )
    })?;
    value
        .downcast()
        .map_err(|_| Failure::invalid(format!("expected an {name}, found a handle of another type")))
}

/// The table that `number` is in, if it is this process's. No lock is taken before that is known: after a fork it may
/// have been left locked by a thread that the child does not have.
fn reach(number: usize, name: &str) -> Answer<&'static Table> {
    if number == 0 {
        return Err(Failure::invalid(format!("expected an {name}, found NULL")));
    }
    let closed = || Failure::new(MBT_E_STATE, "closed", format!("expected an open {name}: nothing is open"));
    let table = current().ok_or_else(closed)?;
    let given_out = number < NEXT.load(Ordering::Relaxed) && number % 2 == 1;
    if given_out && (table.process != std::process::id() || number < table.first) {
        return Err(Failure::forked());
    }
    if table.process == std::process::id() { Ok(table) } else { Err(closed()) }
}

fn current() -> Option<&'static Table> {
    let table = TABLE.load(Ordering::Acquire);
    // SAFETY: it is null or was leaked by `table_of_this_process`, so it lives as long as the process.
    unsafe { table.as_ref() }
}

/// The table of this process, made where there is none yet or only the one of the process it was forked from. That one
/// is left as it is: its locks may be held by threads that are not here, and what it holds is the parent's.
fn table_of_this_process(first: usize) -> &'static Table {
    loop {
        let found = TABLE.load(Ordering::Acquire);
        // SAFETY: as in `current`.
        let table = unsafe { found.as_ref() };
        if let Some(table) = table.filter(|table| table.process == std::process::id()) {
            return table;
        }
        let first = if found.is_null() { 0 } else { first };
        let made = Box::new(Table { process: std::process::id(), first, live: Mutex::default() });
        let made = Box::into_raw(made);
        if TABLE.compare_exchange(found, made, Ordering::AcqRel, Ordering::Acquire).is_err() {
            // SAFETY: nobody else has seen it.
            drop(unsafe { Box::from_raw(made) });
        }
    }
}

impl Table {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<usize, Arc<dyn Any + Send + Sync>>> {
        // A map whose user panicked is still a map.
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::MBT_E_INVALID;

    struct Lamp(u32);
    struct Chair;

    impl Kind for Lamp {
        const NAME: &'static str = "lamp";
    }
    impl Kind for Chair {
        const NAME: &'static str = "chair";
    }

    #[test]
    fn a_handle_is_good_until_it_is_closed_and_for_its_type_only() {
        let lamp: *mut u8 = open(Arc::new(Lamp(3)));
        assert_eq!(get::<Lamp, _>(lamp).unwrap().0, 3);
        assert_eq!(get::<Chair, _>(lamp).err().unwrap().status, MBT_E_INVALID);
        assert_eq!(close::<Chair, _>(lamp).err().unwrap().status, MBT_E_INVALID);
        assert_eq!(close::<Lamp, _>(lamp).unwrap().unwrap().0, 3);
        assert_eq!(get::<Lamp, _>(lamp).err().unwrap().status, MBT_E_STATE);
        assert_eq!(close::<Lamp, _>(lamp).err().unwrap().status, MBT_E_STATE);
    }

    #[test]
    fn what_was_never_a_handle_is_refused() {
        let own = 5_u64;
        let _kept: *mut u8 = open(Arc::new(Chair));
        for foreign in [(&raw const own).cast::<u8>(), std::ptr::without_provenance(usize::MAX)] {
            assert_eq!(get::<Lamp, _>(foreign).err().unwrap().status, MBT_E_STATE);
        }
        assert_eq!(get::<Lamp, u8>(std::ptr::null()).err().unwrap().status, MBT_E_INVALID);
        assert!(close::<Lamp, u8>(std::ptr::null_mut()).unwrap().is_none());
    }

    #[test]
    fn no_number_is_given_out_twice() {
        let first: *mut u8 = open(Arc::new(Chair));
        drop(close::<Chair, _>(first));
        let second: *mut u8 = open(Arc::new(Chair));
        assert!(second.addr() > first.addr());
    }
}
