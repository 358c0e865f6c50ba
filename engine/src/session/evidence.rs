//! What one uninterrupted face has shown so far: samples before the blink, the blink, samples after it.

use std::time::Duration;

use crate::face::{Embedding, FaceObservation, TrackId};
use crate::liveness::Blink;
use crate::matching::{self, MatchError};

/// Samples on either side of the blink. Two halve the noise of one; more cost 10 ms each and gain little (the mean of
/// four is what is compared).
const SAMPLES: usize = 2;

/// Least time between samples: neighbouring frames share their noise.
const SPACING: Duration = Duration::from_millis(60);

/// While the blink is awaited the face is compared with its earlier self this often: who blinks must be who was seen
/// before and after. Nobody is swapped for somebody else and back in a quarter of a second on one unbroken track.
const WATCH: Duration = Duration::from_millis(250);

/// A face that was asked to blink and could not be compared for so long, dark, turned or blurred, may have become
/// another one. The longest blink that counts (800 ms) and its neighbouring frames fit in.
const UNWATCHED: Duration = Duration::from_secs(1);

/// A lid on its way up blurs the picture: samples wait this long after the eyes are open again.
const SETTLE: Duration = Duration::from_millis(60);

/// The evidence of one track.
#[derive(Debug)]
pub(super) struct Evidence {
    track: TrackId,
    before: Vec<Embedding>,
    prompted: Option<Duration>,
    blink: Option<Blink>,
    after: Vec<Embedding>,
    taken: Option<Duration>,
}

impl Evidence {
    /// Nothing known of this face yet.
    pub(super) fn of(track: TrackId) -> Evidence {
        Evidence {
            track,
            before: Vec::with_capacity(SAMPLES),
            prompted: None,
            blink: None,
            after: Vec::with_capacity(SAMPLES),
            taken: None,
        }
    }

    pub(super) fn track(&self) -> TrackId {
        self.track
    }

    /// Whether the face was out of sight of the comparison for too long since it was asked to blink.
    pub(super) fn is_stale(&self, now: Duration) -> bool {
        self.prompted() && self.taken.is_some_and(|taken| now.saturating_sub(taken) > UNWATCHED)
    }

    /// Whether a sample of the frame at `now` would be of use.
    pub(super) fn wants_sample(&self, now: Duration) -> bool {
        let since_last = self.taken.map_or(Duration::MAX, |taken| now.saturating_sub(taken));
        match &self.blink {
            None if self.before.len() < SAMPLES => since_last >= SPACING,
            None => since_last >= WATCH,
            Some(blink) => {
                let settled = now.saturating_sub(blink.reopened_at) >= SETTLE;
                settled && since_last >= SPACING && self.after.len() < SAMPLES
            }
        }
    }

    /// Takes the embedding of a usable frame, if it came with one. Answers how alike it is to the face so far, when
    /// that can be told.
    pub(super) fn take(&mut self, now: Duration, face: &FaceObservation) -> Result<Option<f32>, MatchError> {
        let Some(embedding) = &face.embedding else { return Ok(None) };
        if !self.wants_sample(now) {
            return Ok(None);
        }
        self.taken = Some(now);
        let likeness = match self.before.first() {
            Some(_) => Some(matching::cosine(&matching::mean(&self.before)?, embedding)?),
            None => None,
        };
        if self.blink.is_some() {
            self.after.push(embedding.clone());
        } else if self.before.len() < SAMPLES {
            self.before.push(embedding.clone());
        }
        Ok(likeness)
    }

    /// The face is known well enough to ask for the blink, and was not asked yet.
    pub(super) fn ready_for_prompt(&self) -> bool {
        self.prompted.is_none() && self.before.len() == SAMPLES
    }

    pub(super) fn prompt(&mut self, now: Duration) {
        self.prompted = Some(now);
    }

    pub(super) fn prompted(&self) -> bool {
        self.prompted.is_some()
    }

    pub(super) fn has_blinked(&self) -> bool {
        self.blink.is_some()
    }

    /// Counts a blink that began after the prompt, of this very face; says whether it counted.
    pub(super) fn blinked(&mut self, blink: Blink) -> bool {
        let answers = self.prompted.is_some_and(|prompted| blink.closed_at >= prompted);
        let counts = answers && self.blink.is_none() && blink.track == self.track;
        if counts {
            self.blink = Some(blink);
        }
        counts
    }

    /// The mean of all samples before and after the blink, once all of it is there.
    pub(super) fn complete(&self) -> Result<Option<Embedding>, MatchError> {
        if self.blink.is_none() || self.after.len() < SAMPLES {
            return Ok(None);
        }
        let samples: Vec<Embedding> = self.before.iter().chain(&self.after).cloned().collect();
        matching::mean(&samples).map(Some)
    }
}
