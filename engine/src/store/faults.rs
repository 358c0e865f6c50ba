//! What is found wrong with an open store: told to whoever opened it the moment it is found, wherever that is, and once.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use super::{Store, StoreError};

/// Most faults that are told apart. Whoever damages a thousand records says nothing new with the last.
const MOST: usize = 100;

/// Who hears of a fault.
type Hear = Box<dyn Fn(&StoreError) + Send>;

/// The faults of one open store.
#[derive(Default)]
pub(super) struct Faults {
    told: RefCell<BTreeSet<String>>,
    hear: RefCell<Option<Hear>>,
    muted: Cell<bool>,
    /// Whether there was one since they were last asked for.
    new: Cell<bool>,
}

impl Faults {
    /// Tells of an error, if it means that somebody, or something, has touched the store that should not have.
    pub(super) fn note(&self, error: &StoreError) {
        if !error.is_alarm() || self.muted.get() {
            return;
        }
        // Whoever hears of it may not ask the store again.
        let (Ok(mut told), Ok(hear)) = (self.told.try_borrow_mut(), self.hear.try_borrow()) else { return };
        if told.len() < MOST && told.insert(error.to_string()) {
            self.new.set(true);
            if let Some(hear) = &*hear {
                hear(error);
            }
        }
    }
}

impl Store {
    /// From now on `hear` is called with each fault that is found, before whoever ran into it is told.
    pub(crate) fn on_fault(&self, hear: impl Fn(&StoreError) + Send + 'static) {
        *self.held().faults.hear.borrow_mut() = Some(Box::new(hear));
    }

    /// Tells of an error that was found elsewhere, if it is a fault of this store.
    pub(crate) fn note_fault(&self, error: &StoreError) {
        self.held().faults.note(error);
    }

    /// Whether a fault was found since this was last asked.
    pub(crate) fn take_new_fault(&self) -> bool {
        self.held().faults.new.take()
    }

    /// Tells of no fault while it is muted: what is found then is told when it is found again.
    pub(crate) fn mute_faults(&self, muted: bool) {
        self.held().faults.muted.set(muted);
    }
}
