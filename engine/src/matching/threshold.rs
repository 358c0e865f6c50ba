//! The score that a wished false-match rate asks for.

use mabataki_models::Calibration;

use super::MatchError;

/// A score to compare with, and what accepting at it means.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Threshold {
    /// The least score that counts as a match, −1..1.
    pub score: f32,
    /// How often a stranger reaches it in one comparison, in the population in which that happens most.
    pub fmr: f64,
    /// Whether that rate was drawn out beyond what could be measured.
    pub extrapolated: bool,
}

impl Threshold {
    /// No score reaches it: for where no face is asked for.
    pub const UNREACHABLE: Threshold = Threshold { score: f32::INFINITY, fmr: 0.0, extrapolated: false };

    /// For one comparison with the template of the person who claims to be in front of the camera.
    ///
    /// # Errors
    /// [`MatchError::Uncalibrated`] when the calibration makes no statement at `fmr`.
    pub fn verification(calibration: &Calibration, fmr: f64) -> Result<Self, MatchError> {
        let least = calibration.least_fmr();
        if !(fmr >= least && fmr <= 1.0) {
            return Err(MatchError::Uncalibrated { asked: fmr, least });
        }
        let score = calibration.threshold_for(fmr);
        Ok(Self { score, fmr: calibration.fmr_at(score), extrapolated: calibration.is_extrapolated(fmr) })
    }

    /// For a search among `people`: `fpir` is the wished chance that a stranger to all of them is taken for any of
    /// them, so each single comparison must be stricter by about that many times.
    ///
    /// # Errors
    /// [`MatchError::Uncalibrated`] when the calibration does not reach down to the rate this needs.
    pub fn identification(calibration: &Calibration, fpir: f64, people: usize) -> Result<Self, MatchError> {
        // 1 − (1 − fpir)^(1/people), by way of logarithms because the plain form loses all digits near zero.
        let fmr = -f64::exp_m1(f64::ln_1p(-fpir) / people.max(1) as f64);
        Self::verification(calibration, fmr)
    }

    /// The same for people whose strangers are more alike, by so much, than those it was calibrated on.
    #[must_use]
    pub fn raised_by(self, lift: f32) -> Self {
        Self { score: (self.score + lift.max(0.0)).min(1.0), ..self }
    }

    /// Whether this score is a match. A score that is not a number is none.
    pub fn accepts(&self, score: f32) -> bool {
        score >= self.score
    }
}

#[cfg(test)]
mod tests {
    use mabataki_models::{Point, Population};

    use super::*;

    fn calibration() -> Calibration {
        let point = |threshold, fmr, extrapolated| Point { threshold, fmr, extrapolated };
        Calibration {
            default_fmr: 1e-4,
            population: vec![Population {
                name: "made up".into(),
                source: "for this test".into(),
                points: vec![point(0.3, 1e-2, false), point(0.5, 1e-4, false), point(0.7, 1e-6, true)],
            }],
        }
    }

    #[test]
    fn the_threshold_of_a_rate_is_the_calibrations() {
        let threshold = Threshold::verification(&calibration(), 1e-4).unwrap();
        assert_eq!((threshold.score, threshold.extrapolated), (0.5, false));
        assert!(threshold.accepts(0.5));
        assert!(!threshold.accepts(0.4999));
        assert!(!threshold.accepts(f32::NAN));
    }

    #[test]
    fn searching_a_hundred_people_is_a_hundred_times_stricter() {
        let one = Threshold::identification(&calibration(), 1e-4, 1).unwrap();
        let hundred = Threshold::identification(&calibration(), 1e-4, 100).unwrap();
        assert!((one.score - 0.5).abs() < 1e-4);
        assert!((hundred.score - 0.7).abs() < 1e-4, "{hundred:?}");
        assert!(hundred.extrapolated);
    }

    #[test]
    fn a_threshold_is_raised_and_never_lowered() {
        let threshold = Threshold::verification(&calibration(), 1e-4).unwrap();
        assert!((threshold.raised_by(0.1).score - 0.6).abs() < 1e-6);
        assert_eq!(threshold.raised_by(-0.1), threshold);
        assert_eq!(threshold.raised_by(f32::NAN), threshold);
        assert_eq!(threshold.raised_by(2.0).score, 1.0);
    }

    #[test]
    fn a_rate_beyond_the_calibration_is_refused_with_both_figures() {
        let error = Threshold::verification(&calibration(), 1e-7).unwrap_err();
        assert_eq!(error, MatchError::Uncalibrated { asked: 1e-7, least: 1e-6 });
        assert!(Threshold::identification(&calibration(), 1e-4, 1_000_000).is_err());
        assert!(Threshold::verification(&calibration(), f64::NAN).is_err());
        assert!(Threshold::verification(&calibration(), 0.0).is_err());
        assert!(Threshold::verification(&calibration(), 2.0).is_err());
    }
}
