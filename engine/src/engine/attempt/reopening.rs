//! Looks for a device that was lost in mid-attempt, and opens it again when it is back.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

/// How long to wait before the next look.
const AGAIN: Duration = Duration::from_secs(1);

/// How a device is opened; `None` while it cannot be.
type Open<T> = Arc<dyn Fn() -> Option<T> + Send + Sync>;

/// A device that is looked for. A driver may take seconds to answer, so each look is on a thread of its own; one that is
/// still there when the attempt is over closes what it has opened.
pub(super) struct Reopening<T> {
    open: Open<T>,
    next: Instant,
    look: Option<Receiver<Option<T>>>,
}

impl<T: Send + 'static> Reopening<T> {
    pub(super) fn by(open: impl Fn() -> Option<T> + Send + Sync + 'static) -> Reopening<T> {
        Reopening { open: Arc::new(open), next: Instant::now() + AGAIN, look: None }
    }

    /// The device, once it is back. Never waits.
    pub(super) fn poll(&mut self) -> Option<T> {
        let Some(look) = &self.look else {
            if Instant::now() >= self.next {
                self.look();
            }
            return None;
        };
        match look.try_recv() {
            Ok(Some(device)) => Some(device),
            Err(TryRecvError::Empty) => None,
            Ok(None) | Err(TryRecvError::Disconnected) => {
                (self.look, self.next) = (None, Instant::now() + AGAIN);
                None
            }
        }
    }

    fn look(&mut self) {
        let (tell, told) = sync_channel(1);
        let open = Arc::clone(&self.open);
        let look = move || {
            // Nobody listens when the attempt is over.
            let _ = tell.send(open());
        };
        let started = std::thread::Builder::new().name("mabataki device".into()).spawn(look);
        match started {
            Ok(_) => self.look = Some(told),
            Err(_) => self.next = Instant::now() + AGAIN,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_device_is_looked_for_about_once_a_second_until_it_is_back_and_nothing_waits_for_it() {
        let looks = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&looks);
        let mut reopening = Reopening::by(move || {
            std::thread::sleep(Duration::from_millis(300));
            (counted.fetch_add(1, Ordering::Relaxed) == 1).then_some("camera")
        });
        let (begin, mut longest) = (Instant::now(), Duration::ZERO);
        let device = loop {
            let asked = Instant::now();
            let answer = reopening.poll();
            longest = longest.max(asked.elapsed());
            if let Some(device) = answer {
                break device;
            }
            assert!(begin.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(10));
        };
        assert_eq!((device, looks.load(Ordering::Relaxed)), ("camera", 2));
        // A second, a look of 0.3 s, a second, and another look.
        assert!(begin.elapsed() >= Duration::from_millis(2600), "{:?}", begin.elapsed());
        assert!(longest < Duration::from_millis(250), "{longest:?}");
    }
}
