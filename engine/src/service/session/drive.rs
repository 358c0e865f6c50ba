//! The thread of a session: an engine for itself, and between two frames a look at what the host said.

use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::Instant;

use super::course::{Course, Enrolling, Letting, Watching};
use super::place::Place;
use crate::engine::{
    Acting, AttemptRequest, CaptureRequest, Cards, Class, Engine, Error, Frames, Grant, Polled, Sources,
    TappedCard,
};
use crate::secret::Remark;
use crate::service::admission;
use crate::service::core::Core;
use crate::service::desk::Use;
use crate::service::error::Refusal;
use crate::service::peer::Identity;
use crate::service::protocol::{Authenticate, Beginning, Enrol, SessionEvent, SessionResult};
use crate::service::wire::Wire;

/// Says once whether a session has begun.
type Begun = Sender<Result<(), Refusal>>;

/// What the thread of a session has.
pub(super) struct Driver {
    pub(super) core: Arc<Core>,
    pub(super) place: Arc<Place>,
    pub(super) events: Wire,
    pub(super) handle: u64,
    /// Whether the host is root's, or the service's own user's.
    pub(super) trusted: bool,
    /// What policy and log call the host.
    pub(super) host: Option<String>,
    pub(super) identity: Identity,
    pub(super) frames: Option<Frames>,
    pub(super) cards: Option<Cards>,
    /// When to call it off.
    pub(super) deadline: Option<Instant>,
    pub(super) _admitted: admission::Place,
}

impl Driver {
    /// From the beginning to the end.
    pub(super) fn drive(mut self, what: Beginning, begun: &Begun) {
        let driven = self.core.desk.lend(Use::Session).and_then(|mut engine| {
            // What a session fails by is its host's to hear; here it says whether the engine may be used again.
            engine.run(|engine| self.begin(engine, what, begun))
        });
        if let Err(refusal) = driven {
            let unheard = begun.send(Err(refusal.clone())).is_err();
            if unheard || self.place.result() == SessionResult::Pending {
                self.place.finish(SessionResult::Failed(refusal.clone()), None);
            }
            let _ = self.events.send_now(&SessionEvent::Failed(refusal));
        }
    }

    fn begin(&mut self, engine: &mut Engine, what: Beginning, begun: &Begun) -> Result<(), Error> {
        match what {
            Beginning::Authenticate(wanted) => self.authenticate(engine, wanted, begun),
            Beginning::Enrol(wanted) => self.enrol(engine, wanted, begun),
            Beginning::Watch(wanted) => {
                let Some(grant) = self.grant(wanted.grant, begun) else { return Ok(()) };
                let (frames, cards) = (self.frames.take(), self.cards.take());
                let watch = engine.watch(&grant, Sources { frames, cards, host: self.host.clone() })?;
                let (core, place) = (Arc::clone(&self.core), Arc::clone(&self.place));
                self.run(Watching { watch, core, place, handle: self.handle }, begun)
            }
        }
    }

    fn authenticate(
        &mut self,
        engine: &mut Engine,
        wanted: Authenticate,
        begun: &Begun,
    ) -> Result<(), Error> {
        let replaces = match wanted.replaces {
            Some(number) => match self.grant(number, begun) {
                Some(grant) => Some(grant),
                None => return Ok(()),
            },
            None => None,
        };
        let tapped = match wanted.tapped {
            Some(number) => match self.tapped(number, begun) {
                Some(card) => Some(card),
                None => return Ok(()),
            },
            None => None,
        };
        let request = AttemptRequest {
            purpose: wanted.purpose,
            policy: wanted.policy,
            application: wanted.application,
            account: wanted.account,
            claim: wanted.claim,
            cards: self.cards.take(),
            tapped,
            frames: self.frames.take(),
            secrets: wanted.secrets,
            host: self.host.clone(),
            origin: wanted.origin,
            // It is for whoever runs a command on the terminal, never for a client.
            store_key: false,
            replaces,
            held: !self.core.in_process,
            reason: wanted.reason.as_deref().map(Remark::new).transpose()?,
        };
        let letting = Letting {
            attempt: engine.authenticate(request)?,
            core: Arc::clone(&self.core),
            place: Arc::clone(&self.place),
            handle: self.handle,
            identity: self.identity.clone(),
        };
        self.run(letting, begun)
    }

    fn enrol(&mut self, engine: &mut Engine, wanted: Enrol, begun: &Begun) -> Result<(), Error> {
        let by = match wanted.by {
            Some(number) => match self.grant(number, begun) {
                Some(grant) => Some(grant),
                None => return Ok(()),
            },
            None if self.trusted => None,
            // Nobody is enrolled by whoever may connect, and that is everybody.
            None => {
                let _ = begun.send(Err(Refusal::unnamed()));
                return Ok(());
            }
        };
        let Some(frames) = self.frames.take() else {
            let _ = begun.send(Err(Refusal::misuse("nobody is enrolled without frames")));
            return Ok(());
        };
        let request = CaptureRequest {
            person: wanted.person,
            profile: wanted.profile,
            samples: wanted.samples.and_then(|samples| usize::try_from(samples).ok()),
            frames,
            cards: self.cards.take(),
            label: wanted.label,
            host: self.host.clone(),
        };
        let acting: Acting<'_> = match &by {
            Some(grant) => engine.acting_by(grant),
            None => engine.acting(),
        };
        let capture = acting.enrol(request)?;
        self.run(Enrolling { capture, place: Arc::clone(&self.place) }, begun)
    }

    /// The grant of this number. That it is not this host's is said, and the session does not begin.
    fn grant(&self, number: u64, begun: &Begun) -> Option<Grant> {
        match self.core.grants.find(self.handle, &self.identity, number) {
            Ok(grant) => Some(grant),
            Err(refusal) => {
                let _ = begun.send(Err(refusal));
                None
            }
        }
    }

    /// The card of this number, which was tapped in a watch of this connection.
    fn tapped(&self, number: u64, begun: &Begun) -> Option<TappedCard> {
        let own = matches!(self.cards, Some(Cards::Reader(_)));
        let misuse =
            || Refusal::misuse("a card that a watch told of lies on the reader: expected cards from there");
        let card =
            own.then_some(()).ok_or_else(misuse).and_then(|()| self.core.taps.take(self.handle, number));
        card.map_err(|refusal| begun.send(Err(refusal))).ok()
    }

    fn run(&mut self, mut course: impl Course, begun: &Begun) -> Result<(), Error> {
        let _ = begun.send(Ok(()));
        loop {
            let found = self.place.look();
            if found.gone || self.core.stop.is_set() {
                // Dropped, it is called off, and judged by what was presented.
                return Ok(());
            }
            for input in found.inputs {
                course.hear(input)?;
            }
            if let Some(side) = found.preview {
                course.show_next(side);
            }
            let late = self.deadline.is_some_and(|deadline| Instant::now() >= deadline);
            if late {
                self.deadline = None;
            }
            if (found.cancelled || late) && !course.cancel()? {
                drop(course);
                self.call_off();
                return Ok(());
            }
            match course.poll()? {
                Polled::Ready(event) => {
                    // Who does not read is not waited for.
                    if self.events.send_now(&event).is_err() {
                        return Ok(());
                    }
                }
                Polled::Pending => {}
                Polled::Idle(rest) => self.place.rest(rest),
                Polled::Over => return Ok(()),
            }
        }
    }

    /// The end of what has no verdict of its own.
    fn call_off(&self) {
        let refusal = Refusal::new(Class::Refused, "cancelled", "the session was called off", "");
        let result = SessionResult::Failed(refusal.clone());
        self.place.finish(result, None);
        let _ = self.events.send_now(&SessionEvent::Failed(refusal));
    }
}
