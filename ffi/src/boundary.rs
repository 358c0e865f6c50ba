//! The line that no panic crosses.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::failure::{Answer, Failure};
use crate::status::{MBT_OK, mbt_status};

/// Runs `body`; a panic in it becomes `fallback`, since unwinding into C would end the host.
///
/// What a panic may have left half-done is never looked at again: what exports share stands behind locks whose poison
/// is taken for what it is.
pub(crate) fn guard<T>(fallback: T, body: impl FnOnce() -> T) -> T {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or(fallback)
}

/// Runs an export that answers with a status: why it failed is kept for this thread's `mbt_error_last`.
pub(crate) fn call(body: impl FnOnce() -> Answer) -> mbt_status {
    let answer = guard(Err(Failure::panicked()), body);
    // Keeping the failure allocates and locks, so it stands behind the line as well.
    guard(crate::status::MBT_E_INTERNAL, || match answer {
        Ok(()) => MBT_OK,
        Err(failure) => failure.keep_for_this_thread(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure;
    use crate::status::{MBT_E_INTERNAL, MBT_E_INVALID};

    #[test]
    fn a_panic_becomes_the_fallback() {
        assert_eq!(guard(7, || panic!("on purpose")), 7);
        assert_eq!(guard(7, || 8), 8);
    }

    #[test]
    fn a_panic_in_a_call_is_an_internal_error_with_a_text() {
        assert_eq!(call(|| panic!("on purpose")), MBT_E_INTERNAL);
        let text = failure::last_of_this_thread().unwrap().text;
        assert!(text.contains("fault of mabataki") && !text.contains("on purpose"), "{text}");
    }

    #[test]
    fn a_failure_is_kept_and_a_success_leaves_it() {
        assert_eq!(call(|| Err(Failure::invalid("expected a number"))), MBT_E_INVALID);
        assert_eq!(call(|| Ok(())), MBT_OK);
        assert_eq!(failure::last_of_this_thread().unwrap().text, "expected a number");
    }
}
