//! Every camera of the process, each filmed once for everybody who looks.
//!
//! A driver may block for ever, so each open camera has a thread of its own, and nobody waits for that beyond a limit.
//! A thread that hangs when nobody looks any more is abandoned: it cannot be ended, and holds the camera until the driver
//! comes back, or the camera is unplugged. Until then the camera is refused at once, so that there is never a second one.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::driver::{Survey, System};
use super::limits::Limits;
use super::native::ALL;
use super::stream::{Joined, Look, Stream};
use super::{CameraEntry, CameraError};

/// How many threads may be abandoned at a time. A camera that is plugged in again may have another number.
const MOST_ABANDONED: usize = 8;

/// The cameras of a process.
pub(super) struct Broker {
    system: Arc<dyn System>,
    limits: Limits,
    streams: Mutex<Vec<Arc<Stream>>>,
    listing: Mutex<Option<Arc<Listing<Known>>>>,
    surveying: Mutex<Option<Arc<Listing<Surveyed>>>>,
}

/// The cameras there are.
pub(super) type Known = Vec<CameraEntry>;

/// What each of them offers.
pub(super) type Surveyed = Vec<(CameraEntry, Result<Survey, CameraError>)>;

/// What came of asking for a camera.
pub(super) enum Asked {
    /// It is open, or is being opened.
    Look(Look),
    /// It is being closed: ask again when that is done.
    Closing(Arc<Stream>),
}

impl Broker {
    pub(super) fn new(system: Arc<dyn System>, limits: Limits) -> Arc<Broker> {
        Arc::new(Broker {
            system,
            limits,
            streams: Mutex::default(),
            listing: Mutex::default(),
            surveying: Mutex::default(),
        })
    }

    pub(super) fn limits(&self) -> Limits {
        self.limits
    }

    /// Looks at a camera: at what it films already, or it is opened.
    ///
    /// # Errors
    /// [`CameraError::Virtual`] for one that is no device: it is never opened. [`CameraError::Unresponsive`], at once, while
    /// its driver hangs; [`CameraError::Failed`] when there are no threads.
    pub(super) fn ask(&self, entry: &CameraEntry) -> Result<Asked, CameraError> {
        if entry.origin.is_virtual {
            return Err(CameraError::Virtual { name: entry.name.clone() });
        }
        let mut streams = self.streams();
        streams.retain(|stream| !stream.has_ended());
        if let Some(stream) = streams.iter().find(|stream| stream.entry() == entry) {
            match stream.join()? {
                Joined::In(look) => return Ok(Asked::Look(look)),
                Joined::Closing => return Ok(Asked::Closing(Arc::clone(stream))),
                // Just now: another may begin.
                Joined::Ended => {}
            }
        }
        let failed = |cause: String| CameraError::Failed { name: entry.name.clone(), cause };
        let abandoned = streams.iter().filter(|stream| stream.is_abandoned()).count();
        if abandoned >= MOST_ABANDONED {
            return Err(failed(format!("the drivers of {abandoned} other cameras do not answer")));
        }
        let stream = Stream::new(entry.clone(), self.limits);
        let Joined::In(look) = stream.join()? else { return Ok(Asked::Closing(stream)) };
        let filming = {
            let (stream, system) = (Arc::clone(&stream), Arc::clone(&self.system));
            move || stream.film(&*system)
        };
        if let Err(error) = spawn(filming) {
            let error = failed(error.to_string());
            stream.end(error.clone());
            return Err(error);
        }
        streams.push(stream);
        Ok(Asked::Look(look))
    }

    /// Asks the system for its cameras; with those who ask already, if there are any.
    pub(super) fn list(&self) -> Result<Arc<Listing<Known>>, CameraError> {
        let system = Arc::clone(&self.system);
        ask_once(&self.listing, self.limits.list, move || system.list())
    }

    /// Asks the system what each of its cameras offers, as [`Broker::list`]. None is made to film for that.
    pub(super) fn survey(&self) -> Result<Arc<Listing<Surveyed>>, CameraError> {
        let system = Arc::clone(&self.system);
        let survey = move |entry: CameraEntry| {
            let virtually = || CameraError::Virtual { name: entry.name.clone() };
            let offers = if entry.origin.is_virtual { Err(virtually()) } else { system.survey(&entry) };
            (entry, offers)
        };
        let system = Arc::clone(&self.system);
        let surveyed = move || Ok(system.list()?.into_iter().map(survey).collect());
        ask_once(&self.surveying, self.limits.open, surveyed)
    }

    fn streams(&self) -> MutexGuard<'_, Vec<Arc<Stream>>> {
        self.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn spawn(work: impl FnOnce() + Send + 'static) -> Result<(), std::io::Error> {
    std::thread::Builder::new().name("mabataki camera".into()).spawn(work).map(drop)
}

/// Asks something of the system that may take as long as a driver likes; with those who ask it already, if there are any.
fn ask_once<T: Send + Sync + 'static>(
    current: &Mutex<Option<Arc<Listing<T>>>>,
    limit: Duration,
    ask: impl FnOnce() -> Result<T, CameraError> + Send + 'static,
) -> Result<Arc<Listing<T>>, CameraError> {
    let mut current = current.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(listing) = current.as_ref().filter(|listing| !listing.is_done()) {
        return Ok(Arc::clone(listing));
    }
    let listing = Arc::new(Listing::begin(limit));
    let asking = Arc::clone(&listing);
    let asked = spawn(move || {
        let unsaid = Unsaid(&asking);
        unsaid.0.say(ask());
    });
    asked.map_err(|error| CameraError::Failed { name: ALL.into(), cause: error.to_string() })?;
    *current = Some(Arc::clone(&listing));
    Ok(listing)
}

/// A question for the cameras there are, asked on a thread of its own.
pub(super) struct Listing<T> {
    begun: Instant,
    limit: Duration,
    answer: Mutex<Option<Result<Arc<T>, CameraError>>>,
    answered: Condvar,
}

impl<T> Listing<T> {
    fn begin(limit: Duration) -> Listing<T> {
        Listing { begun: Instant::now(), limit, answer: Mutex::default(), answered: Condvar::new() }
    }

    /// The answer; none when it has not come within `wait`.
    ///
    /// # Errors
    /// What the system said instead; [`CameraError::Stalled`] when it takes too long.
    pub(super) fn answer(&self, wait: Duration) -> Result<Option<Arc<T>>, CameraError> {
        let wait = wait.min(self.limit.saturating_sub(self.begun.elapsed()));
        let waited = self.answered.wait_timeout_while(self.lock(), wait, |answer| answer.is_none());
        match &*waited.unwrap_or_else(PoisonError::into_inner).0 {
            Some(answer) => answer.clone().map(Some),
            None if self.begun.elapsed() >= self.limit => {
                Err(CameraError::Stalled { name: ALL.into(), seconds: self.limit.as_secs() })
            }
            None => Ok(None),
        }
    }

    fn is_done(&self) -> bool {
        self.lock().is_some()
    }

    fn say(&self, answer: Result<T, CameraError>) {
        self.lock().get_or_insert(answer.map(Arc::new));
        self.answered.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Option<Result<Arc<T>, CameraError>>> {
        self.answer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says that there is no answer, when the system's code panics.
struct Unsaid<'a, T>(&'a Listing<T>);

impl<T> Drop for Unsaid<'_, T> {
    fn drop(&mut self) {
        self.0.say(Err(CameraError::Failed { name: ALL.into(), cause: "its driver broke down".into() }));
    }
}

#[cfg(test)]
impl Broker {
    /// The cameras that are open or held, and those of them whose threads are abandoned.
    pub(super) fn held(&self) -> (usize, usize) {
        let mut streams = self.streams();
        streams.retain(|stream| !stream.has_ended());
        (streams.len(), streams.iter().filter(|stream| stream.is_abandoned()).count())
    }
}
