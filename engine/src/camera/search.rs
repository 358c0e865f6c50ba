//! Finding a camera by its number or name, and opening it, a step at a time.

use std::sync::Arc;
use std::time::{Duration, Instant};
use std::vec::IntoIter;

use super::broker::{Asked, Broker, Known, Listing};
use super::stream::{Look, Stream};
use super::{CameraEntry, CameraError};

/// A camera that is looked for.
pub(super) struct Search {
    which: Option<String>,
    left: IntoIter<CameraEntry>,
    step: Step,
    /// Of several cameras the first tells most: those that follow it are often parts of the same.
    fault: Option<CameraError>,
}

enum Step {
    Listing(Arc<Listing<Known>>),
    Next,
    Closing(CameraEntry, Arc<Stream>),
    Opening(Look),
}

impl Search {
    pub(super) fn begin(broker: &Broker, which: Option<String>) -> Result<Search, CameraError> {
        Ok(Search { which, left: Vec::new().into_iter(), step: Step::Listing(broker.list()?), fault: None })
    }

    /// The name of the camera that is being opened.
    pub(super) fn name(&self) -> Option<&str> {
        match &self.step {
            Step::Opening(look) => Some(&look.entry().name),
            Step::Closing(entry, _) => Some(&entry.name),
            Step::Listing(_) | Step::Next => None,
        }
    }

    /// Goes on for so long at the most. The camera, once it films.
    ///
    /// # Errors
    /// Why there is none. Each that is tried takes no longer than a camera may take to open.
    pub(super) fn poll(&mut self, broker: &Broker, wait: Duration) -> Result<Option<Look>, CameraError> {
        let deadline = Instant::now() + wait;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            // What is over is over, whatever becomes of the next step.
            self.step = match std::mem::replace(&mut self.step, Step::Next) {
                Step::Listing(listing) => match listing.answer(left)? {
                    Some(known) => {
                        self.left = self.choose(&known)?.into_iter();
                        Step::Next
                    }
                    None => {
                        self.step = Step::Listing(listing);
                        return Ok(None);
                    }
                },
                Step::Next => match self.left.next() {
                    Some(entry) => self.ask(broker, entry),
                    None => return Err(self.fault.take().unwrap_or(CameraError::NoCamera)),
                },
                Step::Closing(entry, stream) => {
                    stream.ended_within(left);
                    if left.is_zero() && !stream.has_ended() && !stream.is_abandoned() {
                        self.step = Step::Closing(entry, stream);
                        return Ok(None);
                    }
                    self.ask(broker, entry)
                }
                Step::Opening(look) => match look.is_filming(left) {
                    Ok(true) => return Ok(Some(look)),
                    Ok(false) => {
                        self.step = Step::Opening(look);
                        return Ok(None);
                    }
                    Err(error) => self.pass(error),
                },
            };
        }
    }

    fn ask(&mut self, broker: &Broker, entry: CameraEntry) -> Step {
        match broker.ask(&entry) {
            Ok(Asked::Look(look)) => Step::Opening(look),
            Ok(Asked::Closing(stream)) => Step::Closing(entry, stream),
            Err(error) => self.pass(error),
        }
    }

    fn pass(&mut self, error: CameraError) -> Step {
        self.fault.get_or_insert(error);
        Step::Next
    }

    fn choose(&self, known: &[CameraEntry]) -> Result<Vec<CameraEntry>, CameraError> {
        let is_meant = |entry: &&CameraEntry| self.which.as_deref().is_none_or(|which| entry.is(which));
        let mut chosen: Vec<CameraEntry> = known.iter().filter(is_meant).cloned().collect();
        // A virtual one is not taken anyway: what keeps the others from being used is worth more to be told.
        chosen.sort_by_key(|entry| entry.origin.is_virtual);
        let Some(which) = &self.which else { return Ok(chosen) };
        if known.is_empty() {
            return Err(CameraError::NoCamera);
        }
        if chosen.is_empty() {
            let found = known.iter().map(|entry| entry.name.clone()).collect();
            return Err(CameraError::Unknown { wanted: which.clone(), found });
        }
        Ok(chosen)
    }
}
