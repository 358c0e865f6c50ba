//! The three kinds of sessions, each as the session's thread drives it: a frame at a time, and events out.

use std::sync::Arc;

use super::place::{Input, Place};
use crate::engine::{Attempt, Capture, CaptureStep, Error, Polled, Step, Watch};
use crate::policy::{Cause, Factors, Locked};
use crate::service::core::Core;
use crate::service::peer::Identity;
use crate::service::protocol::{EnrolmentEnd, SessionEvent, SessionResult, Told};
use crate::session::{Coarse, EnrolmentResult, Need, Outcome, Verdict, WatchEvent};

/// A session under way.
pub(super) trait Course {
    /// Goes on by a frame at the most.
    fn poll(&mut self) -> Result<Polled<SessionEvent>, Error>;

    /// Takes in what the host said. What a session has no use for is let go.
    fn hear(&mut self, input: Input) -> Result<(), Error>;

    /// Has a preview made of the next frame, where this is a session to be shown.
    fn show_next(&mut self, _side: u32) {}

    /// Calls it off. Whether anything is still to come.
    fn cancel(&mut self) -> Result<bool, Error>;
}

/// Somebody is let in, or not. What is granted is held for the host before it hears of it.
pub(super) struct Letting<'e> {
    pub(super) attempt: Attempt<'e>,
    pub(super) core: Arc<Core>,
    pub(super) place: Arc<Place>,
    pub(super) handle: u64,
    pub(super) identity: Identity,
}

impl Letting<'_> {
    fn finish(&mut self, verdict: &Verdict) -> SessionResult {
        let grant = self.attempt.take_grant();
        let held = grant.as_ref().map(|grant| self.core.grants.hold(self.handle, &self.identity, grant));
        let (result, number) = match held.transpose() {
            Ok(number) => (SessionResult::Authenticated(told(verdict)), number),
            Err(refusal) => {
                grant.into_iter().for_each(|grant| self.place.put_orphan(grant));
                (SessionResult::Failed(refusal), None)
            }
        };
        self.place.finish(result.clone(), number);
        result
    }
}

impl Course for Letting<'_> {
    fn poll(&mut self) -> Result<Polled<SessionEvent>, Error> {
        let step = match self.attempt.poll_step()? {
            Polled::Ready(step) => step,
            Polled::Pending => return Ok(Polled::Pending),
            Polled::Idle(rest) => return Ok(Polled::Idle(rest)),
            Polled::Over => return Ok(Polled::Over),
        };
        Ok(Polled::Ready(match step {
            Step::Event(event) => SessionEvent::Step(event),
            Step::Guide(guidance) => SessionEvent::Guide(guidance),
            Step::Need(needs) => SessionEvent::Need(needs),
            Step::Late(state) => SessionEvent::Late(state.freshness),
            // These two would tell of a person whom nothing has proved yet.
            Step::Turn(Cause::Exception | Cause::FaceLocked) => return Ok(Polled::Pending),
            Step::Turn(cause) => SessionEvent::Turn(cause),
            Step::Pin(trouble, left) => SessionEvent::Pin(trouble, left),
            Step::Done(verdict) => SessionEvent::Done(self.finish(&verdict)),
        }))
    }

    fn hear(&mut self, input: Input) -> Result<(), Error> {
        match input {
            Input::Password(password) => self.attempt.give_password(password),
            Input::Code(code) => self.attempt.give_code(&code),
            Input::Pin(pin, may_be_last) => self.attempt.give_pin(pin, may_be_last),
            Input::HostPassword => self.attempt.host_password_given(),
            Input::Claim(id) => self.attempt.claim(&id),
            Input::Choose(factors) => self.attempt.choose(Need { factors, claim: false }),
        }
    }

    fn cancel(&mut self) -> Result<bool, Error> {
        self.attempt.cancel().map(|()| true)
    }
}

/// What a host may know of a verdict.
fn told(verdict: &Verdict) -> Told {
    let granted = verdict.outcome == Outcome::Granted;
    let locked = verdict.locked.filter(|_| verdict.told == Coarse::Locked).map(|lockout| lockout.locked);
    Told {
        outcome: verdict.outcome,
        reason: verdict.told,
        provisional: verdict.provisional,
        retry_after_s: locked.and_then(Locked::wait).map(|wait| wait.as_secs().saturating_add(1)),
        stopped: locked == Some(Locked::Stopped),
        factors: if granted { verdict.factors } else { Factors::NONE },
        subject: verdict.subject.clone().filter(|_| granted),
    }
}

/// Somebody is enrolled, or not.
pub(super) struct Enrolling<'e> {
    pub(super) capture: Capture<'e>,
    pub(super) place: Arc<Place>,
}

impl Course for Enrolling<'_> {
    fn poll(&mut self) -> Result<Polled<SessionEvent>, Error> {
        let polled = self.capture.poll_step()?;
        if let Some(preview) = self.capture.take_preview() {
            self.place.show(preview);
        }
        Ok(match polled {
            Polled::Ready(CaptureStep::Event(event)) => Polled::Ready(SessionEvent::Step(event)),
            Polled::Ready(CaptureStep::Guide(guidance)) => Polled::Ready(SessionEvent::Guide(guidance)),
            Polled::Ready(CaptureStep::Sample(taken, of)) => {
                Polled::Ready(SessionEvent::Sample { taken: count(taken), of: count(of) })
            }
            Polled::Ready(CaptureStep::Done(result)) => {
                let result = SessionResult::Enrolled(end_of(&result));
                self.place.finish(result.clone(), None);
                Polled::Ready(SessionEvent::Done(result))
            }
            Polled::Pending => Polled::Pending,
            Polled::Idle(rest) => Polled::Idle(rest),
            Polled::Over => Polled::Over,
        })
    }

    fn hear(&mut self, _input: Input) -> Result<(), Error> {
        Ok(())
    }

    fn show_next(&mut self, side: u32) {
        self.capture.show_next(side);
    }

    fn cancel(&mut self) -> Result<bool, Error> {
        Ok(false)
    }
}

fn end_of(result: &EnrolmentResult) -> EnrolmentEnd {
    EnrolmentEnd {
        enrolled: result.template.is_some() && result.review.is_none(),
        failure: result.failure,
        review: result.review,
        samples: count(result.samples),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A grant is watched over.
pub(super) struct Watching<'e> {
    pub(super) watch: Watch<'e>,
    pub(super) core: Arc<Core>,
    pub(super) place: Arc<Place>,
    pub(super) handle: u64,
}

impl Course for Watching<'_> {
    fn poll(&mut self) -> Result<Polled<SessionEvent>, Error> {
        Ok(match self.watch.poll_event()? {
            Polled::Ready(WatchEvent::OtherCard) => {
                let number = self.watch.take_tapped().map(|card| self.core.taps.put(self.handle, card));
                // Without a number, which only a system without chance fails to give, it is tapped in vain.
                number
                    .and_then(Result::ok)
                    .map_or(Polled::Pending, |number| Polled::Ready(SessionEvent::OtherCard(number)))
            }
            Polled::Ready(event) => Polled::Ready(SessionEvent::Watch(event)),
            Polled::Pending => Polled::Pending,
            Polled::Idle(rest) => Polled::Idle(rest),
            Polled::Over if self.place.result() == SessionResult::Pending => {
                self.place.finish(SessionResult::Watched, None);
                Polled::Ready(SessionEvent::Done(SessionResult::Watched))
            }
            Polled::Over => Polled::Over,
        })
    }

    fn hear(&mut self, _input: Input) -> Result<(), Error> {
        Ok(())
    }

    fn cancel(&mut self) -> Result<bool, Error> {
        Ok(false)
    }
}
