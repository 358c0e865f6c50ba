//! Products of embeddings.

use super::MatchError;

/// How far an embedding's length may be off unit. Single precision over 4,096 numbers stays well within.
const UNIT_TOLERANCE: f32 = 1e-3;

/// Running sums in [`dot`]: enough independent chains to keep the memory bus busy instead of the adder.
const LANES: usize = 32;

/// The dot product of two vectors of the same length. The work depends on the length alone.
pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a_blocks, a_rest) = a.as_chunks::<LANES>();
    let (b_blocks, b_rest) = b.as_chunks::<LANES>();
    let mut sums = [0.0f32; LANES];
    for (a, b) in a_blocks.iter().zip(b_blocks) {
        for ((sum, a), b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    // Added up one by one on purpose: adding in pairs makes the compiler do the loop above in half-width vectors.
    sums.iter().sum::<f32>() + rest
}

/// Checks that this is an embedding of `length` numbers. A longer vector would score higher than its face deserves.
pub(super) fn check(vector: &[f32], length: usize) -> Result<(), MatchError> {
    if vector.len() != length {
        return Err(MatchError::Length { expected: length, found: vector.len() });
    }
    let norm = dot(vector, vector).sqrt();
    if (norm - 1.0).abs() <= UNIT_TOLERANCE { Ok(()) } else { Err(MatchError::NotUnit { found: norm }) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_product_is_the_sum_of_products(pairs in prop::collection::vec((-1.0f32..1.0, -1.0f32..1.0), 0..600)) {
            let (a, b): (Vec<f32>, Vec<f32>) = pairs.iter().copied().unzip();
            let exact: f64 = pairs.iter().map(|&(a, b)| f64::from(a) * f64::from(b)).sum();
            prop_assert!((f64::from(dot(&a, &b)) - exact).abs() < 1e-3);
        }
    }

    #[test]
    fn only_unit_vectors_of_the_right_length_pass() {
        assert_eq!(check(&[0.6, 0.8], 2), Ok(()));
        assert_eq!(check(&[0.6, 0.8], 3), Err(MatchError::Length { expected: 3, found: 2 }));
        assert_eq!(check(&[3.0, 4.0], 2), Err(MatchError::NotUnit { found: 5.0 }));
        assert!(matches!(check(&[f32::NAN, 1.0], 2), Err(MatchError::NotUnit { .. })));
        assert!(matches!(check(&[f32::INFINITY, 1.0], 2), Err(MatchError::NotUnit { .. })));
    }
}
