//! The anti-spoof net's doubt, gathered over frames.

use std::collections::VecDeque;

use crate::face::{FaceObservation, TrackId};

/// Scores needed before anything is said: one glare or one blurred frame must not decide.
const MIN_SCORES: usize = 5;

/// The last scores that count.
const WINDOW: usize = 31;

/// Gathers the `live` scores of one track and refuses when their median lies below the model's threshold.
///
/// It may refuse, never grant. On the recorded clips of real people no median was below 0.97 and no single score below
/// 0.69; of three attack stills a paper print and a phone's screen scored below 0.001, a third 0.22. That is a handful
/// of attacks on one net: what it catches is crude prints and screens seen with their surroundings, not a good display
/// at arm's length.
#[derive(Debug)]
pub struct SpoofGate {
    threshold: f32,
    track: Option<TrackId>,
    scores: VecDeque<f32>,
    scratch: Vec<f32>,
}

/// What the gate has to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spoof {
    /// Too few scores yet. Whoever asked for this gate must not grant on it.
    Undecided,
    /// No objection.
    Unsuspicious,
    /// The face looks like a picture of a face.
    Refused,
}

impl SpoofGate {
    /// A gate that refuses below `threshold`, the probability of being live (0..1) that the pack's manifest names.
    pub fn new(threshold: f32) -> Self {
        Self {
            threshold,
            track: None,
            scores: VecDeque::with_capacity(WINDOW),
            scratch: Vec::with_capacity(WINDOW),
        }
    }

    /// Takes a frame's score, if one was measured. A new track starts from nothing: nobody inherits another's scores.
    pub fn update(&mut self, face: &FaceObservation) {
        if self.track != Some(face.track) {
            self.reset();
            self.track = Some(face.track);
        }
        let Some(live) = face.live.filter(|live| live.is_finite()) else { return };
        if self.scores.len() == WINDOW {
            self.scores.pop_front();
        }
        self.scores.push_back(live);
    }

    /// The judgement on the track so far.
    pub fn verdict(&mut self) -> Spoof {
        if self.scores.len() < MIN_SCORES {
            return Spoof::Undecided;
        }
        self.scratch.clear();
        self.scratch.extend(&self.scores);
        // Written so that a threshold that is not a number refuses.
        if super::median(&mut self.scratch) >= self.threshold { Spoof::Unsuspicious } else { Spoof::Refused }
    }

    /// Forgets everything, for the next attempt.
    pub fn reset(&mut self) {
        self.track = None;
        self.scores.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::liveness::fixture;

    fn verdict(scores: &[Option<f32>]) -> Spoof {
        let mut gate = SpoofGate::new(0.5);
        for &live in scores {
            gate.update(&FaceObservation { live, ..fixture::face(1, None) });
        }
        gate.verdict()
    }

    #[test]
    fn says_nothing_before_five_scores() {
        assert_eq!(verdict(&[Some(0.9); 4]), Spoof::Undecided);
        assert_eq!(verdict(&[Some(0.9), None, Some(0.9), Some(0.9), None, Some(0.9)]), Spoof::Undecided);
        assert_eq!(verdict(&[Some(0.9); 5]), Spoof::Unsuspicious);
    }

    #[test]
    fn refuses_when_the_middle_score_is_below_the_threshold() {
        assert_eq!(verdict(&[Some(0.9), Some(0.1), Some(0.49), Some(0.2), Some(0.99)]), Spoof::Refused);
        assert_eq!(verdict(&[Some(0.9), Some(0.1), Some(0.5), Some(0.2), Some(0.99)]), Spoof::Unsuspicious);
    }

    #[test]
    fn a_score_that_is_no_number_counts_for_nothing() {
        assert_eq!(verdict(&[Some(f32::NAN); 40]), Spoof::Undecided);
    }

    #[test]
    fn a_threshold_that_is_no_number_refuses() {
        let mut gate = SpoofGate::new(f32::NAN);
        (0..5).for_each(|_| gate.update(&FaceObservation { live: Some(1.0), ..fixture::face(1, None) }));
        assert_eq!(gate.verdict(), Spoof::Refused);
    }

    #[test]
    fn a_new_face_inherits_no_scores() {
        let mut gate = SpoofGate::new(0.5);
        (0..9).for_each(|_| gate.update(&FaceObservation { live: Some(1.0), ..fixture::face(1, None) }));
        gate.update(&FaceObservation { live: Some(1.0), ..fixture::face(2, None) });
        assert_eq!(gate.verdict(), Spoof::Undecided);
    }

    #[test]
    fn only_the_last_scores_count() {
        let mut gate = SpoofGate::new(0.5);
        (0..1000).for_each(|_| gate.update(&FaceObservation { live: Some(1.0), ..fixture::face(1, None) }));
        (0..16).for_each(|_| gate.update(&FaceObservation { live: Some(0.0), ..fixture::face(1, None) }));
        assert_eq!(gate.verdict(), Spoof::Refused);
    }
}
