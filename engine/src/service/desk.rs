//! Opened engines, each lent to one user at a time. Opening one takes 10 ms at the least and its nets 150 ms, so what was
//! opened stays open.
//!
//! The runtime lets the thread on which a process makes its first net flush floats too small for the normal form to zero,
//! without which a net takes several times as long; and a thread has from the one that began it how it computes with
//! floats (POSIX). So one thread makes the first net, and begins all threads of sessions.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use super::error::{Refusal, ServiceError};
use super::limits::{BUSY, ENGINES, IDLE_ENGINES, SESSIONS};
use crate::engine::{Class, Config, Engine, Error};

/// What a thread of a session does.
pub(super) type Work = Box<dyn FnOnce() + Send>;

/// The engines of a service.
#[derive(Debug)]
pub(super) struct Desk {
    config: Config,
    engines: Mutex<Engines>,
    returned: Condvar,
    /// Whether nets could be loaded when they were last to be.
    nets: AtomicBool,
}

#[derive(Debug, Default)]
struct Engines {
    /// Those that have looked at faces, and have their nets.
    seeing: Vec<Engine>,
    others: Vec<Engine>,
    lent: usize,
    /// How often everything was to be opened anew: what was opened before is not kept.
    age: u64,
}

/// What an engine is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// To capture, for as long as that takes.
    Session,
    /// To do one thing.
    Request,
}

/// Begins the threads of sessions, and ends with the last that may ask for one.
#[derive(Debug)]
pub(super) struct Beginner {
    work: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

impl Desk {
    /// Opens the first engine.
    ///
    /// # Errors
    /// As [`Engine::open`].
    pub(super) fn open(config: Config) -> Result<Arc<Desk>, Error> {
        let first = Engine::open(config.clone())?;
        let engines = Engines { others: vec![first], ..Engines::default() };
        Ok(Arc::new(Desk {
            config,
            engines: Mutex::new(engines),
            returned: Condvar::new(),
            nets: AtomicBool::new(false),
        }))
    }

    /// Lends an engine, once there is one.
    pub(super) fn lend(self: &Arc<Desk>, what_for: Use) -> Result<Lent, Refusal> {
        let end = Instant::now() + BUSY;
        let mut engines = self.engines();
        loop {
            let found = match what_for {
                Use::Session => engines.seeing.pop().or_else(|| engines.others.pop()),
                Use::Request => engines.others.pop().or_else(|| engines.seeing.pop()),
            };
            if found.is_some() || engines.lent < ENGINES {
                engines.lent += 1;
                let age = engines.age;
                drop(engines);
                // Counted from here on: whatever becomes of it is given back.
                let mut lent = Lent { engine: found, desk: Arc::clone(self), age, spoilt: false };
                if lent.engine.is_none() {
                    let opened = Engine::open(self.config.clone()).map_err(|error| Refusal::of(&error))?;
                    lent.engine = Some(opened);
                }
                return Ok(lent);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(Refusal::busy());
            }
            let woken = self.returned.wait_timeout(engines, left);
            engines = woken.unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Does one thing with an engine, on this thread.
    pub(super) fn ask<T>(
        self: &Arc<Desk>,
        work: impl FnOnce(&mut Engine) -> Result<T, Error>,
    ) -> Result<T, Refusal> {
        self.lend(Use::Request)?.run(work)
    }

    /// Keeps none of the engines that were opened before. Whoever asks next finds store, pack and runtime as they are then.
    ///
    /// # Errors
    /// When the store cannot be opened now. Then everything stays as it was.
    pub(super) fn open_anew(&self) -> Result<(), Refusal> {
        let engine = Engine::open(self.config.clone()).map_err(|error| Refusal::of(&error))?;
        let mut engines = self.engines();
        engines.age = engines.age.wrapping_add(1);
        let old = (std::mem::take(&mut engines.seeing), std::mem::replace(&mut engines.others, vec![engine]));
        drop(engines);
        drop(old);
        Ok(())
    }

    fn engines(&self) -> MutexGuard<'_, Engines> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes nets ready before anybody waits for them. That there are none is said to whoever needs them.
    fn get_ready(self: &Arc<Desk>) -> bool {
        let ready = self.lend(Use::Session).and_then(|mut lent| lent.run(Engine::load_nets));
        self.nets.store(ready.is_ok(), Ordering::Relaxed);
        ready.is_ok()
    }

    /// Whether sessions have nets, without which no face is looked at.
    pub(super) fn has_nets(&self) -> bool {
        self.nets.load(Ordering::Relaxed)
    }
}

/// An engine that is lent. Given back when it is dropped; one that has failed is closed instead, since it may be of a store
/// or a pack that is in its place no more.
#[derive(Debug)]
pub(super) struct Lent {
    engine: Option<Engine>,
    desk: Arc<Desk>,
    age: u64,
    spoilt: bool,
}

impl Lent {
    /// Does something with it.
    pub(super) fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error>,
    ) -> Result<T, Refusal> {
        let Some(engine) = &mut self.engine else { return Err(Refusal::busy()) };
        let done = work(engine);
        done.map_err(|error| {
            self.spoilt |= matches!(error.class(), Class::Unavailable | Class::DataRefused);
            Refusal::of(&error)
        })
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let good = self.engine.take().filter(|_| !self.spoilt && !std::thread::panicking());
        let mut engines = self.desk.engines();
        engines.lent = engines.lent.saturating_sub(1);
        let mut surplus = None;
        let current = self.age == engines.age;
        if let Some(engine) = good.filter(|_| current) {
            let idle = if engine.has_nets() { &mut engines.seeing } else { &mut engines.others };
            if idle.len() < IDLE_ENGINES { idle.push(engine) } else { surplus = Some(engine) }
        }
        drop(engines);
        drop(surplus);
        self.desk.returned.notify_one();
    }
}

impl Beginner {
    pub(super) fn start(desk: Arc<Desk>) -> Result<Beginner, ServiceError> {
        let (work, wanted): (SyncSender<Work>, Receiver<Work>) = sync_channel(SESSIONS);
        let begin = move || {
            let mut ready = desk.get_ready();
            for work in wanted {
                ready = ready || desk.get_ready();
                // Where the system has no thread left, the work is dropped, and whoever waits for it hears that.
                let _ = std::thread::Builder::new().name("mabataki session".to_owned()).spawn(work);
            }
        };
        let thread = std::thread::Builder::new().name("mabataki desk".to_owned()).spawn(begin);
        let thread = thread.map_err(ServiceError::io("begin a thread"))?;
        Ok(Beginner { work: Some(work), thread: Some(thread) })
    }

    /// Begins a thread that does `work`.
    pub(super) fn begin(&self, work: Work) -> Result<(), Refusal> {
        let wanted = self.work.as_ref().map(|begin| begin.try_send(work));
        if matches!(wanted, Some(Ok(()))) { Ok(()) } else { Err(Refusal::busy()) }
    }
}

impl Drop for Beginner {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
