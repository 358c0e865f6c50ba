//! The fingerprint: what two people say to each other over the telephone, so that a file that was exchanged on its way is
//! told from the right one.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use sha2::{Digest as _, Sha256};
use subtle::{Choice, ConstantTimeEq};

use super::{Identity, TerminalError};
use crate::text::{base_32_letter, base_32_value, is_separator};

/// Characters of five bits each. 100 bits are as many as half of a Signal safety number has (30 digits for each side):
/// nobody makes a second identity with the same. A pair of identities with the same takes 2⁵⁰ tries and helps nobody, as
/// both would be the maker's own.
const LENGTH: usize = 20;
/// Characters between two hyphens.
const GROUP: usize = 5;

/// The first 100 bits of an identity's SHA-256, in Crockford's base 32: `7KQM3-W9XHT-4CNAR-D0Z2S`.
#[derive(Debug, Clone, Copy)]
pub struct Fingerprint([u8; LENGTH]);

impl Fingerprint {
    pub(super) fn of(identity: &Identity) -> Fingerprint {
        let digest = Sha256::digest(identity.to_bytes());
        let (mut letters, mut bits, mut held) = ([0; LENGTH], 0_u32, 0_u32);
        let mut bytes = digest.iter();
        for letter in &mut letters {
            if held < 5 {
                bits = bits << 8 | bytes.next().copied().map_or(0, u32::from);
                held += 8;
            }
            held -= 5;
            *letter = (bits >> held).to_le_bytes()[0] & 31;
        }
        Fingerprint(letters)
    }
}

/// Takes the same time wherever they differ: what is typed in is compared with what is not shown.
impl ConstantTimeEq for Fingerprint {
    fn ct_eq(&self, other: &Fingerprint) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl PartialEq for Fingerprint {
    fn eq(&self, other: &Fingerprint) -> bool {
        self.ct_eq(other).into()
    }
}

impl Eq for Fingerprint {}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, letter) in self.0.iter().enumerate() {
            if place > 0 && place % GROUP == 0 {
                f.write_char('-')?;
            }
            f.write_char(base_32_letter(*letter))?;
        }
        Ok(())
    }
}

/// Reads a fingerprint as it was typed: hyphens and spaces may be anywhere, small letters and full-width ones count, O is
/// 0, I and L are 1.
impl FromStr for Fingerprint {
    type Err = TerminalError;

    fn from_str(text: &str) -> Result<Fingerprint, TerminalError> {
        let mut letters = [0; LENGTH];
        let mut typed = text.chars().filter(|c| !is_separator(*c)).map(base_32_value);
        for letter in &mut letters {
            *letter = typed.next().flatten().ok_or(TerminalError::Mistyped)?;
        }
        if typed.next().is_some() {
            return Err(TerminalError::Mistyped);
        }
        Ok(Fingerprint(letters))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::terminal::fixture;

    proptest! {
        #[test]
        fn a_fingerprint_reads_back_however_it_is_typed(letters in prop::array::uniform20(0_u8..32)) {
            let fingerprint = Fingerprint(letters);
            let text = fingerprint.to_string();
            prop_assert_eq!(text.parse(), Ok(fingerprint));
            prop_assert_eq!(text.to_lowercase().replace('-', " ").parse(), Ok(fingerprint));
            prop_assert_eq!(text.replace('-', "").replace('0', "O").replace('1', "l").parse(), Ok(fingerprint));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9A-Za-z -]{0,40}|.{0,40}") {
            let _ = text.parse::<Fingerprint>();
        }
    }

    #[test]
    fn it_is_the_beginning_of_the_identitys_digest() {
        let identity = fixture::keys(1).identity("er-1", [7; 16]);
        let digest = Sha256::digest(identity.to_bytes());
        let first: u128 = digest.iter().take(13).fold(0, |bits, byte| bits << 8 | u128::from(*byte)) >> 4;
        let read: u128 =
            identity.fingerprint().0.iter().fold(0, |bits, letter| bits << 5 | u128::from(*letter));
        assert_eq!(read, first);
        assert_eq!(identity.fingerprint().to_string().len(), "7KQM3-W9XHT-4CNAR-D0Z2S".len());
    }

    #[test]
    fn one_letter_less_more_or_other_is_another_one_or_none() {
        let fingerprint = fixture::keys(1).identity("er-1", [7; 16]).fingerprint();
        let text = fingerprint.to_string();
        assert_eq!(text[1..].parse::<Fingerprint>(), Err(TerminalError::Mistyped));
        assert_eq!(format!("{text}0").parse::<Fingerprint>(), Err(TerminalError::Mistyped));
        let other = if text.ends_with('7') { "8" } else { "7" };
        assert_ne!(format!("{}{other}", &text[..text.len() - 1]).parse(), Ok(fingerprint));
        assert_eq!("".parse::<Fingerprint>(), Err(TerminalError::Mistyped));
    }
}
