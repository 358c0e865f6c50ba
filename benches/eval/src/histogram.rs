//! Counts of scores, so that tens of millions of them take a few megabytes.

/// Counts of scores from −1 to 1 in bins of equal width.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    bins: Vec<u64>,
    total: u64,
}

impl Histogram {
    pub(crate) fn new(bins: usize) -> Self {
        Self { bins: vec![0; bins], total: 0 }
    }

    /// Counts a score. What lies outside of −1..1 falls into the outermost bins; minus infinity stands for "no match".
    pub(crate) fn add(&mut self, score: f32) {
        let last = self.bins.len() - 1;
        // A float too large or negative saturates in the cast.
        let bin = ((f64::from(score) + 1.0) / 2.0 * self.bins.len() as f64) as usize;
        self.bins[bin.min(last)] += 1;
        self.total += 1;
    }

    pub(crate) fn total(&self) -> u64 {
        self.total
    }

    /// The lower edge of a bin.
    pub(crate) fn edge(&self, bin: usize) -> f32 {
        (2.0 * bin as f64 / self.bins.len() as f64 - 1.0) as f32
    }

    /// For every bin, from the highest down: the bin, and the share of scores in it or above.
    pub(crate) fn falling(&self) -> impl Iterator<Item = (usize, f64)> + '_ {
        let total = self.total.max(1) as f64;
        let mut above = 0;
        self.bins.iter().enumerate().rev().map(move |(bin, count)| {
            above += count;
            (bin, above as f64 / total)
        })
    }

    /// The least bin edge that at most `rate` of the scores reach. `None` when so few were counted that not even one
    /// may reach it: then the rate cannot be shown.
    pub(crate) fn threshold(&self, rate: f64) -> Option<f32> {
        if rate * (self.total as f64) < 1.0 {
            return None;
        }
        self.falling().take_while(|&(_, share)| share <= rate).last().map(|(bin, _)| self.edge(bin))
    }

    /// Adds the other's counts, which must have as many bins.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.bins.iter_mut().zip(&other.bins) {
            *mine += theirs;
        }
        self.total += other.total;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_rate_below_one_in_all_cannot_be_shown() {
        let mut histogram = Histogram::new(1 << 10);
        (0..99).for_each(|_| histogram.add(0.1));
        assert_eq!(histogram.threshold(0.01), None);
        histogram.add(0.9);
        let threshold = histogram.threshold(0.01).unwrap();
        assert!(threshold > 0.1 && threshold <= 0.11, "{threshold}");
    }

    #[test]
    fn scores_outside_the_range_fall_into_the_outermost_bins() {
        let mut histogram = Histogram::new(4);
        [f32::NEG_INFINITY, -1.0, 1.0, 1.1, f32::INFINITY].into_iter().for_each(|score| histogram.add(score));
        assert_eq!(histogram.bins, [2, 0, 0, 3]);
    }

    proptest! {
        #[test]
        fn no_more_than_the_rate_reaches_the_threshold(
            scores in prop::collection::vec(-1.0f32..1.0, 1..500), rate in 0.01f64..1.0
        ) {
            let mut histogram = Histogram::new(1 << 16);
            scores.iter().for_each(|&score| histogram.add(score));
            if let Some(threshold) = histogram.threshold(rate) {
                let reach = scores.iter().filter(|&&score| score >= threshold).count();
                prop_assert!(reach as f64 <= rate * scores.len() as f64);
            }
        }
    }
}
