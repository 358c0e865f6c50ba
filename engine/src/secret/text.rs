//! A secret that somebody typed: it wipes itself, and shows itself to nobody.

use std::fmt;

use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::SecretError;

/// Most bytes of a secret. NIST SP 800-63B-4 asks for 64 characters at the least; what is longer than this is no
/// password, and is refused before it is hashed.
pub const SECRET_BYTES: usize = 1024;

/// A password, a code or an application's secret in the clear: 1 to [`SECRET_BYTES`] bytes on one line, wiped on drop.
///
/// It has no `Display` and no serde of its own: where it goes is said by name, with [`Secret::expose`].
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a text as a secret. The text is wiped when it is refused.
    ///
    /// # Errors
    /// [`SecretError::Length`], or [`SecretError::Text`] when it holds a control character, such as the end of a line:
    /// no keyboard types one.
    pub fn new(text: Zeroizing<String>) -> Result<Secret, SecretError> {
        if !(1..=SECRET_BYTES).contains(&text.len()) {
            return Err(SecretError::Length { found: text.len() });
        }
        if text.chars().any(char::is_control) {
            return Err(SecretError::Text);
        }
        Ok(Secret(text))
    }

    /// Takes bytes as a secret, without a copy.
    ///
    /// # Errors
    /// As [`Secret::new`], and [`SecretError::Text`] when they are not UTF-8.
    pub fn from_bytes(mut bytes: Zeroizing<Vec<u8>>) -> Result<Secret, SecretError> {
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Secret::new(Zeroizing::new(text)),
            Err(error) => {
                error.into_bytes().zeroize();
                Err(SecretError::Text)
            }
        }
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Whether both are the same text, in a time that tells nothing but their lengths.
    #[must_use]
    pub fn is(&self, other: &Secret) -> bool {
        self.0.as_bytes().ct_eq(other.0.as_bytes()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(text: &str) -> Zeroizing<String> {
        Zeroizing::new(text.to_owned())
    }

    proptest! {
        #[test]
        fn a_secret_is_one_line_of_text_within_its_limit(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let as_text = std::str::from_utf8(&bytes).ok();
            let fits = as_text.is_some_and(|text| !text.is_empty() && !text.chars().any(char::is_control));
            let secret = Secret::from_bytes(Zeroizing::new(bytes.clone()));
            prop_assert_eq!(secret.is_ok(), fits);
            if let Ok(secret) = secret {
                prop_assert_eq!(secret.expose().as_bytes(), &bytes[..]);
            }
        }

        #[test]
        fn secrets_are_the_same_exactly_when_their_texts_are(a in "[ab]{1,3}", b in "[ab]{1,3}") {
            prop_assert_eq!(Secret::new(text(&a)).unwrap().is(&Secret::new(text(&b)).unwrap()), a == b);
        }
    }

    #[test]
    fn nothing_and_too_much_are_refused_without_being_shown() {
        let error = Secret::new(text("")).unwrap_err();
        assert!(matches!(error, SecretError::Length { found: 0 }), "{error}");
        assert!(Secret::new(text(&"x".repeat(SECRET_BYTES))).is_ok());
        let error = Secret::new(text(&"x".repeat(SECRET_BYTES + 1))).unwrap_err();
        assert!(!error.to_string().contains("xx"), "{error}");
        assert!(Secret::new(text(&"秘".repeat(SECRET_BYTES / 3 + 1))).is_err());
    }

    #[test]
    fn a_secret_is_never_shown_by_debug() {
        assert_eq!(format!("{:?}", Secret::new(text("swordfish")).unwrap()), "Secret(…)");
    }
}
