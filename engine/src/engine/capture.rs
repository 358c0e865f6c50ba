//! Drives one enrolment: frames in, a template in the store or a reason why not.

use std::time::Duration;

use super::sources::{Frames, OpenFrames};
use super::{Engine, Error};
use jiff::Timestamp;

use crate::audit::{self, Operation};
use crate::matching::{Template, Threshold};
use crate::policy::EnrolmentPolicy;
use crate::session::{
    Enrolment, EnrolmentInput, EnrolmentOutput, EnrolmentRequest, EnrolmentResult, Event, Guidance,
};
use crate::store::{NewTemplate, Resolved};

/// False-match rate at which two enrolment pictures are taken for one person's: a picture of somebody else among a
/// person's own spoils the template, so the ordinary rate of a decision is asked for here too.
const SAME_PERSON_FMR: f64 = 1e-4;

/// How often a newcomer may be taken for anybody already enrolled: each time, somebody has to look.
const RESEMBLANCE_FPIR: f64 = 1e-2;

/// Whom to enrol, and from what.
#[derive(Debug)]
pub struct CaptureRequest {
    /// The person.
    pub person: String,
    /// The rules.
    pub policy: EnrolmentPolicy,
    /// Where the frames come from.
    pub frames: Frames,
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
    engine: &'e mut Engine,
    session: Enrolment,
    frames: OpenFrames,
    entry: audit::Entry,
    person: String,
    now: Duration,
    done: bool,
}

impl<'e> Capture<'e> {
    pub(super) fn begin(engine: &'e mut Engine, request: CaptureRequest) -> Result<Capture<'e>, Error> {
        if matches!(request.frames, Frames::Recorded { .. }) {
            engine.require_trial("frames from a file")?;
        }
        engine.require_person(&request.person)?;
        let people = engine.store.templates().count();
        let before = match engine.store.template(&request.person)? {
            Some(stored) => Template::from_bytes(&stored.bytes).ok(),
            None => None,
        };
        let eyes = engine.fresh_eyes()?;
        let calibration = eyes.calibration();
        let session = Enrolment::new(EnrolmentRequest {
            person: request.person.clone(),
            threshold: Threshold::verification(calibration, SAME_PERSON_FMR)?,
            // Beyond what the calibration reaches, the strictest that it knows.
            among_all: Threshold::identification(calibration, RESEMBLANCE_FPIR, people)
                .or_else(|_| Threshold::verification(calibration, calibration.least_fmr()))?,
            space: eyes.space(),
            live_threshold: eyes.refuse_below(),
            policy: request.policy,
            before,
            quiet: Duration::ZERO,
        });
        let mut entry = engine.entry(Operation::FaceEnrol, audit::Outcome::Failed);
        entry.host_supplied.frames = matches!(request.frames, Frames::Recorded { .. });
        entry.object = Some(request.person.clone());
        let frames = OpenFrames::open(request.frames)?;
        Ok(Capture {
            engine,
            session,
            frames,
            entry,
            person: request.person,
            now: Duration::ZERO,
            done: false,
        })
    }

    /// The next step; `None` after the last.
    ///
    /// # Errors
    /// When frames, nets or the store fail. Then the store is as it was.
    pub fn next_step(&mut self) -> Result<Option<CaptureStep>, Error> {
        match self.advance() {
            Err(error) if !self.done => {
                self.done = true;
                self.entry.time = Timestamp::now();
                self.entry.reason = Some(error.code().to_owned());
                self.engine.append(&self.entry)?;
                Err(error)
            }
            other => other,
        }
    }

    fn advance(&mut self) -> Result<Option<CaptureStep>, Error> {
        loop {
            match self.session.poll() {
                Some(EnrolmentOutput::Event(event)) => return Ok(Some(CaptureStep::Event(event))),
                Some(EnrolmentOutput::Guide(guidance)) => return Ok(Some(CaptureStep::Guide(guidance))),
                Some(EnrolmentOutput::Sample(taken, of)) => return Ok(Some(CaptureStep::Sample(taken, of))),
                Some(EnrolmentOutput::Lookup(card)) => {
                    let holders = match self.engine.store.resolve_card(&card)? {
                        Some(Resolved { people, .. }) => {
                            people.into_iter().map(|(person, _)| person.id).collect()
                        }
                        None => Vec::new(),
                    };
                    self.session.handle(self.now, EnrolmentInput::Holders(holders))?;
                }
                Some(EnrolmentOutput::Search(template)) => {
                    let hits = self.engine.resembling(&template)?;
                    self.session.handle(self.now, EnrolmentInput::Hits(hits))?;
                }
                Some(EnrolmentOutput::Done(result)) => {
                    self.keep(&result)?;
                    return Ok(Some(CaptureStep::Done(result)));
                }
                None if self.done => return Ok(None),
                None => self.read_frame()?,
            }
        }
    }

    fn read_frame(&mut self) -> Result<(), Error> {
        match self.frames.next()? {
            Some(frame) => {
                self.now = frame.time();
                match self.engine.eyes()?.observe(&frame, self.session.want(self.now)) {
                    Ok(observation) => {
                        self.session.handle(self.now, EnrolmentInput::Observation(observation))?;
                    }
                    Err(error) => {
                        self.frames.forgive(error)?;
                        self.session.handle(self.now, EnrolmentInput::Tick)?;
                    }
                }
            }
            None => return Ok(self.session.handle(self.now, EnrolmentInput::FramesOver)?),
        }
        // The same picture again says nothing more.
        if self.frames.is_still() {
            self.session.handle(self.now, EnrolmentInput::FramesOver)?;
        }
        Ok(())
    }

    /// Template and record are one transaction, and on the disk before anybody is told that it was taken.
    fn keep(&mut self, result: &EnrolmentResult) -> Result<(), Error> {
        self.entry.time = Timestamp::now();
        let refused =
            result.failure.map(|failure| failure.code()).or(result.review.map(|reason| reason.code()));
        let Some(template) = result.template.as_ref().filter(|_| refused.is_none()) else {
            self.entry.outcome = audit::Outcome::Refused;
            self.entry.reason = refused.map(str::to_owned);
            self.engine.append(&self.entry)?;
            self.done = true;
            return Ok(());
        };
        self.entry.outcome = audit::Outcome::Done;
        let bytes = template.to_bytes();
        let new = NewTemplate {
            bytes: &bytes,
            model: template.model(),
            quality: template.quality(),
            samples: u32::try_from(template.sample_count()).unwrap_or(u32::MAX),
            created: self.entry.time,
        };
        self.engine.store.write(|store| {
            store.put_template(&self.person, &new)?;
            store.append(&self.entry)
        })?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Capture<'_> {
    /// An enrolment that is dropped before its end was called off: nothing is kept of it but the record.
    fn drop(&mut self) {
        if !self.done {
            self.entry.time = Timestamp::now();
            self.entry.outcome = audit::Outcome::Abandoned;
            self.entry.reason = Some("cancelled".to_owned());
            // Nobody is left to be told that it could not be recorded, and the store is as it was.
            let _ = self.engine.append(&self.entry);
        }
    }
}
