//! Watches over a grant in use: camera and reader in, events out, and the grant ended when the person is gone.

use std::time::{Duration, Instant};

use mabataki_models::Digest;

use super::sources::{CardInput, OpenCards, OpenFrames, REST, Sources};
use super::standing::proves_enough;
use super::tap::TappedCard;
use super::{Engine, Error, Grant, Polled};
use crate::frame::Next;
use crate::grant::Ending;
use crate::matching::{Space, Template, Threshold};
use crate::session::{Device, Watch as Session, WatchEvent, WatchInput, WatchRequest};
use crate::store::{CardHandle, Resolved};

/// False-match rate at which a face in front is taken for the person's. A stranger who is, stays unnoticed for a look.
const PRESENCE_FMR: f64 = 1e-3;

/// How often the store is asked whether the grant is still good.
const CHECK: Duration = Duration::from_secs(1);

/// A watch under way: ask it for the next event until there is none. What it tells has happened to the grant as well.
pub struct Watch<'e> {
    engine: &'e mut Engine,
    grant: &'e Grant,
    session: Session,
    /// Whether being out of sight ends it.
    sees_absence: bool,
    frames: Option<OpenFrames>,
    cards: Option<OpenCards>,
    /// The card that the grant rests on. No other one's coming and going means anything.
    card: Option<CardHandle>,
    card_is_there: bool,
    /// Another card that was laid on the terminal's own reader, until somebody asks for it.
    tapped: Option<TappedCard>,
    clock: WatchClock,
    checked: Option<Duration>,
    /// When the next frame is to be looked at.
    due: Duration,
}

/// Live frames run on real time, recorded ones on their own.
enum WatchClock {
    Live(Instant),
    Recorded(Duration),
}

impl WatchClock {
    fn live_from(now: Duration) -> WatchClock {
        let begin = Instant::now();
        WatchClock::Live(begin.checked_sub(now).unwrap_or(begin))
    }
}

impl Engine {
    /// Begins to watch over a grant. Where the policy does not end grants by absence, no camera is needed, and none by a
    /// card's removal no reader.
    ///
    /// # Errors
    /// When the grant has ended, a device cannot be opened, or the policy does not take these sources.
    pub fn watch<'e>(&'e mut self, grant: &'e Grant, mut sources: Sources) -> Result<Watch<'e>, Error> {
        let record = self.examine(grant)?;
        let rules = self.rulebook()?;
        let host = sources.host.as_deref();
        self.permit_sources(&rules, host, sources.frames.as_mut(), sources.cards.as_mut())?;
        let group = rules.group(&record.terminal);
        let mut request = WatchRequest {
            templates: Vec::new(),
            space: Space::bare(Digest::of(b"")),
            threshold: Threshold::UNREACHABLE,
            absence: group.absence,
            // Without a reader no card can be seen to be taken.
            card_stays: group.card_removal_ends && record.card.is_some() && sources.cards.is_some(),
            life: self.time_left(grant)?,
        };
        let session = Some(grant.key.as_str());
        let frames = sources.frames.map(|frames| self.open_frames(frames, session)).transpose()?;
        if frames.is_some() {
            let stored = self.store.template(&record.subject)?;
            let template = stored.map(|stored| Template::from_bytes(&stored.bytes)).transpose()?;
            request.threshold = self.thresholds()?.of(PRESENCE_FMR)?;
            request.space = self.fresh_eyes()?.space();
            request.templates.extend(template);
        } else {
            // Nobody can be seen to be away.
            request.absence = None;
        }
        let cards = sources.cards.map(|cards| self.open_cards(cards, session)).transpose()?;
        let sees_absence = request.absence.is_some() && !request.templates.is_empty();
        let live = frames.as_ref().is_none_or(OpenFrames::is_live);
        Ok(Watch {
            engine: self,
            grant,
            session: Session::new(request),
            sees_absence,
            frames,
            cards,
            card: record.card,
            card_is_there: false,
            tapped: None,
            clock: if live {
                WatchClock::live_from(Duration::ZERO)
            } else {
                WatchClock::Recorded(Duration::ZERO)
            },
            checked: None,
            due: Duration::ZERO,
        })
    }
}

impl Watch<'_> {
    /// The next event; `None` when the watch is over.
    ///
    /// # Errors
    /// When a recording cannot be read, the nets or the store fail. A device that is lost is no error: what it showed
    /// counts as gone, and the log tells of the loss before it tells of the end.
    pub fn next_event(&mut self) -> Result<Option<WatchEvent>, Error> {
        loop {
            match self.poll_event()? {
                Polled::Ready(event) => return Ok(Some(event)),
                Polled::Pending => {}
                Polled::Idle(rest) => std::thread::sleep(rest),
                Polled::Over => return Ok(None),
            }
        }
    }

    /// Goes on by one frame at the most, for whoever has to look at something else between two of them.
    ///
    /// # Errors
    /// As [`Watch::next_event`].
    pub fn poll_event(&mut self) -> Result<Polled<WatchEvent>, Error> {
        if let Some(event) = self.session.poll() {
            self.act_on(event)?;
            return Ok(Polled::Ready(event));
        }
        if self.session.is_over() {
            return Ok(Polled::Over);
        }
        self.check_grant()?;
        self.read_card()?;
        // A camera gives its newest frame when it is asked.
        let is_due = |frames: &OpenFrames| !frames.is_live() || self.now() >= self.due;
        if !self.frames.as_ref().is_some_and(is_due) {
            self.tell(WatchInput::Tick)?;
            return Ok(Polled::Idle(REST));
        }
        self.read_frame()?;
        Ok(Polled::Pending)
    }

    /// The card of the last [`WatchEvent::OtherCard`], once: an attempt may begin with it.
    pub fn take_tapped(&mut self) -> Option<TappedCard> {
        self.tapped.take()
    }

    fn now(&self) -> Duration {
        match self.clock {
            WatchClock::Live(start) => start.elapsed(),
            WatchClock::Recorded(now) => now,
        }
    }

    /// What ended the watch, or must end the grant, ends it; that somebody is back changes nothing.
    fn act_on(&mut self, event: WatchEvent) -> Result<(), Error> {
        let why = match event {
            WatchEvent::Absent => Ending::Absent,
            WatchEvent::OtherPerson => Ending::OtherPerson,
            WatchEvent::CardRemoved => Ending::CardRemoved,
            WatchEvent::Expired => Ending::Expired,
            _ => return Ok(()),
        };
        self.engine.end_grant(self.grant, why)?;
        self.tell(WatchInput::Ended)
    }

    /// Somebody else may have ended it: another process, an administrator, a switch of users.
    fn check_grant(&mut self) -> Result<(), Error> {
        let now = self.now();
        if self.checked.is_some_and(|checked| now.saturating_sub(checked) < CHECK) {
            return Ok(());
        }
        self.checked = Some(now);
        let input = match self.engine.examine(self.grant) {
            Ok(_) => WatchInput::Tick,
            Err(Error::GrantEnded {
                why: Ending::PersonRevoked | Ending::CardRevoked | Ending::FaceRemoved | Ending::Revoked,
            }) => WatchInput::Revoked,
            Err(Error::GrantEnded { .. }) => WatchInput::Ended,
            Err(error) => return Err(error),
        };
        self.tell(input)
    }

    fn read_card(&mut self) -> Result<(), Error> {
        let Some(cards) = &mut self.cards else { return Ok(()) };
        let there = match cards.next(Duration::ZERO) {
            Ok(Some(CardInput::Read(Ok(identity)))) => {
                let resolved = self.engine.store.resolve_card(&identity)?;
                // A copy of a card that proves itself is another card.
                let is_its = resolved.is_some_and(|Resolved { card, .. }| {
                    proves_enough(&card, &identity) && Some(card.handle) == self.card
                });
                if !is_its && cards.are_own() {
                    self.tapped = Some(TappedCard::new(identity, Instant::now()));
                    self.tell(WatchInput::OtherCard)?;
                }
                is_its
            }
            Ok(Some(CardInput::Read(Err(_)) | CardInput::Removed)) => false,
            // Nothing that lay there before is gone by it.
            Ok(Some(CardInput::Trouble(_)) | None) => return Ok(()),
            Err(error @ Error::Reader(_)) => {
                let name = self.cards.take().and_then(|cards| cards.reader());
                return self.lose(Device::Reader, &error, name.as_deref());
            }
            Err(error) => return Err(error),
        };
        match (std::mem::replace(&mut self.card_is_there, there), there) {
            (false, true) => self.tell(WatchInput::CardThere),
            (true, false) => self.tell(WatchInput::CardGone),
            _ => Ok(()),
        }
    }

    /// A device failed. Whoever reads that the person was away, or the card, reads why it looked so.
    fn lose(&mut self, device: Device, error: &Error, name: Option<&str>) -> Result<(), Error> {
        self.engine.record_loss(error, name, Some(&self.grant.key))?;
        self.tell(WatchInput::DeviceLost(device))
    }

    fn tell(&mut self, input: WatchInput<'_>) -> Result<(), Error> {
        let now = self.now();
        Ok(self.session.handle(now, input)?)
    }

    /// Takes the next frame, and looks at it if one is due: while all is well, few are.
    fn read_frame(&mut self) -> Result<(), Error> {
        let now = self.now();
        let Some(frames) = &mut self.frames else { return Ok(()) };
        let frame = match frames.next() {
            Ok(Next::Frame(frame)) => frame,
            Ok(Next::Nothing) => return self.tell(WatchInput::Tick),
            Ok(Next::Over) => {
                // The recording is over: nobody is in front of the camera any more, and time goes on.
                self.clock = match self.session.deadline() {
                    Some(absent) if self.sees_absence => WatchClock::Recorded(absent),
                    _ => WatchClock::live_from(now),
                };
                self.frames = None;
                return self.tell(WatchInput::Tick);
            }
            Err(error @ Error::Camera(_)) => {
                let name = self.frames.take().and_then(|frames| frames.camera());
                return self.lose(Device::Camera, &error, name.as_deref());
            }
            Err(error) => return Err(error),
        };
        let now = match &mut self.clock {
            WatchClock::Recorded(now) => {
                *now = frame.time();
                *now
            }
            WatchClock::Live(start) => start.elapsed(),
        };
        if now < self.due {
            return self.tell(WatchInput::Tick);
        }
        let want = self.session.want(now);
        match self.engine.eyes()?.observe(&frame.at(now), want) {
            Ok(observation) => self.session.handle(now, WatchInput::Observation(observation))?,
            Err(error) => frames.forgive(error)?,
        }
        self.due = now.saturating_add(self.session.pace());
        Ok(())
    }
}
