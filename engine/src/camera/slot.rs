//! Handing the newest frame from the thread that films to the one that looks, with no frame ever waited for beyond a
//! limit, none copied twice, and no memory taken once both have their buffers.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::CameraError;
use super::choose::Mode;

/// What a driver sent, and when.
#[derive(Default)]
pub(super) struct Raw {
    bytes: Zeroizing<Vec<u8>>,
    time: Duration,
}

impl Raw {
    /// Takes over a driver's bytes. The buffer grows only by being replaced, so that the old one is wiped.
    pub(super) fn fill(&mut self, bytes: &[u8], time: Duration) {
        if self.bytes.capacity() < bytes.len() {
            self.bytes = Zeroizing::new(Vec::with_capacity(bytes.len()));
        }
        self.bytes.clear();
        self.bytes.extend_from_slice(bytes);
        self.time = time;
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Since the camera was opened.
    pub(super) fn time(&self) -> Duration {
        self.time
    }
}

/// Why nothing came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Waited {
    /// The limit has passed.
    TooLong,
    /// The filming has ended.
    Ended(CameraError),
}

/// Where the two threads meet.
#[derive(Default)]
pub(super) struct Slot {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    mode: Option<Mode>,
    newest: Raw,
    /// The newest was not yet taken.
    fresh: bool,
    ended: Option<CameraError>,
    closing: bool,
}

impl Slot {
    /// Filming begins, in this mode.
    pub(super) fn open(&self, mode: Mode) {
        self.lock().mode = Some(mode);
        self.changed.notify_all();
    }

    /// Puts a frame in place of the one before; `raw` gets an older buffer to fill next. False when nobody wants
    /// more.
    pub(super) fn put(&self, raw: &mut Raw) -> bool {
        let mut state = self.lock();
        std::mem::swap(&mut state.newest, raw);
        state.fresh = true;
        self.changed.notify_all();
        !state.closing
    }

    /// Filming has ended; the first reason given stays.
    pub(super) fn end(&self, error: CameraError) {
        self.lock().ended.get_or_insert(error);
        self.changed.notify_all();
    }

    /// Waits until filming begins.
    pub(super) fn opened(&self, limit: Duration) -> Result<Mode, Waited> {
        self.wait(limit, |state| state.mode)
    }

    /// Takes the newest frame that was not yet taken, in exchange for the one before.
    pub(super) fn take(&self, raw: &mut Raw, limit: Duration) -> Result<(), Waited> {
        self.wait(limit, |state| {
            std::mem::take(&mut state.fresh).then(|| std::mem::swap(&mut state.newest, raw))
        })
    }

    /// Asks the filming to end, and waits for that at most `limit`.
    pub(super) fn close(&self, limit: Duration) {
        self.lock().closing = true;
        // Whether it ended or hangs: this side is done with it.
        let _ = self.wait(limit, |_| None::<()>);
    }

    /// Waits until `ready` gives something, filming ends, or `limit` has passed.
    fn wait<T>(&self, limit: Duration, mut ready: impl FnMut(&mut State) -> Option<T>) -> Result<T, Waited> {
        let deadline = Instant::now() + limit;
        let mut state = self.lock();
        loop {
            if let Some(value) = ready(&mut state) {
                return Ok(value);
            }
            if let Some(error) = &state.ended {
                return Err(Waited::Ended(error.clone()));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Waited::TooLong);
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// No thread panics while it holds the lock, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::choose::Layout;
    use super::*;

    const SHORT: Duration = Duration::from_millis(30);
    const LONG: Duration = Duration::from_secs(5);

    fn put(slot: &Slot, byte: u8) -> bool {
        let mut raw = Raw::default();
        raw.fill(&[byte; 4], Duration::from_millis(byte.into()));
        slot.put(&mut raw)
    }

    #[test]
    fn the_newest_frame_is_taken_and_no_frame_twice() {
        let slot = Slot::default();
        let mut raw = Raw::default();
        assert!(put(&slot, 1) && put(&slot, 2));
        slot.take(&mut raw, SHORT).unwrap();
        assert_eq!((raw.bytes(), raw.time()), (&[2; 4][..], Duration::from_millis(2)));
        assert_eq!(slot.take(&mut raw, SHORT), Err(Waited::TooLong));
        assert_eq!(raw.bytes(), [2; 4], "the frame taken before is still there");
    }

    #[test]
    fn who_waits_gets_the_next_frame_as_soon_as_it_comes() {
        let slot = Arc::new(Slot::default());
        let filming = std::thread::spawn({
            let slot = Arc::clone(&slot);
            move || {
                std::thread::sleep(SHORT);
                put(&slot, 7)
            }
        });
        let (mut raw, start) = (Raw::default(), Instant::now());
        slot.take(&mut raw, LONG).unwrap();
        assert!(start.elapsed() < LONG);
        assert_eq!(raw.bytes(), [7; 4]);
        assert!(filming.join().unwrap());
    }

    #[test]
    fn a_frame_that_came_before_the_end_is_still_given_and_then_the_first_reason() {
        let slot = Slot::default();
        let mut raw = Raw::default();
        put(&slot, 3);
        slot.end(CameraError::Gone { name: "Front".into() });
        slot.end(CameraError::NoCamera);
        slot.take(&mut raw, LONG).unwrap();
        let gone = Waited::Ended(CameraError::Gone { name: "Front".into() });
        assert_eq!(slot.take(&mut raw, LONG), Err(gone));
    }

    #[test]
    fn closing_tells_the_filming_and_does_not_wait_for_a_driver_that_hangs() {
        let slot = Slot::default();
        assert!(put(&slot, 1));
        let start = Instant::now();
        slot.close(SHORT);
        assert!(start.elapsed() >= SHORT && start.elapsed() < LONG);
        assert!(!put(&slot, 2), "it went on filming");
    }

    #[test]
    fn opening_waits_for_the_mode_or_for_the_reason_against_it() {
        let slot = Slot::default();
        assert_eq!(slot.opened(SHORT), Err(Waited::TooLong));
        let mode = Mode { width: 640, height: 480, fps: 30, layout: Layout::Yuyv };
        slot.open(mode);
        assert_eq!(slot.opened(SHORT), Ok(mode));
        let refused = Slot::default();
        refused.end(CameraError::NoCamera);
        assert_eq!(refused.opened(LONG), Err(Waited::Ended(CameraError::NoCamera)));
    }

    #[test]
    fn buffers_are_used_again() {
        let mut raw = Raw::default();
        raw.fill(&[1; 100], Duration::ZERO);
        let place = raw.bytes().as_ptr();
        raw.fill(&[2; 40], Duration::ZERO);
        assert_eq!((raw.bytes(), raw.bytes().as_ptr()), (&[2; 40][..], place));
    }
}
