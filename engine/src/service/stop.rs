//! That all is to end: heard by whoever looks, and by whoever waits for the system.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::event::{EventfdFlags, eventfd};

use super::error::ServiceError;

/// Set once, for good.
#[derive(Debug)]
pub(super) struct Stop {
    set: AtomicBool,
    event: OwnedFd,
}

impl Stop {
    pub(super) fn new() -> Result<Stop, ServiceError> {
        let event = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)
            .map_err(|error| ServiceError::io("make an event")(error.into()))?;
        Ok(Stop { set: AtomicBool::new(false), event })
    }

    pub(super) fn set(&self) {
        self.set.store(true, Ordering::Release);
        // Nobody reads it: from here on it is readable for everybody.
        let _ = rustix::io::write(&self.event, &1_u64.to_ne_bytes());
    }

    pub(super) fn is_set(&self) -> bool {
        self.set.load(Ordering::Acquire)
    }
}

impl AsFd for Stop {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}
