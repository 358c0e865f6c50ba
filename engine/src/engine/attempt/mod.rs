//! Drives one authentication: devices, secrets and the store in, steps and a verdict out, and a record in the log whatever
//! happens.

mod answers;
mod devices;
mod ending;
mod face;
mod frames;
mod reopening;
mod request;
#[cfg(test)]
mod tests;
mod time;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use self::devices::{CARD_WAIT, Devices};
use self::face::face_request;
pub(super) use self::face::quiet;
pub use self::request::AttemptRequest;
use self::time::AttemptClock;
use super::grants::{Grant, new_session};
use super::losses::device_of;
use super::sources::{CardInput, REST};
use super::tries::Reserved;
use super::{Engine, Error, Polled, SyncState, sync};
use crate::audit;
use crate::card::{CardIdentity, TOGETHER};
use crate::policy::{Cause, Factor, Policy, Purpose, Rulebook};
use crate::secret::{EmergencyCode, Secret};
use crate::session::{
    Authentication, Device, Event, Guidance, Input, Need, Output, Pacer, PinTrouble, Request, Verdict, Why,
};
use crate::store::{CardHandle, StoreError};

/// What a host may ask the person for.
const SECRETS: [Factor; 4] = [Factor::Password, Factor::HostPassword, Factor::Pin, Factor::EmergencyCode];

/// What happens in an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A step was taken.
    Event(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// What would help now: each alternative, the preferred first.
    Need(Vec<Need>),
    /// The terminal is not up to date: a bundle that it expects is late. It comes before all others.
    Late(SyncState),
    /// The attempt turned to what stands in for the ordinary factors.
    Turn(Cause),
    /// The card did not take its PIN; how many tries it says are left, where it says so.
    Pin(PinTrouble, Option<u8>),
    /// The end.
    Done(Verdict),
}

/// An attempt under way: ask it for the next step until it is done. Dropped before that, it is called off.
pub struct Attempt<'e> {
    engine: &'e mut Engine,
    rules: Arc<Rulebook>,
    policy: Policy,
    request: AttemptRequest,
    session: Authentication,
    devices: Devices,
    clock: AttemptClock,
    steps: VecDeque<Step>,
    password: Option<Secret>,
    pin: Option<Pin>,
    /// The card takes no PIN any more, and the session has yet to hear of it.
    pin_is_blocked: bool,
    claimed_by: Option<ClaimedBy>,
    /// What was last looked up, and whom it led to.
    given: Given,
    reserved: Vec<Reserved>,
    must_change: bool,
    /// The number under which the log, and later the grant, is found.
    key: String,
    entry: audit::Entry,
    grant: Option<Grant>,
    /// When a card was read last.
    tapped: Option<Instant>,
    /// What there is time for in a frame.
    pacer: Pacer,
    /// Before then no frame is looked at.
    next_look: Duration,
    /// Whether there was nothing to look at the last time.
    idle: bool,
    done: bool,
}

/// A card's PIN, and whether it may be its last try.
struct Pin {
    typed: Secret,
    may_be_last: bool,
}

/// What stands behind a claim that nothing proves.
enum ClaimedBy {
    Code(EmergencyCode),
    Disaster,
}

/// What was given to say who it is.
#[derive(Debug, Default)]
struct Given {
    identity: Option<CardIdentity>,
    claim: Option<String>,
    /// The card, if somebody has it.
    card: Option<CardHandle>,
}

impl<'e> Attempt<'e> {
    pub(super) fn begin(engine: &'e mut Engine, mut request: AttemptRequest) -> Result<Attempt<'e>, Error> {
        let now = engine.now()?;
        let key = new_session()?;
        let mut entry = request.entry(engine, &key, now);
        // What could not be written down must not be tried.
        entry.check().map_err(StoreError::from)?;
        let rules = engine.rulebook()?;
        let policy = match request.permit(engine, &rules) {
            Ok(policy) => policy,
            Err(error) => return Err(ended_by(engine, entry, audit::Outcome::Refused, error)?),
        };
        let sync = sync::watch(engine)?;
        let closed = sync
            .as_ref()
            .filter(|late| !late.lets_in(&rules, request.purpose, &policy))
            .map(|_| Why::Offline);
        if closed.is_some() {
            (request.cards, request.frames) = (None, None);
        }
        let camera = request.camera_use(engine, &rules, &policy);
        let devices = match Devices::open(engine, &mut request, camera) {
            Ok(devices) => devices,
            Err(error) => return Err(ended_by(engine, entry, audit::Outcome::Failed, error)?),
        };
        let wanted = match face_request(engine, &policy, devices.have_frames()) {
            Ok(wanted) => wanted,
            Err(error) => return Err(ended_by(engine, entry, audit::Outcome::Failed, error)?),
        };
        // A recording cannot be surprised: its blinks come when they come.
        let surprises = devices.are_live();
        let session = Authentication::new(Request {
            policy: policy.clone(),
            account: request.account.clone(),
            claim: request.claim.clone(),
            camera: devices.have_frames(),
            reader: devices.cards.is_some(),
            closed,
            explains_cards: rules.cards().explain,
            quiet: [quiet(surprises)?, quiet(surprises)?],
            ..wanted
        });
        if let Some(eyes) = &engine.eyes {
            eyes.name_in(&mut entry);
        }
        devices.name_in(&mut entry);
        for loss in devices.losses(engine, &key) {
            engine.append(&loss)?;
        }
        let clock = devices.clock();
        let given = Given { claim: request.claim.clone(), ..Given::default() };
        let mut attempt = Attempt {
            engine,
            rules,
            policy,
            request,
            session,
            devices,
            clock,
            steps: sync.into_iter().map(Step::Late).collect(),
            password: None,
            pin: None,
            pin_is_blocked: false,
            claimed_by: None,
            given,
            reserved: Vec::new(),
            must_change: false,
            key,
            entry,
            grant: None,
            tapped: None,
            pacer: Pacer::new(),
            next_look: Duration::ZERO,
            idle: false,
            done: false,
        };
        attempt.state_what_is_at_hand()?;
        Ok(attempt)
    }

    /// The next step; `None` after the last.
    ///
    /// # Errors
    /// When the attempt cannot be judged: a device was lost before anything was presented, or the store failed.
    pub fn next_step(&mut self) -> Result<Option<Step>, Error> {
        loop {
            match self.poll_step()? {
                Polled::Ready(step) => return Ok(Some(step)),
                Polled::Pending => {}
                Polled::Idle(rest) => std::thread::sleep(rest),
                Polled::Over => return Ok(None),
            }
        }
    }

    /// Goes on by one frame at the most, for whoever has to look at something else between two of them.
    ///
    /// # Errors
    /// As [`Attempt::next_step`].
    pub fn poll_step(&mut self) -> Result<Polled<Step>, Error> {
        if self.steps.is_empty() {
            if self.done {
                return Ok(Polled::Over);
            }
            self.idle = false;
            self.advance()?;
        }
        let nothing = if self.idle { Polled::Idle(REST) } else { Polled::Pending };
        Ok(self.steps.pop_front().map_or(nothing, Polled::Ready))
    }

    /// The person typed the product's own password. Given again, the later one counts.
    ///
    /// # Errors
    /// When the log or the store fails.
    pub fn give_password(&mut self, password: Secret) -> Result<(), Error> {
        self.password = Some(password);
        self.tell(Input::Secret(Factor::Password))
    }

    /// The person typed the PIN of their card. Where it would be the card's last try it is tried only if `may_be_last`: the
    /// person was told, and consents. Given again, the later one counts.
    ///
    /// # Errors
    /// When the log or the store fails.
    pub fn give_pin(&mut self, typed: Secret, may_be_last: bool) -> Result<(), Error> {
        self.pin = Some(Pin { typed, may_be_last });
        self.tell(Input::Secret(Factor::Pin))
    }

    /// The person typed an emergency code. Given again, the later one counts.
    ///
    /// # Errors
    /// When it cannot be a code: a letter is wrong, and no try is counted. When the log or the store fails.
    pub fn give_code(&mut self, code: &Secret) -> Result<(), Error> {
        self.claimed_by = Some(ClaimedBy::Code(EmergencyCode::read(code)?));
        self.tell(Input::Secret(Factor::EmergencyCode))
    }

    /// The person typed the password of the host's account, which the host has and the operating system will judge.
    ///
    /// # Errors
    /// When the log or the store fails.
    pub fn host_password_given(&mut self) -> Result<(), Error> {
        self.tell(Input::Secret(Factor::HostPassword))
    }

    /// The person typed who they say they are.
    ///
    /// # Errors
    /// When the log or the store fails.
    pub fn claim(&mut self, id: &str) -> Result<(), Error> {
        self.given.claim.get_or_insert_with(|| id.to_owned());
        self.tell(Input::Claim(id.to_owned()))
    }

    /// The host chose one of the alternatives of the last [`Step::Need`].
    ///
    /// # Errors
    /// When the log or the store fails.
    pub fn choose(&mut self, need: Need) -> Result<(), Error> {
        self.tell(Input::Choose(need.factors))
    }

    /// Calls the attempt off. What was presented still counts.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn cancel(&mut self) -> Result<(), Error> {
        self.tell(Input::Cancel)
    }

    /// The grant, once, after an attempt that ended so.
    pub fn take_grant(&mut self) -> Option<Grant> {
        self.grant.take()
    }

    fn tell(&mut self, input: Input<'_>) -> Result<(), Error> {
        let now = self.clock.now();
        let told = self.session.handle(now, input).map_err(Error::from).and_then(|()| self.carry_out(now));
        told.or_else(|error| self.fail(error))
    }

    /// What could not be judged ends the attempt: it would wait for ever for the answer.
    fn fail(&mut self, error: Error) -> Result<(), Error> {
        if !self.done {
            self.steps.clear();
            self.record_failure(&error)?;
        }
        Err(error)
    }

    /// What needs no person to be given, and what nobody can give here.
    fn state_what_is_at_hand(&mut self) -> Result<(), Error> {
        let mut offered = self.request.secrets;
        let claims = self.request.purpose == Purpose::Emergency && self.request.reason.is_some();
        if claims && self.engine.disaster()?.is_some() {
            // A disaster needs no code: the claim and the reason stand for it.
            offered = offered.with(Factor::EmergencyCode);
            self.claimed_by = Some(ClaimedBy::Disaster);
            self.tell(Input::Secret(Factor::EmergencyCode))?;
        }
        for secret in SECRETS.into_iter().filter(|secret| !offered.contains(*secret)) {
            self.tell(Input::Unavailable(secret))?;
        }
        let key = Factor::StoreKey;
        self.tell(if self.request.store_key { Input::Secret(key) } else { Input::Unavailable(key) })
    }

    fn advance(&mut self) -> Result<(), Error> {
        self.take_back_device().or_else(|error| self.fail(error))?;
        let advanced = self
            .read_card()
            .and_then(|()| self.tell(Input::Tick))
            .and_then(|()| self.wake_camera())
            .and_then(|()| self.read_frame());
        let Err(error) = advanced else { return Ok(()) };
        if self.done {
            return Err(error);
        }
        let Some(device) = device_of(&error) else { return self.fail(error) };
        let loss = self.devices.lose(self.engine, &self.key, device, error);
        self.engine.append(&loss)?;
        if device == Device::Reader {
            self.clock.start_frames();
        }
        self.tell(Input::DeviceLost(device))
    }

    /// A device that was lost is there again.
    fn take_back_device(&mut self) -> Result<(), Error> {
        let Some(device) = self.devices.regain() else { return Ok(()) };
        if device == Device::Camera {
            // Whoever is in front of it now need not be who was there before.
            self.engine.eyes()?.forget_faces();
            self.forget_pace();
        }
        self.devices.name_in(&mut self.entry);
        let back = self.devices.back(self.engine, &self.key, device);
        self.engine.append(&back)?;
        self.tell(Input::DeviceBack(device))
    }

    fn read_card(&mut self) -> Result<(), Error> {
        let Some(cards) = &mut self.devices.cards else { return Ok(()) };
        // After the first card the reader is asked again only where its removal matters: each look takes time.
        let alone = self.tapped.is_some_and(|tapped| tapped.elapsed() > TOGETHER);
        if self.given.identity.is_some() && alone && !self.policy.card_stays {
            return Ok(());
        }
        let wait = if self.clock.waits_for_card() { CARD_WAIT } else { Duration::ZERO };
        match cards.next(wait)? {
            None => Ok(()),
            Some(CardInput::Removed) => self.tell(Input::CardGone),
            Some(CardInput::Trouble(trouble)) => self.tell(Input::CardTrouble(trouble)),
            Some(CardInput::Read(reading)) => {
                if !reading.as_ref().is_ok_and(CardIdentity::judges_pin) {
                    self.tell(Input::Unavailable(Factor::Pin))?;
                }
                self.tapped = Some(Instant::now());
                self.tell(Input::CardSeen(reading))?;
                self.clock.start_frames();
                Ok(())
            }
        }
    }

    /// Has the camera opened once there is somebody to be looked at.
    fn wake_camera(&mut self) -> Result<(), Error> {
        if self.devices.rest() && self.session.awaits_face(self.clock.now()) {
            self.devices.wake_camera()?;
        }
        Ok(())
    }

    /// Does what the session asks, and queues what it tells.
    fn carry_out(&mut self, mut now: Duration) -> Result<(), Error> {
        while let Some(output) = self.session.poll() {
            let step = match output {
                Output::Lookup(who) => {
                    let found = self.look_up(who)?;
                    self.session.handle(now, Input::Found(found))?;
                    continue;
                }
                Output::Reserve { factors, subject } => {
                    let reserved = self.reserve(factors, subject.as_deref())?;
                    self.session.handle(now, Input::Reserved(reserved))?;
                    continue;
                }
                Output::Verify { factor, subject } => {
                    let verified = self.verify(factor, subject.as_deref())?;
                    // Hashing takes its time, on purpose.
                    now = now.max(self.clock.now());
                    self.session.handle(now, Input::Verified(verified))?;
                    if std::mem::take(&mut self.pin_is_blocked) {
                        self.session.handle(now, Input::Unavailable(Factor::Pin))?;
                    }
                    continue;
                }
                Output::Turn(cause) => {
                    self.record_turn(cause)?;
                    Step::Turn(cause)
                }
                Output::Event(event) => Step::Event(event),
                Output::Guide(guidance) => Step::Guide(guidance),
                Output::Need(needs) => Step::Need(needs),
                Output::Done(verdict) => Step::Done(self.finish(verdict)?),
            };
            self.steps.push_back(step);
        }
        Ok(())
    }
}

impl Drop for Attempt<'_> {
    /// An attempt that is dropped before its end was called off: it stands in the log like one that was cancelled.
    fn drop(&mut self) {
        if !self.done {
            // Nobody is left to be told that it could not be recorded, and nobody was let in.
            let _ = self.cancel();
        }
    }
}

/// Writes down an attempt that ended before it began. Answers why.
fn ended_by(
    engine: &mut Engine,
    mut entry: audit::Entry,
    outcome: audit::Outcome,
    error: Error,
) -> Result<Error, Error> {
    entry.outcome = outcome;
    entry.reason = Some(error.code().to_owned());
    engine.append(&entry)?;
    Ok(error)
}
