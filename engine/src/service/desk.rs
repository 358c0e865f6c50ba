//! Opened engines, each lent to one user at a time. Opening one takes 10 ms at the least and its nets 150 ms, so what was
//! opened stays open. All have one store open together: what one of them writes is known to the others.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use super::error::Refusal;
use super::limits::{BUSY, ENGINES, IDLE_ENGINES};
use crate::engine::{Class, Config, Engine, Error};
use crate::store::StoreError;

/// The engines of a service.
#[derive(Debug)]
pub(super) struct Desk {
    config: Config,
    /// What further engines are opened beside, with the number of its store; none where that is to be opened anew.
    pattern: Mutex<(u64, Option<Engine>)>,
    engines: Mutex<Engines>,
    returned: Condvar,
    /// Whether nets could be loaded when they were last to be.
    nets: AtomicBool,
}

#[derive(Debug, Default)]
struct Engines {
    /// Those that have looked at faces, and have their nets.
    seeing: Vec<Numbered>,
    others: Vec<Numbered>,
    lent: usize,
    /// The last store that has failed: engines that have it, or one before, are closed when they come back.
    given_up: Option<u64>,
}

/// An engine, and the number of the store that it has open; none of one that it has for itself.
#[derive(Debug)]
struct Numbered {
    engine: Engine,
    store: Option<u64>,
}

/// What an engine is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// To capture, for as long as that takes.
    Session,
    /// To do one thing.
    Request,
    /// To do what takes its time. It has the store opened for it alone: nobody waits for its transactions.
    Job,
}

impl Desk {
    /// All engines are opened beside this one.
    pub(super) fn of(engine: Engine) -> Arc<Desk> {
        Arc::new(Desk {
            config: engine.config().clone(),
            pattern: Mutex::new((0, Some(engine))),
            engines: Mutex::default(),
            returned: Condvar::new(),
            nets: AtomicBool::new(false),
        })
    }

    /// Lends an engine, once there is one.
    pub(super) fn lend(self: &Arc<Desk>, what_for: Use) -> Result<Lent, Refusal> {
        let end = Instant::now() + BUSY;
        let mut engines = self.engines();
        loop {
            let found = match what_for {
                Use::Session => engines.seeing.pop().or_else(|| engines.others.pop()),
                Use::Request => engines.others.pop().or_else(|| engines.seeing.pop()),
                Use::Job => None,
            };
            if found.is_some() || engines.lent < ENGINES {
                engines.lent += 1;
                drop(engines);
                // Counted from here on: whatever becomes of it is given back.
                let mut lent = Lent { engine: found, desk: Arc::clone(self), spoilt: None };
                if lent.engine.is_none() {
                    let opened = if what_for == Use::Job { self.open_apart() } else { self.open() };
                    lent.engine = Some(opened.map_err(|error| Refusal::of(&error))?);
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
        let mut pattern = self.pattern.lock().unwrap_or_else(PoisonError::into_inner);
        let before = pattern.0;
        *pattern = (before + 1, Some(engine));
        drop(pattern);
        self.close_up_to(before);
        Ok(())
    }

    /// One more engine.
    fn open(&self) -> Result<Numbered, Error> {
        let mut pattern = self.pattern.lock().unwrap_or_else(PoisonError::into_inner);
        let (store, found) = &mut *pattern;
        let engine = match found {
            Some(engine) => engine,
            none => none.insert(Engine::open(self.config.clone())?),
        };
        Ok(Numbered { engine: engine.beside()?, store: Some(*store) })
    }

    fn open_apart(&self) -> Result<Numbered, Error> {
        Ok(Numbered { engine: Engine::open(self.config.clone())?, store: None })
    }

    /// The store of this number failed: it may be in its place no more. It is opened anew for whoever comes.
    fn give_up(&self, store: u64) {
        let mut pattern = self.pattern.lock().unwrap_or_else(PoisonError::into_inner);
        if pattern.0 == store {
            *pattern = (store + 1, None);
        }
        drop(pattern);
        self.close_up_to(store);
    }

    /// Closes the engines that have the store of this number, or one before: those that are lent, when they come back.
    fn close_up_to(&self, store: u64) {
        let mut engines = self.engines();
        engines.given_up = engines.given_up.max(Some(store));
        let its = |engine: &mut Numbered| engine.store <= Some(store);
        let mut old: Vec<Numbered> = engines.seeing.extract_if(.., its).collect();
        old.extend(engines.others.extract_if(.., its));
        drop(engines);
        drop(old);
    }

    fn engines(&self) -> MutexGuard<'_, Engines> {
        self.engines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes nets ready before anybody waits for them. That there are none is said to whoever needs them.
    pub(super) fn get_ready(self: &Arc<Desk>) -> bool {
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
    engine: Option<Numbered>,
    desk: Arc<Desk>,
    spoilt: Option<Spoilt>,
}

/// What of an engine that has failed is not used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Spoilt {
    /// The engine: its nets, or a device.
    Engine,
    /// Its store as well, and with it every engine that has it.
    Store,
}

impl Lent {
    /// Does something with it.
    pub(super) fn run<T>(
        &mut self,
        work: impl FnOnce(&mut Engine) -> Result<T, Error>,
    ) -> Result<T, Refusal> {
        let Some(lent) = &mut self.engine else { return Err(Refusal::busy()) };
        let done = work(&mut lent.engine);
        done.map_err(|error| {
            let serious = matches!(error.class(), Class::Unavailable | Class::DataRefused);
            if serious && !is_brought_along(&error) {
                // Whoever waited too long for another one's turn has found nothing wrong.
                let of_store =
                    matches!(&error, Error::Store(cause) if !matches!(cause, StoreError::Busy { .. }));
                self.spoilt = Some(if of_store { Spoilt::Store } else { Spoilt::Engine });
            }
            Refusal::of(&error)
        })
    }
}

/// Whether it is about what a device, a host or a stranger brought, and says nothing of the engine: else whoever sends wrong
/// tokens, or pulls a plug, would have nets loaded anew time and again.
fn is_brought_along(error: &Error) -> bool {
    matches!(
        error,
        Error::Camera(_) | Error::Reader(_) | Error::Frame(_) | Error::Claim(_) | Error::SetUpToken
    )
}

impl Drop for Lent {
    fn drop(&mut self) {
        let mut given = self.engine.take();
        let failed = given.as_ref().filter(|_| self.spoilt == Some(Spoilt::Store));
        if let Some(store) = failed.and_then(|engine| engine.store) {
            self.desk.give_up(store);
        }
        let good = self.spoilt.is_none() && !std::thread::panicking();
        let mut engines = self.desk.engines();
        engines.lent = engines.lent.saturating_sub(1);
        if let Some(engine) = given.take_if(|engine| good && engine.store > engines.given_up) {
            let idle = if engine.engine.has_nets() { &mut engines.seeing } else { &mut engines.others };
            if idle.len() < IDLE_ENGINES { idle.push(engine) } else { given = Some(engine) }
        }
        drop(engines);
        drop(given);
        self.desk.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::store::Settings;

    fn desk(folder: &TempDir) -> Arc<Desk> {
        let path = |name: &str| folder.path().join(name);
        let config = Config {
            state: path("state"),
            key: path("key").into(),
            witness: path("witness"),
            pack: path("pack"),
            runtime: path("runtime"),
        };
        let settings = Settings { terminal: "ward3-a".to_owned(), open: true };
        Desk::of(Engine::create(config, settings).unwrap())
    }

    #[test]
    fn an_engine_that_was_asked_for_nonsense_is_lent_again_and_one_that_failed_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let desk = desk(&folder);
        let idle = || desk.engines().others.len();
        desk.ask(|_| Ok(())).unwrap();
        assert_eq!(idle(), 1);
        desk.ask(|_| Err::<(), _>(Error::SetUpToken)).unwrap_err();
        assert_eq!(idle(), 1);
        desk.ask(|_| Err::<(), _>(Error::NoRotation)).unwrap_err();
        assert_eq!(idle(), 0);
    }
}
