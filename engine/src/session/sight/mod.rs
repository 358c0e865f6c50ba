//! What is seen of the face in front of the camera: who stands there, whether they live, and what is in the way of
//! telling.

mod evidence;
mod lasting;

use std::time::Duration;

use self::evidence::Evidence;
use self::lasting::Lasting;
use super::guidance::Guidance;
use super::outcome::LivenessDetail;
use crate::face::{Embedding, FaceObservation, Hint, Observation, TrackId, Want};
use crate::liveness::{BlinkDetector, Spoof, SpoofGate, Stillness, Visibility};
use crate::matching::{MatchError, Threshold};
use crate::policy::{Cause, Challenge};

/// How often the face may change in mid-attempt before that is taken for an attack.
const FACE_CHANGES: u32 = 2;

/// At this measure a face counts as masked. It opens what the policy lists for a mask and judges nobody.
const MASKED: f32 = 0.5;

/// The longest silence before a prompt.
const MOST_QUIET: Duration = Duration::from_secs(1);

/// Nobody in sight for so long is nobody there: a face that is lost in a turn of the head is found again before.
const ALONE: Duration = Duration::from_secs(1);

/// How long the next frame may wait while nobody is there. Whoever comes is seen within 100 ms, the driver's own rest
/// included, and waiting costs a third.
pub(in crate::session) const WAKE: Duration = Duration::from_millis(90);

/// What is asked of the face.
#[derive(Debug)]
pub(in crate::session) struct SightRules {
    /// Pictures below this cosine to those before show another person.
    pub(in crate::session) threshold: Threshold,
    /// Below this median the anti-spoof net refuses.
    pub(in crate::session) live_threshold: f32,
    /// What it must do to show that it lives.
    pub(in crate::session) challenge: Challenge,
    /// How long it is watched in silence before each prompt.
    pub(in crate::session) quiet: [Duration; 2],
    /// Covers that something stands in for: while they are seen, nobody is asked for what they cannot give.
    pub(in crate::session) heeds: Vec<Cause>,
}

/// What a frame brought.
#[derive(Debug, Default)]
pub(in crate::session) struct Sighting {
    /// The first usable face.
    pub(in crate::session) found: bool,
    /// A blink that was asked for.
    pub(in crate::session) blinked: bool,
    /// The face changed once too often.
    pub(in crate::session) swapped: bool,
    /// A cover that has now lasted for two seconds.
    pub(in crate::session) causes: [Option<Cause>; 2],
}

/// A face that has shown all that was asked of it.
#[derive(Debug)]
pub(in crate::session) struct Shown {
    /// The mean of all samples.
    pub(in crate::session) probe: Embedding,
    /// What the anti-spoof net says against it.
    pub(in crate::session) doubt: Option<LivenessDetail>,
}

/// What is seen of the face.
#[derive(Debug)]
pub(in crate::session) struct Sight {
    rules: SightRules,
    /// The face that was last seen.
    track: Option<TrackId>,
    evidence: Option<Evidence>,
    blinks: BlinkDetector,
    spoof: SpoofGate,
    stillness: Stillness,
    mask: Lasting,
    hidden: Lasting,
    found: bool,
    /// The last prompt of this attempt, answered or not.
    prompt: Option<Guidance>,
    changes: u32,
    due: bool,
    /// What stands in the way, or is being done; `None`: nothing new to say.
    hint: Option<Guidance>,
    in_sight: bool,
    /// Since when nobody is in sight.
    alone: Option<Duration>,
}

impl Sight {
    pub(in crate::session) fn new(rules: SightRules) -> Sight {
        Sight {
            spoof: SpoofGate::new(rules.live_threshold),
            rules: SightRules { quiet: rules.quiet.map(|quiet| quiet.min(MOST_QUIET)), ..rules },
            track: None,
            evidence: None,
            blinks: BlinkDetector::new(),
            stillness: Stillness::default(),
            mask: Lasting::default(),
            hidden: Lasting::default(),
            found: false,
            prompt: None,
            changes: 0,
            due: false,
            hint: None,
            in_sight: false,
            alone: None,
        }
    }

    /// What is to be measured in a frame taken at `now`.
    pub(in crate::session) fn want(&mut self, now: Duration) -> Want {
        let Some(evidence) = &self.evidence else { return Want { eyes: true, ..Want::default() } };
        let embedding = evidence.wants_sample(now);
        // The gate needs a few frames to make up its mind, and a look at whatever stands there after the blink.
        let compared_again = embedding && evidence.has_blinked();
        let spoof = self.spoof.verdict() == Spoof::Undecided || evidence.wants_look() || compared_again;
        Want { eyes: true, spoof, embedding }
    }

    /// How long the next frame may wait: not at all while somebody is there, or was a moment ago.
    pub(in crate::session) fn pace(&self, now: Duration) -> Duration {
        let alone = self.alone.is_some_and(|since| now.saturating_sub(since) >= ALONE);
        if alone { WAKE } else { Duration::ZERO }
    }

    /// Takes what was measured of a frame.
    pub(in crate::session) fn observe(
        &mut self,
        now: Duration,
        observation: &Observation,
    ) -> Result<Sighting, MatchError> {
        let mut sighting = Sighting::default();
        let blink = self.blinks.update(observation.time, observation.face.as_ref());
        self.due = false;
        self.in_sight = observation.face.is_some();
        self.alone = if self.in_sight { None } else { self.alone.or(Some(now)) };
        self.follow_track(now, observation);
        sighting.causes = self.note_covers(now, observation);
        let Some(face) = self.usable_face(observation) else { return Ok(sighting) };
        sighting.found = !std::mem::replace(&mut self.found, true);
        self.spoof.update(face);
        self.stillness.update(face);
        let rounds = match self.rules.challenge {
            Challenge::Blink => 1,
            Challenge::TwoBlinks => 2,
        };
        let evidence = self.evidence.get_or_insert_with(|| Evidence::of(face.track, rounds, now));
        let likeness = evidence.take(now, face)?;
        if likeness.is_some_and(|likeness| !self.rules.threshold.accepts(likeness)) {
            // Somebody else on the same track: all begins anew, but not for ever.
            self.start_over();
            self.changes += 1;
            sighting.swapped = self.changes > FACE_CHANGES;
            return Ok(sighting);
        }
        sighting.blinked = blink.is_some_and(|blink| evidence.blinked(blink));
        self.due = evidence.is_ready_for_prompt(now, &self.rules.quiet) && !self.is_covered();
        self.hint = self.progress();
        Ok(sighting)
    }

    /// Whether the moment for a prompt has come.
    pub(in crate::session) fn is_due(&self) -> bool {
        self.due
    }

    /// Asks for the next blink; says in which words.
    pub(in crate::session) fn prompt(&mut self, now: Duration) -> Option<Guidance> {
        self.due = false;
        let evidence = self.evidence.as_mut()?;
        evidence.prompt(now);
        let first = self.prompt.is_none();
        self.prompt = Some(if first { Guidance::PleaseBlink } else { Guidance::BlinkAgain });
        self.hint = self.prompt;
        self.prompt
    }

    /// Whether any challenge was put in this attempt, answered or not.
    pub(in crate::session) fn was_challenged(&self) -> bool {
        self.prompt.is_some()
    }

    /// Whether the face has shown all and still stands there.
    pub(in crate::session) fn is_shown(&mut self, now: Duration) -> bool {
        let complete =
            self.evidence.as_ref().is_some_and(|known| known.is_complete() && !known.is_stale(now));
        complete && self.spoof.verdict() != Spoof::Undecided && self.stillness.has_moved()
    }

    /// What is to be judged, if all was shown.
    pub(in crate::session) fn shown(&mut self, now: Duration) -> Result<Option<Shown>, MatchError> {
        if !self.is_shown(now) {
            return Ok(None);
        }
        let doubt = (self.spoof.verdict() != Spoof::Unsuspicious).then_some(LivenessDetail::Spoof);
        let probe = self.evidence.as_ref().map(Evidence::probe).transpose()?.flatten();
        Ok(probe.map(|probe| Shown { probe, doubt }))
    }

    /// What was missing of a challenge that was put and is not answered.
    pub(in crate::session) fn unanswered(&self) -> LivenessDetail {
        let blinked = self.evidence.as_ref().is_some_and(Evidence::has_blinked);
        if blinked && !self.stillness.has_moved() { LivenessDetail::Still } else { LivenessDetail::NoBlink }
    }

    /// Whether a blink was asked for and has not come yet.
    pub(in crate::session) fn awaits_blink(&self) -> bool {
        self.evidence.as_ref().is_some_and(Evidence::awaits_blink)
    }

    /// Whether anybody stands in front of the camera.
    pub(in crate::session) fn sees_somebody(&self) -> bool {
        self.in_sight
    }

    /// What to tell them, if there is anything new to say.
    pub(in crate::session) fn hint(&self) -> Option<Guidance> {
        self.hint
    }

    /// What was seen of one face says nothing of the next, the anti-spoof net's opinion included.
    pub(in crate::session) fn start_over(&mut self) {
        self.evidence = None;
        self.due = false;
        self.spoof.reset();
        self.stillness = Stillness::default();
        self.mask.reset();
        self.hidden.reset();
    }

    /// Nobody is looked at any more.
    pub(in crate::session) fn close(&mut self) {
        self.start_over();
        self.blinks.reset();
        (self.hint, self.in_sight, self.alone) = (None, false, None);
    }

    /// Another track, one that was out of sight, or several faces at once: evidence does not pass from one to the next.
    fn follow_track(&mut self, now: Duration, observation: &Observation) {
        let track = observation.face.as_ref().map(|face| face.track);
        let other = track.is_some() && track != self.track;
        let stale = self.evidence.as_ref().is_some_and(|known| known.is_stale(now));
        if other || stale || observation.faces > 1 {
            self.start_over();
        }
        if track.is_some() {
            self.track = track;
            self.evidence.iter_mut().for_each(|known| known.see(now));
        }
    }

    /// The face, if it is fit to be looked at; else notes what is in the way.
    fn usable_face<'a>(&mut self, observation: &'a Observation) -> Option<&'a FaceObservation> {
        if observation.faces > 1 {
            self.hint = Some(Guidance::ManyFaces);
            return None;
        }
        let face = observation.face.as_ref()?;
        match face.quality.hint {
            None => Some(face),
            // Motion alone must not end a blink that is under way: the evidence stays, the frame is not used.
            Some(Hint::Blurred) => None,
            Some(hint) => {
                self.hint = Some(hint.into());
                None
            }
        }
    }

    fn note_covers(&mut self, now: Duration, observation: &Observation) -> [Option<Cause>; 2] {
        let face = observation.face.as_ref();
        let masked = match face {
            Some(face) => face.mask.map(|_| is_masked(face)),
            None => Some(false),
        };
        let hidden = Some(self.blinks.visibility() == Visibility::Hidden);
        let mask = self.mask.update(now, masked);
        let eyes = self.hidden.update(now, hidden);
        [mask.then_some(Cause::Mask), eyes.then_some(Cause::EyesHidden)]
    }

    /// Whether a cover that the policy has an answer to is in the way: nobody is asked for what they cannot give.
    fn is_covered(&self) -> bool {
        (self.heeds(Cause::Mask) && self.mask.is_seen())
            || (self.heeds(Cause::EyesHidden) && self.hidden.is_seen())
    }

    fn heeds(&self, cause: Cause) -> bool {
        self.rules.heeds.contains(&cause)
    }

    /// What a usable face is told.
    fn progress(&self) -> Option<Guidance> {
        let evidence = self.evidence.as_ref()?;
        if self.heeds(Cause::Mask) && self.mask.is_seen() {
            Some(Guidance::MaskSeen)
        } else if self.hidden.is_seen() {
            Some(Guidance::EyesHidden)
        } else if evidence.awaits_blink() {
            self.prompt
        } else if evidence.has_blinked() {
            None
        } else {
            Some(Guidance::HoldStill)
        }
    }
}

/// Whether something seems to cover mouth and nose, as far as that was measured.
pub(in crate::session) fn is_masked(face: &FaceObservation) -> bool {
    face.mask.is_some_and(|mask| mask >= MASKED)
}
