//! Logits into a probability.

/// The probability of one class by softmax over the logits of all; 0 for a class that is not there.
pub(super) fn probability(logits: &[f32], class: u32) -> f32 {
    let Some(wanted) = logits.get(class as usize) else { return 0.0 };
    // Relative to the wanted one no exponential of a likely class overflows; one that does makes the share 0.
    1.0 / logits.iter().map(|logit| (logit - wanted).exp()).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::probability;

    #[test]
    fn logits_far_apart_neither_overflow_nor_lose_the_winner() {
        assert!((probability(&[-400.0, 500.0], 1) - 1.0).abs() < 1e-6);
        assert!(probability(&[-400.0, 500.0], 0).abs() < 1e-6);
    }

    proptest! {
        #[test]
        fn probabilities_of_all_classes_sum_to_one(logits in prop::collection::vec(-50f32..50.0, 1..6)) {
            let sum: f32 = (0..logits.len()).map(|class| probability(&logits, class as u32)).sum();
            prop_assert!((sum - 1.0).abs() < 1e-4);
        }
    }
}
