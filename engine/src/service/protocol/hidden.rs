//! Text that nobody but its reader may see: a password, a code, a card's identifier.

use std::fmt;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

/// Wiped on drop, and shown to nobody by `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    /// Takes a text in.
    #[must_use]
    pub fn new(text: Zeroizing<String>) -> Hidden {
        Hidden(text)
    }

    /// The text itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The text itself, without a copy.
    #[must_use]
    pub fn into_text(self) -> Zeroizing<String> {
        self.0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Hidden(…)")
    }
}

/// What a camera saw, as JPEG. Wiped on drop, and never printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portrait(Zeroizing<Vec<u8>>);

impl Portrait {
    /// Takes a picture in.
    #[must_use]
    pub fn new(jpeg: Zeroizing<Vec<u8>>) -> Portrait {
        Portrait(jpeg)
    }

    /// The picture, without a copy.
    #[must_use]
    pub fn into_jpeg(self) -> Zeroizing<Vec<u8>> {
        self.0
    }
}

impl fmt::Debug for Portrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Portrait(…)")
    }
}
