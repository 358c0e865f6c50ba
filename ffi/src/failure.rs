//! Why a call failed, and where its text is kept: with the thread, and with the handle that was called on.

use std::cell::RefCell;

use crate::status::{MBT_E_ABI, MBT_E_FORKED, MBT_E_INTERNAL, MBT_E_INVALID, mbt_status};

/// What an export comes back with on this side of the boundary.
pub(crate) type Answer<T = ()> = Result<T, Failure>;

/// A failed call: its number, the engine's stable word, and both texts for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) status: mbt_status,
    /// The stable word, such as `no_camera`.
    pub(crate) code: String,
    /// What was expected and what was found, causes included.
    pub(crate) text: String,
    /// What can be done about it; may be empty.
    pub(crate) fix: String,
}

impl Failure {
    /// A failure with the words of this crate.
    pub(crate) fn new(status: mbt_status, code: &str, text: impl Into<String>) -> Failure {
        Failure { status, code: code.to_owned(), text: text.into(), fix: String::new() }
    }

    /// The caller passed what cannot be used.
    pub(crate) fn invalid(text: impl Into<String>) -> Failure {
        Failure::new(MBT_E_INVALID, "invalid", text)
    }

    /// The caller was compiled against something else.
    pub(crate) fn abi(text: impl Into<String>) -> Failure {
        Failure::new(MBT_E_ABI, "abi", text)
    }

    /// A handle that this process did not open.
    pub(crate) fn forked() -> Failure {
        Failure::new(
            MBT_E_FORKED,
            "forked",
            "this handle was opened before fork: expected the child to open its own",
        )
    }

    /// A panic was caught. What it said stays out: it may hold anything.
    pub(crate) fn panicked() -> Failure {
        let mut failure =
            Failure::new(MBT_E_INTERNAL, "internal", "a fault of mabataki itself stopped this call");
        failure.fix = "report it, with what was called".to_owned();
        failure
    }

    /// Keeps this as the thread's last failure and says its number.
    pub(crate) fn keep_for_this_thread(self) -> mbt_status {
        let status = self.status;
        // A thread that is ending has no last failure any more: nobody could ask for it either.
        let _ = LAST.try_with(|last| last.replace(Some(self)));
        status
    }
}

thread_local! {
    static LAST: RefCell<Option<Failure>> = const { RefCell::new(None) };
}

/// The last failure of this thread, if one of its calls has failed.
pub(crate) fn last_of_this_thread() -> Option<Failure> {
    LAST.try_with(|last| last.borrow().clone()).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_thread_has_its_own_last_failure() {
        Failure::invalid("here").keep_for_this_thread();
        let other = std::thread::spawn(last_of_this_thread).join().unwrap();
        assert_eq!(other, None);
        assert_eq!(last_of_this_thread().unwrap().text, "here");
    }
}
