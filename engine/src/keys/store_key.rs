//! The store key: 32 random bytes that the store's data key is kept under.

use zeroize::Zeroizing;

use super::locked::Locked;
use super::{KeyError, random};

/// Length of a store key, bytes.
pub(super) const KEY: usize = 32;

/// The key of a store. In memory of its own, wiped on drop, never printed.
#[derive(Clone)]
pub struct StoreKey(Locked<[u8; KEY]>);

impl StoreKey {
    /// Draws a new one.
    ///
    /// # Errors
    /// When the system gives no random numbers.
    pub fn draw() -> Result<Self, KeyError> {
        Locked::filled(|bytes| random(bytes)).map(Self)
    }

    /// A key that somebody else keeps: the host.
    pub fn from_bytes(bytes: Zeroizing<[u8; KEY]>) -> Self {
        Self(Locked::copy_of(&bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    /// The key as 64 lower-case hex digits.
    pub(super) fn to_hex(&self) -> Zeroizing<[u8; 2 * KEY]> {
        let mut text = Zeroizing::new([0; 2 * KEY]);
        for (byte, digits) in self.0.iter().zip(text.chunks_exact_mut(2)) {
            for (digit, value) in digits.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
            }
        }
        text
    }

    /// Reads 64 lower-case hex digits; `None` for anything else.
    pub(super) fn from_hex(digits: &[u8]) -> Option<Self> {
        let filled = Locked::filled(|key: &mut [u8; KEY]| {
            if digits.len() != 2 * KEY {
                return Err(());
            }
            for (byte, digits) in key.iter_mut().zip(digits.chunks_exact(2)) {
                for &digit in digits {
                    let value = match digit {
                        b'0'..=b'9' => digit - b'0',
                        b'a'..=b'f' => digit - b'a' + 10,
                        _ => return Err(()),
                    };
                    *byte = *byte << 4 | value;
                }
            }
            Ok(())
        });
        filled.ok().map(Self)
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_key_reads_back_as_it_was_written(bytes: [u8; KEY]) {
            let text = StoreKey::from_bytes(Zeroizing::new(bytes)).to_hex();
            let read = StoreKey::from_hex(&*text).unwrap();
            prop_assert_eq!(read.as_bytes(), &bytes);
        }

        #[test]
        fn no_text_makes_the_key_reader_panic_and_no_other_text_is_a_key(text in prop::collection::vec(any::<u8>(), 0..70)) {
            prop_assert_eq!(
                StoreKey::from_hex(&text).is_some(),
                text.len() == 64 && text.iter().all(|c| b"0123456789abcdef".contains(c))
            );
        }
    }

    #[test]
    fn a_key_is_never_printed_and_never_drawn_twice() {
        assert_eq!(format!("{:?}", StoreKey::from_bytes(Zeroizing::new([0xab; KEY]))), "StoreKey(…)");
        assert_ne!(StoreKey::draw().unwrap().as_bytes(), StoreKey::draw().unwrap().as_bytes());
    }
}
