//! What one uninterrupted face has shown so far: samples before the blinks, the blinks, samples after them.

use std::time::Duration;

use crate::face::{Embedding, FaceObservation, TrackId};
use crate::liveness::Blink;
use crate::matching::{self, MatchError};

/// Samples on either side of the blinks. Two halve the noise of one; more cost 10 ms each and gain little (the mean of
/// four is what is compared).
const SAMPLES: usize = 2;

/// Least time between samples: neighbouring frames share their noise.
const SPACING: Duration = Duration::from_millis(60);

/// While a blink is awaited, and once all is shown, the face is compared with its earlier self this often: who blinks
/// must be who was seen before and after. Nobody is swapped for somebody else and back in a quarter of a second on one
/// unbroken track.
const WATCH: Duration = Duration::from_millis(250);

/// A face that was asked to blink and could not be compared for so long, dark, turned or blurred, may have become
/// another one. The longest blink that counts (800 ms) and its neighbouring frames fit in. A face that has shown all
/// must not be out of the picture for longer; it may be turned, because secrets are typed with the head down.
const UNWATCHED: Duration = Duration::from_secs(1);

/// A lid on its way up blurs the picture: samples, and the next prompt, wait this long after the eyes are open again.
const SETTLE: Duration = Duration::from_millis(60);

/// The evidence of one track.
#[derive(Debug)]
pub(super) struct Evidence {
    track: TrackId,
    /// Blinks to be asked for, one prompt each.
    rounds: usize,
    before: Vec<Embedding>,
    /// Since when the next prompt could be put.
    ready: Option<Duration>,
    /// When the blink that is awaited was asked for.
    prompted: Option<Duration>,
    blinks: usize,
    blink: Option<Blink>,
    after: Vec<Embedding>,
    /// Looks of the anti-spoof net since the last blink.
    looks: usize,
    taken: Option<Duration>,
    seen: Duration,
}

impl Evidence {
    /// Nothing known of this face yet.
    pub(super) fn of(track: TrackId, rounds: usize, now: Duration) -> Evidence {
        Evidence {
            track,
            rounds,
            before: Vec::with_capacity(SAMPLES),
            ready: None,
            prompted: None,
            blinks: 0,
            blink: None,
            after: Vec::with_capacity(SAMPLES),
            looks: 0,
            taken: None,
            seen: now,
        }
    }

    /// The face was in the picture, fit to be compared or not.
    pub(super) fn see(&mut self, now: Duration) {
        self.seen = now;
    }

    /// Whether the face was out of sight for too long since it was first asked to blink.
    pub(super) fn is_stale(&self, now: Duration) -> bool {
        let since =
            if self.is_complete() { Some(self.seen) } else { self.taken.filter(|_| self.was_prompted()) };
        since.is_some_and(|since| now.saturating_sub(since) > UNWATCHED)
    }

    /// Whether a sample of the frame at `now` would be of use.
    pub(super) fn wants_sample(&self, now: Duration) -> bool {
        let since_last = self.taken.map_or(Duration::MAX, |taken| now.saturating_sub(taken));
        if self.before.len() < SAMPLES {
            return since_last >= SPACING;
        }
        if !self.has_blinked() || self.after.len() >= SAMPLES {
            return since_last >= WATCH;
        }
        self.has_settled(now) && since_last >= SPACING
    }

    /// Whether the anti-spoof net has yet to look at whatever stands there after the blinks, once for each sample.
    pub(super) fn wants_look(&self) -> bool {
        self.has_blinked() && self.looks < SAMPLES
    }

    /// Takes the embedding of a usable frame, if it came with one. Answers how alike it is to the face so far, when
    /// that can be told.
    pub(super) fn take(&mut self, now: Duration, face: &FaceObservation) -> Result<Option<f32>, MatchError> {
        self.looks += usize::from(self.has_blinked() && face.live.is_some());
        let Some(embedding) = &face.embedding else { return Ok(None) };
        if !self.wants_sample(now) {
            return Ok(None);
        }
        self.taken = Some(now);
        let likeness = match self.before.first() {
            Some(_) => Some(matching::cosine(&matching::mean(&self.before)?, embedding)?),
            None => None,
        };
        if self.before.len() < SAMPLES {
            self.before.push(embedding.clone());
        } else if self.has_blinked() && self.after.len() < SAMPLES {
            self.after.push(embedding.clone());
        }
        Ok(likeness)
    }

    /// The face is known well enough for the next prompt, and was watched in silence for the time that `quiet` holds for
    /// this round.
    pub(super) fn is_ready_for_prompt(&mut self, now: Duration, quiet: &[Duration]) -> bool {
        if self.prompted.is_some()
            || self.has_blinked()
            || self.before.len() < SAMPLES
            || !self.has_settled(now)
        {
            return false;
        }
        let ready = *self.ready.get_or_insert(now);
        let quiet = quiet.get(self.blinks).copied().unwrap_or_default();
        now.saturating_sub(ready) >= quiet
    }

    pub(super) fn prompt(&mut self, now: Duration) {
        self.prompted = Some(now);
    }

    /// Whether a blink was asked for and has not come yet.
    pub(super) fn awaits_blink(&self) -> bool {
        self.prompted.is_some()
    }

    /// Whether the first blink was asked for.
    pub(super) fn was_prompted(&self) -> bool {
        self.prompted.is_some() || self.blinks > 0
    }

    /// Whether every blink that was to be asked for has come.
    pub(super) fn has_blinked(&self) -> bool {
        self.blinks >= self.rounds
    }

    /// Counts a blink that began after the prompt, of this very face; says whether it counted.
    pub(super) fn blinked(&mut self, blink: Blink) -> bool {
        let answers = self.prompted.is_some_and(|prompted| blink.closed_at >= prompted);
        let counts = answers && blink.track == self.track;
        if counts {
            self.blinks += 1;
            self.blink = Some(blink);
            (self.ready, self.prompted) = (None, None);
        }
        counts
    }

    /// Whether all samples are there, and the looks that go with them.
    pub(super) fn is_complete(&self) -> bool {
        self.has_blinked() && self.after.len() >= SAMPLES && !self.wants_look()
    }

    /// The mean of all samples before and after the blinks, once all of it is there.
    pub(super) fn probe(&self) -> Result<Option<Embedding>, MatchError> {
        if !self.is_complete() {
            return Ok(None);
        }
        let samples: Vec<Embedding> = self.before.iter().chain(&self.after).cloned().collect();
        matching::mean(&samples).map(Some)
    }

    fn has_settled(&self, now: Duration) -> bool {
        self.blink.as_ref().is_none_or(|blink| now.saturating_sub(blink.reopened_at) >= SETTLE)
    }
}
