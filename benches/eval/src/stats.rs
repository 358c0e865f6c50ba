//! The statistics that the reports are made of.

use serde::Serialize;

/// Upper end of the Clopper-Pearson interval at `confidence` (two-sided) for `hits` in `trials`: the largest rate that
/// these counts leave plausible, if trials were independent. Pairs that share a person are not, so the truth is wider.
pub(crate) fn clopper_pearson_high(hits: u64, trials: u64, confidence: f64) -> f64 {
    if hits >= trials {
        return 1.0;
    }
    let upper_tail = (1.0 - confidence) / 2.0;
    let (a, b) = (hits as f64 + 1.0, (trials - hits) as f64);
    // The rate p at which `hits` or fewer have probability `upper_tail`: I_p(a, b) = 1 − upper_tail. I rises with p.
    let (mut low, mut high) = (0.0f64, 1.0f64);
    for _ in 0..200 {
        let middle = (low + high) / 2.0;
        if incomplete_beta(middle, a, b) < 1.0 - upper_tail {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The regularised incomplete beta function I_x(a, b), by Lentz's continued fraction (Numerical Recipes, 6.4).
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - incomplete_beta(1.0 - x, b, a);
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (-x).ln_1p()).exp() / a;
    let away_from_zero = |value: f64| if value.abs() < 1e-300 { 1e-300 } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..10_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    front * fraction
}

/// The logarithm of the gamma function for x > 0, by Lanczos' series (g = 7, nine terms; error below 1e-14).
fn ln_gamma(x: f64) -> f64 {
    const SERIES: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    let x = x - 1.0;
    let sum = SERIES[1..].iter().zip(1..).fold(SERIES[0], |sum, (term, i)| sum + term / (x + f64::from(i)));
    let t = x + 7.5;
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * t.ln() - t + sum.ln()
}

/// Area under the receiver operating curve: how often a positive scores above a negative, a tie counting half. `None`
/// when either side is empty.
pub(crate) fn auc(positive: &[f32], negative: &[f32]) -> Option<f64> {
    if positive.is_empty() || negative.is_empty() {
        return None;
    }
    let mut negative = negative.to_vec();
    negative.sort_by(f32::total_cmp);
    let won: f64 = positive
        .iter()
        .map(|score| {
            let below = negative.partition_point(|other| other < score);
            let up_to = negative.partition_point(|other| other <= score);
            (below + up_to) as f64 / 2.0
        })
        .sum();
    Some(won / (positive.len() as f64 * negative.len() as f64))
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    /// Median, ms.
    pub p50_ms: f64,
    /// 95th percentile, ms.
    pub p95_ms: f64,
}

impl Spread {
    /// Of at least one figure.
    pub(crate) fn of(figures: &mut [f64]) -> Spread {
        figures.sort_unstable_by(f64::total_cmp);
        let index = (figures.len() * 95).div_ceil(100).saturating_sub(1);
        let p95_ms = figures.get(index).copied().unwrap_or_default();
        Spread { p50_ms: median(figures).unwrap_or_default(), p95_ms }
    }
}

/// The middle figure; the mean of the two middle ones when their number is even. `None` of none.
pub(crate) fn median(figures: &mut [f64]) -> Option<f64> {
    figures.sort_by(f64::total_cmp);
    let half = figures.len() / 2;
    match figures.len() {
        0 => None,
        n if n % 2 == 1 => Some(figures[half]),
        _ => Some((figures[half - 1] + figures[half]) / 2.0),
    }
}

/// What one person contributes to a rate.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Share {
    pub(crate) hits: u32,
    pub(crate) trials: u32,
}

/// The 95 % interval of the rate hits / trials when the people are drawn again with replacement, 2,000 times. People
/// are drawn, not comparisons, because one person's comparisons stand and fall together. Always the same for the same
/// figures.
pub(crate) fn bootstrap(shares: &[Share]) -> (f64, f64) {
    const DRAWS: usize = 2000;
    let mut random = SplitMix::new(0x6d61_6261_7461_6b69);
    let mut rates: Vec<f64> = (0..DRAWS)
        .map(|_| {
            let (mut hits, mut trials) = (0u64, 0u64);
            for _ in 0..shares.len() {
                let share = shares[random.below(shares.len())];
                hits += u64::from(share.hits);
                trials += u64::from(share.trials);
            }
            if trials == 0 { 0.0 } else { hits as f64 / trials as f64 }
        })
        .collect();
    rates.sort_by(f64::total_cmp);
    (rates[DRAWS * 25 / 1000], rates[DRAWS * 975 / 1000 - 1])
}

/// Steele, Lea and Flood's SplitMix64: plenty for drawing people, and the same on every machine. Not for secrets.
pub(crate) struct SplitMix(u64);

impl SplitMix {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number from zero up to, not including, `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^= z >> 31;
        ((u128::from(z) * limit as u128) >> 64) as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_95th_percentile_is_the_least_figure_that_95_of_100_do_not_exceed() {
        let mut figures: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(Spread::of(&mut figures), Spread { p50_ms: 50.5, p95_ms: 95.0 });
        assert_eq!(Spread::of(&mut [3.0]), Spread { p50_ms: 3.0, p95_ms: 3.0 });
    }

    #[test]
    fn the_clopper_pearson_bound_agrees_with_published_tables() {
        // Zero of n: 1 − 0.025^(1/n). One of ten: 0.4450. Five of twenty: 0.4910 (R's binom.test).
        assert!((clopper_pearson_high(0, 100, 0.95) - (1.0 - 0.025f64.powf(0.01))).abs() < 1e-9);
        assert!((clopper_pearson_high(1, 10, 0.95) - 0.4450161).abs() < 1e-6);
        assert!((clopper_pearson_high(5, 20, 0.95) - 0.4910459).abs() < 1e-6);
        assert_eq!(clopper_pearson_high(3, 3, 0.95), 1.0);
        assert_eq!(clopper_pearson_high(0, 0, 0.95), 1.0);
    }

    #[test]
    fn the_bound_holds_for_millions_of_trials() {
        // With 1,150 in 11.5 million the normal approximation is good to a fraction of a per cent.
        let high = clopper_pearson_high(1150, 11_500_000, 0.95);
        let normal = 1e-4 * (1.0 + 1.96 / 1150f64.sqrt());
        assert!((high / normal - 1.0).abs() < 5e-3, "{high} against {normal}");
    }

    #[test]
    fn the_area_counts_pairs_in_the_right_order_and_half_the_ties() {
        assert_eq!(auc(&[2.0, 3.0], &[0.0, 1.0]), Some(1.0));
        assert_eq!(auc(&[0.0], &[1.0]), Some(0.0));
        assert_eq!(auc(&[1.0, 2.0], &[1.0, 0.0]), Some(0.875));
        assert_eq!(auc(&[], &[1.0]), None);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between_the_middle_two() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(median(&mut []), None);
    }

    #[test]
    fn the_bootstrap_interval_holds_the_rate_and_narrows_with_more_people() {
        let people = |n| {
            vec![Share { hits: 9, trials: 10 }; n].into_iter().chain(vec![Share { hits: 0, trials: 10 }; n])
        };
        let few: Vec<_> = people(10).collect();
        let many: Vec<_> = people(1000).collect();
        let (few, many) = (bootstrap(&few), bootstrap(&many));
        assert!(few.0 < 0.45 && 0.45 < few.1 && many.0 < 0.45 && 0.45 < many.1);
        assert!(many.1 - many.0 < (few.1 - few.0) / 5.0, "{few:?} {many:?}");
    }
}
