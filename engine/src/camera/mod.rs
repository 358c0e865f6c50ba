//! Cameras: the newest frame of one that is open, without ever waiting longer than a limit.
//!
//! Each camera is opened once in a process, and films for everybody who looks at it: a watch, an enrolment and an
//! authentication share one `stream`, in the one mode that is best for all of them (`choose`). It is opened for the first
//! and closed with the last; the `broker` keeps the account. A driver may block for ever, so it is spoken to on a thread
//! of its own that is left behind when it hangs. What the driver sends is handed on as it is: whoever looks at a frame turns it
//! into pixels. `wanted` is what is said of a camera, `entry` what it is known by, and which are none; `offer` what it can film; `sight` whether
//! it shows anything; `stand_in` is a camera for measurements; `trial` tells whether it is fit for log-ins where it stands.

mod broker;
mod choose;
mod driver;
mod entry;
mod error;
mod limits;
mod native;
mod offer;
mod picture;
mod search;
mod sight;
mod stand_in;
mod stream;
#[cfg(test)]
mod tests;
mod trial;
mod wanted;

use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use self::broker::Broker;
use self::limits::Limits;
use self::native::Native;
use self::search::Search;
use self::stream::Look;
use self::wanted::Wanted;
use crate::frame::{Frame, FrameError, Raster, Turn};

pub use entry::{CameraEntry, Origin};
pub use error::CameraError;
pub use stand_in::StandIn;
pub use trial::{Trial, Unfit, try_out};

/// The system gives a camera to a process once, so a process has one account of its cameras.
static CAMERAS: LazyLock<Arc<Broker>> = LazyLock::new(|| Broker::new(Arc::new(Native), Limits::ORDINARY));

/// How long is waited for a camera before those who asked go on without: most have opened by then, or said why not.
const SETTLE: Duration = Duration::from_millis(500);

/// The cameras the system knows, by number; virtual ones among them, which are never opened.
///
/// # Errors
/// [`CameraError::Stalled`] or [`CameraError::Failed`] when the system does not say, after a second at the latest.
pub fn list() -> Result<Vec<CameraEntry>, CameraError> {
    let limit = CAMERAS.limits().list;
    let answer = CAMERAS.list()?.answer(limit)?;
    Ok(answer.map(|known| known.to_vec()).unwrap_or_default())
}

/// What a camera offers.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Surveyed {
    /// The camera.
    pub entry: CameraEntry,
    /// The mode that it is used in, such as `640×480 YUYV at 30/s`, or why it cannot be used.
    pub mode: Result<String, CameraError>,
    /// What else it offers that cannot be used, and why.
    pub skipped: Vec<String>,
}

/// What each camera that the system knows offers. None is made to film for that, and one that films goes on.
///
/// # Errors
/// As [`list`], after six seconds at the latest.
pub fn survey() -> Result<Vec<Surveyed>, CameraError> {
    let limit = CAMERAS.limits().open;
    let Some(surveyed) = CAMERAS.survey()?.answer(limit)? else { return Ok(Vec::new()) };
    let one = |(entry, survey): &(CameraEntry, Result<driver::Survey, CameraError>)| {
        let (mode, skipped) = match survey {
            Ok(survey) => (Ok(survey.mode.clone()), survey.skipped.clone()),
            Err(error) => (Err(error.clone()), Vec::new()),
        };
        Surveyed { entry: entry.clone(), mode, skipped }
    };
    Ok(surveyed.iter().map(one).collect())
}

/// A camera that is looked at. Dropped, it is looked at no more; the last to look closes it, within 0.6 s, and a driver
/// that hangs is left to itself.
pub struct Camera {
    broker: Arc<Broker>,
    state: State,
    /// What brings its pictures upright.
    turn: Turn,
    /// How long it films on when nobody looks at it any more.
    warm: Duration,
}

enum State {
    Searching(Box<Search>),
    Open(Look),
    Lost(CameraError),
}

impl Camera {
    /// Opens the camera with this number, with these marks (`046d:0825 serial:A0001 port:… driver:…`, one or several), or
    /// with a name that contains this; without, the first that opens. The word `turned:90` beside it, or `turned:180` or
    /// `turned:270`, tells how far its pictures are turned, clockwise, to be upright. Virtual ones are refused. Waits half a
    /// second at the most: one that is slower may still open, and [`Camera::next`] gives its first frame, or says why not.
    ///
    /// # Errors
    /// [`CameraError`], as far as it is known by then.
    pub fn open(which: Option<&str>) -> Result<Camera, CameraError> {
        let mut camera = Camera::begin(which)?;
        camera.poll_open(SETTLE)?;
        Ok(camera)
    }

    /// Begins to open a camera, as [`Camera::open`], and waits for nothing.
    pub(crate) fn begin(which: Option<&str>) -> Result<Camera, CameraError> {
        Camera::of(&CAMERAS, which)
    }

    fn of(broker: &Arc<Broker>, which: Option<&str>) -> Result<Camera, CameraError> {
        let Wanted { which, turn } = which.map(Wanted::parse).unwrap_or_default();
        let state = State::Searching(Box::new(Search::begin(broker, which)?));
        Ok(Camera { broker: Arc::clone(broker), state, turn, warm: Duration::ZERO })
    }

    /// The same camera; when nobody looks at it any more it films on for so long, ready for the next.
    #[must_use]
    pub(crate) fn kept_warm(mut self, warm: Duration) -> Camera {
        self.warm = warm;
        if let State::Open(look) = &mut self.state {
            look.warm = warm;
        }
        self
    }

    /// Whether it films, waiting for it so long at the most.
    ///
    /// # Errors
    /// [`CameraError`]: it is lost, and must be opened again.
    pub(crate) fn poll_open(&mut self, wait: Duration) -> Result<bool, CameraError> {
        match &mut self.state {
            State::Searching(search) => match search.poll(&self.broker, wait) {
                Ok(Some(mut look)) => {
                    look.warm = self.warm;
                    self.state = State::Open(look);
                }
                Ok(None) => return Ok(false),
                Err(error) => {
                    self.state = State::Lost(error.clone());
                    return Err(error);
                }
            },
            State::Open(_) => {}
            State::Lost(error) => return Err(error.clone()),
        }
        Ok(true)
    }

    /// The camera's name, once it is known.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        match &self.state {
            State::Searching(search) => search.name(),
            State::Open(look) => Some(&look.entry().name),
            State::Lost(_) => None,
        }
    }

    /// How many frames came that nobody looked at here, because there was a newer one already.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        match &self.state {
            State::Open(look) => look.dropped(),
            State::Searching(_) | State::Lost(_) => 0,
        }
    }

    /// The time now, on the clock that the times of its frames are on; zero until it films.
    #[must_use]
    pub fn now(&self) -> Duration {
        match &self.state {
            State::Open(look) => look.now(),
            State::Searching(_) | State::Lost(_) => Duration::ZERO,
        }
    }

    /// Whether it films and shows something, as a camera does that is back. Waits for nothing.
    ///
    /// # Errors
    /// [`CameraError`]: it is lost, and must be opened again.
    pub(crate) fn poll_shows(&mut self) -> Result<bool, CameraError> {
        if !self.poll_open(Duration::ZERO)? {
            return Ok(false);
        }
        match &self.state {
            State::Open(look) => look.shows(),
            State::Searching(_) | State::Lost(_) => Ok(false),
        }
    }

    /// The newest frame that was not yet given here; waits for it at most so long, and gives none if it has not come. Its
    /// time counts from when this camera was found to film, and is that at which the driver took it, on the steady clock;
    /// where the driver does not say, that at which it came. None was taken before that, and each is later than the one before.
    ///
    /// # Errors
    /// [`FrameError::Source`] with a [`CameraError`], two seconds after the last sound frame at the latest: after
    /// [`CameraError::Stalled`], [`CameraError::WrongSize`], [`CameraError::CutOff`], [`CameraError::Black`] and
    /// [`CameraError::Frozen`] more frames may come, after any other the camera must be opened again. Another
    /// [`FrameError`] for a frame that cannot be read.
    pub fn next(&mut self, wait: Duration) -> Result<Option<Frame<'_>>, FrameError> {
        let is_open = matches!(self.state, State::Open(_));
        if !self.poll_open(wait).map_err(source)? {
            return Ok(None);
        }
        let State::Open(look) = &mut self.state else { return Ok(None) };
        // It has taken its time to open already.
        let wait = if is_open { wait } else { Duration::ZERO };
        let Some((picture, time, mode)) = look.next(wait).map_err(source)? else { return Ok(None) };
        let raster = Raster { turn: self.turn, ..mode.raster() };
        Frame::new(&raster, picture.bytes(), time).map(Some)
    }
}

fn source(error: CameraError) -> FrameError {
    FrameError::Source { cause: error.into() }
}

impl fmt::Debug for Camera {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Camera").field("name", &self.name()).finish_non_exhaustive()
    }
}
