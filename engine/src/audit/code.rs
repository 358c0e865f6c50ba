//! The short code of a checkpoint: for paper, the telephone, a logbook. Whoever wrote it down can tell later whether the
//! log still has what it had then.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use super::Checkpoint;
use crate::text::UnknownWord;

/// Crockford's base 32: no I, L, O and U, which are taken for others.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of the digest: 80 bits, of which nobody makes the same twice.
const LENGTH: usize = 16;
/// Characters between two hyphens.
const GROUP: usize = 4;

/// A checkpoint's number, its last record's, and the first 80 bits of its head's digest: `12-768-7KQM-3W9X-HT4C-NARD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortCode {
    /// The checkpoint.
    pub checkpoint: u64,
    /// The last record that it covers.
    pub last: u64,
    digest: u128,
}

impl ShortCode {
    /// The code of a checkpoint.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint) -> ShortCode {
        let digest = checkpoint.head.digest();
        let beginning = digest.as_bytes().iter().take(LENGTH * 5 / 8);
        let digest = beginning.fold(0, |digest, byte| digest << 8 | u128::from(*byte));
        ShortCode { checkpoint: checkpoint.head.number, last: checkpoint.head.last, digest }
    }
}

impl fmt::Display for ShortCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.checkpoint, self.last)?;
        for place in 0..LENGTH {
            if place % GROUP == 0 {
                f.write_str("-")?;
            }
            let digit = self.digest >> (5 * (LENGTH - 1 - place)) & 31;
            let letter = usize::try_from(digit).ok().and_then(|digit| ALPHABET.get(digit));
            f.write_char(char::from(*letter.unwrap_or(&b'0')))?;
        }
        Ok(())
    }
}

/// Reads a code as it was copied: small letters count, O is 0, I and L are 1.
impl FromStr for ShortCode {
    type Err = UnknownWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        read(text.trim())
            .ok_or_else(|| UnknownWord::new("a checkpoint's code such as 12-768-7KQM-3W9X-HT4C-NARD", text))
    }
}

fn read(text: &str) -> Option<ShortCode> {
    let (checkpoint, rest) = text.split_once('-')?;
    let (last, digits) = rest.split_once('-')?;
    let number = |digits: &str| {
        let fits = digits.len() <= 19 && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|_| fits)
    };
    let mut digest = 0;
    let mut length = 0;
    for c in digits.chars().filter(|c| *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            c => c,
        };
        let digit = ALPHABET.iter().position(|letter| char::from(*letter) == c)?;
        (digest, length) = (digest << 5 | digit as u128, length + 1);
        if length > LENGTH {
            return None;
        }
    }
    let code = ShortCode { checkpoint: number(checkpoint)?, last: number(last)?, digest };
    (length == LENGTH).then_some(code)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::audit::{CheckpointKey, fixture};

    proptest! {
        #[test]
        fn a_code_reads_back_as_it_was_shown_in_small_letters_and_without_hyphens(
            checkpoint in 0..u64::from(u32::MAX), last in 0..u64::from(u32::MAX), digest in 0..1_u128 << 80,
        ) {
            let code = ShortCode { checkpoint, last, digest };
            let text = code.to_string();
            prop_assert_eq!(text.parse(), Ok(code));
            prop_assert_eq!(text.to_lowercase().parse(), Ok(code));
        }

        #[test]
        fn no_text_makes_it_panic(text in "[0-9A-Za-z -]{0,40}|.{0,40}") {
            let _ = text.parse::<ShortCode>();
        }
    }

    #[test]
    fn another_checkpoint_has_another_code_and_letters_that_look_alike_are_the_same() {
        let key = CheckpointKey::from_seed([1; 32]);
        let checkpoint = fixture::head(&key).sign(&key, Vec::new());
        let code = ShortCode::of(&checkpoint);
        assert!(code.to_string().starts_with("3-192-"), "{code}");
        assert_eq!(code.to_string().len(), "3-192-7KQM-3W9X-HT4C-NARD".len());
        let mut other = checkpoint;
        other.head.generation += 1;
        assert_ne!(ShortCode::of(&other), code);
        let read = |text: &str| text.parse::<ShortCode>();
        assert_eq!(read("3-192-OOOO-IIII-LLLL-0000"), read("3-192-0000-1111-1111-0000"));
        assert!(read("3-192-7KQM-3W9X-HT4C").is_err());
        assert!(read("3-192-7KQM-3W9X-HT4C-NARU").is_err(), "there is no U");
        assert!(read("3-192-7KQM-3W9X-HT4C-NARD-0").is_err());
    }
}
