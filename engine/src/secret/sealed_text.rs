//! How a secret is written into a document: as hex digits.
//!
//! The store wipes the document's text. What the reader of JSON does in between is its own: it copies every string with an
//! escape in it into a buffer that nobody wipes, and borrows all others from the document. Hex digits need no escape, and
//! a string that was copied all the same is refused here.

use std::fmt;

use serde::{Deserializer, Serializer, de};
use zeroize::Zeroizing;

use super::{SECRET_BYTES, Secret};

pub(super) fn serialize<S: Serializer>(secret: &Secret, serializer: S) -> Result<S::Ok, S::Error> {
    // Written digit by digit to where it is sealed, with no text of it in between.
    serializer.collect_str(&Hex(secret.expose().as_bytes()))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Secret, D::Error> {
    deserializer.deserialize_str(HexVisitor)
}

struct Hex<'a>(&'a [u8]);

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

struct HexVisitor;

impl<'de> de::Visitor<'de> for HexVisitor {
    type Value = Secret;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a secret in hex digits")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Secret, E> {
        // No reason is given: it would come with what was found.
        let refused = || E::custom("not a secret in hex digits");
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        if pairs.len() > SECRET_BYTES || !rest.is_empty() {
            return Err(refused());
        }
        let mut bytes = Zeroizing::new(Vec::with_capacity(pairs.len()));
        for [high, low] in pairs {
            let digit =
                |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
            let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { return Err(refused()) };
            bytes.push(high << 4 | low);
        }
        Secret::from_bytes(bytes).map_err(|_| refused())
    }

    fn visit_str<E: de::Error>(self, _copied: &str) -> Result<Secret, E> {
        Err(E::custom("not a secret in hex digits"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::{Deserialize, Serialize};

    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Kept(#[serde(with = "super")] Secret);

    proptest! {
        #[test]
        fn a_secret_reads_back_as_it_was_written(text in "\\PC{1,200}") {
            let secret = Secret::new(Zeroizing::new(text.clone())).unwrap();
            let kept = serde_json::to_vec(&Kept(secret)).unwrap();
            let read: Kept = serde_json::from_slice(&kept).unwrap();
            prop_assert_eq!(read.0.expose(), &text);
        }

        #[test]
        fn what_is_not_in_hex_digits_is_refused_without_being_shown(text in "[0-9a-f]{8,40}[g-zG-Z ,;]") {
            let error = serde_json::from_str::<Kept>(&format!("\"{text}\"")).err().unwrap().to_string();
            prop_assert!(!error.contains(&text[..8]), "{}", error);
        }

        #[test]
        fn whatever_is_read_is_a_secret_or_refused(text in "\"\\PC{0,40}\"|\\PC{0,40}") {
            if let Ok(kept) = serde_json::from_str::<Kept>(&text) {
                prop_assert_eq!(kept.0.expose().len() * 2 + 2, text.len());
            }
        }
    }

    #[test]
    fn a_secret_that_the_reader_had_to_copy_is_refused() {
        assert!(serde_json::from_str::<Kept>("\"616263\"").is_ok());
        assert!(serde_json::from_str::<Kept>("\"\\u0036\\u0031\"").is_err());
        assert!(serde_json::from_str::<Kept>("\"61626\"").is_err());
        assert!(serde_json::from_str::<Kept>("\"\"").is_err());
        assert!(serde_json::from_str::<Kept>(&format!("\"{}\"", "61".repeat(SECRET_BYTES + 1))).is_err());
    }
}
