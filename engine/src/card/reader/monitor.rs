//! The one thread of the process that watches the readers. It owns a PC/SC context, and shows what it sees to everybody who
//! looks; each of them makes out for itself what that means for its reader.
//!
//! A service that hangs blocks it for ever. So nobody waits for it: one that has not been heard of for too long is
//! abandoned, and until it comes back, whoever would look is refused at once.

use std::ffi::{CStr, CString};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pcsc::{Context, Error as Pcsc, ReaderState, Scope, State};

use crate::card::ReaderError;

/// How long the service may take to say anything at all.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The longest single wait for PC/SC: how soon the thread notices that nobody looks any more.
const SLICE: Duration = Duration::from_millis(100);
/// Between two looks for a reader or a service that is gone.
const ABSENT_PAUSE: Duration = Duration::from_millis(200);
/// Between two looks at readers of which the service tells one thing and another.
const UNSURE_PAUSE: Duration = Duration::from_millis(10);
/// How long the last to look waits for the thread to end: three slices.
const LEAVE_LIMIT: Duration = Duration::from_millis(300);

/// The process's own.
static MONITOR: Monitor = Monitor::new();

/// Where the thread and those who look meet.
struct Monitor {
    view: Mutex<View>,
    changed: Condvar,
}

/// What is to be seen.
pub(super) struct View {
    pub(super) seen: Seen,
    /// Another number each time that `seen` has changed; never 0.
    pub(super) round: u64,
    /// When the thread was last heard of. Each of its waits is short.
    heard: Option<Instant>,
    lookers: usize,
    runs: bool,
}

#[derive(PartialEq)]
pub(super) enum Seen {
    /// Nothing yet.
    Nothing,
    /// What the service says instead.
    Fault(Pcsc),
    /// The readers, in PC/SC's order.
    Readers(Vec<Seat>),
}

/// A reader, and what lies on it.
#[derive(PartialEq)]
pub(super) struct Seat {
    pub(super) name: CString,
    pub(super) flags: State,
    /// The service's count of insertions and removals.
    pub(super) count: u32,
    pub(super) atr: Vec<u8>,
}

/// Somebody who looks. Dropped, they look no more, and with the last of them the thread ends.
pub(super) struct Watcher(());

impl Watcher {
    /// Looks from now on.
    ///
    /// # Errors
    /// [`ReaderError::Silent`], at once, while the service hangs.
    pub(super) fn begin() -> Result<Watcher, ReaderError> {
        let mut view = MONITOR.lock();
        if !view.runs {
            (view.seen, view.heard) = (Seen::Nothing, Some(Instant::now()));
            view.round = view.round.saturating_add(1);
            let thread = std::thread::Builder::new().name("mabataki reader".into()).spawn(|| MONITOR.run());
            thread.map_err(|error| ReaderError::Other { source: error.into() })?;
            view.runs = true;
        } else if view.is_silent() {
            return Err(silent());
        }
        view.lookers = view.lookers.saturating_add(1);
        Ok(Watcher(()))
    }

    /// What is to be seen, once it is not of this round any more; after `wait` in any case.
    ///
    /// # Errors
    /// [`ReaderError::Silent`] when the service has not been heard of for too long.
    pub(super) fn look(&self, round: u64, wait: Duration) -> Result<MutexGuard<'_, View>, ReaderError> {
        let deadline = Instant::now() + wait;
        let mut view = MONITOR.lock();
        loop {
            if view.is_silent() {
                return Err(silent());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if view.round != round || left.is_zero() {
                return Ok(view);
            }
            // That it is silent shows only to whoever looks.
            view = MONITOR.wait(view, left.min(ABSENT_PAUSE));
        }
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        let mut view = MONITOR.lock();
        view.lookers = view.lookers.saturating_sub(1);
        MONITOR.changed.notify_all();
        // One that hangs already is not waited for.
        let deadline = view.heard.unwrap_or_else(Instant::now) + LEAVE_LIMIT;
        while view.runs && view.lookers == 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            view = MONITOR.wait(view, left);
        }
    }
}

impl View {
    fn is_silent(&self) -> bool {
        self.heard.is_some_and(|heard| heard.elapsed() >= ANSWER_LIMIT)
    }
}

impl Monitor {
    const fn new() -> Monitor {
        let view = View { seen: Seen::Nothing, round: 0, heard: None, lookers: 0, runs: false };
        Monitor { view: Mutex::new(view), changed: Condvar::new() }
    }

    /// Watches until nobody looks any more. A context whose service died never recovers, so there is another one then.
    fn run(&self) {
        let ending = Ending { monitor: self, told: false };
        loop {
            match Context::establish(Scope::User) {
                Ok(context) => {
                    if let Err(fault) = self.follow(&context) {
                        self.show(Seen::Fault(fault));
                    }
                }
                Err(fault) => {
                    self.show(Seen::Fault(fault));
                }
            }
            self.pause(ABSENT_PAUSE);
            let view = self.lock();
            if view.lookers == 0 {
                // Whoever comes from now on begins another.
                return ending.end(view);
            }
        }
    }

    /// Shows what the service says of the readers, until nobody looks any more.
    fn follow(&self, context: &Context) -> Result<(), Pcsc> {
        let mut states: Vec<ReaderState> = Vec::new();
        while self.is_wanted() {
            let names = match context.list_readers_owned() {
                Err(Pcsc::NoReadersAvailable) => Vec::new(),
                names => names?,
            };
            if names.iter().map(CString::as_c_str).ne(states.iter().map(ReaderState::name)) {
                states = names.into_iter().map(|name| ReaderState::new(name, State::UNAWARE)).collect();
            }
            if states.is_empty() {
                self.show(Seen::Readers(Vec::new()));
                self.pause(ABSENT_PAUSE);
                continue;
            }
            match context.get_status_change(Some(SLICE), &mut states) {
                Ok(()) => {
                    let is_new = self.show(Seen::Readers(states.iter().map(Seat::of).collect()));
                    states.iter_mut().for_each(ReaderState::sync_current_state);
                    if !is_new {
                        self.pause(UNSURE_PAUSE);
                    }
                }
                Err(Pcsc::Timeout) => {}
                Err(Pcsc::UnknownReader) => {
                    // One has gone since they were listed.
                    states.clear();
                    self.pause(UNSURE_PAUSE);
                }
                // pcscd, at some moments of its end: whether this is permitted was decided with the context.
                Err(Pcsc::SecurityViolation) => return Err(Pcsc::ServiceStopped),
                Err(fault) => return Err(fault),
            }
        }
        Ok(())
    }

    /// Whether anybody looks. That this is asked is what is heard of the thread.
    fn is_wanted(&self) -> bool {
        let mut view = self.lock();
        view.heard = Some(Instant::now());
        view.lookers > 0
    }

    /// Shows what is seen; whether that is anything new.
    fn show(&self, seen: Seen) -> bool {
        let mut view = self.lock();
        view.heard = Some(Instant::now());
        let is_new = view.seen != seen;
        if is_new {
            view.seen = seen;
            view.round = view.round.saturating_add(1);
            self.changed.notify_all();
        }
        is_new
    }

    /// Rests for so long, unless nobody looks any more.
    fn pause(&self, time: Duration) {
        let waited = self.changed.wait_timeout_while(self.lock(), time, |view| view.lookers > 0);
        waited.unwrap_or_else(PoisonError::into_inner).0.heard = Some(Instant::now());
    }

    fn wait<'v>(&'v self, view: MutexGuard<'v, View>, time: Duration) -> MutexGuard<'v, View> {
        self.changed.wait_timeout(view, time).unwrap_or_else(PoisonError::into_inner).0
    }

    fn lock(&self) -> MutexGuard<'_, View> {
        self.view.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells that the thread has ended, also when it panics.
struct Ending<'m> {
    monitor: &'m Monitor,
    told: bool,
}

impl Ending<'_> {
    fn end(mut self, mut view: MutexGuard<'_, View>) {
        view.runs = false;
        self.told = true;
        self.monitor.changed.notify_all();
    }
}

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        if !self.told {
            self.monitor.lock().runs = false;
            self.monitor.changed.notify_all();
        }
    }
}

impl Seat {
    fn of(state: &ReaderState) -> Seat {
        Seat {
            name: state.name().to_owned(),
            flags: state.event_state(),
            count: state.event_count(),
            atr: state.atr().to_vec(),
        }
    }
}

fn silent() -> ReaderError {
    ReaderError::Silent { seconds: ANSWER_LIMIT.as_secs() }
}

pub(super) fn display(name: &CStr) -> String {
    name.to_string_lossy().into_owned()
}

/// What an error means that is not about one card.
pub(super) fn service_error(error: Pcsc) -> ReaderError {
    let source = error.into();
    match error {
        Pcsc::NoService | Pcsc::ServiceStopped | Pcsc::CommError | Pcsc::Shutdown | Pcsc::InvalidHandle => {
            ReaderError::NoService { source }
        }
        Pcsc::SecurityViolation | Pcsc::NoAccess => ReaderError::NotPermitted { source },
        Pcsc::NoReadersAvailable => ReaderError::NoReader,
        _ => ReaderError::Other { source },
    }
}
