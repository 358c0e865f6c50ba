//! The one thread of the process that watches the readers. It owns a PC/SC context, and shows what it sees to everybody who
//! looks; each of them makes out for itself what that means for its reader.
//!
//! A service that hangs blocks it for ever. So nobody waits for it: one that has not been heard of for too long is
//! abandoned, and until it comes back, whoever would look is refused at once.

use std::ffi::{CStr, CString};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pcsc::{Context, Error as Pcsc, PNP_NOTIFICATION, ReaderState, Scope, State};

use crate::card::ReaderError;

/// How long the service may take to say anything at all.
pub(super) const ANSWER_LIMIT: Duration = Duration::from_secs(2);
/// The longest single wait for PC/SC: how soon the thread notices that nobody looks any more.
const SLICE: Duration = Duration::from_millis(100);
/// Between two looks for a service that is gone, or for readers where the system does not tell of them. On Linux a look is
/// one connection to a socket that is refused; elsewhere the service may come back for every look.
const ABSENT_PAUSE: Duration = Duration::from_millis(if cfg!(target_os = "linux") { 10 } else { 200 });
/// How often somebody who looks makes sure that the thread does not hang.
const HANG_PAUSE: Duration = Duration::from_millis(200);
/// Between two looks at readers of which the service tells one thing and another.
const UNSURE_PAUSE: Duration = Duration::from_millis(10);
/// Between two looks at a card that gets power.
const POWER_PAUSE: Duration = Duration::from_millis(2);
/// How long a card may take to have an ATR or be mute, once it shows.
const POWER_LIMIT: Duration = Duration::from_secs(1);
/// How many readers pcscd lists, and lets be watched at once.
const MOST_WATCHED: usize = 16;
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
            view = MONITOR.wait(view, left.min(HANG_PAUSE));
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
        // pcscd, at some moments of its end, says that it does not permit what it does: it is believed the second time.
        let mut refused = false;
        loop {
            let fault = match Context::establish(Scope::User) {
                Ok(context) => self.follow(&context).err().map(|fault| match fault {
                    Pcsc::SecurityViolation => Pcsc::ServiceStopped,
                    fault => fault,
                }),
                Err(Pcsc::SecurityViolation) if !std::mem::replace(&mut refused, true) => None,
                Err(fault) => Some(fault),
            };
            if let Some(fault) = fault {
                refused &= fault == Pcsc::SecurityViolation;
                self.show(Seen::Fault(fault));
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
        // Whether the service told of something that did not show.
        let mut unsure = false;
        let mut half_since: Option<Instant> = None;
        while self.is_wanted() {
            let names = match context.list_readers_owned() {
                Err(Pcsc::NoReadersAvailable) => Vec::new(),
                // One came between the two questions that a list takes: how long it is, and what is in it.
                Err(Pcsc::InsufficientBuffer) => continue,
                names => names?,
            };
            let watched = states.iter().map(ReaderState::name).filter(|name| *name != PNP_NOTIFICATION());
            if states.is_empty() || names.iter().map(CString::as_c_str).ne(watched) {
                states = plugs(names.len())
                    .chain(names)
                    .map(|name| ReaderState::new(name, State::UNAWARE))
                    .collect();
            }
            if states.iter().all(|state| state.name() == PNP_NOTIFICATION()) {
                self.show(Seen::Readers(Vec::new()));
            }
            if states.is_empty() {
                self.pause(ABSENT_PAUSE);
                continue;
            }
            match context.get_status_change(Some(SLICE), &mut states) {
                Ok(()) => {
                    let half = states.iter().any(is_half);
                    half_since = half_since.filter(|_| half).or_else(|| half.then(Instant::now));
                    let waits = half_since.is_some_and(|since| since.elapsed() < POWER_LIMIT);
                    let is_new = self.show(Seen::Readers(seats(&states, waits)));
                    for state in &mut states {
                        if waits && is_half(state) {
                            *state = ReaderState::new(state.name(), State::UNAWARE);
                        } else {
                            state.sync_current_state();
                        }
                    }
                    if waits {
                        self.pause(POWER_PAUSE);
                    } else if !is_new && unsure {
                        self.pause(UNSURE_PAUSE);
                    }
                    unsure = !is_new;
                }
                Err(Pcsc::Timeout) => unsure = false,
                Err(Pcsc::UnknownReader) => {
                    // One has gone since they were listed.
                    states.clear();
                    self.pause(UNSURE_PAUSE);
                }
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

/// What tells of readers that are plugged in, beside so many readers. macOS has nothing that does, and pcscd takes no more
/// than its sixteen, with which there is no room for another reader either.
fn plugs(readers: usize) -> impl Iterator<Item = CString> {
    (!cfg!(target_os = "macos") && readers < MOST_WATCHED).then(|| PNP_NOTIFICATION().to_owned()).into_iter()
}

/// The readers among what is watched; where a card that gets power is waited for, it is not there yet.
fn seats(states: &[ReaderState], waits: bool) -> Vec<Seat> {
    let readers = states.iter().filter(|state| state.name() != PNP_NOTIFICATION());
    readers
        .map(|state| {
            let mut seat = Seat::of(state);
            seat.flags.set(State::PRESENT, seat.flags.contains(State::PRESENT) && !(waits && is_half(state)));
            seat
        })
        .collect()
}

/// Whether there is a card that neither has an ATR nor is mute. pcscd shows one while it gives it power, to those who are
/// told of something else just then, and tells no more when the ATR is there.
fn is_half(state: &ReaderState) -> bool {
    let flags = state.event_state();
    flags.contains(State::PRESENT) && !flags.contains(State::MUTE) && state.atr().is_empty()
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
