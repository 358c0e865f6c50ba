//! A share of the recovery key, as it is printed, kept in a safe and typed in again.
//!
//! Seventy characters of Crockford's base 32 in groups of five:
//! ```text
//! 1  format   1  needed   1  place   9  set   52  values (256 bits, then 4 of zero)   6  check
//! ```
//! The check is that of Bech32m (BIP-350): within 90 characters it tells every one to four wrong characters, so also two
//! that changed places, and of more wrong ones all but one in 10⁹.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, Zeroizing};

use super::RecoveryError;
use super::shamir::Values;
use crate::text::{base_32_letter, base_32_value, is_separator};

/// Bytes that are split.
pub(super) const SECRET: usize = 32;
/// Most shares of a set, and so most that can be needed.
pub(super) const MOST_SHARES: u8 = 16;

const FORMAT: u8 = 1;
const SET: usize = 9;
const VALUES: usize = (8 * SECRET).div_ceil(5);
const CHECK: usize = 6;
const HEAD: usize = 3 + SET;
const LENGTH: usize = HEAD + VALUES + CHECK;
/// Characters between two hyphens.
const GROUP: usize = 5;

/// Which set a share belongs to: nine characters that come from the recovery key and tell nothing of it. So what shares
/// give together can be compared with it.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct SetId([u8; SET]);

impl SetId {
    /// From 45 of these bits.
    pub(super) fn of(bits: [u8; 8]) -> SetId {
        let number = u64::from_be_bytes(bits);
        let mut digits = [0; SET];
        for (digit, shift) in digits.iter_mut().zip((0_u32..).step_by(5)) {
            *digit = (number >> shift).to_le_bytes()[0] & 31;
        }
        SetId(digits)
    }
}

impl From<SetId> for String {
    fn from(set: SetId) -> String {
        set.to_string()
    }
}

impl TryFrom<String> for SetId {
    type Error = RecoveryError;

    fn try_from(text: String) -> Result<SetId, RecoveryError> {
        let values: Option<Vec<u8>> = text.chars().map(base_32_value).collect();
        let digits = values.and_then(|values| values.try_into().ok());
        digits.map(SetId).ok_or(RecoveryError::Mistyped)
    }
}

impl fmt::Display for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|digit| write!(f, "{}", base_32_letter(*digit)))
    }
}

impl fmt::Debug for SetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SetId({self})")
    }
}

/// One share. Secret: with enough others it opens the store. Wiped on drop, never printed but by [`Share::to_text`].
pub struct Share {
    pub(super) set: SetId,
    pub(super) needed: u8,
    pub(super) place: u8,
    pub(super) values: Values<SECRET>,
}

impl Share {
    /// Which of its set it is, from 1 on.
    #[must_use]
    pub fn number(&self) -> u8 {
        self.place
    }

    /// How many of its set it takes.
    #[must_use]
    pub fn needed(&self) -> u8 {
        self.needed
    }

    /// The set it belongs to.
    #[must_use]
    pub fn set(&self) -> SetId {
        self.set
    }

    /// The share as it is printed, in groups of five.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
        for (place, digit) in self.digits().iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            text.push(base_32_letter(*digit));
        }
        text
    }

    /// Reads a share as it was typed: hyphens and spaces may be anywhere, small letters and full-width ones count, and
    /// letters that look like a digit are taken for it.
    ///
    /// # Errors
    /// [`RecoveryError::Mistyped`] when it is no share: a character is wrong, missing, one too many or in another's place.
    pub fn read(typed: &str) -> Result<Share, RecoveryError> {
        let mut digits = Zeroizing::new([0; LENGTH]);
        let mut places = digits.iter_mut();
        for c in typed.chars().filter(|c| !is_separator(*c)) {
            *places.next().ok_or(RecoveryError::Mistyped)? =
                base_32_value(c).ok_or(RecoveryError::Mistyped)?;
        }
        let whole = places.next().is_none();
        Some(&*digits)
            .filter(|digits| whole && remainder(&**digits) == BECH32M)
            .and_then(from_digits)
            .ok_or(RecoveryError::Mistyped)
    }

    fn digits(&self) -> Zeroizing<[u8; LENGTH]> {
        let mut digits = Zeroizing::new([0; LENGTH]);
        let head = [FORMAT, self.needed, self.place].into_iter().chain(self.set.0);
        let values = (0..VALUES).map(|at| five_bits(&self.values, at));
        for (digit, value) in digits.iter_mut().zip(head.chain(values)) {
            *digit = value;
        }
        let check = remainder(&*digits) ^ BECH32M;
        for (digit, shift) in digits.iter_mut().rev().take(CHECK).zip((0_u32..).step_by(5)) {
            *digit = (check >> shift).to_le_bytes()[0] & 31;
        }
        digits
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Share({} of set {}, …)", self.place, self.set)
    }
}

/// The share that digits with the right check are; `None` for what no version has written.
fn from_digits(digits: &[u8; LENGTH]) -> Option<Share> {
    let (head, rest) = digits.split_first_chunk::<HEAD>()?;
    let [FORMAT, needed @ 1..=MOST_SHARES, place @ 1..=MOST_SHARES, set @ ..] = *head else { return None };
    let mut values = Zeroizing::new([0; SECRET]);
    let (mut bits, mut pending) = (0_u32, 0_u32);
    let mut bytes = values.iter_mut();
    for digit in rest.get(..VALUES)? {
        bits = bits << 5 | u32::from(*digit);
        pending += 5;
        if pending >= 8 {
            pending -= 8;
            *bytes.next()? = (bits >> pending).to_le_bytes()[0];
            bits &= (1 << pending) - 1;
        }
    }
    let padding = bits;
    bits.zeroize();
    (padding == 0).then_some(Share { set: SetId(set), needed, place, values })
}

/// The `at`-th five bits of the bytes, zeros behind their end.
fn five_bits(bytes: &[u8; SECRET], at: usize) -> u8 {
    let byte = |at: usize| u32::from(bytes.get(at).copied().unwrap_or(0));
    let window = byte(5 * at / 8) << 8 | byte(5 * at / 8 + 1);
    (window >> (11 - 5 * at % 8)).to_le_bytes()[0] & 31
}

/// What the remainder of a whole Bech32m text is.
const BECH32M: u32 = 0x2bc8_30a3;
/// The remainder begins here, so that no other use of the code takes a share for its own: BIP-173's expansion of the
/// prefix `mbtk`.
const PREFIX: [u8; 9] = [3, 3, 3, 3, 0, 13, 2, 20, 11];

/// The remainder of the digits by the generator of Bech32 (BIP-173).
fn remainder(digits: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    PREFIX.iter().chain(digits).fold(1_u32, |sum, digit| {
        let top = sum >> 25;
        let shifted = (sum & 0x01ff_ffff) << 5 ^ u32::from(*digit);
        (0_u32..).zip(GENERATOR).fold(shifted, |sum, (bit, term)| {
            // No branch on the digits: they are secret.
            sum ^ (term & (top >> bit & 1).wrapping_neg())
        })
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    prop_compose! {
        fn share()(
            set: [u8; 8], needed in 1..=MOST_SHARES, place in 1..=MOST_SHARES, values: [u8; SECRET],
        ) -> Share {
            Share { set: SetId::of(set), needed, place, values: Zeroizing::new(values) }
        }
    }

    fn same(one: &Share, other: &Share) -> bool {
        (one.set, one.needed, one.place, &*one.values)
            == (other.set, other.needed, other.place, &*other.values)
    }

    fn text_of(digits: &[u8]) -> String {
        digits.iter().map(|digit| base_32_letter(*digit)).collect()
    }

    proptest! {
        #[test]
        fn a_share_reads_back_however_it_is_typed(share in share()) {
            let text = share.to_text();
            let wide: String = text.chars().map(|c| char::from_u32(u32::from(c) - 0x21 + 0xff01).unwrap()).collect();
            let looks_alike = text.replace('0', "O").replace('1', "l");
            let spellings = [text.to_string(), text.to_lowercase(), text.replace('-', ""), text.replace('-', " \n"), wide, looks_alike];
            for spelling in spellings {
                prop_assert!(same(&Share::read(&spelling).unwrap(), &share), "{}", spelling);
            }
        }

        #[test]
        fn one_to_four_wrong_characters_are_always_told(
            share in share(),
            slips in prop::collection::vec((0..LENGTH, 1..32_u8), 1..=4),
        ) {
            let right = share.digits();
            let mut wrong = right.clone();
            for (place, by) in slips {
                wrong[place] = (wrong[place] + by) % 32;
            }
            prop_assert_eq!(Share::read(&text_of(&*wrong)).is_ok(), *wrong == *right);
        }

        #[test]
        fn two_characters_that_changed_places_are_told(share in share(), one in 0..LENGTH, other in 0..LENGTH) {
            let right = share.digits();
            let mut wrong = right.clone();
            wrong.swap(one, other);
            prop_assert_eq!(Share::read(&text_of(&*wrong)).is_ok(), *wrong == *right);
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in "[0-9A-Za-z -]{0,100}|\\PC{0,80}") {
            if let Ok(share) = Share::read(&text) {
                prop_assert!(same(&Share::read(&share.to_text()).unwrap(), &share));
            }
        }
    }

    #[test]
    fn a_share_that_is_cut_or_goes_on_is_told() {
        let share =
            Share { set: SetId::of([7; 8]), needed: 2, place: 1, values: Zeroizing::new([9; SECRET]) };
        let text = share.to_text();
        assert_eq!(text.len(), 83);
        assert!(Share::read(&text[..text.len() - 1]).is_err());
        assert!(Share::read(&format!("{}0", *text)).is_err());
        assert!(Share::read(&format!("{} {}", *text, *text)).is_err());
    }

    #[test]
    fn what_no_version_has_written_is_refused_though_its_check_is_right() {
        let make = |needed, place, format| {
            let share = Share { set: SetId::of([7; 8]), needed, place, values: Zeroizing::new([9; SECRET]) };
            let mut digits = share.digits();
            digits[0] = format;
            digits[LENGTH - CHECK..].fill(0);
            let check = remainder(&*digits) ^ BECH32M;
            for at in 0..CHECK {
                digits[LENGTH - 1 - at] = (check >> (5 * at)) as u8 & 31;
            }
            text_of(&*digits)
        };
        assert!(Share::read(&make(2, 3, 1)).is_ok());
        for text in [make(0, 3, 1), make(2, 0, 1), make(17, 3, 1), make(2, 17, 1), make(2, 3, 2)] {
            assert!(Share::read(&text).is_err());
        }
    }

    #[test]
    fn a_set_is_named_as_it_is_read_and_a_share_is_never_printed() {
        let set = SetId::of([0xa5; 8]);
        assert_eq!(SetId::try_from(set.to_string()), Ok(set));
        assert_eq!(SetId::try_from("0123".to_owned()), Err(RecoveryError::Mistyped));
        let share = Share { set, needed: 2, place: 1, values: Zeroizing::new([9; SECRET]) };
        assert_eq!(format!("{share:?}"), format!("Share(1 of set {set}, …)"));
    }
}
