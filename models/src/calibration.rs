//! What a similarity score is worth: how often strangers reach it.

use serde::{Deserialize, Serialize};

/// Measured relations between score and false-match rate (FMR), one for each population that was looked at. The
/// strictest of them always wins: a threshold holds for every population in here.
///
/// Between two points the logarithm of the FMR is taken as a straight line over the score. Outside the points nothing
/// is claimed: see [`Calibration::threshold_for`] and [`Calibration::fmr_at`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// The FMR to ask for where a policy names none.
    pub default_fmr: f64,
    /// The populations, at least one.
    pub population: Vec<Population>,
}

/// One group of people whose strangers were compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// What to call it.
    pub name: String,
    /// What was measured, and on how many.
    pub source: String,
    /// Score rising, FMR falling; at least one.
    pub points: Vec<Point>,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Cosine similarity, −1..1.
    pub threshold: f32,
    /// Share of impostor comparisons at or above it, above 0 and at most 1.
    pub fmr: f64,
    /// Whether it was drawn out beyond what the number of comparisons can show.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub extrapolated: bool,
}

impl Calibration {
    /// The least score that keeps every population at or below this FMR. Above the highest FMR known it stays at the
    /// threshold of that one; below [`Calibration::least_fmr`] at the highest threshold known, which then does not
    /// promise what was asked: refuse such a wish before asking.
    pub fn threshold_for(&self, fmr: f64) -> f32 {
        self.population.iter().map(|population| population.threshold_for(fmr)).fold(-1.0, f32::max)
    }

    /// The FMR that accepting at this score means, in the worst population. Above the highest threshold known it stays
    /// at the least FMR; below the lowest it is 1: no promise is made there.
    pub fn fmr_at(&self, score: f32) -> f64 {
        self.population.iter().map(|population| population.fmr_at(score)).fold(0.0, f64::max)
    }

    /// The least FMR that can be asked for: the one to which every population's curve reaches.
    pub fn least_fmr(&self) -> f64 {
        self.population
            .iter()
            .filter_map(|population| population.points.last())
            .map(|point| point.fmr)
            .fold(0.0, f64::max)
    }

    /// Whether the threshold for this FMR rests on a point that was not measured but extrapolated.
    pub fn is_extrapolated(&self, fmr: f64) -> bool {
        let threshold = self.threshold_for(fmr);
        self.population.iter().any(|population| {
            population.threshold_for(fmr) >= threshold
                && population
                    .points
                    .iter()
                    .find(|point| point.fmr <= fmr)
                    .or(population.points.last())
                    .is_some_and(|point| point.extrapolated)
        })
    }
}

impl Population {
    fn threshold_for(&self, fmr: f64) -> f32 {
        let [first, .., last] = self.points.as_slice() else {
            return self.points.first().map_or(1.0, |only| only.threshold);
        };
        if fmr >= first.fmr || fmr.is_nan() {
            return first.threshold;
        }
        self.points.windows(2).find(|pair| fmr >= pair[1].fmr).map_or(last.threshold, |pair| {
            let along = (pair[0].fmr.log10() - fmr.log10()) / (pair[0].fmr.log10() - pair[1].fmr.log10());
            pair[0].threshold + (f64::from(pair[1].threshold - pair[0].threshold) * along) as f32
        })
    }

    fn fmr_at(&self, score: f32) -> f64 {
        let (Some(first), Some(last)) = (self.points.first(), self.points.last()) else { return 1.0 };
        if score < first.threshold || score.is_nan() {
            return 1.0;
        }
        self.points.windows(2).find(|pair| score < pair[1].threshold).map_or(last.fmr, |pair| {
            let along = f64::from((score - pair[0].threshold) / (pair[1].threshold - pair[0].threshold));
            10f64.powf(pair[0].fmr.log10() + (pair[1].fmr.log10() - pair[0].fmr.log10()) * along)
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calibration() -> Calibration {
        let point = |threshold, fmr| Point { threshold, fmr, extrapolated: fmr < 5e-5 };
        let population = |name: &str, points: &[(f32, f64)]| Population {
            name: name.into(),
            source: "made up for this test".into(),
            points: points.iter().map(|&(threshold, fmr)| point(threshold, fmr)).collect(),
        };
        Calibration {
            default_fmr: 1e-4,
            population: vec![
                population("wide", &[(0.3, 1e-3), (0.4, 1e-4), (0.5, 1e-5)]),
                population("strict", &[(0.45, 1e-3), (0.5, 1e-4)]),
            ],
        }
    }

    #[test]
    fn the_strictest_population_sets_the_threshold() {
        assert_eq!(calibration().threshold_for(1e-4), 0.5);
        assert_eq!(calibration().threshold_for(1e-3), 0.45);
    }

    #[test]
    fn between_points_the_logarithm_of_the_rate_is_a_straight_line() {
        let half_way = 10f64.powf(-3.5);
        assert!((calibration().threshold_for(half_way) - 0.475).abs() < 1e-6);
        assert!((calibration().fmr_at(0.475) - half_way).abs() < 1e-9);
    }

    #[test]
    fn nothing_is_promised_outside_the_points() {
        assert_eq!(calibration().fmr_at(0.44), 1.0);
        assert_eq!(calibration().fmr_at(f32::NAN), 1.0);
        assert_eq!(calibration().fmr_at(0.99), 1e-4);
        assert_eq!(calibration().threshold_for(0.5), 0.45);
        assert_eq!(calibration().threshold_for(0.0), 0.5);
        assert_eq!(calibration().least_fmr(), 1e-4);
    }

    #[test]
    fn a_threshold_that_was_not_measured_says_so() {
        let mut calibration = calibration();
        calibration.population.pop();
        assert!(!calibration.is_extrapolated(1e-4));
        assert!(calibration.is_extrapolated(2e-5));
    }

    proptest! {
        #[test]
        fn the_threshold_for_a_rate_keeps_that_rate(exponent in -4.0f64..-3.0) {
            let fmr = 10f64.powf(exponent);
            let threshold = calibration().threshold_for(fmr);
            prop_assert!(calibration().fmr_at(threshold) <= fmr * 1.001);
        }

        #[test]
        fn a_higher_score_never_means_a_higher_rate(a in -1.0f32..1.0, b in -1.0f32..1.0) {
            prop_assert!(calibration().fmr_at(a.max(b)) <= calibration().fmr_at(a.min(b)));
        }
    }
}
