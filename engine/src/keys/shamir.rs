//! Shamir's secret sharing: a secret is split so that any k of n parts give it, and k − 1 of them tell nothing.
//!
//! A. Shamir, "How to share a secret", Communications of the ACM 22 (11), 1979. Each byte of the secret is the value at
//! zero of a polynomial of its own with k − 1 random coefficients; part i holds the values at i.

use zeroize::Zeroizing;

use super::field::{inverse, product};

/// The value that each part holds at its place.
pub(super) type Values<const N: usize> = Zeroizing<[u8; N]>;

/// The value at `place` of the polynomials that have `secret` at zero and these coefficients, one row for each power from
/// the first on. `place` is not zero: that is the secret itself.
pub(super) fn value_at<const N: usize>(
    place: u8,
    secret: &[u8; N],
    coefficients: &[Zeroizing<[u8; N]>],
) -> Values<N> {
    let mut value = Zeroizing::new([0; N]);
    // Horner's scheme, from the highest power down.
    for row in coefficients.iter().map(|row| &**row).rev().chain([secret]) {
        for (sum, coefficient) in value.iter_mut().zip(row) {
            *sum = product(*sum, place) ^ coefficient;
        }
    }
    value
}

/// The values at zero of the polynomials that go through these points: the secret, if there are as many points as it was
/// split for. Places differ from each other and from zero.
pub(super) fn value_at_zero<const N: usize>(points: &[(u8, Values<N>)]) -> Values<N> {
    let mut secret = Zeroizing::new([0; N]);
    for (place, values) in points {
        let others = points.iter().map(|(other, _)| *other).filter(|other| other != place);
        // Lagrange: the product of x / (x − place) over the other places x; to subtract is to add.
        let weight = others.fold(1, |weight, x| product(weight, product(x, inverse(x ^ place))));
        for (sum, value) in secret.iter_mut().zip(&**values) {
            *sum ^= product(*value, weight);
        }
    }
    secret
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(bytes: &[[u8; 4]]) -> Vec<Zeroizing<[u8; 4]>> {
        bytes.iter().copied().map(Zeroizing::new).collect()
    }

    proptest! {
        #[test]
        fn any_k_parts_give_the_secret_in_any_order(
            secret: [u8; 4],
            coefficients in prop::collection::vec(any::<[u8; 4]>(), 0..15),
            places in prop::sample::subsequence((1..=255_u8).collect::<Vec<_>>(), 16).prop_shuffle(),
        ) {
            let needed = coefficients.len() + 1;
            let coefficients = rows(&coefficients);
            let points: Vec<_> =
                places[..needed].iter().map(|&place| (place, value_at(place, &secret, &coefficients))).collect();
            prop_assert_eq!(*value_at_zero(&points), secret);
        }
    }

    /// Over all coefficients there are, one part of two takes every value equally often, whatever the secret is: it tells
    /// nothing. So do two parts of three, together.
    #[test]
    fn fewer_parts_than_needed_tell_nothing_of_the_secret() {
        for secret in [[0], [1], [0xa5]] {
            let mut seen = [0; 256];
            for coefficient in 0..=255 {
                seen[usize::from(value_at(3, &secret, &[Zeroizing::new([coefficient])])[0])] += 1;
            }
            assert_eq!(seen, [1; 256]);

            let mut seen = vec![0; 65_536];
            for pair in 0..65_536_u32 {
                let [.., a, b] = pair.to_be_bytes();
                let coefficients = [Zeroizing::new([a]), Zeroizing::new([b])];
                let parts = [1, 2].map(|place| usize::from(value_at(place, &secret, &coefficients)[0]));
                seen[parts[0] * 256 + parts[1]] += 1;
            }
            assert!(seen.iter().all(|count| *count == 1));
        }
    }

    #[test]
    fn a_part_too_few_gives_another_secret() {
        let coefficients = rows(&[[9, 8, 7, 6], [5, 4, 3, 2]]);
        let points: Vec<_> =
            [1, 2].map(|place| (place, value_at(place, &[1, 2, 3, 4], &coefficients))).into();
        assert_ne!(*value_at_zero(&points), [1, 2, 3, 4]);
    }
}
