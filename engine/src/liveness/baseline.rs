//! What a person's own open eyes look like, learnt while they are in front of the camera.

use std::{collections::VecDeque, time::Duration};

use crate::face::Eyes;

/// How far back the baseline looks. Long enough that blinks stay a minority of it, short enough to follow the head as
/// it tilts and the light as it changes.
const WINDOW: Duration = Duration::from_secs(3);

/// The most frames kept: three seconds at 85 frames per second. Faster sources get a shorter window.
const CAPACITY: usize = 256;

/// The least that makes a baseline. People blink within a third of a second of appearing, so it must be little.
const MIN_FRAMES: usize = 4;
const MIN_SPAN: Duration = Duration::from_millis(100);

/// The relative fall of the eye aspect ratio that counts as fully closed. On recorded blinks the ratio falls by 18 to
/// 67 % of its open value (median 46 %); in open eyes 95 of 100 frames stay within 15 %.
const FULL_FALL: f32 = 0.35;

/// An aspect ratio that trembles by itself (glasses, a poor picture) must fall by this many of its own standard
/// deviations to count as fully closed, if that is more than [`FULL_FALL`].
const NOISE_FACTOR: f32 = 4.0;

/// Standard deviations in one median absolute deviation of a normal distribution.
const MAD_TO_DEVIATION: f32 = 1.4826;

/// Stands in for an aspect ratio of nothing, which no relative fall can be taken of.
const LEAST_ASPECT: f32 = 1e-3;

/// What was measured on both eyes in one frame, the person's left one first. All finite.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Sample {
    pub(super) time: Duration,
    closed: [f32; 2],
    aspect: [f32; 2],
}

impl Sample {
    /// `None` when a figure is not a number: such a frame says nothing.
    pub(super) fn new(time: Duration, eyes: &Eyes) -> Option<Self> {
        let closed = [eyes.left.closed, eyes.right.closed];
        let aspect = [eyes.left.aspect_ratio, eyes.right.aspect_ratio];
        let finite = closed.iter().chain(&aspect).all(|figure| figure.is_finite());
        finite.then(|| Self {
            time,
            closed: closed.map(|p| p.clamp(0.0, 1.0)),
            aspect: aspect.map(|r| r.max(0.0)),
        })
    }
}

/// The open eyes of the last seconds. Never allocates after it was made.
#[derive(Debug)]
pub(super) struct Baseline {
    samples: VecDeque<Sample>,
    scratch: Vec<f32>,
}

/// The baseline at one moment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Levels {
    /// What the eye net says of these eyes while they are open: median, each eye.
    closed: [f32; 2],
    /// Aspect ratio of the open eye: median.
    aspect: [f32; 2],
    /// Relative fall of the aspect ratio that counts as fully closed.
    full_fall: [f32; 2],
    /// Time from the oldest frame to the newest.
    pub(super) span: Duration,
}

impl Baseline {
    pub(super) fn new() -> Self {
        Self { samples: VecDeque::with_capacity(CAPACITY), scratch: Vec::with_capacity(CAPACITY) }
    }

    pub(super) fn clear(&mut self) {
        self.samples.clear();
    }

    pub(super) fn learn(&mut self, sample: Sample) {
        if self.samples.len() == CAPACITY {
            self.samples.pop_front();
        }
        self.samples.push_back(sample);
    }

    /// What is known at `now`; `None` while too little has been seen.
    pub(super) fn levels(&mut self, now: Duration) -> Option<Levels> {
        while self.samples.front().is_some_and(|oldest| now.saturating_sub(oldest.time) > WINDOW) {
            self.samples.pop_front();
        }
        let span = self.samples.back()?.time.saturating_sub(self.samples.front()?.time);
        if self.samples.len() < MIN_FRAMES || span < MIN_SPAN {
            return None;
        }
        let closed = [0, 1].map(|eye| self.median(|sample| sample.closed[eye]));
        let aspect = [0, 1].map(|eye| self.median(|sample| sample.aspect[eye]).max(LEAST_ASPECT));
        let full_fall = [0, 1].map(|eye| {
            let deviation = MAD_TO_DEVIATION * self.median(|sample| (sample.aspect[eye] - aspect[eye]).abs());
            FULL_FALL.max(NOISE_FACTOR * deviation / aspect[eye])
        });
        Some(Levels { closed, aspect, full_fall, span })
    }

    fn median(&mut self, figure: impl Fn(&Sample) -> f32) -> f32 {
        self.scratch.clear();
        self.scratch.extend(self.samples.iter().map(figure));
        super::median(&mut self.scratch)
    }
}

impl Levels {
    /// How closed each eye is against this baseline: 0 as open as ever, 1 closed.
    ///
    /// The net's rise and the fall of the aspect ratio count alike, save that the net's weight is the room it has left
    /// to rise: on someone whose open eyes it already reads as closed, it can say nothing and the ratio decides.
    pub(super) fn closedness(&self, sample: &Sample) -> [f32; 2] {
        [0, 1].map(|eye| {
            let rise = (sample.closed[eye] - self.closed[eye]).max(0.0);
            let fall = ((1.0 - sample.aspect[eye] / self.aspect[eye]) / self.full_fall[eye]).clamp(0.0, 1.0);
            (rise + fall) / (2.0 - self.closed[eye])
        })
    }

    /// Whether the net reads these eyes as shut at all times.
    pub(super) fn shut(&self) -> bool {
        self.closed.iter().all(|&closed| closed > 0.5)
    }
}
