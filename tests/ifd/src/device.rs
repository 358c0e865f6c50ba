//! One virtual reader: what lies on it, and the player at the other end of its socket.
//!
//! A device lives as long as the process, whether or not pcscd has a channel to it: a reader that was unplugged
//! and plugged in again is the same reader.

use std::collections::HashMap;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use crate::protocol::{Command, Event};

/// How long a change waits for pcscd to look: after an unplugged reader was plugged in again it takes its time (1 to
/// 2 s), and at a reader it has dropped it never does.
const LOOK_LIMIT: Duration = Duration::from_secs(3);

/// How long the wait of pcscd's event thread at an unplugged reader takes.
const GONE_PAUSE: Duration = Duration::from_millis(50);

/// Why an exchange with the card came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The reader is unplugged.
    NoDevice,
    /// There is no card, or it went away, or nobody plays it.
    NoCard,
    /// The player asked for this IFD error.
    Code(u16),
}

/// What pcscd does to a card's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Power {
    Up,
    Down,
    Reset,
}

/// A virtual reader.
pub(crate) struct Device {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    unplugged: bool,
    /// The ATR of the card on the reader.
    card: Option<Vec<u8>>,
    /// Counts what pcscd must notice: a card laid on or taken away, the plug pulled or put back.
    changes: u64,
    /// The count when pcscd's event thread was last let go to look.
    told: u64,
    /// The count up to which that thread has looked and done what it does (given the card power): it waits again.
    seen: u64,
    /// Counts the wishes of pcscd to stop waiting.
    stops: u64,
    reply: Option<Result<Vec<u8>, Fault>>,
    player: Option<UnixStream>,
}

impl Device {
    /// The reader whose player connects to the socket `path`. Made, with its socket, at the first call.
    pub(crate) fn at(path: &Path) -> std::io::Result<Arc<Device>> {
        static DEVICES: OnceLock<Mutex<HashMap<PathBuf, Arc<Device>>>> = OnceLock::new();
        let mut devices = lock(DEVICES.get_or_init(Mutex::default));
        if let Some(device) = devices.get(path) {
            return Ok(Arc::clone(device));
        }
        // A socket left by a pcscd that was killed; the folder belongs to this pcscd alone.
        if path.exists() {
            std::fs::remove_file(path)?;
        }
        let listener = UnixListener::bind(path)?;
        let device = Arc::new(Device { state: Mutex::default(), changed: Condvar::new() });
        let served = Arc::clone(&device);
        std::thread::Builder::new().name("player".into()).spawn(move || served.serve(&listener))?;
        devices.insert(path.to_owned(), Arc::clone(&device));
        Ok(device)
    }

    /// Whether the reader is plugged in.
    pub(crate) fn is_plugged(&self) -> bool {
        !self.lock().unplugged
    }

    /// The ATR of the card on the reader; `None` without a card.
    pub(crate) fn card(&self) -> Result<Option<Vec<u8>>, Fault> {
        let state = self.lock();
        if state.unplugged { Err(Fault::NoDevice) } else { Ok(state.card.clone()) }
    }

    /// Tells the player about the card's power, and gives the card's ATR.
    pub(crate) fn power(&self, power: Power) -> Result<Vec<u8>, Fault> {
        let mut state = self.lock();
        if state.unplugged {
            return Err(Fault::NoDevice);
        }
        let atr = state.card.clone().ok_or(Fault::NoCard)?;
        state.tell(&match power {
            Power::Up => Event::PowerUp,
            Power::Down => Event::PowerDown,
            Power::Reset => Event::Reset,
        })?;
        Ok(atr)
    }

    /// Hands an APDU to the player and waits for what it makes of it: for ever when it keeps silent, as a real
    /// card that hangs; until the card or the reader goes.
    pub(crate) fn transmit(&self, apdu: &[u8]) -> Result<Vec<u8>, Fault> {
        let mut state = self.lock();
        if state.unplugged {
            return Err(Fault::NoDevice);
        }
        if state.card.is_none() {
            return Err(Fault::NoCard);
        }
        state.reply = None;
        state.tell(&Event::Apdu(apdu.to_vec()))?;
        let changes = state.changes;
        loop {
            if let Some(reply) = state.reply.take() {
                return reply;
            }
            if state.changes != changes {
                return Err(if state.unplugged { Fault::NoDevice } else { Fault::NoCard });
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Waits until there is a change pcscd's event thread has not looked at, or `limit` has passed. Only that thread
    /// waits here, so what it was told of before is dealt with.
    pub(crate) fn wait_for_change(&self, limit: Duration) -> Result<(), Fault> {
        let mut state = self.lock();
        // A reader that is gone has nothing to wait for; pcscd asks again until it drops it.
        let deadline = Instant::now() + if state.unplugged { GONE_PAUSE } else { limit };
        state.seen = state.told;
        self.changed.notify_all();
        let stops = state.stops;
        while state.changes == state.told && state.stops == stops && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.told = state.changes;
        if state.unplugged { Err(Fault::NoDevice) } else { Ok(()) }
    }

    /// Ends a [`Device::wait_for_change`] under way.
    pub(crate) fn stop_waiting(&self) {
        self.lock().stops += 1;
        self.changed.notify_all();
    }

    /// Serves one player after another, for as long as the process lives.
    fn serve(&self, listener: &UnixListener) {
        for mut stream in listener.incoming().flatten() {
            self.lock().player = stream.try_clone().ok();
            while let Ok(command) = Command::read(&mut stream) {
                if self.obey(command).is_err() {
                    break;
                }
            }
            let mut state = self.lock();
            state.player = None;
            state.card = None;
            state.changes += 1;
            self.changed.notify_all();
        }
    }

    fn obey(&self, command: Command) -> Result<(), Fault> {
        let mut state = self.lock();
        match command {
            Command::Answer(bytes) => state.reply = Some(Ok(bytes)),
            Command::Fail(code) => state.reply = Some(Err(Fault::Code(code))),
            Command::Unplug | Command::Plug => {
                state.unplugged = command == Command::Unplug;
                state.changes += 1;
                state.tell(&Event::Done)?;
            }
            Command::Insert(_) | Command::Remove => {
                state.card = if let Command::Insert(atr) = command { Some(atr) } else { None };
                state.changes += 1;
                self.changed.notify_all();
                // Two changes at once would look like none: the next command waits until pcscd has seen this one.
                let deadline = Instant::now() + LOOK_LIMIT;
                while state.changes != state.seen && Instant::now() < deadline {
                    let left = deadline.saturating_duration_since(Instant::now());
                    state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
                }
                state.tell(&Event::Done)?;
            }
        }
        self.changed.notify_all();
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    fn tell(&mut self, event: &Event) -> Result<(), Fault> {
        let player = self.player.as_mut().ok_or(Fault::NoCard)?;
        event.write(player).map_err(|_| Fault::NoCard)
    }
}

/// No thread here panics while it holds a lock, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
