//! The field of 256 elements that shares are computed in: bytes, with the reduction x⁸ + x⁴ + x³ + x + 1 (that of AES,
//! FIPS 197 section 4).
//!
//! No table and no branch depends on a value, so the time tells nothing of a secret.

/// What x⁸ comes to.
const REDUCTION: u8 = 0x1b;

/// The product of two elements. The sum of two is their XOR.
pub(super) fn product(a: u8, b: u8) -> u8 {
    let mut doubled = a;
    let mut sum = 0;
    for bit in 0..8 {
        sum ^= doubled & all_or_none(b >> bit);
        doubled = (doubled << 1) ^ (REDUCTION & all_or_none(doubled >> 7));
    }
    sum
}

/// The element that `a` times it is one: `a` to the power of 254. Zero has none, and gives zero.
pub(super) fn inverse(a: u8) -> u8 {
    // 254 is 2 + 4 + 8 + 16 + 32 + 64 + 128.
    let mut square = a;
    let mut power = 1;
    for _ in 1..8 {
        square = product(square, square);
        power = product(power, square);
    }
    power
}

/// All bits set where the lowest is, else none.
fn all_or_none(bit: u8) -> u8 {
    (bit & 1).wrapping_neg()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn products_are_those_of_the_standard() {
        // FIPS 197, section 4.2.
        assert_eq!(product(0x57, 0x83), 0xc1);
        assert_eq!(product(0x57, 0x13), 0xfe);
    }

    #[test]
    fn each_element_but_zero_has_an_inverse() {
        assert!((1..=255).all(|a| product(a, inverse(a)) == 1));
        assert_eq!(inverse(0), 0);
    }

    proptest! {
        #[test]
        fn it_is_a_field(a: u8, b: u8, c: u8) {
            prop_assert_eq!(product(a, b), product(b, a));
            prop_assert_eq!(product(a, product(b, c)), product(product(a, b), c));
            prop_assert_eq!(product(a, b ^ c), product(a, b) ^ product(a, c));
            prop_assert_eq!(product(a, 1), a);
        }
    }
}
