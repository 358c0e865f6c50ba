//! A job in a host's hands.

use std::fs::File;
use std::io::{self, Read, Seek};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Client, ClientGrant, sealed};
use crate::service::error::{Refusal, ServiceError};
use crate::service::limits::MOST_EXPORT;
use crate::service::protocol::{Job, JobReply, Numbered, Report, SessionRequest, Task, Welcome};
use crate::service::wire::{Patience, Wire};

/// The only request of a job's connection.
const NUMBER: u32 = 1;

/// Work under way in the service. Dropped, it is called off: what is being written out stops, and what is being taken in is
/// taken in whole or not at all.
///
/// One thread at a time waits; everything else may be called from any thread meanwhile.
#[derive(Debug)]
pub struct ClientJob {
    wire: Wire,
    process: u32,
    waiting: Mutex<()>,
    end: Mutex<End>,
    called_off: AtomicBool,
}

/// How it ended, once it has.
#[derive(Debug, Default)]
struct End {
    report: Option<Report>,
    refusal: Option<Refusal>,
    file: Option<File>,
}

/// What is heard of a job.
#[derive(Debug, Clone, PartialEq)]
pub enum Heard {
    /// So much is done, of so much: records, or milliseconds of waiting.
    Progress(u64, u64),
    /// It is done.
    Done(Report),
}

impl Client {
    /// Begins work that takes its time, as whoever has this grant. `data` is what is to be taken in, where something is.
    ///
    /// # Errors
    /// When the service does not answer; [`ServiceError::TooLong`]. Without the right the job is refused: see
    /// [`ClientJob::wait`].
    pub fn begin_job(
        &self,
        by: Option<&ClientGrant>,
        task: Task,
        data: Option<&[u8]>,
    ) -> Result<ClientJob, ServiceError> {
        let inner = &self.inner;
        inner.line.check_fork()?;
        let memory = data.map(|data| sealed("what is taken in", data, MOST_EXPORT)).transpose()?;
        let job = Job { by: by.map(ClientGrant::number), task };
        let body = SessionRequest::Work(Box::new(job));
        let first = Some((Numbered { number: NUMBER, body }, memory.as_ref().map(AsFd::as_fd)));
        let end = Instant::now() + inner.timeout;
        let (wire, welcome) = inner.door.connect(inner.name.clone(), Some(inner.handle), first, end)?;
        if welcome != Welcome::Session {
            return Err(ServiceError::Malformed { what: "another welcome than a session's" });
        }
        Ok(ClientJob {
            wire,
            process: std::process::id(),
            waiting: Mutex::default(),
            end: Mutex::default(),
            called_off: AtomicBool::new(false),
        })
    }
}

impl ClientJob {
    /// What is heard next; none when nothing is within `timeout`. After the end, the end again.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] with the reason, where it was not done; with `cancelled` once it was called off;
    /// [`ServiceError::Lost`] when the service has gone.
    pub fn wait(&self, timeout: Duration) -> Result<Option<Heard>, ServiceError> {
        self.check_fork()?;
        let Ok(_waiting) = self.waiting.try_lock() else {
            return Err(Refusal::misuse("another thread waits for this job").into());
        };
        if let Some(end) = self.ended() {
            return end.map(Some);
        }
        if self.called_off.load(Ordering::Relaxed) {
            return Err(Refusal::called_off().into());
        }
        let (message, file) = match self.wire.receive::<Numbered<JobReply>>(Patience::of(timeout)) {
            Ok(heard) => heard,
            Err(ServiceError::TimedOut { .. }) => return Ok(None),
            Err(_) if self.called_off.load(Ordering::Relaxed) => return Err(Refusal::called_off().into()),
            Err(error) => return Err(error),
        };
        let mut end = self.end();
        match message.body {
            JobReply::Progress(done, of) => return Ok(Some(Heard::Progress(done, of))),
            JobReply::Done(report) => end.report = Some(*report),
            JobReply::Refused(refusal) => end.refusal = Some(refusal),
        }
        if let Some(file) = file {
            let mut file = File::from(file);
            // The end it was written to is where the two processes' common place in it is.
            file.rewind().map_err(ServiceError::io("read what came of a job"))?;
            end.file = Some(file);
        }
        drop(end);
        self.ended().transpose()
    }

    /// Waits until it is done, and no longer than `timeout`.
    ///
    /// # Errors
    /// As [`ClientJob::wait`]; [`ServiceError::TimedOut`].
    pub fn finish(&self, timeout: Duration) -> Result<Report, ServiceError> {
        let begun = Instant::now();
        while let Some(left) = timeout.checked_sub(begun.elapsed()) {
            if let Some(Heard::Done(report)) = self.wait(left)? {
                return Ok(report);
            }
        }
        Err(ServiceError::TimedOut { after: timeout })
    }

    /// Readable while something is to be heard, and when the service has gone: for a host's own loop, which only waits for it.
    #[must_use]
    pub fn waitable(&self) -> BorrowedFd<'_> {
        self.wire.as_fd()
    }

    /// The next piece of what the job wrote, as much as fits; 0 at the end of it, and where it wrote nothing.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] before it is done; when the memory cannot be read.
    pub fn read(&self, buffer: &mut [u8]) -> Result<usize, ServiceError> {
        self.check_fork()?;
        let mut end = self.end();
        if end.report.is_none() {
            return Err(Refusal::misuse("the job is not done: expected one whose end was waited for").into());
        }
        let Some(file) = &mut end.file else { return Ok(0) };
        loop {
            match file.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                read => return read.map_err(ServiceError::io("read what came of a job")),
            }
        }
    }

    /// What came of it, once it is done.
    #[must_use]
    pub fn report(&self) -> Option<Report> {
        self.end().report.clone()
    }

    /// How much it wrote, bytes; 0 before the end.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn length(&self) -> Result<u64, ServiceError> {
        self.check_fork()?;
        let end = self.end();
        let Some(file) = &end.file else { return Ok(0) };
        file.metadata().map(|file| file.len()).map_err(ServiceError::io("read what came of a job"))
    }

    /// Calls it off. Whoever waits hears so at once.
    ///
    /// # Errors
    /// [`ServiceError::Forked`].
    pub fn cancel(&self) -> Result<(), ServiceError> {
        self.check_fork()?;
        self.called_off.store(true, Ordering::Relaxed);
        self.wire.hang_up();
        Ok(())
    }

    pub(super) fn take_file(self) -> Option<File> {
        self.end().file.take()
    }

    fn ended(&self) -> Option<Result<Heard, ServiceError>> {
        let end = self.end();
        if let Some(refusal) = &end.refusal {
            return Some(Err(refusal.clone().into()));
        }
        end.report.clone().map(|report| Ok(Heard::Done(report)))
    }

    fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn check_fork(&self) -> Result<(), ServiceError> {
        if std::process::id() == self.process { Ok(()) } else { Err(ServiceError::Forked) }
    }
}
