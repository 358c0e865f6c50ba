//! How many may be connected, and how many sessions may be under way: of one user of the system, and in all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::Refusal;

/// Counts what of a kind is there, by user.
#[derive(Debug)]
pub(super) struct Counter {
    what: &'static str,
    of_one: usize,
    of_all: usize,
    users: Mutex<HashMap<u32, usize>>,
}

/// One that was let in, until it is dropped.
#[derive(Debug)]
pub(super) struct Place {
    counter: Arc<Counter>,
    uid: u32,
}

impl Counter {
    /// At most `of_one` of one user, and `of_all` together.
    pub(super) fn new(what: &'static str, of_one: usize, of_all: usize) -> Arc<Counter> {
        Arc::new(Counter { what, of_one, of_all, users: Mutex::default() })
    }

    pub(super) fn enter(self: &Arc<Counter>, uid: u32) -> Result<Place, Refusal> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        if users.values().sum::<usize>() >= self.of_all {
            return Err(Refusal::too_many(self.what, self.of_all));
        }
        let own = users.entry(uid).or_default();
        if *own >= self.of_one {
            return Err(Refusal::too_many(self.what, self.of_one));
        }
        *own += 1;
        Ok(Place { counter: Arc::clone(self), uid })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut users = self.counter.users.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = users.get_mut(&self.uid) {
            *own = own.saturating_sub(1);
            if *own == 0 {
                users.remove(&self.uid);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_takes_no_more_than_a_share_and_leaves_room_to_others() {
        let counter = Counter::new("places", 2, 3);
        let mut first = vec![counter.enter(1).unwrap(), counter.enter(1).unwrap()];
        assert_eq!(counter.enter(1).unwrap_err().code, "too_many");
        let _second = counter.enter(2).unwrap();
        assert!(counter.enter(3).is_err());
        first.pop();
        assert!(counter.enter(1).is_ok());
    }
}
