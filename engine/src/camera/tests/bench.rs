//! Cameras that do what they are told: hang where they are to hang, and come back.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use super::SOON;
use crate::camera::broker::Broker;
use crate::camera::choose::{Layout, Mode};
use crate::camera::driver::{Driver, Survey, System};
use crate::camera::limits::Limits;
use crate::camera::picture::Picture;
use crate::camera::{CameraEntry, CameraError, Origin};

/// Short, so that a test that waits for a limit is not long; long enough for a busy machine.
pub(super) const LIMITS: Limits = Limits {
    list: Duration::from_millis(300),
    open: Duration::from_millis(300),
    frame: Duration::from_millis(300),
    blind: Duration::from_millis(300),
    close: Duration::from_millis(300),
    leave: Duration::from_millis(200),
};

const MODE: Mode = Mode { width: 4, height: 2, fps: 500, layout: Layout::Gray };
pub(super) const PIXELS: usize = 8;

/// What the driver is in, and may hang in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    List,
    Open,
    Next,
    Close,
}

/// A machine with two cameras, "Front" and "Rear".
#[derive(Default)]
pub(super) struct Bench {
    hand: Mutex<Hand>,
    moved: Condvar,
    /// Cameras that are open now.
    pub(super) open: AtomicUsize,
    pub(super) most_open: AtomicUsize,
    pub(super) opened: AtomicUsize,
    /// Threads inside any call.
    pub(super) inside: AtomicUsize,
}

/// What a camera films that shows nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Film {
    Black,
    Frozen,
}

/// What is done to the cameras.
#[derive(Default)]
pub(super) struct Hand {
    pub(super) hangs: Option<Call>,
    pub(super) fails: Option<(Call, CameraError)>,
    pub(super) panics: Option<Call>,
    pub(super) short: bool,
    /// What the frames show, where it is not one shade after the other.
    pub(super) film: Option<Film>,
    /// Frames are sent one by one, as they are let go.
    pub(super) let_go: Option<u64>,
    sent: u64,
    pub(super) unplugged: bool,
    /// A program shows pictures of its own as another camera's, which is listed before them.
    pub(super) loopback: bool,
}

impl Bench {
    pub(super) fn new() -> (Arc<Bench>, Arc<Broker>) {
        let bench = Arc::new(Bench::default());
        (Arc::clone(&bench), Broker::new(Arc::new(Machine(Arc::clone(&bench))), LIMITS))
    }

    pub(super) fn change(&self, change: impl FnOnce(&mut Hand)) {
        change(&mut self.hand.lock().unwrap());
        self.moved.notify_all();
    }

    pub(super) fn hang_in(&self, call: Option<Call>) {
        self.change(|hand| hand.hangs = call);
    }

    /// Every call of a driver comes through here.
    fn enter(&self, call: Call) -> Result<(), CameraError> {
        self.inside.fetch_add(1, Ordering::SeqCst);
        let hand = self.hand.lock().unwrap();
        let hand = self.moved.wait_while(hand, |hand| hand.hangs == Some(call)).unwrap();
        self.inside.fetch_sub(1, Ordering::SeqCst);
        let (fault, panics) =
            (hand.fails.clone().filter(|(fails, _)| *fails == call), hand.panics == Some(call));
        drop(hand);
        if panics {
            // Without the hook: to print where it was takes longer on a busy machine than a driver of these tests has.
            std::panic::resume_unwind(Box::new("the driver breaks down, as it was told to"));
        }
        fault.map_or(Ok(()), |(_, error)| Err(error))
    }

    pub(super) fn waits_until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < SOON, "{what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// No camera is open, no thread in a driver, and the broker holds nothing.
    pub(super) fn is_left_clean(&self, broker: &Broker) {
        self.waits_until("something is left behind", || {
            broker.held() == (0, 0)
                && self.open.load(Ordering::SeqCst) == 0
                && self.inside.load(Ordering::SeqCst) == 0
        });
    }
}

pub(super) struct Machine(pub(super) Arc<Bench>);

impl System for Machine {
    fn list(&self) -> Result<Vec<CameraEntry>, CameraError> {
        self.0.enter(Call::List)?;
        let front = CameraEntry::new(0, "Front".into(), Origin::default());
        let rear = CameraEntry::new(1, "Rear".into(), Origin::default());
        let (unplugged, loopback) = {
            let hand = self.0.hand.lock().unwrap();
            (hand.unplugged, hand.loopback)
        };
        let devices = if unplugged { Vec::new() } else { vec![front, rear] };
        let looped = Origin { is_virtual: true, ..Origin::default() };
        let loopback = loopback.then(|| CameraEntry::new(2, "Front of house".into(), looped));
        Ok(loopback.into_iter().chain(devices).collect())
    }

    fn survey(&self, _entry: &CameraEntry) -> Result<Survey, CameraError> {
        self.0.enter(Call::Open)?;
        Ok(Survey { mode: MODE.to_string(), skipped: Vec::new() })
    }

    fn open(&self, _entry: &CameraEntry) -> Result<Box<dyn Driver>, CameraError> {
        self.0.enter(Call::Open)?;
        let open = self.0.open.fetch_add(1, Ordering::SeqCst) + 1;
        self.0.most_open.fetch_max(open, Ordering::SeqCst);
        self.0.opened.fetch_add(1, Ordering::SeqCst);
        Ok(Box::new(Filming(Arc::clone(&self.0))))
    }
}

struct Filming(Arc<Bench>);

impl Driver for Filming {
    fn mode(&self) -> Mode {
        MODE
    }

    fn next(&mut self, picture: &mut Picture) -> Result<(), CameraError> {
        std::thread::sleep(Duration::from_millis(2));
        self.0.enter(Call::Next)?;
        let hand = self.0.hand.lock().unwrap();
        let held_back =
            |hand: &mut Hand| hand.let_go.is_some_and(|let_go| hand.sent >= let_go) && !hand.unplugged;
        let mut hand = self.0.moved.wait_while(hand, held_back).unwrap();
        if hand.unplugged {
            return Err(CameraError::Gone { name: "Front".into() });
        }
        hand.sent += 1;
        let length = if hand.short { PIXELS - 1 } else { PIXELS };
        // Its first pixel tells the frames apart; the others are bright.
        let mut frame = [128; PIXELS];
        frame[0] = hand.sent as u8;
        match hand.film {
            Some(Film::Black) => frame = [0; PIXELS],
            Some(Film::Frozen) => frame = [64; PIXELS],
            None => {}
        }
        drop(hand);
        picture.fill(&frame[..length], Instant::now(), MODE, "Front")
    }
}

impl Drop for Filming {
    fn drop(&mut self) {
        let _ = self.0.enter(Call::Close);
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
