//! How many may be connected, and how many sessions may be under way: of one user of the system, and in all. And how fast one
//! user may begin what stands in the log.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

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

/// How fast each user may begin something: so much at once, and one more each time that `every` has passed. It is the
/// generic cell rate algorithm (ITU-T I.371), which keeps one time for a user and nothing for whoever rests.
#[derive(Debug)]
pub(super) struct Rate {
    at_once: u32,
    every: Duration,
    /// Until when what each user has begun takes, at one in `every`.
    taken: Mutex<HashMap<u32, Instant>>,
}

impl Rate {
    pub(super) fn new(at_once: u32, every: Duration) -> Rate {
        Rate { at_once, every, taken: Mutex::default() }
    }

    /// Lets this user begin one more thing now.
    pub(super) fn step(&self, uid: u32, now: Instant) -> Result<(), Refusal> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|_, until| *until > now);
        let until = *taken.get(&uid).unwrap_or(&now) + self.every;
        if until.duration_since(now) > self.every * self.at_once {
            return Err(Refusal::too_fast(self.at_once, self.every));
        }
        taken.insert(uid, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_begins_so_much_at_once_then_at_the_pace_and_holds_nobody_else_up() {
        let (start, every) = (Instant::now(), Duration::from_secs(2));
        let rate = Rate::new(3, every);
        let begun = |after: f64, uid: u32| {
            let now = start + Duration::from_secs_f64(after);
            rate.step(uid, now).map_err(|refusal| refusal.code)
        };
        for _ in 0..3 {
            assert_eq!(begun(0.0, 1), Ok(()));
        }
        for _ in 0..3 {
            assert_eq!(begun(1.9, 1), Err("too_fast".to_owned()));
        }
        assert_eq!(begun(1.9, 2), Ok(()), "another user");
        assert_eq!(begun(2.0, 1), Ok(()), "what was refused was not counted");
        assert_eq!(begun(3.9, 1), Err("too_fast".to_owned()));
        // Whoever rested long has no more than at the beginning, and takes no room.
        for _ in 0..3 {
            assert_eq!(begun(1000.0, 1), Ok(()));
        }
        assert!(begun(1000.0, 1).is_err());
        assert_eq!(rate.taken.lock().unwrap().len(), 1);
    }

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
