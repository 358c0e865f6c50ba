//! Drives one authentication: devices in, steps and a verdict out, and a record in the log whatever happens.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use super::sources::{Cards, Frames, OpenCards, OpenFrames};
use super::{Engine, Error};
use jiff::Timestamp;

use crate::audit::{self, Operation};
use crate::card::{Assurance, CardIdentity, ReaderError};
use crate::matching::{Template, Threshold};
use crate::policy::{Factor, Policy};
use crate::session::{
    Authentication, Device, Event, Guidance, Input, Need, Outcome, Output, Request, Standing, Subject,
    Verdict, Who,
};
use crate::store::{Profile, Resolved, StoreError};

/// How long one look at the reader may hold up the camera: not at all. While no frame is due, this long.
const CARD_WAIT: Duration = Duration::from_millis(50);

/// What is asked for.
#[derive(Debug)]
pub struct AttemptRequest {
    /// The rules.
    pub policy: Policy,
    /// What the grant is for; stands in the log.
    pub purpose: String,
    /// The host account to be opened.
    pub account: Option<String>,
    /// Where the card comes from.
    pub cards: Cards,
    /// Where the frames come from.
    pub frames: Frames,
}

/// What happens in an attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A step was taken.
    Event(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// What would help now: every alternative, the preferred first.
    Need(Vec<Need>),
    /// The end.
    Done(Verdict),
}

/// An attempt under way: ask it for the next step until it is done. Dropped before that, it is called off.
pub struct Attempt<'e> {
    engine: &'e mut Engine,
    session: Authentication,
    cards: OpenCards,
    frames: OpenFrames,
    clock: Clock,
    steps: VecDeque<Step>,
    entry: audit::Entry,
    assurance: Option<Assurance>,
    lost: Option<Error>,
    done: bool,
}

impl<'e> Attempt<'e> {
    pub(super) fn begin(engine: &'e mut Engine, request: AttemptRequest) -> Result<Attempt<'e>, Error> {
        if matches!(request.cards, Cards::Claimed(_)) {
            engine.require_trial("a card told by the host")?;
        }
        if matches!(request.frames, Frames::Recorded { .. }) {
            engine.require_trial("frames from a file")?;
        }
        // Everything that can be missing is found missing here, before a person is asked for anything.
        let eyes = engine.fresh_eyes()?;
        let session = Authentication::new(Request {
            threshold: Threshold::verification(eyes.calibration(), request.policy.fmr)?,
            space: eyes.space(),
            live_threshold: eyes.refuse_below(),
            policy: request.policy,
            account: request.account.clone(),
            among: Vec::new(),
            claim: None,
            camera: true,
            reader: true,
            quiet: [Duration::ZERO; 2],
        });
        let mut entry = engine.entry(Operation::Authenticate, audit::Outcome::Failed);
        entry.purpose = Some(request.purpose);
        entry.account = request.account;
        entry.host_supplied.card = matches!(request.cards, Cards::Claimed(_));
        entry.host_supplied.frames = matches!(request.frames, Frames::Recorded { .. });
        // What could not be written down must not be tried.
        entry.check().map_err(StoreError::from)?;
        let frames = OpenFrames::open(request.frames)?;
        let cards = OpenCards::open(request.cards)?;
        Ok(Attempt {
            engine,
            session,
            cards,
            clock: Clock::new(frames.is_live()),
            frames,
            steps: VecDeque::with_capacity(8),
            entry,
            assurance: None,
            lost: None,
            done: false,
        })
    }

    /// The next step; `None` after the last.
    ///
    /// # Errors
    /// When the attempt cannot be judged: a device was lost before anything was presented, or the store failed.
    pub fn next_step(&mut self) -> Result<Option<Step>, Error> {
        loop {
            if let Some(step) = self.steps.pop_front() {
                return Ok(Some(step));
            }
            if self.done {
                return Ok(None);
            }
            self.advance()?;
        }
    }

    /// Calls the attempt off. What was presented still counts.
    ///
    /// # Errors
    /// When the log cannot be written.
    pub fn cancel(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        self.session.handle(now, Input::Cancel)?;
        self.carry_out(now)
    }

    fn advance(&mut self) -> Result<(), Error> {
        let advanced = self.read_card().and_then(|()| self.tick()).and_then(|()| self.read_frame());
        if let Err(error) = advanced {
            let device = match error {
                Error::Reader(_) => Device::Reader,
                Error::Camera(_) => Device::Camera,
                _ => {
                    self.record_failure(&error)?;
                    return Err(error);
                }
            };
            self.lost = Some(error);
            let now = self.clock.now();
            self.session.handle(now, Input::DeviceLost(device))?;
            self.carry_out(now)?;
        }
        Ok(())
    }

    fn tick(&mut self) -> Result<(), Error> {
        let now = self.clock.now();
        self.session.handle(now, Input::Tick)?;
        self.carry_out(now)
    }

    fn read_card(&mut self) -> Result<(), Error> {
        if self.assurance.is_some() {
            return Ok(());
        }
        let wait = if self.clock.waits_for_card() { CARD_WAIT } else { Duration::ZERO };
        let reading = match self.cards.next(wait) {
            // A card torn off the reader in mid-read is a card to be tapped again.
            Err(Error::Reader(ReaderError::Removed { .. } | ReaderError::Unreadable { .. })) => None,
            other => other?,
        };
        if let Some(reading) = reading {
            let now = self.clock.now();
            self.session.handle(now, Input::CardSeen(reading))?;
            self.carry_out(now)?;
            self.clock.start_frames();
        }
        Ok(())
    }

    fn read_frame(&mut self) -> Result<(), Error> {
        if self.done || self.clock.waits_for_card() {
            return Ok(());
        }
        let clock = &mut self.clock;
        match self.frames.next()? {
            Some(frame) => {
                let now = clock.at_frame(frame.time());
                let want = self.session.want(now);
                match self.engine.eyes()?.observe(&frame.at(now), want) {
                    Ok(observation) => self.session.handle(now, Input::Observation(observation))?,
                    Err(error) => self.frames.forgive(error)?,
                }
                self.carry_out(now)
            }
            None => {
                // The recording is over: nobody is in front of the camera any more, and time goes on.
                let now = self.session.deadline().unwrap_or_else(|| clock.now());
                clock.jump(now);
                self.session.handle(now, Input::Tick)?;
                self.carry_out(now)
            }
        }
    }

    /// Does what the session asks, and queues what it tells.
    fn carry_out(&mut self, now: Duration) -> Result<(), Error> {
        while let Some(output) = self.session.poll() {
            let step = match output {
                Output::Lookup(who) => {
                    let found = match &who {
                        Who::Card(card) => {
                            self.assurance = Some(card.assurance);
                            self.owner(card)?
                        }
                        Who::Claimed(_) => None,
                    };
                    self.session.handle(now, Input::Found(found.into_iter().collect()))?;
                    continue;
                }
                Output::Reserve { .. } => {
                    self.session.handle(now, Input::Reserved(Ok(Duration::ZERO)))?;
                    continue;
                }
                Output::Verify { .. } => {
                    self.session.handle(now, Input::Verified(false))?;
                    continue;
                }
                Output::Turn(_) => continue,
                Output::Event(event) => Step::Event(event),
                Output::Guide(guidance) => Step::Guide(guidance),
                Output::Need(needs) => Step::Need(needs),
                Output::Done(verdict) => {
                    self.finish(&verdict)?;
                    Step::Done(verdict)
                }
            };
            self.steps.push_back(step);
        }
        Ok(())
    }

    /// Whose card it is. The log's record names them from here on, whatever becomes of the attempt.
    fn owner(&mut self, card: &CardIdentity) -> Result<Option<Subject>, Error> {
        (self.entry.subject, self.entry.name) = (None, None);
        let store = &self.engine.store;
        let Some(Resolved { card, mut people }) = store.resolve_card(card)? else { return Ok(None) };
        // Whose face it must be cannot be told from a card that several people share: it is nobody's.
        let (Some((person, template)), true) = (people.pop(), people.is_empty()) else { return Ok(None) };
        let Profile { name, accounts, .. } = person.profile.clone();
        (self.entry.subject, self.entry.name) = (Some(person.id.clone()), Some(name));
        let now = Timestamp::now();
        let standing = if !card.is_valid(now) {
            Standing::CardRevoked
        } else if !person.is_valid(now) {
            Standing::Disabled
        } else {
            Standing::Good
        };
        let template = template.map(|stored| Template::from_bytes(&stored.bytes)).transpose()?;
        Ok(Some(Subject { id: person.id, standing, accounts, exception: false, template }))
    }

    /// The record is on the disk before the verdict is told: nobody is let in unrecorded.
    fn finish(&mut self, verdict: &Verdict) -> Result<(), Error> {
        self.done = true;
        let factors = verdict.factors.iter().filter_map(|factor| self.proved(factor)).collect();
        let entry = &mut self.entry;
        entry.factors = factors;
        entry.time = Timestamp::now();
        entry.outcome = match verdict.judgement {
            Outcome::Granted => audit::Outcome::Granted,
            Outcome::Denied => audit::Outcome::Denied,
            Outcome::Abandoned | Outcome::Observed => audit::Outcome::Abandoned,
        };
        entry.reason = Some(match verdict.detail {
            Some(detail) => format!("{}_{}", verdict.why.code(), detail.code()),
            None => verdict.why.code().to_owned(),
        });
        entry.duration_ms = u64::try_from(verdict.took.as_millis()).ok();
        self.engine.append(&self.entry)?;
        match self.lost.take() {
            Some(error) if verdict.outcome == Outcome::Abandoned => Err(error),
            _ => Ok(()),
        }
    }

    fn proved(&self, factor: Factor) -> Option<audit::Factor> {
        match factor {
            Factor::Card => self.assurance.map(|assurance| audit::Factor::Card { assurance }),
            Factor::Face => Some(audit::Factor::Face),
            _ => None,
        }
    }

    fn record_failure(&mut self, error: &Error) -> Result<(), Error> {
        self.done = true;
        self.entry.time = Timestamp::now();
        self.entry.outcome = audit::Outcome::Failed;
        self.entry.reason = Some(error.code().to_owned());
        self.engine.append(&self.entry)?;
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

/// The attempt's steady clock. Live frames run on real time. Recorded frames carry their own: their first one is taken
/// to come right after the card, and then time goes as fast as frames are read.
#[derive(Debug)]
enum Clock {
    Live(Instant),
    WaitingForCard(Instant),
    Recorded { base: Duration, now: Duration },
}

impl Clock {
    fn new(live: bool) -> Clock {
        if live { Clock::Live(Instant::now()) } else { Clock::WaitingForCard(Instant::now()) }
    }

    fn now(&self) -> Duration {
        match self {
            Clock::Live(start) | Clock::WaitingForCard(start) => start.elapsed(),
            Clock::Recorded { now, .. } => *now,
        }
    }

    fn waits_for_card(&self) -> bool {
        matches!(self, Clock::WaitingForCard(_))
    }

    fn start_frames(&mut self) {
        if let Clock::WaitingForCard(start) = self {
            let base = start.elapsed();
            *self = Clock::Recorded { base, now: base };
        }
    }

    fn at_frame(&mut self, time: Duration) -> Duration {
        if let Clock::Recorded { base, now } = self {
            *now = base.saturating_add(time);
        }
        self.now()
    }

    fn jump(&mut self, to: Duration) {
        if let Clock::Recorded { now, .. } = self {
            *now = to;
        }
    }
}
