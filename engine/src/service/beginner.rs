//! The threads of sessions. One that has done its work waits for the next, so that nobody waits for a thread to begin.
//!
//! The runtime lets the thread on which a process makes its first net flush floats too small for the normal form to zero,
//! without which a net takes several times as long; and a thread has from the one that began it how it computes with
//! floats (POSIX). So one thread makes the first net, and begins all threads of sessions.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::desk::Desk;
use super::error::{Refusal, ServiceError};
use super::limits::{IDLE_ENGINES, SESSIONS};

/// What a thread of a session does.
pub(super) type Work = Box<dyn FnOnce() + Send>;

/// Gives sessions their threads. Dropped, it ends them.
#[derive(Debug)]
pub(super) struct Beginner {
    crew: Arc<Crew>,
    work: Option<SyncSender<Work>>,
    thread: Option<JoinHandle<()>>,
}

/// The threads that there are.
#[derive(Debug, Default)]
struct Crew(Mutex<Threads>);

#[derive(Debug, Default)]
struct Threads {
    /// Where those that have nothing to do are given work.
    idle: Vec<SyncSender<Work>>,
    all: Vec<JoinHandle<()>>,
    over: bool,
}

impl Beginner {
    pub(super) fn start(desk: Arc<Desk>) -> Result<Beginner, ServiceError> {
        let (work, wanted): (SyncSender<Work>, Receiver<Work>) = sync_channel(SESSIONS);
        let crew = Arc::new(Crew::default());
        let begin = {
            let crew = Arc::clone(&crew);
            move || {
                let mut ready = desk.get_ready();
                for work in wanted {
                    ready = ready || desk.get_ready();
                    crew.grow(work);
                }
            }
        };
        let thread = std::thread::Builder::new().name("mabataki desk".to_owned()).spawn(begin);
        let thread = thread.map_err(ServiceError::io("begin a thread"))?;
        Ok(Beginner { crew, work: Some(work), thread: Some(thread) })
    }

    /// Has a thread do `work`.
    pub(super) fn begin(&self, mut work: Work) -> Result<(), Refusal> {
        loop {
            let idle = self.crew.threads().idle.pop();
            let Some(idle) = idle else { break };
            match idle.try_send(work) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Full(back) | TrySendError::Disconnected(back)) => work = back,
            }
        }
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
        let mut threads = self.crew.threads();
        threads.over = true;
        threads.idle.clear();
        let all = std::mem::take(&mut threads.all);
        drop(threads);
        for thread in all {
            let _ = thread.join();
        }
    }
}

impl Crew {
    /// Begins one more thread, for this work first.
    fn grow(self: &Arc<Crew>, work: Work) {
        let crew = Arc::clone(self);
        // Where the system has no thread left, the work is dropped, and whoever waits for it hears that.
        let begun =
            std::thread::Builder::new().name("mabataki session".to_owned()).spawn(move || crew.serve(work));
        let mut threads = self.threads();
        threads.all.retain(|thread| !thread.is_finished());
        threads.all.extend(begun);
    }

    fn serve(&self, mut work: Work) {
        loop {
            work();
            let (give, next) = sync_channel(1);
            let mut threads = self.threads();
            if threads.over || threads.idle.len() >= IDLE_ENGINES {
                return;
            }
            threads.idle.push(give);
            drop(threads);
            match next.recv() {
                Ok(given) => work = given,
                Err(_) => return,
            }
        }
    }

    fn threads(&self) -> MutexGuard<'_, Threads> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
