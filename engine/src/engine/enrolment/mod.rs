//! Drives one enrolment: an administrator, the person's face and their own card in; person, card and template in the store
//! together, or none of them, or a case for a second pair of eyes.

mod duplicates;
mod keep;
mod pending;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

pub use self::pending::PendingEnrolment;
pub(super) use self::pending::{count_waiting, forget_lapsed, turn_waiting};
use super::acting::Acting;
use super::attempt::quiet;
use super::losses::device_of;
use super::sources::{CardInput, Cards, Frames, OpenCards, OpenFrames};
use super::standing::proves_enough;
use super::{Engine, Error, Polled};
use crate::audit::{self, Operation};
use crate::frame::{Next, Pace, preview};
use crate::matching::Template;
use crate::policy::{EnrolmentPolicy, NoPolicy, Purpose, Right};
use crate::session::{
    CardTrouble, Device, Enrolment, EnrolmentInput, EnrolmentOutput, EnrolmentRequest, EnrolmentResult,
    Event, Guidance, Pacer,
};
use crate::store::{Profile, Resolved, StoredTemplate};
use jiff::Timestamp;
use zeroize::Zeroizing;

/// False-match rate at which two enrolment pictures are taken for one person's: a picture of somebody else among a
/// person's own spoils the template, so the ordinary rate of a decision is asked for here too.
const SAME_PERSON_FMR: f64 = 1e-4;

/// A host that hands in no frame for so long has none any more.
const SILENCE: Duration = Duration::from_secs(10);

/// Whom to enrol, and from what.
#[derive(Debug)]
pub struct CaptureRequest {
    /// The person's id.
    pub person: String,
    /// What is to be written down of a person who is not in the store yet. Without it they must be.
    pub profile: Option<Profile>,
    /// How many pictures to take, where the policy's number is not wanted; fewer than the policy's least only in a store
    /// for trials.
    pub samples: Option<usize>,
    /// Where the frames come from.
    pub frames: Frames,
    /// Where the person's own card comes from. Without it none is bound, if the policy allows that.
    pub cards: Option<Cards>,
    /// What the card is called when it is bound.
    pub label: Option<String>,
    /// The host that asks, by the name that the policy knows it by.
    pub host: Option<String>,
}

/// What happens in an enrolment.
#[derive(Debug)]
pub enum CaptureStep {
    /// A step was taken.
    Event(Event),
    /// What the person should do now.
    Guide(Guidance),
    /// A sample was taken: so many of so many.
    Sample(usize, usize),
    /// The end. With a template and no review: it is in the store.
    Done(EnrolmentResult),
}

/// An enrolment under way: ask it for the next step until it is done. Dropped before that, it is called off.
pub struct Capture<'e> {
    acting: Acting<'e>,
    session: Enrolment,
    frames: OpenFrames,
    cards: Option<OpenCards>,
    person: String,
    profile: Option<Profile>,
    label: Option<String>,
    /// When the template was made that the new one is compared with and will replace.
    replaces: Option<Timestamp>,
    /// How long it waits for review, if it has to.
    pending: Duration,
    entry: audit::Entry,
    now: Duration,
    /// What there is time for in a frame.
    pacer: Pacer,
    /// When a frame came last.
    heard: Instant,
    /// Of the next frame a preview is wanted whose longer side is so many px.
    preview_wanted: Option<u32>,
    preview: Option<Zeroizing<Vec<u8>>>,
    done: bool,
}

impl<'e> Acting<'e> {
    /// Begins an enrolment.
    ///
    /// # Errors
    /// Without the right; for oneself; when the person may do more than who enrols; when the policy enrols nobody at this
    /// terminal, or not from these sources; when a device, the pack or the runtime is missing; when the person is not in the store, or is already and was to be added.
    pub fn enrol(mut self, mut request: CaptureRequest) -> Result<Capture<'e>, Error> {
        let person = request.person.clone();
        match self.permit_enrolment(&mut request) {
            Ok(policy) => Capture::begin(self, request, policy),
            Err(error) => {
                self.record_refusal(Operation::FaceEnrol, &person, error.code());
                Err(error)
            }
        }
    }

    fn permit_enrolment(&self, request: &mut CaptureRequest) -> Result<EnrolmentPolicy, Error> {
        self.require(Right::Enrol)?;
        if request.profile.is_some() {
            self.require(Right::People)?;
        }
        if request.cards.is_some() {
            self.require(Right::Cards)?;
        }
        self.refuse_own_affair("enrolling", &request.person)?;
        let engine = &self.engine;
        let (by, now) = (self.authority(), engine.now()?);
        engine.store.look(|store| match &request.profile {
            Some(profile) => by.require_rights_of(store, now, profile.role.as_deref()),
            None => by.require_rights_over(store, now, &request.person),
        })?;
        let rules = engine.rulebook()?;
        let host = request.host.as_deref();
        engine.permit_sources(&rules, host, Some(&mut request.frames), request.cards.as_mut())?;
        // A host that may hand in a card for a log-in may not for that make somebody into anybody.
        if request.frames.are_the_hosts() {
            engine.require_trial(request.frames.what())?;
        }
        if request.cards.as_ref().is_some_and(Cards::are_the_hosts) {
            engine.require_trial("a card told by the host")?;
        }
        match (&request.profile, engine.store.person(&request.person)?) {
            (Some(_), Some(_)) => {
                return Err(crate::store::StoreError::PersonExists { id: request.person.clone() }.into());
            }
            (None, None) => return Err(Error::NoPerson { id: request.person.clone() }),
            _ => {}
        }
        let terminal = &engine.store.settings().terminal;
        let policy = rules.enrolment(terminal).cloned().ok_or_else(|| NoPolicy::Purpose {
            purpose: Purpose::Enrolment,
            group: rules.group(terminal).name.clone(),
        })?;
        let policy = match request.samples {
            Some(samples) if engine.is_trial() => policy.with_samples(samples),
            Some(samples) => EnrolmentPolicy { samples: samples.max(policy.least_samples), ..policy },
            None => policy,
        };
        if policy.card && request.cards.is_none() {
            return Err(Error::CardNeeded);
        }
        Ok(EnrolmentPolicy { card: request.cards.is_some(), ..policy })
    }
}

/// What an enrolment needs before it can begin.
struct Prepared {
    session: Enrolment,
    frames: OpenFrames,
    cards: Option<OpenCards>,
    /// When the template was made that the new one will replace.
    replaces: Option<Timestamp>,
}

fn prepare(
    engine: &mut Engine,
    person: &str,
    policy: EnrolmentPolicy,
    (frames, cards): (Frames, Option<Cards>),
) -> Result<Prepared, Error> {
    let live = match &frames {
        Frames::Camera(_) => true,
        Frames::Recorded { .. } => false,
        Frames::Pushed(frames) => frames.pace() == Pace::Live,
    };
    let before = engine.store.template(person)?;
    let replaces = before.as_ref().map(|before| before.created);
    let session = Enrolment::new(enrolment_request(engine, person, before, policy, live)?);
    let cards = cards.map(|cards| engine.open_cards(cards, None)).transpose()?;
    let frames = engine.open_frames(frames, None)?;
    Ok(Prepared { session, frames, cards, replaces })
}

impl<'e> Capture<'e> {
    /// What cannot begin stands in the log as well: somebody was to be enrolled.
    fn begin(
        acting: Acting<'e>,
        request: CaptureRequest,
        policy: EnrolmentPolicy,
    ) -> Result<Capture<'e>, Error> {
        let CaptureRequest { person, profile, label, frames, cards, host, .. } = request;
        let recorded = frames.are_the_hosts();
        let claimed = cards.as_ref().is_some_and(Cards::are_the_hosts);
        let pending = policy.pending;
        let prepared = prepare(acting.engine, &person, policy, (frames, cards));
        let mut entry = acting.entry(Operation::FaceEnrol, audit::Outcome::Failed, &person);
        entry.host = host;
        (entry.host_supplied.frames, entry.host_supplied.card) = (recorded, claimed);
        let Prepared { session, frames, cards, replaces } = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                entry.reason = Some(error.code().to_owned());
                acting.engine.append(&entry)?;
                return Err(error);
            }
        };
        entry.camera = frames.camera();
        entry.reader = cards.as_ref().and_then(OpenCards::reader);
        Ok(Capture {
            acting,
            session,
            frames,
            cards,
            person,
            profile,
            label,
            replaces,
            pending,
            entry,
            now: Duration::ZERO,
            pacer: Pacer::new(),
            heard: Instant::now(),
            preview_wanted: None,
            preview: None,
            done: false,
        })
    }

    /// The next step; `None` after the last.
    ///
    /// # Errors
    /// When frames, nets or the store fail. Then the store is as it was.
    pub fn next_step(&mut self) -> Result<Option<CaptureStep>, Error> {
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
    /// As [`Capture::next_step`].
    pub fn poll_step(&mut self) -> Result<Polled<CaptureStep>, Error> {
        match self.advance() {
            Err(error) if !self.done => {
                self.done = true;
                let name = match device_of(&error) {
                    Some(Device::Camera) => self.entry.camera.as_deref(),
                    Some(Device::Reader) => self.entry.reader.as_deref(),
                    None => None,
                };
                self.acting.engine.record_loss(&error, name, None)?;
                self.record(audit::Outcome::Failed, error.code())?;
                Err(error)
            }
            other => other,
        }
    }

    fn advance(&mut self) -> Result<Polled<CaptureStep>, Error> {
        loop {
            match self.session.poll() {
                Some(EnrolmentOutput::Event(event)) => return Ok(Polled::Ready(CaptureStep::Event(event))),
                Some(EnrolmentOutput::Guide(guidance)) => {
                    return Ok(Polled::Ready(CaptureStep::Guide(guidance)));
                }
                Some(EnrolmentOutput::Sample(taken, of)) => {
                    return Ok(Polled::Ready(CaptureStep::Sample(taken, of)));
                }
                Some(EnrolmentOutput::Lookup(card)) => {
                    let resolved = self.acting.engine.store.resolve_card(&card)?;
                    if resolved.as_ref().is_some_and(|found| found.card.status.is_stopped()) {
                        let stopped = EnrolmentInput::CardTrouble(CardTrouble::Stopped);
                        self.session.handle(self.now, stopped)?;
                        continue;
                    }
                    let holders = match resolved {
                        // A copy of a card that proves itself is nobody's, and cannot be bound: its number is taken.
                        Some(Resolved { card: bound, people }) if proves_enough(&bound, &card) => {
                            people.into_iter().map(|(person, _)| person.id).collect()
                        }
                        Some(_) | None => Vec::new(),
                    };
                    self.session.handle(self.now, EnrolmentInput::Holders(holders))?;
                }
                Some(EnrolmentOutput::Search(template)) => {
                    let comparison = self.acting.engine.compare_with_all(&self.person, &template)?;
                    self.session.handle(self.now, EnrolmentInput::Compared(comparison))?;
                }
                Some(EnrolmentOutput::Done(result)) => {
                    self.keep(&result)?;
                    self.done = true;
                    return Ok(Polled::Ready(CaptureStep::Done(result)));
                }
                None if self.done => return Ok(Polled::Over),
                None => {
                    self.read_card()?;
                    self.read_frame()?;
                    return Ok(Polled::Pending);
                }
            }
        }
    }

    /// Has a small picture kept of the next frame, its longer side so many px, for whoever enrols to show it.
    pub fn show_next(&mut self, side: u32) {
        self.preview_wanted = Some(side);
    }

    /// The picture that was kept: JPEG, at most [`PREVIEW_BYTES`](crate::frame::PREVIEW_BYTES) long.
    pub fn take_preview(&mut self) -> Option<Zeroizing<Vec<u8>>> {
        self.preview.take()
    }

    fn read_card(&mut self) -> Result<(), Error> {
        let Some(cards) = &mut self.cards else { return Ok(()) };
        let input = match cards.next(Duration::ZERO)? {
            None => return Ok(()),
            Some(CardInput::Read(reading)) => EnrolmentInput::CardSeen(reading),
            Some(CardInput::Trouble(trouble)) => EnrolmentInput::CardTrouble(trouble),
            Some(CardInput::Removed) => EnrolmentInput::CardGone,
        };
        Ok(self.session.handle(self.now, input)?)
    }

    fn read_frame(&mut self) -> Result<(), Error> {
        let is_live = self.frames.is_live();
        let frame = match self.frames.next()? {
            Next::Frame(frame) => frame,
            Next::Nothing if self.heard.elapsed() < SILENCE => return Ok(()),
            Next::Nothing | Next::Over => {
                return Ok(self.session.handle(self.now, EnrolmentInput::FramesOver)?);
            }
        };
        self.heard = Instant::now();
        self.now = frame.time();
        if let Some(side) = self.preview_wanted.take() {
            // What cannot be decoded is told of below.
            self.preview = preview(&frame, side).ok();
        }
        let wanted = self.session.want(self.now);
        let want = if is_live { self.pacer.allow(wanted) } else { wanted };
        let begun = Instant::now();
        match self.acting.engine.eyes()?.observe(&frame, want) {
            Ok(observation) => self.session.handle(self.now, EnrolmentInput::Observation(observation))?,
            Err(error) => {
                self.frames.forgive(error)?;
                self.session.handle(self.now, EnrolmentInput::Tick)?;
            }
        }
        if is_live {
            self.pacer.note(self.now, want, begun.elapsed());
        }
        // The same picture again says nothing more.
        if self.frames.is_still() {
            self.session.handle(self.now, EnrolmentInput::FramesOver)?;
        }
        Ok(())
    }
}

impl Drop for Capture<'_> {
    /// An enrolment that is dropped before its end was called off: nothing is kept of it but the record.
    fn drop(&mut self) {
        if !self.done {
            // Nobody is left to be told that it could not be recorded, and the store is as it was.
            let _ = self.record(audit::Outcome::Abandoned, "cancelled");
        }
    }
}

fn enrolment_request(
    engine: &mut Engine,
    person: &str,
    before: Option<StoredTemplate>,
    policy: EnrolmentPolicy,
    live: bool,
) -> Result<EnrolmentRequest, Error> {
    let before = before.and_then(|stored| Template::from_bytes(&stored.bytes).ok());
    let threshold = engine.thresholds()?.of(SAME_PERSON_FMR)?;
    let eyes = engine.fresh_eyes()?;
    Ok(EnrolmentRequest {
        person: person.to_owned(),
        policy,
        threshold,
        space: eyes.space(),
        live_threshold: eyes.refuse_below(),
        before,
        quiet: quiet(live)?,
    })
}
