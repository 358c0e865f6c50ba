//! Emergency codes: drawn at random, read out or copied from paper, typed once.
//!
//! A code is sixteen characters, such as `7KQM-3W9X-HT4C-NARD`: fifteen at random and one that checks them. The alphabet
//! has no two characters that look alike (no 0 O Q, 1 I L, 2 Z, 5 S, 8 B, U V), and 23 of them, a prime: a sum with a
//! weight for each place then tells every single wrong character and every two that changed places (the scheme of
//! ISBN-10). So a slip is told from a wrong code without asking the store, and costs no try. It helps nobody to guess:
//! whoever can count can make up codes that check.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{Secret, SecretError};
use crate::text::{is_separator, narrow};

const ALPHABET: &[u8; 23] = b"34679ACDEFGHJKMNPRTVWXY";
/// The size of the alphabet: prime, and more than there are places.
const BASE: u8 = ALPHABET.len() as u8;
/// Characters of a code, the one that checks among them. The fifteen others are worth 67.8 bits.
const LENGTH: usize = 16;
/// Characters between two hyphens.
const GROUP: usize = 4;
/// Random bytes from here on are drawn again, or some characters would come more often than others.
const FAIR: u8 = 255 - 255 % BASE;

/// A code in the clear. Wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct EmergencyCode([u8; LENGTH]);

impl EmergencyCode {
    /// Draws a new one.
    ///
    /// # Errors
    /// [`SecretError::NoRandom`].
    pub fn draw() -> Result<EmergencyCode, SecretError> {
        let mut digits = [0; LENGTH];
        for digit in digits.iter_mut().take(LENGTH - 1) {
            *digit = draw_digit()?;
        }
        // The last place weighs most; what it must hold to make the sum zero is found by trying.
        let check = (0..BASE).find(|check| {
            digits[LENGTH - 1] = *check;
            weighted_sum(&digits) == 0
        });
        digits[LENGTH - 1] = check.unwrap_or(0);
        Ok(EmergencyCode(digits))
    }

    /// Reads a code as it was typed: hyphens and spaces may be anywhere, small letters and full-width ones count.
    ///
    /// # Errors
    /// [`SecretError::Mistyped`] when it is no code at all: a character is wrong, missing or in another's place.
    pub fn read(typed: &Secret) -> Result<EmergencyCode, SecretError> {
        let mut code = EmergencyCode([0; LENGTH]);
        let mut places = code.0.iter_mut();
        for c in typed.expose().chars().filter(|c| !is_separator(*c)) {
            let digit = digit_of(c).ok_or(SecretError::Mistyped)?;
            *places.next().ok_or(SecretError::Mistyped)? = digit;
        }
        let is_whole = places.next().is_none();
        if is_whole && weighted_sum(&code.0) == 0 { Ok(code) } else { Err(SecretError::Mistyped) }
    }

    /// The code as it is shown, once: in groups of four.
    #[must_use]
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(LENGTH + LENGTH / GROUP));
        for (place, digit) in self.0.iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                text.push('-');
            }
            text.extend(ALPHABET.get(usize::from(*digit)).map(|letter| char::from(*letter)));
        }
        text
    }
}

/// Draws what a code, or a use of one, is called by: eight characters such as `k7mq-2w9x`. It tells nothing of the code.
///
/// # Errors
/// [`SecretError::NoRandom`].
pub fn draw_handle() -> Result<String, SecretError> {
    let mut handle = String::with_capacity(2 * GROUP + 1);
    for place in 0..2 * GROUP {
        if place == GROUP {
            handle.push('-');
        }
        let letter = ALPHABET.get(usize::from(draw_digit()?)).copied();
        handle.extend(letter.map(|letter| char::from(letter.to_ascii_lowercase())));
    }
    Ok(handle)
}

impl fmt::Debug for EmergencyCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EmergencyCode(…)")
    }
}

/// What is kept of a code: HMAC-SHA256 of it, under a key of its own.
///
/// A password needs a slow hash because people choose from few; a code is one of 2^67. Trying them all takes 10^20 hashes,
/// hundreds of years at 10^10 a second, and a code lives for hours.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeMac {
    key: [u8; 32],
    mac: [u8; 32],
}

impl CodeMac {
    /// What to keep of this code.
    ///
    /// # Errors
    /// [`SecretError::NoRandom`].
    pub fn of(code: &EmergencyCode) -> Result<CodeMac, SecretError> {
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(SecretError::no_random)?;
        Ok(CodeMac { key, mac: keyed(&key, code).finalize().into_bytes().into() })
    }

    /// Whether it was kept of this code, in a time that tells nothing of it.
    #[must_use]
    pub fn is_of(&self, code: &EmergencyCode) -> bool {
        keyed(&self.key, code).verify_slice(&self.mac).is_ok()
    }
}

impl fmt::Debug for CodeMac {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CodeMac(…)")
    }
}

fn keyed(key: &[u8; 32], code: &EmergencyCode) -> Hmac<Sha256> {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of 32 bytes");
    mac.chain_update(code.0)
}

fn draw_digit() -> Result<u8, SecretError> {
    let mut byte = Zeroizing::new([0]);
    loop {
        getrandom::fill(&mut *byte).map_err(SecretError::no_random)?;
        if byte[0] < FAIR {
            return Ok(byte[0] % BASE);
        }
    }
}

/// Each place weighs another, and none weighs nothing. Zero for a code.
fn weighted_sum(digits: &[u8; LENGTH]) -> u32 {
    let sum: u32 = (1..).zip(digits).map(|(weight, digit)| weight * u32::from(*digit)).sum();
    sum % u32::from(BASE)
}

fn digit_of(c: char) -> Option<u8> {
    let letter = narrow(c)?;
    ALPHABET.iter().position(|known| *known == letter).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Option<EmergencyCode> {
        EmergencyCode::read(&Secret::new(Zeroizing::new(text.to_owned())).unwrap()).ok()
    }

    fn drawn() -> impl Strategy<Value = EmergencyCode> {
        Just(()).prop_map(|()| EmergencyCode::draw().unwrap())
    }

    proptest! {
        #[test]
        fn a_code_reads_back_however_it_is_spaced_and_in_any_case(code in drawn()) {
            let text = code.to_text();
            let wide: String = text.chars().map(|c| char::from_u32(u32::from(c) - 0x21 + 0xff01).unwrap()).collect();
            let spellings =
                [text.to_string(), text.to_lowercase(), text.replace('-', ""), text.replace('-', "  "), wide];
            for spelling in spellings {
                prop_assert_eq!(read(&spelling).map(|read| read.0), Some(code.0), "{}", spelling);
            }
        }

        #[test]
        fn one_wrong_character_is_told(code in drawn(), place in 0..LENGTH, by in 1..BASE) {
            let mut wrong = code.clone();
            wrong.0[place] = (wrong.0[place] + by) % BASE;
            prop_assert!(read(&wrong.to_text()).is_none());
        }

        #[test]
        fn two_characters_that_changed_places_are_told(code in drawn(), one in 0..LENGTH, other in 0..LENGTH) {
            let mut wrong = code.clone();
            wrong.0.swap(one, other);
            prop_assert_eq!(read(&wrong.to_text()).is_some(), code.0[one] == code.0[other]);
        }

        #[test]
        fn whatever_is_typed_is_read_or_refused(text in "[ -~]{1,40}|.{1,20}|([34679ACDEFGHJKMNPRTVWXY]{4}-?){4}") {
            if let Some(code) = Secret::new(Zeroizing::new(text)).ok().and_then(|text| EmergencyCode::read(&text).ok()) {
                prop_assert_eq!(weighted_sum(&code.0), 0);
            }
        }

        #[test]
        fn what_is_kept_fits_its_code_and_no_other(code in drawn(), other in drawn()) {
            let kept = CodeMac::of(&code).unwrap();
            prop_assert!(kept.is_of(&code));
            prop_assert!(!kept.is_of(&other));
            prop_assert_ne!(&kept, &CodeMac::of(&code).unwrap(), "the same key twice");
        }
    }

    #[test]
    fn a_code_that_is_cut_or_goes_on_is_told() {
        let text = EmergencyCode::draw().unwrap().to_text();
        assert!(read(&text[..text.len() - 1]).is_none());
        assert!(read(&format!("{}3", *text)).is_none());
    }

    #[test]
    fn no_two_characters_of_the_alphabet_look_alike() {
        let alike = ["0OQ", "1IL", "2Z", "5S", "8B", "UV"];
        for group in alike {
            let used = group.bytes().filter(|letter| ALPHABET.contains(letter)).count();
            assert!(used <= 1, "{group}");
        }
        assert!(f64::from(BASE).log2() * (LENGTH - 1) as f64 >= 60.0);
    }

    #[test]
    fn characters_come_equally_often() {
        let mut seen = [0_u32; BASE as usize];
        for _ in 0..23_000 {
            seen[usize::from(draw_digit().unwrap())] += 1;
        }
        // Six standard deviations of a fair draw: less than one run in ten million fails.
        assert!(seen.iter().all(|count| (815..=1185).contains(count)), "{seen:?}");
    }

    #[test]
    fn a_code_is_never_shown_by_debug() {
        let code = EmergencyCode::draw().unwrap();
        assert_eq!(format!("{code:?} {:?}", CodeMac::of(&code).unwrap()), "EmergencyCode(…) CodeMac(…)");
    }
}
