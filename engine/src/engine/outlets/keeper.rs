//! Whoever keeps the log of a terminal that is always on: signs by the clock, and sends what waits.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use super::OutletEvent;
use super::dispatch::{Dispatch, PAUSE, Signal};
use crate::engine::{Config, Engine, Error};
use crate::store::StoreError;

/// Events that nobody has heard yet: more are let go, the log itself has what matters.
const EVENTS: usize = 256;

/// Keeps the log on one thread of its own, with an engine for itself: records are signed when their time has
/// come, though no other follows them, and what waits goes out. That it begins and that it ends stands in the log.
///
/// Dropped, it ends, and waits for no delivery: only for what its thread writes to the store just then, which may wait for
/// another process that writes. It ends by itself when another store was put in the place of the one that it keeps.
#[derive(Debug)]
pub struct LogKeeper {
    stop: Sender<Signal>,
    events: Receiver<OutletEvent>,
    thread: Option<JoinHandle<Result<(), Error>>>,
}

impl LogKeeper {
    /// Begins.
    ///
    /// # Errors
    /// As [`Engine::open`]; when the store cannot be written, or the system has no thread left.
    pub fn start(config: Config) -> Result<LogKeeper, Error> {
        LogKeeper::with(Engine::open(config)?)
    }

    /// Begins, with an engine that is open already.
    ///
    /// # Errors
    /// When the store cannot be written, or the system has no thread left.
    pub fn with(mut engine: Engine) -> Result<LogKeeper, Error> {
        engine.start()?;
        let state = engine.config.state.clone();
        let dispatch = Dispatch::default();
        let (stop, (tell, events)) = (dispatch.signals(), sync_channel(EVENTS));
        let keep = move || keep(engine, dispatch, &tell);
        let started = std::thread::Builder::new().name("mabataki log".into()).spawn(keep);
        let thread = started.map_err(StoreError::io("start a thread for", &state))?;
        Ok(LogKeeper { stop, events, thread: Some(thread) })
    }

    /// What happened next; none when nothing did within `wait`.
    ///
    /// # Errors
    /// When it has ended by itself: with what ended it, and after that with [`Error::LogNotKept`].
    pub fn next_event(&mut self, wait: Duration) -> Result<Option<OutletEvent>, Error> {
        match self.events.recv_timeout(wait) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => match self.thread.take().map(JoinHandle::join) {
                Some(Ok(Err(error))) => Err(error),
                _ => Err(Error::LogNotKept),
            },
        }
    }
}

impl Drop for LogKeeper {
    /// Ends it. A delivery that is under way ends by itself, and is made again next time.
    fn drop(&mut self) {
        let _ = self.stop.send(Signal::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn keep(mut engine: Engine, mut dispatch: Dispatch, tell: &SyncSender<OutletEvent>) -> Result<(), Error> {
    let mut hear = |event| {
        let _ = tell.try_send(event);
    };
    loop {
        let begun = sign(&mut engine, &mut hear).and_then(|()| dispatch.begin_due(&mut engine, &mut hear));
        // A store that fails is not asked again at once.
        let least = if begun.is_err() { PAUSE } else { Duration::ZERO };
        if let Err(error) = begun {
            outlive(error, &mut hear)?;
        }
        match dispatch.wait(&mut engine, (least, PAUSE), &mut hear) {
            Ok(true) => {}
            Ok(false) => return engine.stop(),
            Err(error) => outlive(error, &mut hear)?,
        }
    }
}

/// Tells of an error and goes on. Not of a store that is in its place no more: it never will be again.
fn outlive(error: Error, hear: &mut dyn FnMut(OutletEvent)) -> Result<(), Error> {
    if matches!(error, Error::Store(StoreError::Replaced { .. })) {
        return Err(error);
    }
    hear(OutletEvent::Trouble { error });
    Ok(())
}

/// Signs when the first record without a checkpoint has waited for long enough. Nobody's write waits to find out.
fn sign(engine: &mut Engine, hear: &mut dyn FnMut(OutletEvent)) -> Result<(), Error> {
    let now = engine.clock.now().wall;
    if !engine.store.look(|store| store.has_waited(now))? {
        return Ok(());
    }
    let signed = engine.transact(|store, now| Ok(store.sign_if_waiting(now.wall)?))?;
    if let Some(checkpoint) = signed {
        let head = &checkpoint.head;
        hear(OutletEvent::Signed { checkpoint: head.number, last: head.last });
    }
    Ok(())
}
