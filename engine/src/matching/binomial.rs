//! What so many hits in so many trials say about a rate: the exact bounds of Clopper and Pearson (1934).

/// One-sided confidence of the bounds, as in the rule of three: no hit in n trials leaves 3/n plausible (ISO/IEC 19795-1).
const DOUBT: f64 = 0.05;

/// The most hits in `trials` after which a rate at or below `rate` is shown: with more, a higher one stays plausible.
/// `None` when even no hit at all would not show it.
pub(super) fn most_that_show(trials: u64, rate: f64) -> Option<u64> {
    most(trials, rate, |up_to, _| up_to <= DOUBT)
}

/// The most hits in `trials` that do not speak against the rate: with more, the true one is plausibly higher.
pub(super) fn most_that_agree(trials: u64, rate: f64) -> u64 {
    most(trials, rate, |_, below| 1.0 - below > DOUBT).unwrap_or(0)
}

/// The highest rate that `hits` in `trials` leave plausible.
pub(super) fn highest_plausible(trials: u64, hits: u64) -> f64 {
    if hits >= trials {
        return 1.0;
    }
    let (mut low, mut high) = (0.0f64, 1.0f64);
    // Each round halves the doubt; rates of interest are above 1e-9.
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let up_to = most(trials, middle, |up_to, _| up_to <= DOUBT);
        if up_to.is_some_and(|shown| shown >= hits) { high = middle } else { low = middle }
    }
    high
}

/// The largest number of hits for which `holds` is true of the chances of at most so many hits and of fewer, when each
/// trial hits at `rate`. Both chances grow with the number, so it is true up to there.
fn most(trials: u64, rate: f64, holds: impl Fn(f64, f64) -> bool) -> Option<u64> {
    let odds = rate.ln() - f64::ln_1p(-rate);
    // In logarithms: the first terms of large samples are too small for a float.
    let mut term = trials as f64 * f64::ln_1p(-rate);
    let mut below = 0.0;
    let mut found = None;
    for hits in 0..=trials {
        let up_to = below + term.exp();
        if !holds(up_to, below) {
            break;
        }
        found = Some(hits);
        term += ((trials - hits) as f64).ln() - ((hits + 1) as f64).ln() + odds;
        below = up_to;
    }
    found
}

#[cfg(test)]
mod tests {
    use pretty_assertions::assert_eq;

    use super::*;

    #[test]
    fn the_rule_of_three_comes_out() {
        for trials in [45, 300, 30_000] {
            let high = highest_plausible(trials, 0);
            assert!((high * trials as f64 - 3.0).abs() < 0.11, "{trials}: {high}");
            assert!((high - (1.0 - 0.05f64.powf(1.0 / trials as f64))).abs() < 1e-9);
        }
    }

    #[test]
    fn the_bounds_agree_with_an_independent_solution() {
        // Solved in exact fractions, the second by way of the gamma function.
        assert!((highest_plausible(20, 5) - 0.455_582_4).abs() < 1e-5);
        assert!((highest_plausible(1_000_000, 100) / 1.180_782e-4 - 1.0).abs() < 1e-5);
        assert_eq!(highest_plausible(3, 3), 1.0);
        assert_eq!(highest_plausible(0, 0), 1.0);
    }

    #[test]
    fn few_trials_show_nothing_and_many_allow_hits() {
        assert_eq!(most_that_show(45, 1e-4), None);
        assert_eq!(most_that_show(29_900, 1e-4), None);
        assert_eq!(most_that_show(30_000, 1e-4), Some(0));
        assert_eq!(most_that_show(50_000, 1e-4), Some(1));
        let most = most_that_show(50_000_000, 1e-4).unwrap();
        assert!((4850..4900).contains(&most), "{most}");
    }

    #[test]
    fn a_hit_among_few_speaks_against_a_small_rate_and_among_many_does_not() {
        assert_eq!(most_that_agree(45, 1e-4), 0);
        assert_eq!(most_that_agree(5_000, 1e-4), 2);
        assert_eq!(most_that_agree(45, 0.1), 8);
    }

    #[test]
    fn showing_and_the_highest_plausible_rate_are_one_statement() {
        for (trials, rate) in [(100, 0.05), (1_000, 0.02), (40_000, 1e-4)] {
            let most = most_that_show(trials, rate).unwrap();
            assert!(highest_plausible(trials, most) <= rate + 1e-9);
            assert!(highest_plausible(trials, most + 1) > rate);
        }
    }
}
