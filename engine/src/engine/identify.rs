//! Who is in front of the camera, out of everybody enrolled. Only where the store was made for trials: one face against
//! a whole hospital needs a stricter threshold than the ordinary policy has.

use std::time::{Duration, Instant};

use super::sources::{Frames, OpenFrames};
use super::{Engine, Error};
use crate::audit::{self, Operation};
use crate::face::{Embedding, Observation, Want};
use crate::frame::Next;
use crate::matching::{self, Gallery, Template};
use crate::policy::Policy;

/// Frames averaged into one probe.
const PROBE_FRAMES: usize = 4;

/// Frames looked at for them: half a minute at 30 a second.
const FRAMES: usize = 900;

/// How long a source of live frames that has none is asked again.
const SILENCE: Duration = Duration::from_secs(10);

/// Somebody the face may belong to.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The person.
    pub person: String,
    /// Cosine, −1..1.
    pub score: f32,
    /// Whether the score is a match at the false-positive identification rate of the ordinary policy.
    pub matched: bool,
}

impl Engine {
    /// The `top` people nearest to the face in the frames, nearest first; `None` if no usable face was seen.
    ///
    /// # Errors
    /// When the store was not made for trials, or frames, nets or the store fail.
    pub fn identify(&mut self, frames: Frames, top: usize) -> Result<Option<Vec<Hit>>, Error> {
        self.require_trial("identification")?;
        self.fresh_eyes()?;
        let (mut gallery, people) = self.gallery()?;
        let threshold = self.thresholds()?.among(people.len(), Policy::ordinary().fmr)?;
        let eyes = self.eyes()?;
        let space = eyes.space();
        let mut source = OpenFrames::open(frames)?;
        let mut samples = Vec::with_capacity(PROBE_FRAMES);
        let want = Want { embedding: true, ..Want::default() };
        let (mut looked_at, mut heard) = (0, Instant::now());
        while looked_at < FRAMES {
            let frame = match source.next()? {
                Next::Frame(frame) => frame,
                Next::Nothing if heard.elapsed() < SILENCE => continue,
                Next::Nothing | Next::Over => break,
            };
            (looked_at, heard) = (looked_at + 1, Instant::now());
            match eyes.observe(&frame, want) {
                Ok(observation) => samples.extend(usable(observation)),
                Err(error) => source.forgive(error)?,
            }
            if samples.len() == PROBE_FRAMES || source.is_still() {
                break;
            }
        }
        let camera = source.camera();
        if samples.is_empty() {
            self.record_identification(None, camera)?;
            return Ok(None);
        }
        let probe = matching::mean(&samples)?;
        let hits: Vec<Hit> = gallery
            .search(space, &probe, top.min(people.len()))?
            .iter()
            .filter_map(|hit| {
                let person = people.get(hit.person)?.clone();
                Some(Hit { person, score: hit.score, matched: threshold.accepts(hit.score) })
            })
            .collect();
        self.record_identification(Some(&hits), camera)?;
        Ok(Some(hits))
    }

    fn gallery(&mut self) -> Result<(Gallery, Vec<String>), Error> {
        let eyes = self.eyes()?;
        let mut gallery = Gallery::new(eyes.space(), eyes.embedding_len());
        let mut people = Vec::new();
        for stored in self.store.templates() {
            let stored = stored?;
            let push = |template: Template| gallery.push(people.len(), &template);
            Template::from_bytes(&stored.bytes)
                .and_then(push)
                .map_err(|cause| Error::Template { person: stored.person.clone(), cause })?;
            people.push(stored.person);
        }
        Ok((gallery, people))
    }

    fn record_identification(&mut self, hits: Option<&[Hit]>, camera: Option<String>) -> Result<(), Error> {
        let (outcome, reason) = match hits.map(<[Hit]>::first) {
            None => (audit::Outcome::Abandoned, Some("no_face")),
            Some(Some(hit)) if hit.matched => (audit::Outcome::Done, None),
            Some(_) => (audit::Outcome::Denied, Some("no_match")),
        };
        let mut entry = self.entry(Operation::Identify, outcome);
        entry.host_supplied.frames = camera.is_none();
        entry.camera = camera;
        entry.reason = reason.map(str::to_owned);
        if let Some(hit) = hits.and_then(<[Hit]>::first).filter(|hit| hit.matched) {
            entry.name = self.store.person(&hit.person)?.map(|person| person.profile.name);
            entry.subject = Some(hit.person.clone());
        }
        self.append(&entry)?;
        Ok(())
    }
}

/// The embedding of a frame that shows one face, well.
fn usable(observation: &Observation) -> Option<Embedding> {
    let face = observation.face.as_ref()?;
    let fit = observation.faces == 1 && face.quality.hint.is_none();
    face.embedding.clone().filter(|_| fit)
}
