//! What a card is called by.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use super::{StoreError, seal};

/// Characters of a handle: Crockford's base 32, which leaves out i, l, o and u, in lower case.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// Characters of a handle, without the hyphen in its middle: 40 random bits.
const HANDLE: usize = 8;

/// What people and programs call a card by, such as `k7mq-2w9x`. Drawn at random: it tells nothing of the card.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String")]
pub struct CardHandle(String);

impl CardHandle {
    pub(super) fn draw() -> Result<Self, StoreError> {
        let mut random = [0; HANDLE];
        seal::fill_random(&mut random)?;
        let mut text = String::with_capacity(HANDLE + 1);
        for (at, byte) in random.into_iter().enumerate() {
            if at == HANDLE / 2 {
                text.push('-');
            }
            text.extend(ALPHABET.get(usize::from(byte % 32)).copied().map(char::from));
        }
        Ok(Self(text))
    }

    /// The handle that the store holds, as the store wrote it.
    pub(super) fn stored(text: String) -> Self {
        Self(text)
    }

    /// The handle as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CardHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl TryFrom<String> for CardHandle {
    type Error = StoreError;

    fn try_from(text: String) -> Result<Self, StoreError> {
        text.parse()
    }
}

/// Upper case is taken as lower case.
impl FromStr for CardHandle {
    type Err = StoreError;

    fn from_str(text: &str) -> Result<Self, StoreError> {
        let handle = text.to_ascii_lowercase();
        let fits = handle.split_once('-').is_some_and(|(a, b)| {
            a.len() == HANDLE / 2
                && b.len() == HANDLE / 2
                && a.bytes().chain(b.bytes()).all(|c| ALPHABET.contains(&c))
        });
        if fits {
            Ok(Self(handle))
        } else {
            Err(StoreError::Invalid {
                what: "a card's handle",
                expected: "eight letters and digits with a hyphen in the middle, such as k7mq-2w9x",
                found: format!("{} characters", text.chars().count()),
            })
        }
    }
}
