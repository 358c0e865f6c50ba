//! Looks for a device that was lost in mid-attempt, and opens it again when it is back.

use std::time::{Duration, Instant};

/// How long to wait before the next look.
const AGAIN: Duration = Duration::from_secs(1);

/// A device that can be looked for without being waited for: a driver may take seconds to answer, or never do.
pub(super) trait Searched: Sized {
    /// Which device is wanted, and how.
    type Wanted: Clone;

    /// Begins to open the device that is wanted; none when it cannot be had now.
    fn begin(wanted: &Self::Wanted) -> Option<Self>;

    /// Whether it is open; none when it cannot be had after all.
    fn is_open(&mut self) -> Option<bool>;
}

/// A device that is looked for. Dropped, whatever has been opened by then is closed.
pub(super) struct Reopening<T: Searched> {
    wanted: T::Wanted,
    next: Instant,
    look: Option<T>,
}

impl<T: Searched> Reopening<T> {
    pub(super) fn of(wanted: T::Wanted) -> Reopening<T> {
        Reopening { wanted, next: Instant::now() + AGAIN, look: None }
    }

    /// The device, once it is back. Never waits.
    pub(super) fn poll(&mut self) -> Option<T> {
        if self.look.is_none() && Instant::now() >= self.next {
            self.look = T::begin(&self.wanted);
            self.next = Instant::now() + AGAIN;
        }
        match self.look.as_mut()?.is_open() {
            Some(true) => self.look.take(),
            Some(false) => None,
            None => {
                (self.look, self.next) = (None, Instant::now() + AGAIN);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static BEGUN: Cell<u32> = const { Cell::new(0) };
    }

    /// Cannot be had at first, then fails to open, and then takes a while.
    struct Device {
        begun: Instant,
        fails: bool,
    }

    impl Searched for Device {
        type Wanted = &'static str;

        fn begin(wanted: &&'static str) -> Option<Device> {
            assert_eq!(*wanted, "Front");
            let number = BEGUN.replace(BEGUN.get() + 1);
            (number > 0).then(|| Device { begun: Instant::now(), fails: number == 1 })
        }

        fn is_open(&mut self) -> Option<bool> {
            let over = self.begun.elapsed() >= Duration::from_millis(300);
            if over && self.fails { None } else { Some(over) }
        }
    }

    #[test]
    fn a_device_is_looked_for_about_once_a_second_until_it_is_back_and_nothing_waits_for_it() {
        let mut reopening: Reopening<Device> = Reopening::of("Front");
        let (begin, mut longest) = (Instant::now(), Duration::ZERO);
        loop {
            let asked = Instant::now();
            let device = reopening.poll();
            longest = longest.max(asked.elapsed());
            if device.is_some() {
                break;
            }
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(10));
        }
        assert_eq!(BEGUN.get(), 3);
        // Three times a second, and twice a look of 0.3 s.
        assert!(begin.elapsed() >= Duration::from_millis(3600), "{:?}", begin.elapsed());
        assert!(longest < Duration::from_millis(250), "{longest:?}");
    }
}
