//! A session in a host's hands.

use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use super::line::Line;
use super::{ClientGrant, Inner};
use crate::frame::Raster;
use crate::policy::{Factor, Factors};
use crate::service::error::{Refusal, ServiceError};
use crate::service::lane::{Lane, Load};
use crate::service::limits::MOST_PICTURE;
use crate::service::protocol::{
    Begin, Hidden, LaneEnd, Numbered, Picture, Portrait, SessionEvent, SessionReply, SessionRequest,
    SessionResult, Taken, Welcome,
};
use crate::service::wire::{Patience, Wire};

/// A session under way. Dropped, it is called off, and judged by what was presented.
///
/// One thread at a time waits; everything else may be called from any thread meanwhile.
#[derive(Debug)]
pub struct ClientSession {
    inner: Arc<Inner>,
    line: Line,
    events: Wire,
    /// What pictures go through, once there was one.
    lane: Mutex<Option<Arc<Lane>>>,
    waiting: Mutex<()>,
    over: AtomicBool,
}

/// A picture in a host's memory.
#[derive(Debug, Clone, Copy)]
pub struct HostPicture<'p> {
    /// How its bytes lie, when the second piece stands right behind the first.
    pub raster: Raster,
    /// When it was taken on the host's steady clock; without a time, now. A recording's pictures bear theirs.
    pub time: Option<Duration>,
    /// Its bytes, in up to two pieces: planes may lie apart in the host's memory.
    pub data: [&'p [u8]; 2],
}

impl ClientSession {
    pub(super) fn begin(inner: &Arc<Inner>, begin: Begin) -> Result<ClientSession, ServiceError> {
        let end = Instant::now() + inner.timeout;
        let body = SessionRequest::Begin(Box::new(begin));
        let first = Some((Numbered { number: 0, body }, None));
        let (wire, welcome) = inner.door.connect(inner.name.clone(), Some(inner.handle), first, end)?;
        if welcome != Welcome::Session {
            return Err(ServiceError::Malformed { what: "another welcome than a session's" });
        }
        let (reply, file) = wire.receive::<Numbered<SessionReply>>(Patience::Until(end))?;
        match (reply.body, file) {
            (SessionReply::Begun, Some(file)) => {
                let events = UnixStream::from(file);
                events.set_nonblocking(true).map_err(ServiceError::io("set a connection up"))?;
                Ok(ClientSession {
                    inner: Arc::clone(inner),
                    line: Line::new(wire),
                    events: Wire::new(events),
                    lane: Mutex::default(),
                    waiting: Mutex::default(),
                    over: AtomicBool::new(false),
                })
            }
            (SessionReply::Refused(refusal), _) => Err(refusal.into()),
            _ => Err(ServiceError::Malformed { what: "a beginning without events" }),
        }
    }

    /// The next event; none when nothing happens within `timeout`. [`SessionEvent::Done`] and [`SessionEvent::Failed`] are
    /// the last.
    ///
    /// # Errors
    /// [`ServiceError::Lost`] when the service has gone; [`ServiceError::Refused`] with `over` after the last, or while
    /// another thread waits.
    pub fn wait(&self, timeout: Duration) -> Result<Option<SessionEvent>, ServiceError> {
        self.line.check_fork()?;
        let Ok(_waiting) = self.waiting.try_lock() else {
            return Err(Refusal::misuse("another thread waits for this session's events").into());
        };
        if self.over.load(Ordering::Relaxed) {
            return Err(Refusal::over("the session is over: its last event was read").into());
        }
        match self.events.receive::<SessionEvent>(Patience::of(timeout)) {
            Ok((event, _)) => {
                let last = matches!(event, SessionEvent::Done(_) | SessionEvent::Failed(_));
                self.over.store(last, Ordering::Relaxed);
                Ok(Some(event))
            }
            Err(ServiceError::TimedOut { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Readable while an event waits, and when the service has gone: for a host's own loop, which only waits for it.
    #[must_use]
    pub fn waitable(&self) -> BorrowedFd<'_> {
        self.events.as_fd()
    }

    /// Hands in a picture. Where there is no room for it now it was not taken, and is to be pushed again.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] for a picture that is none, or a time that does not follow the one before.
    pub fn push_frame(&self, frame: &HostPicture<'_>) -> Result<Taken, ServiceError> {
        let [first, second] = frame.data.map(|piece| u64::try_from(piece.len()).unwrap_or(u64::MAX));
        let length = first.saturating_add(second);
        if length > MOST_PICTURE {
            return Err(ServiceError::TooLong { what: "a picture", most: MOST_PICTURE, found: length });
        }
        let lane = self.lane()?;
        let header = Picture {
            raster: frame.raster,
            length,
            time_us: frame.time.map(|time| u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
        };
        match self.call(SessionRequest::Push(header), Some(lane.load(frame.data)))? {
            SessionReply::Pushed(taken) => Ok(taken),
            other => Err(unexpected(other)),
        }
    }

    /// The lane, asked for with the first picture.
    fn lane(&self) -> Result<Arc<Lane>, ServiceError> {
        let mut lane = self.lane.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(lane) = &*lane {
            return Ok(Arc::clone(lane));
        }
        let end = |end| match self.line.call(SessionRequest::Lane(end), None, self.inner.timeout)? {
            (SessionReply::Lane, Some(file)) => Ok(file),
            (reply, _) => Err(unexpected(reply)),
        };
        let made = Arc::new(Lane::new(end(LaneEnd::Entrance)?, end(LaneEnd::Exit)?)?);
        *lane = Some(Arc::clone(&made));
        Ok(made)
    }

    /// No picture follows any more.
    ///
    /// # Errors
    /// When the session takes none, or the service does not answer.
    pub fn end_frames(&self) -> Result<(), ServiceError> {
        self.done(SessionRequest::FramesOver)
    }

    /// Tells of a card that the host has read, as `KIND:HEX`; without one it was taken away.
    ///
    /// # Errors
    /// When it is no card, the session takes none from its host, or the service does not answer.
    pub fn push_card(&self, card: Option<&str>) -> Result<(), ServiceError> {
        let card = card.map(|card| Hidden::new(Zeroizing::new(card.to_owned())));
        self.done(SessionRequest::Card(card))
    }

    /// Hands in what the person typed. Of the system's own password only that it was typed is told, and no text.
    ///
    /// # Errors
    /// When it cannot be such a secret, or the service does not answer.
    pub fn secret(&self, kind: Factor, text: Option<Zeroizing<String>>) -> Result<(), ServiceError> {
        let text = text.filter(|_| kind != Factor::HostPassword).map(Hidden::new);
        self.done(SessionRequest::Secret(kind, text))
    }

    /// Hands in the PIN of the card that lies on the service's reader. Where it would be the card's last try it is tried only
    /// if `may_be_last`: the person was told, and consents.
    ///
    /// # Errors
    /// When the session is over, or the service does not answer.
    pub fn pin(&self, typed: Zeroizing<String>, may_be_last: bool) -> Result<(), ServiceError> {
        self.done(SessionRequest::Pin(Hidden::new(typed), may_be_last))
    }

    /// Somebody typed who they are.
    ///
    /// # Errors
    /// When the session is over, or the service does not answer.
    pub fn claim(&self, id: &str) -> Result<(), ServiceError> {
        self.done(SessionRequest::Claim(id.to_owned()))
    }

    /// Follows one of the alternatives of the last need only; no factor takes the choice back.
    ///
    /// # Errors
    /// When the session is over, or the service does not answer.
    pub fn choose(&self, factors: Factors) -> Result<(), ServiceError> {
        self.done(SessionRequest::Choose(factors))
    }

    /// Calls it off. What was presented still counts, and the last event tells how it was judged.
    ///
    /// # Errors
    /// When the service does not answer.
    pub fn cancel(&self) -> Result<(), ServiceError> {
        self.done(SessionRequest::Cancel)
    }

    /// The newest small picture of an enrolment as JPEG, its longer side `side` px ([`PREVIEW_SIDE`]), for the person to see
    /// themselves by; none where none was made since the last. Only once it is asked for is any made.
    ///
    /// [`PREVIEW_SIDE`]: crate::frame::PREVIEW_SIDE
    ///
    /// # Errors
    /// When this is no enrolment, or the service does not answer.
    pub fn preview(&self, side: u32) -> Result<Option<Zeroizing<Vec<u8>>>, ServiceError> {
        match self.call(SessionRequest::Preview(side), None)? {
            SessionReply::Preview(preview) => Ok(preview.map(Portrait::into_jpeg)),
            other => Err(unexpected(other)),
        }
    }

    /// How it ended.
    ///
    /// # Errors
    /// When the service does not answer.
    pub fn result(&self) -> Result<SessionResult, ServiceError> {
        match self.call(SessionRequest::Result, None)? {
            SessionReply::Result(result) => Ok(result),
            other => Err(unexpected(other)),
        }
    }

    /// The grant, once, of a session that granted.
    ///
    /// # Errors
    /// [`ServiceError::Refused`] when there is none.
    pub fn grant(&self) -> Result<ClientGrant, ServiceError> {
        match self.call(SessionRequest::Grant, None)? {
            SessionReply::Grant(number) => Ok(ClientGrant::new(&self.inner, number)),
            other => Err(unexpected(other)),
        }
    }

    fn call(&self, request: SessionRequest, picture: Option<Load<'_>>) -> Result<SessionReply, ServiceError> {
        match self.line.call::<_, SessionReply>(request, picture, self.inner.timeout)? {
            (SessionReply::Refused(refusal), _) => Err(refusal.into()),
            (reply, _) => Ok(reply),
        }
    }

    fn done(&self, request: SessionRequest) -> Result<(), ServiceError> {
        match self.call(request, None)? {
            SessionReply::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }
}

fn unexpected(reply: SessionReply) -> ServiceError {
    match reply {
        SessionReply::Refused(refusal) => ServiceError::Refused(refusal),
        _ => ServiceError::Malformed { what: "an answer to another question" },
    }
}
