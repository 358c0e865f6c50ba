//! Genuine and impostor scores gathered, and the rates that they amount to.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    histogram::Histogram,
    stats::{Share, bootstrap, clopper_pearson_high},
};

/// The false-match rates that are reported, as keys and figures.
pub(crate) const RATES: [(&str, f64); 3] = [("1e-3", 1e-3), ("1e-4", 1e-4), ("1e-5", 1e-5)];

/// Bins of two millionths each, for thresholds.
const FINE: usize = 1 << 20;

/// Bins for the accuracy, whose threshold needs no more.
const COARSE: usize = 1 << 12;

const FOLDS: usize = 10;

/// A share of comparisons, with its 95 % interval by bootstrap over people at this fixed threshold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate {
    /// The share measured.
    pub value: f64,
    /// Lower end of the interval.
    pub low: f64,
    /// Upper end of the interval.
    pub high: f64,
}

/// What a threshold means on the people measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AtThreshold {
    /// The threshold, cosine.
    pub threshold: f32,
    /// Share of impostor comparisons that reach it.
    pub fmr: f64,
    /// Upper end of the 95 % Clopper-Pearson interval of that share.
    pub fmr_high: f64,
    /// Share of genuine comparisons that reach it.
    pub tmr: Rate,
}

/// A genuine comparison: whose, in which fold, and its score (minus infinity where a face was not found).
#[derive(Debug, Clone, Copy)]
struct Genuine {
    person: usize,
    fold: usize,
    score: f32,
}

/// Everything compared.
#[derive(Debug)]
pub(crate) struct Tally {
    genuine: Vec<Genuine>,
    impostor: Histogram,
    /// Impostors by fold, for the accuracy.
    folds: Vec<Histogram>,
    /// The shipped threshold, and how many impostors reach it.
    shipped: f32,
    shipped_matches: u64,
}

impl Tally {
    pub(crate) fn new(shipped: f32) -> Self {
        Self {
            genuine: Vec::new(),
            impostor: Histogram::new(FINE),
            folds: vec![Histogram::new(COARSE); FOLDS],
            shipped,
            shipped_matches: 0,
        }
    }

    pub(crate) fn genuine(&mut self, person: usize, fold: usize, score: f32) {
        self.genuine.push(Genuine { person, fold: fold % FOLDS, score });
    }

    /// Counts an impostor comparison; `fold` when both sides lie in one.
    pub(crate) fn impostor(&mut self, fold: Option<usize>, score: f32) {
        self.impostor.add(score);
        self.shipped_matches += u64::from(score >= self.shipped);
        if let Some(fold) = fold {
            self.folds[fold % FOLDS].add(score);
        }
    }

    pub(crate) fn genuine_count(&self) -> u64 {
        self.genuine.len() as u64
    }

    pub(crate) fn impostor_count(&self) -> u64 {
        self.impostor.total()
    }

    /// The threshold that keeps the impostors at each reported rate; none where there are too few to show it.
    pub(crate) fn thresholds(&self) -> BTreeMap<&'static str, Option<f32>> {
        RATES.iter().map(|&(key, rate)| (key, self.impostor.threshold(rate))).collect()
    }

    /// True-match rate at a threshold.
    pub(crate) fn tmr(&self, threshold: f32) -> Rate {
        let mut people: BTreeMap<usize, Share> = BTreeMap::new();
        for genuine in &self.genuine {
            let share = people.entry(genuine.person).or_default();
            share.trials += 1;
            share.hits += u32::from(genuine.score >= threshold);
        }
        let shares: Vec<Share> = people.into_values().collect();
        let hits: u64 = shares.iter().map(|share| u64::from(share.hits)).sum();
        let (low, high) = bootstrap(&shares);
        Rate { value: hits as f64 / self.genuine.len().max(1) as f64, low, high }
    }

    /// What the shipped threshold means here.
    pub(crate) fn at_shipped(&self) -> AtThreshold {
        AtThreshold {
            threshold: self.shipped,
            fmr: self.shipped_matches as f64 / self.impostor_count().max(1) as f64,
            fmr_high: clopper_pearson_high(self.shipped_matches, self.impostor_count(), 0.95),
            tmr: self.tmr(self.shipped),
        }
    }

    /// Share of impostors at or above a threshold, to the width of a bin.
    pub(crate) fn fmr(&self, threshold: f32) -> f64 {
        self.impostor
            .falling()
            .take_while(|&(bin, _)| self.impostor.edge(bin) >= threshold)
            .last()
            .map_or(0.0, |(_, share)| share)
    }

    /// The rate at which as many strangers match as owners do not.
    pub(crate) fn equal_error_rate(&self) -> f64 {
        let mut genuine = Histogram::new(FINE);
        self.genuine.iter().for_each(|genuine_score| genuine.add(genuine_score.score));
        self.impostor
            .falling()
            .zip(genuine.falling())
            .map(|((_, fmr), (_, tmr))| (fmr, 1.0 - tmr))
            .find(|(fmr, fnmr)| fmr >= fnmr)
            .map_or(1.0, |(fmr, fnmr)| (fmr + fnmr) / 2.0)
    }

    /// Accuracy as LFW takes it: in each of ten folds the share judged rightly at the threshold that is best for the
    /// other nine, matches and mismatches weighing the same; the mean of the ten.
    pub(crate) fn accuracy(&self) -> Option<f64> {
        let mut genuine = vec![Histogram::new(COARSE); FOLDS];
        self.genuine.iter().for_each(|one| genuine[one.fold].add(one.score));
        let used: Vec<usize> =
            (0..FOLDS).filter(|&fold| genuine[fold].total() > 0 && self.folds[fold].total() > 0).collect();
        if used.len() < 2 {
            return None;
        }
        let rightly = |genuine: &Histogram, impostor: &Histogram| -> Vec<f64> {
            let pairs = genuine.falling().zip(impostor.falling());
            pairs.map(|((_, tmr), (_, fmr))| (tmr + 1.0 - fmr) / 2.0).collect()
        };
        let held_out = used.iter().map(|&fold| {
            let (mut others, mut strangers) = (Histogram::new(COARSE), Histogram::new(COARSE));
            for &other in used.iter().filter(|&&other| other != fold) {
                others.merge(&genuine[other]);
                strangers.merge(&self.folds[other]);
            }
            let training = rightly(&others, &strangers);
            let best = (0..training.len()).max_by(|&a, &b| training[a].total_cmp(&training[b])).unwrap_or(0);
            rightly(&genuine[fold], &self.folds[fold])[best]
        });
        Some(held_out.sum::<f64>() / used.len() as f64)
    }

    /// The curve of true over false matches, for a plot: (FMR, TMR), FMR rising.
    pub(crate) fn curve(&self) -> Vec<(f64, f64)> {
        let mut genuine = Histogram::new(COARSE);
        self.genuine.iter().for_each(|one| genuine.add(one.score));
        let step = FINE / COARSE;
        let impostor = self.impostor.falling().skip(step - 1).step_by(step);
        impostor.zip(genuine.falling()).map(|((_, fmr), (_, tmr))| (fmr, tmr)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A hundred people, each with a genuine score of 0.8 but for the first ten (0.2), and impostors from 0 to 0.5.
    fn tally() -> Tally {
        let mut tally = Tally::new(0.45);
        (0..100).for_each(|person| tally.genuine(person, person, if person < 10 { 0.2 } else { 0.8 }));
        (0..10_000usize).for_each(|n| tally.impostor(Some(n), n as f32 / 20_000.0));
        tally
    }

    #[test]
    fn rates_at_the_shipped_threshold_are_counted_exactly() {
        let at = tally().at_shipped();
        assert!((at.fmr - 0.1).abs() < 1e-12 && at.fmr_high > 0.105 && at.fmr_high < 0.107, "{at:?}");
        assert!((at.tmr.value - 0.9).abs() < 1e-12 && at.tmr.low < 0.9 && at.tmr.high > 0.9, "{at:?}");
    }

    #[test]
    fn thresholds_keep_their_rate_or_are_not_shown() {
        let tally = tally();
        let thresholds = tally.thresholds();
        assert!((thresholds["1e-3"].unwrap() - 0.4995).abs() < 1e-4);
        assert!(tally.fmr(thresholds["1e-3"].unwrap()) <= 1e-3);
        assert!(thresholds["1e-4"].is_some());
        assert_eq!(thresholds["1e-5"], None);
    }

    #[test]
    fn the_equal_error_rate_is_where_both_errors_meet() {
        // Between 0.2 and 0.5 a tenth of the owners is refused; a tenth of the strangers reaches 0.45.
        assert!((tally().equal_error_rate() - 0.1).abs() < 1e-3);
    }

    #[test]
    fn accuracy_weighs_owners_and_strangers_alike() {
        // At a threshold between 0.5 and 0.8 every stranger and nine of ten owners are judged rightly.
        assert!((tally().accuracy().unwrap() - 0.95).abs() < 1e-9);
    }

    #[test]
    fn a_face_that_was_not_found_is_a_match_at_no_threshold() {
        let mut tally = tally();
        tally.genuine(100, 0, f32::NEG_INFINITY);
        assert!(tally.tmr(-1.0).value < 1.0);
    }

    #[test]
    fn the_curve_rises_to_both_ends() {
        let curve = tally().curve();
        assert!(curve.windows(2).all(|pair| pair[0].0 <= pair[1].0 && pair[0].1 <= pair[1].1));
        assert_eq!(curve.last(), Some(&(1.0, 1.0)));
    }
}
