//! What one camera films, from the thread that has its driver to everybody who looks.
//!
//! The newest frame is shared, not copied. Buffers are used again as soon as nobody looks at them, so that nothing is
//! allocated once each has had its turn: there are at most two more of them than lookers.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::choose::Mode;
use super::driver::System;
use super::limits::Limits;
use super::picture::Picture;
use super::sight::{Shown, Sight};
use super::{CameraEntry, CameraError};

/// Before the next frame is asked for, after one that was no picture.
const AFTER_A_WRONG_ONE: Duration = Duration::from_millis(5);

/// Where the thread of a camera and those who look meet.
pub(super) struct Stream {
    entry: CameraEntry,
    limits: Limits,
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    phase: Phase,
    lookers: usize,
    /// Since when nobody looks; where it is kept warm, the moment until which it films on.
    idle: Option<Instant>,
    pool: Vec<Arc<Picture>>,
    newest: Option<Arc<Picture>>,
    /// How many sound frames there were.
    count: u64,
    /// When the driver last did what it should: a sound frame, or the opening.
    sound: Instant,
    /// What was wrong with the frames since then.
    wrong: Option<CameraError>,
    /// When a frame last showed something, or the camera began to film.
    shown: Instant,
    /// What is the matter with the frames since then.
    blind: Option<CameraError>,
}

enum Phase {
    Opening,
    Filming(Mode),
    /// Nobody looks any more, and the driver is closing the camera.
    Closing,
    Ended(CameraError),
}

/// What somebody gets who wants to look.
pub(super) enum Joined {
    /// They look from now on.
    In(Look),
    /// It is being closed: ask again when that is done.
    Closing,
    /// It has ended.
    Ended,
}

impl Stream {
    pub(super) fn new(entry: CameraEntry, limits: Limits) -> Arc<Stream> {
        let state = State {
            phase: Phase::Opening,
            lookers: 0,
            idle: None,
            pool: Vec::new(),
            newest: None,
            count: 0,
            sound: Instant::now(),
            wrong: None,
            shown: Instant::now(),
            blind: None,
        };
        Arc::new(Stream { entry, limits, state: Mutex::new(state), changed: Condvar::new() })
    }

    pub(super) fn entry(&self) -> &CameraEntry {
        &self.entry
    }

    /// Looks from now on: at no frame that there was before.
    ///
    /// # Errors
    /// [`CameraError::Unresponsive`], at once, when the driver is known to hang.
    pub(super) fn join(self: &Arc<Stream>) -> Result<Joined, CameraError> {
        let mut state = self.lock();
        if matches!(state.phase, Phase::Ended(_)) {
            return Ok(Joined::Ended);
        }
        if self.hangs(&state) {
            return Err(CameraError::Unresponsive { name: self.entry.name.clone() });
        }
        if matches!(state.phase, Phase::Closing) {
            return Ok(Joined::Closing);
        }
        state.lookers = state.lookers.saturating_add(1);
        state.idle = None;
        self.changed.notify_all();
        let seen = state.count;
        drop(state);
        let (stream, since, warm) = (Arc::clone(self), Instant::now(), Duration::ZERO);
        let look = Look { stream, since, seen, dropped: 0, held: None, warm };
        Ok(Joined::In(look))
    }

    /// Whether the thread of this camera was abandoned: nobody looks any more, and the driver does not come back.
    pub(super) fn is_abandoned(&self) -> bool {
        let state = self.lock();
        let over = state.idle.is_some_and(|since| since.elapsed() >= self.limits.close);
        over && !matches!(state.phase, Phase::Ended(_))
    }

    pub(super) fn has_ended(&self) -> bool {
        matches!(self.lock().phase, Phase::Ended(_))
    }

    /// Waits until the camera is closed, or the thread that has it is abandoned, at most so long.
    pub(super) fn ended_within(&self, wait: Duration) {
        let state = self.lock();
        let idle = state.idle.map(|since| since.elapsed()).unwrap_or_default();
        let wait = wait.min(self.limits.close.saturating_sub(idle));
        drop(self.wait(state, wait, |state| matches!(state.phase, Phase::Ended(_))));
    }

    fn hangs(&self, state: &State) -> bool {
        let late = match state.phase {
            Phase::Opening => state.sound.elapsed() >= self.limits.open,
            Phase::Filming(_) => state.wrong.is_none() && state.sound.elapsed() >= self.limits.frame,
            Phase::Closing | Phase::Ended(_) => false,
        };
        late || state.idle.is_some_and(|since| since.elapsed() >= self.limits.close)
    }

    /// Waits until `done`, at most so long.
    fn wait<'s>(
        &'s self,
        state: MutexGuard<'s, State>,
        wait: Duration,
        done: impl Fn(&State) -> bool,
    ) -> MutexGuard<'s, State> {
        let waited = self.changed.wait_timeout_while(state, wait, |state| !done(state));
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    /// Nothing that is done under the lock leaves the state half changed, so a poisoned one is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The part of the thread that has the driver.
impl Stream {
    /// Films until nobody looks any more, or the camera fails. The camera is closed when this returns.
    pub(super) fn film(&self, system: &dyn System) {
        // A driver's code that panics has filmed its last, like one that fails.
        let filmed = catch_unwind(AssertUnwindSafe(|| self.film_until_idle(system)));
        let failed = |cause: &str| CameraError::Failed { name: self.entry.name.clone(), cause: cause.into() };
        let error = match filmed {
            Ok(Ok(())) => failed("it was closed"),
            Ok(Err(error)) => error,
            Err(_) => failed("its driver broke down"),
        };
        self.end(error);
    }

    /// Filming has ended.
    pub(super) fn end(&self, error: CameraError) {
        let mut state = self.lock();
        state.phase = Phase::Ended(error);
        state.newest = None;
        state.pool = Vec::new();
        self.changed.notify_all();
    }

    fn film_until_idle(&self, system: &dyn System) -> Result<(), CameraError> {
        let mut driver = system.open(&self.entry)?;
        let mode = driver.mode();
        let mut sight = Sight::default();
        let Some(mut room) = self.begin(mode) else { return Ok(()) };
        loop {
            let picture = Arc::get_mut(&mut room);
            let next = match picture {
                Some(picture) => driver.next(picture).map(|()| sight.look(picture, mode)),
                // Somebody looks at it still: it is theirs now.
                None => {
                    room = Arc::default();
                    continue;
                }
            };
            room = match next {
                Ok(shown) => self.put(room, shown),
                Err(wrong @ (CameraError::WrongSize { .. } | CameraError::CutOff { .. })) => {
                    self.spoil(room, wrong)
                }
                Err(error) => return Err(error),
            };
            if !self.is_wanted() {
                return Ok(());
            }
        }
    }

    /// The camera films, in this mode. Room for the first picture, if somebody still wants one.
    fn begin(&self, mode: Mode) -> Option<Arc<Picture>> {
        let mut state = self.lock();
        state.phase = Phase::Filming(mode);
        state.sound = Instant::now();
        state.shown = state.sound;
        self.changed.notify_all();
        drop(state);
        self.is_wanted().then(Arc::default)
    }

    /// Shows a picture, and gives room for the next.
    fn put(&self, picture: Arc<Picture>, shown: Shown) -> Arc<Picture> {
        let name = || self.entry.name.clone();
        let blind = match shown {
            Shown::Something => None,
            Shown::Black => Some(CameraError::Black { name: name() }),
            Shown::Same => Some(CameraError::Frozen { name: name() }),
        };
        let mut state = self.lock();
        if blind.is_none() {
            state.shown = Instant::now();
        }
        state.blind = blind;
        state.count = state.count.saturating_add(1);
        state.sound = Instant::now();
        state.wrong = None;
        if state.lookers > 0 {
            state.newest = Some(Arc::clone(&picture));
        }
        state.pool.push(picture);
        self.changed.notify_all();
        let mut room = state.room();
        drop(state);
        // A driver that hangs is left with nothing to keep.
        if let Some(picture) = Arc::get_mut(&mut room) {
            picture.wipe();
        }
        room
    }

    /// A frame was no picture.
    fn spoil(&self, room: Arc<Picture>, wrong: CameraError) -> Arc<Picture> {
        self.lock().wrong = Some(wrong);
        // Nothing says that such a driver waits for the next.
        std::thread::sleep(AFTER_A_WRONG_ONE);
        room
    }

    /// Whether anybody looks, or may soon. If not, the closing begins.
    fn is_wanted(&self) -> bool {
        let mut state = self.lock();
        let is_wanted = state.lookers > 0 || state.idle.is_some_and(|idle| Instant::now() < idle);
        if !is_wanted {
            state.phase = Phase::Closing;
            state.pool = Vec::new();
        }
        is_wanted
    }
}

impl State {
    /// A buffer that nobody looks at; of those, no more are kept than there are lookers and one.
    fn room(&mut self) -> Arc<Picture> {
        let most = self.lookers.saturating_add(1);
        while self.pool.len() > most {
            let Some(free) = self.free() else { break };
            self.pool.swap_remove(free);
        }
        self.free().map(|free| self.pool.swap_remove(free)).unwrap_or_default()
    }

    fn free(&self) -> Option<usize> {
        self.pool.iter().position(|picture| Arc::strong_count(picture) == 1)
    }
}

/// Somebody who looks. Dropped, they look no more, and the last of them closes the camera, or leaves it to film on for as
/// long as it is kept warm.
pub(super) struct Look {
    /// How long the camera films on when nobody looks any more.
    pub(super) warm: Duration,
    stream: Arc<Stream>,
    since: Instant,
    seen: u64,
    dropped: u64,
    held: Option<Arc<Picture>>,
}

impl Look {
    pub(super) fn entry(&self) -> &CameraEntry {
        &self.stream.entry
    }

    /// The time since the joining, as frames have it.
    pub(super) fn now(&self) -> Duration {
        self.since.elapsed()
    }

    /// Frames that came and were not looked at: there was a newer one already.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Whether the camera films, waiting for it at most so long.
    ///
    /// # Errors
    /// Why it does not; [`CameraError::Stalled`] when it takes too long.
    pub(super) fn is_filming(&self, wait: Duration) -> Result<bool, CameraError> {
        let stream = &*self.stream;
        let state = stream.lock();
        let wait = wait.min(stream.limits.open.saturating_sub(state.sound.elapsed()));
        let state = stream.wait(state, wait, |state| !matches!(state.phase, Phase::Opening));
        match &state.phase {
            Phase::Opening if state.sound.elapsed() >= stream.limits.open => {
                Err(stream.stalled(stream.limits.open))
            }
            Phase::Opening => Ok(false),
            Phase::Filming(_) | Phase::Closing => Ok(true),
            Phase::Ended(error) => Err(error.clone()),
        }
    }

    /// Whether it shows something: of frames that came since the joining, one that differs from the one before it. Waits for
    /// nothing.
    ///
    /// # Errors
    /// As [`Look::next`], but for frames that show nothing: it may be that they will.
    pub(super) fn shows(&self) -> Result<bool, CameraError> {
        let stream = &*self.stream;
        let state = stream.lock();
        match &state.phase {
            Phase::Ended(error) => Err(error.clone()),
            _ if state.sound.elapsed() >= stream.limits.frame => Err(stream.late(&state)),
            // The first has none before it.
            _ => Ok(state.count > self.seen.saturating_add(1) && state.blind.is_none()),
        }
    }

    /// The newest frame that was not yet given, when it was taken, counted from the joining, and its mode; waits for it at
    /// most so long.
    ///
    /// # Errors
    /// [`CameraError::Stalled`], [`CameraError::WrongSize`] or [`CameraError::CutOff`] when no sound frame has come for too
    /// long, [`CameraError::Black`] or [`CameraError::Frozen`] when none has shown anything; more may come after it. Any
    /// other is the end.
    pub(super) fn next(&mut self, wait: Duration) -> Result<Option<(&Picture, Duration, Mode)>, CameraError> {
        let (stream, seen) = (&*self.stream, self.seen);
        // What is held is free before the wait: there is a buffer the less.
        self.held = None;
        let ready = |state: &State| state.count > seen || matches!(state.phase, Phase::Ended(_));
        let state = stream.lock();
        let wait = wait.min(stream.limits.frame.saturating_sub(state.sound.elapsed()));
        let state = stream.wait(state, wait, ready);
        let is_blind =
            state.shown.elapsed() >= stream.limits.blind && matches!(state.phase, Phase::Filming(_));
        if let Some(blind) = state.blind.as_ref().filter(|_| is_blind) {
            return Err(blind.clone());
        }
        let since = self.since;
        let is_new = |newest: &Picture| newest.taken().is_some_and(|taken| taken >= since);
        match (&state.phase, &state.newest) {
            // What was taken before the joining is not shown, whenever it came.
            (Phase::Filming(mode), Some(newest)) if state.count > seen && is_new(newest) => {
                let (mode, newest) = (*mode, Arc::clone(newest));
                self.dropped =
                    self.dropped.saturating_add(state.count.saturating_sub(seen).saturating_sub(1));
                self.seen = state.count;
                drop(state);
                let held = &**self.held.insert(newest);
                let taken = held.taken().map(|taken| taken.saturating_duration_since(self.since));
                Ok(Some((held, taken.unwrap_or_default(), mode)))
            }
            (Phase::Ended(error), _) => Err(error.clone()),
            _ if state.sound.elapsed() >= stream.limits.frame => Err(stream.late(&state)),
            _ => {
                self.seen = state.count;
                Ok(None)
            }
        }
    }
}

impl Stream {
    /// Why no sound frame has come for too long.
    fn late(&self, state: &State) -> CameraError {
        state.wrong.clone().unwrap_or_else(|| self.stalled(self.limits.frame))
    }

    fn stalled(&self, limit: Duration) -> CameraError {
        CameraError::Stalled { name: self.entry.name.clone(), seconds: limit.as_secs() }
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.held = None;
        let stream = &*self.stream;
        let mut state = stream.lock();
        state.lookers = state.lookers.saturating_sub(1);
        if state.lookers > 0 {
            return;
        }
        state.idle = Some(Instant::now() + self.warm);
        state.newest = None;
        state.pool = Vec::new();
        stream.changed.notify_all();
        if !self.warm.is_zero() {
            return;
        }
        // A driver that was silent for so long already is not waited for.
        let left = stream.limits.leave.saturating_sub(state.sound.elapsed());
        let left = if state.wrong.is_some() { stream.limits.leave } else { left };
        drop(stream.wait(state, left, |state| matches!(state.phase, Phase::Ended(_)) || state.lookers > 0));
    }
}
