//! What a handle holds: the service's own object, until it is closed, and why its last call failed.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::boundary::call;
use crate::error::mbt_error;
use crate::failure::{Answer, Failure};
use crate::handles::{self, Kind};
use crate::sized::Out;
use crate::status::{MBT_E_STATE, mbt_status};

/// One object. Taken out, it is dropped when the last call on it has come back.
pub(crate) struct Slot<T> {
    held: Mutex<Option<Arc<T>>>,
    last: Mutex<Option<Failure>>,
}

impl<T> Slot<T> {
    pub(crate) fn new(value: T) -> Slot<T> {
        Slot { held: Mutex::new(Some(Arc::new(value))), last: Mutex::default() }
    }

    /// The object, if it was not closed.
    pub(crate) fn get(&self) -> Answer<Arc<T>> {
        lock(&self.held).clone().ok_or_else(closed)
    }

    /// Takes the object out.
    pub(crate) fn take(&self) -> Option<Arc<T>> {
        lock(&self.held).take()
    }

    fn keep(&self, failure: &Failure) {
        *lock(&self.last) = Some(failure.clone());
    }

    fn last(&self) -> Option<Failure> {
        lock(&self.last).clone()
    }
}

/// That the engine was closed meanwhile.
pub(crate) fn closed() -> Failure {
    Failure::new(MBT_E_STATE, "closed", "the engine that this belongs to was closed: expected an open one")
}

/// Something with a slot that a handle stands for.
pub(crate) trait Held: Kind {
    /// What it holds.
    type What;
    /// Where.
    fn slot(&self) -> &Slot<Self::What>;
}

/// Runs an export that is called on a handle; why it failed is kept with the handle, too.
pub(crate) fn on<H: Held, C>(handle: *const C, body: impl FnOnce(&H, Arc<H::What>) -> Answer) -> mbt_status {
    call(|| {
        let held: Arc<H> = handles::get(handle)?;
        let answer = held.slot().get().and_then(|what| body(&held, what));
        if let Err(failure) = &answer {
            held.slot().keep(failure);
        }
        answer
    })
}

/// Fills in why the last failed call on this handle failed.
///
/// # Safety
/// `out` is NULL or points to an `mbt_error` whose `size` is set.
pub(crate) unsafe fn error_of<H: Held, C>(handle: *const C, out: *mut mbt_error) -> mbt_status {
    call(|| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        let held: Arc<H> = handles::get(handle)?;
        out.give(&mbt_error::of(held.slot().last().as_ref()));
        Ok(())
    })
}

/// A value whose user panicked is still a value.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
