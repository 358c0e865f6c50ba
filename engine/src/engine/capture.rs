//! Drives one enrolment: frames in, a template in the store or a reason why not.

use super::sources::{Frames, OpenFrames};
use super::{Engine, Error};
use jiff::Timestamp;

use crate::audit::{self, Operation};
use crate::matching::Threshold;
use crate::policy::EnrolmentPolicy;
use crate::session::{Enrolment, EnrolmentEvent, EnrolmentResult, Guidance};
use crate::store::NewTemplate;

/// False-match rate at which two enrolment pictures are taken for one person's: a picture of somebody else among a
/// person's own spoils the template, so the ordinary rate of a decision is asked for here too.
const SAME_PERSON_FMR: f64 = 1e-4;

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
    /// What the person should do now.
    Guide(Guidance),
    /// A sample was taken: so many of so many.
    Sample(usize, usize),
    /// The end. With a template: it is in the store.
    Done(EnrolmentResult),
}

/// An enrolment under way: ask it for the next step until it is done. Dropped before that, it is called off.
pub struct Capture<'e> {
    engine: &'e mut Engine,
    session: Enrolment,
    frames: OpenFrames,
    entry: audit::Entry,
    person: String,
    done: bool,
}

impl<'e> Capture<'e> {
    pub(super) fn begin(engine: &'e mut Engine, request: CaptureRequest) -> Result<Capture<'e>, Error> {
        if matches!(request.frames, Frames::Recorded { .. }) {
            engine.require_trial("frames from a file")?;
        }
        engine.require_person(&request.person)?;
        let eyes = engine.fresh_eyes()?;
        let threshold = Threshold::verification(eyes.calibration(), SAME_PERSON_FMR)?;
        let session = Enrolment::new(request.policy, threshold, eyes.space());
        let mut entry = engine.entry(Operation::FaceEnrol, audit::Outcome::Failed);
        entry.host_supplied.frames = matches!(request.frames, Frames::Recorded { .. });
        entry.object = Some(request.person.clone());
        let frames = OpenFrames::open(request.frames)?;
        Ok(Capture { engine, session, frames, entry, person: request.person, done: false })
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
                Some(EnrolmentEvent::Guide(guidance)) => return Ok(Some(CaptureStep::Guide(guidance))),
                Some(EnrolmentEvent::Sample(taken, of)) => return Ok(Some(CaptureStep::Sample(taken, of))),
                Some(EnrolmentEvent::Done(result)) => {
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
                let time = frame.time();
                match self.engine.eyes()?.observe(&frame, self.session.want()) {
                    Ok(observation) => self.session.observe(time, observation)?,
                    Err(error) => {
                        self.frames.forgive(error)?;
                        self.session.tick(time)?;
                    }
                }
            }
            None => return Ok(self.session.finish()?),
        }
        // The same picture again says nothing more.
        if self.frames.is_still() { Ok(self.session.finish()?) } else { Ok(()) }
    }

    /// Template and record are one transaction, and on the disk before anybody is told that it was taken.
    fn keep(&mut self, result: &EnrolmentResult) -> Result<(), Error> {
        self.entry.time = Timestamp::now();
        let Some(template) = &result.template else {
            self.entry.outcome = audit::Outcome::Refused;
            self.entry.reason = Some("too_few_samples".to_owned());
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
