//! What stands behind a status.

use std::ffi::c_char;

use crate::boundary::call;
use crate::failure::{self, Failure};
use crate::sized::{Out, Plain};
use crate::status::mbt_status;
use crate::strings::fill;

/// Why a call failed. Filled by mbt_error_last and by the mbt_X_error of a handle; status 0 and empty texts where nothing
/// has failed yet. Holds no secret and nothing of a face or a card.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct mbt_error {
    pub size: u32,
    pub status: mbt_status,
    /// The stable word for programs, such as "no_camera".
    pub code: [c_char; 32],
    /// What was expected and what was found, in English; for the host's log, not for the person at the terminal.
    pub text: [c_char; 512],
    /// What can be done about it; may be empty.
    pub fix: [c_char; 256],
}

// SAFETY: repr(C), begins with `size`, and holds only numbers and arrays of them.
unsafe impl Plain for mbt_error {}

impl mbt_error {
    pub(crate) fn of(failure: Option<&Failure>) -> mbt_error {
        let mut error = mbt_error { size: 0, status: 0, code: [0; 32], text: [0; 512], fix: [0; 256] };
        if let Some(failure) = failure {
            error.status = failure.status;
            error.code = fill(&failure.code);
            error.text = fill(&failure.text);
            error.fix = fill(&failure.fix);
        }
        error
    }
}

/// Why this thread's last failed call failed. A call that succeeds leaves it as it is. Where calls move between threads
/// (goroutines, executors), ask the handle instead.
///
/// # Safety
/// `out` is NULL or points to an `mbt_error` whose `size` is set.
// SAFETY: no other library exports this name; the prefix is this project's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn mbt_error_last(out: *mut mbt_error) -> mbt_status {
    call(|| {
        // SAFETY: as this function asks of its caller.
        let out = unsafe { Out::new(out) }?;
        out.give(&mbt_error::of(failure::last_of_this_thread().as_ref()));
        Ok(())
    })
}
