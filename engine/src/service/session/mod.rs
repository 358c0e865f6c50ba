//! A session's connection. Its thread answers the host at once and puts what the host says before the session's own thread,
//! which looks there between two frames. What happens goes out over a socket of its own, so that the host can wait for it.

mod course;
mod drive;
mod place;

use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, channel, sync_channel};
use std::time::{Duration, Instant};

use rustix::net::sockopt::set_socket_send_buffer_size;
use zeroize::Zeroizing;

use self::drive::Driver;
use self::place::{Input, Place};
use super::core::{Core, Guest};
use super::error::{Refusal, ServiceError};
use super::job;
use super::lane;
use super::limits::{HALF_MESSAGE, INBOX, MOST_PICTURE, UNREAD_EVENTS};
use super::peer::Identity;
use super::protocol::{
    Begin, Beginning, CardOrigin, FrameOrigin, Hidden, LaneEnd, Numbered, Picture, Portrait, SessionReply,
    SessionRequest, Taken,
};
use super::wire::{Patience, Wire};
use crate::card::CardIdentity;
use crate::engine::{Cards, Class, Error, Frames, ToldCard};
use crate::frame::{FrameFeed, PushedFrame, pushed};
use crate::grant::Ending;
use crate::policy::Factor;
use crate::secret::{EmergencyCode, Secret};

/// Serves a session until its host closes it. What was under way is judged then as the engine judges what is called off.
pub(super) fn serve(
    core: &Arc<Core>,
    guest: &Guest,
    handle: u64,
    identity: Identity,
    (Numbered { number, body }, file): (Numbered<SessionRequest>, Option<OwnedFd>),
) -> Result<(), ServiceError> {
    let begun = match body {
        SessionRequest::Work(job) => return job::serve(core, guest, handle, (number, *job, file)),
        SessionRequest::Begin(begin) => {
            core.let_begin(guest).and_then(|()| Control::begin(core, guest, handle, identity, *begin))
        }
        _ => Err(Refusal::misuse("a session begins with what it is to be")),
    };
    let (mut control, events) = match begun {
        Ok(begun) => begun,
        Err(refusal) => return guest.tell(&Numbered { number, body: SessionReply::Refused(refusal) }),
    };
    let told = guest.wire.send(
        &Numbered { number, body: SessionReply::Begun },
        Some(events.as_fd()),
        Instant::now() + HALF_MESSAGE,
    );
    drop(events);
    let served = told.and_then(|()| control.answer_all(core, guest));
    control.place.leave();
    // The session's thread has the place, its engine and perhaps a camera, until it has noticed.
    let _ = control.ended.recv();
    core.end(control.place.take_orphan().into_iter().collect(), Ending::LoggedOff);
    if let Some(number) = control.place.take_grant()
        && let Ok(grant) = core.grants.find(handle, &control.identity, number)
    {
        // Nobody asked for it, and nobody will.
        core.grants.forget(number);
        core.end(vec![grant], Ending::LoggedOff);
    }
    served
}

struct Control {
    place: Arc<Place>,
    feed: Option<FrameFeed>,
    cards: Option<SyncSender<ToldCard>>,
    ended: Receiver<()>,
    identity: Identity,
    lane: Option<(lane::Exit, lane::HostEnds)>,
    /// Whether its host may see the person: whoever enrols them does, and nobody else's camera is shown.
    is_shown: bool,
}

impl Control {
    fn begin(
        core: &Arc<Core>,
        guest: &Guest,
        handle: u64,
        identity: Identity,
        begin: Begin,
    ) -> Result<(Control, UnixStream), Refusal> {
        let admitted = core.sessions.enter(guest.peer.uid)?;
        let (frame_origin, card_origin) = match &begin.what {
            Beginning::Authenticate(wanted) => (&wanted.frames, &wanted.cards),
            Beginning::Enrol(wanted) => (&wanted.frames, &wanted.cards),
            Beginning::Watch(wanted) => (&wanted.frames, &wanted.cards),
        };
        let is_shown = matches!(begin.what, Beginning::Enrol(_));
        let (feed, frames) = frames_of(frame_origin);
        let (tell, cards) = cards_of(card_origin);
        let (ours, theirs) = UnixStream::pair().map_err(|_| Refusal::busy())?;
        ours.set_nonblocking(true).map_err(|_| Refusal::busy())?;
        set_socket_send_buffer_size(&ours, UNREAD_EVENTS).map_err(|_| Refusal::busy())?;
        let place = Arc::new(Place::default());
        let deadline = begin.timeout_ms.and_then(|ms| Instant::now().checked_add(Duration::from_millis(ms)));
        let driver = Driver {
            core: Arc::clone(core),
            place: Arc::clone(&place),
            events: Wire::new(ours),
            handle,
            trusted: guest.trusted,
            host: guest.host(&identity),
            identity: identity.clone(),
            frames,
            cards,
            deadline,
            _admitted: admitted,
        };
        let ((begun, has_begun), (end, ended)) = (channel(), channel());
        core.beginner.begin(Box::new(move || {
            driver.drive(begin.what, &begun);
            drop(end);
        }))?;
        // Without a word it has ended by a panic, or the system has no thread left.
        has_begun.recv().unwrap_or_else(|_| Err(Refusal::busy()))?;
        Ok((Control { place, feed, cards: tell, ended, identity, lane: None, is_shown }, theirs))
    }

    fn answer_all(&mut self, core: &Core, guest: &Guest) -> Result<(), ServiceError> {
        loop {
            let received = guest.wire.receive::<Numbered<SessionRequest>>(Patience::Unless(&core.stop))?;
            let (Numbered { number, body }, _) = received;
            let mut file = None;
            let body = match body {
                SessionRequest::Lane(end) => self.lane(end).map(|end| {
                    file = Some(end);
                    SessionReply::Lane
                }),
                SessionRequest::Push(picture) => match self.memory(&picture) {
                    Ok((exit, mut memory)) => {
                        exit.fill(&mut memory)?;
                        self.push(picture, memory)
                    }
                    Err(refusal) => Err(refusal),
                },
                body => self.answer(body),
            };
            let body = body.unwrap_or_else(SessionReply::Refused);
            let end = Instant::now() + HALF_MESSAGE;
            guest.wire.send(&Numbered { number, body }, file.as_ref().map(AsFd::as_fd), end)?;
        }
    }

    fn answer(&self, request: SessionRequest) -> Result<SessionReply, Refusal> {
        let input = match request {
            SessionRequest::Begin(_) | SessionRequest::Work(_) => {
                return Err(Refusal::misuse("the session has begun already"));
            }
            // These two are done where they are read.
            SessionRequest::Push(_) | SessionRequest::Lane(_) => return Err(Refusal::busy()),
            SessionRequest::FramesOver => {
                self.feed()?.end();
                return Ok(SessionReply::Done);
            }
            SessionRequest::Card(card) => return self.card(card),
            SessionRequest::Cancel => {
                self.place.cancel();
                return Ok(SessionReply::Done);
            }
            SessionRequest::Preview(_) if !self.is_shown => {
                return Err(Refusal::misuse("only whoever enrols somebody is shown what the camera sees"));
            }
            SessionRequest::Preview(side) => {
                return Ok(SessionReply::Preview(self.place.preview(side).map(Portrait::new)));
            }
            SessionRequest::Result => return Ok(SessionReply::Result(self.place.result())),
            SessionRequest::Grant => {
                let none =
                    || Refusal::misuse("there is no grant: expected a session that granted, asked once");
                return self.place.take_grant().map(SessionReply::Grant).ok_or_else(none);
            }
            SessionRequest::Secret(kind, text) => secret(kind, text)?,
            SessionRequest::Pin(text, may_be_last) => Input::Pin(typed(Some(text))?, may_be_last),
            SessionRequest::Claim(id) => Input::Claim(id),
            SessionRequest::Choose(factors) => Input::Choose(factors),
        };
        self.place.put(input)?;
        Ok(SessionReply::Done)
    }

    fn feed(&self) -> Result<&FrameFeed, Refusal> {
        let misuse =
            || Refusal::misuse("this session takes no frames of its host's: expected one that began so");
        self.feed.as_ref().ok_or_else(misuse)
    }

    /// An end of the lane for the host, made with the first.
    fn lane(&mut self, end: LaneEnd) -> Result<OwnedFd, Refusal> {
        self.feed()?;
        let (_, ends) = match &mut self.lane {
            Some(lane) => lane,
            none => none.insert(lane::open().map_err(|_| Refusal::busy())?),
        };
        ends.take(end).ok_or_else(|| Refusal::misuse("this end of the lane was given away already"))
    }

    /// Where this picture comes from, and memory for all of it.
    fn memory(&self, picture: &Picture) -> Result<(&lane::Exit, Zeroizing<Vec<u8>>), Refusal> {
        let feed = self.feed()?;
        if picture.length > MOST_PICTURE {
            let text = format!("a picture may be {MOST_PICTURE} bytes long, found {}", picture.length);
            return Err(Refusal::new(Class::Usage, "too_long", text, ""));
        }
        let none = || Refusal::misuse("pictures come through a lane: expected one that was asked for");
        let (exit, _) = self.lane.as_ref().ok_or_else(none)?;
        Ok((exit, feed.memory(usize::try_from(picture.length).unwrap_or_default())))
    }

    fn push(&self, picture: Picture, data: Zeroizing<Vec<u8>>) -> Result<SessionReply, Refusal> {
        let feed = self.feed()?;
        let frame =
            PushedFrame { raster: picture.raster, data, time: picture.time_us.map(Duration::from_micros) };
        let queued = feed.push(frame).map_err(|error| Refusal::of(&error.into()))?;
        if !queued && feed.is_over() {
            // "Again" would have its host push for ever.
            return Err(Refusal::over(
                "frames are taken no more: the session is over, or the host said that none follows",
            ));
        }
        Ok(SessionReply::Pushed(Taken { queued, dropped: feed.dropped() }))
    }

    fn card(&self, card: Option<Hidden>) -> Result<SessionReply, Refusal> {
        let misuse =
            || Refusal::misuse("this session takes no card of its host's: expected one that began so");
        let cards = self.cards.as_ref().ok_or_else(misuse)?;
        let told = match card {
            Some(text) => {
                let read = CardIdentity::parse_claim(text.expose());
                ToldCard::Shown(read.map_err(|error| Refusal::of(&Error::from(error)))?)
            }
            None => ToldCard::Removed,
        };
        match cards.try_send(told) {
            // No person taps so many before they are looked at.
            Err(TrySendError::Full(_)) => Err(Refusal::busy()),
            // A session that is over reads no card any more.
            Ok(()) | Err(TrySendError::Disconnected(_)) => Ok(SessionReply::Done),
        }
    }
}

/// What was typed. What cannot be what it is said to be is refused at once, and is no try.
fn secret(kind: Factor, text: Option<Hidden>) -> Result<Input, Refusal> {
    match kind {
        Factor::Password => typed(text).map(Input::Password),
        Factor::EmergencyCode => {
            let code = typed(text)?;
            EmergencyCode::read(&code).map_err(|error| Refusal::of(&Error::from(error)))?;
            Ok(Input::Code(code))
        }
        Factor::HostPassword => Ok(Input::HostPassword),
        _ => Err(Refusal::misuse(
            "this is nothing that a host types: expected a password or an emergency code",
        )),
    }
}

fn typed(text: Option<Hidden>) -> Result<Secret, Refusal> {
    let text = text.ok_or_else(|| Refusal::misuse("nothing was typed: expected the text itself"))?;
    Secret::new(text.into_text()).map_err(|error| Refusal::of(&Error::from(error)))
}

fn frames_of(origin: &FrameOrigin) -> (Option<FrameFeed>, Option<Frames>) {
    match origin {
        FrameOrigin::None => (None, None),
        FrameOrigin::Camera(name) => (None, Some(Frames::Camera(name.clone()))),
        FrameOrigin::Host(pace) => {
            let (feed, frames) = pushed(*pace);
            (Some(feed), Some(Frames::Pushed(frames)))
        }
    }
}

fn cards_of(origin: &CardOrigin) -> (Option<SyncSender<ToldCard>>, Option<Cards>) {
    match origin {
        CardOrigin::None => (None, None),
        CardOrigin::Reader(name) => (None, Some(Cards::Reader(name.clone()))),
        CardOrigin::Host => {
            let (tell, told) = sync_channel(INBOX);
            (Some(tell), Some(Cards::Told(told)))
        }
    }
}

#[cfg(test)]
mod tests;
