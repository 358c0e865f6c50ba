//! The store key: 32 random bytes that everything in a store is sealed under.
//!
//! Its file is text, two lines, 86 bytes in all, so that it can be copied from a screen or a printout:
//! ```text
//! mabataki store key 1
//! 64 lower-case hex digits
//! ```
//! It lies outside the state folder: a copy of that folder alone opens nothing.

use std::{io::Read, path::Path};

use zeroize::Zeroizing;

use super::{StoreError, files, seal};

const HEADER: &[u8] = b"mabataki store key 1\n";
const KEY: usize = 32;
const FILE: usize = HEADER.len() + 2 * KEY + 1;

/// The key of a store. Wiped on drop, never printed.
#[derive(Clone)]
pub struct StoreKey(Zeroizing<[u8; KEY]>);

impl StoreKey {
    /// Makes a new key and keeps it in a new file of mode 0600 at `path`, written to the disk before this
    /// returns. Folders that are missing on the way are made with mode 0700.
    ///
    /// # Errors
    /// [`StoreError::FileExists`] when there is a file; [`StoreError::NotPermitted`] when `path` lies in the
    /// `state` folder. Nothing is left behind.
    pub fn create_file(path: &Path, state: &Path) -> Result<Self, StoreError> {
        refuse_inside(path, state)?;
        let mut bytes = Zeroizing::new([0; KEY]);
        seal::fill_random(&mut *bytes)?;
        let key = Self(bytes);
        files::write_new(path, &*key.to_text())?;
        Ok(key)
    }

    /// Reads the key from its file.
    ///
    /// # Errors
    /// [`StoreError::NoKey`] when there is none; [`StoreError::NotPermitted`] when it is a link, is not a
    /// file, belongs to another user, can be read by others, or lies in the `state` folder;
    /// [`StoreError::BadKey`] when it does not hold a key.
    pub fn read_file(path: &Path, state: &Path) -> Result<Self, StoreError> {
        refuse_inside(path, state)?;
        let mut file =
            files::open_private(path)?.ok_or_else(|| StoreError::NoKey { path: path.to_owned() })?;
        // One byte more than a key file has, so that a longer one is seen without reading it all.
        let mut text = Zeroizing::new([0; FILE + 1]);
        let mut length = 0;
        while let Some(rest) = text.get_mut(length..).filter(|rest| !rest.is_empty()) {
            match file.read(rest).map_err(StoreError::io("read", path))? {
                0 => break,
                read => length += read,
            }
        }
        Self::from_text(text.get(..length).unwrap_or_default(), path)
    }

    /// A key that the caller keeps: a TPM's, a keystore's, a host's.
    pub fn from_bytes(bytes: Zeroizing<[u8; KEY]>) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; KEY] {
        &self.0
    }

    fn to_text(&self) -> Zeroizing<[u8; FILE]> {
        let mut text = Zeroizing::new([b'\n'; FILE]);
        let (header, rest) = text.split_at_mut(HEADER.len());
        header.copy_from_slice(HEADER);
        for (byte, digits) in self.0.iter().zip(rest.chunks_exact_mut(2)) {
            for (digit, value) in digits.iter_mut().zip([byte >> 4, byte & 15]) {
                *digit = if value < 10 { b'0' + value } else { b'a' + value - 10 };
            }
        }
        text
    }

    fn from_text(text: &[u8], path: &Path) -> Result<Self, StoreError> {
        let bad = |expected, found: String| StoreError::BadKey { path: path.to_owned(), expected, found };
        let Some(rest) = text.strip_prefix(HEADER) else {
            return Err(bad(
                "the line `mabataki store key 1`",
                format!("another first line ({} bytes)", text.len()),
            ));
        };
        let digits = rest.strip_suffix(b"\n").unwrap_or(rest);
        if digits.len() != 2 * KEY {
            let found = if text.len() > FILE { "more".to_owned() } else { format!("{}", digits.len()) };
            return Err(bad("64 hex digits on the second line", format!("{found} characters")));
        }
        let mut key = Zeroizing::new([0; KEY]);
        for (byte, digits) in key.iter_mut().zip(digits.chunks_exact(2)) {
            for &digit in digits {
                let value = match digit {
                    b'0'..=b'9' => digit - b'0',
                    b'a'..=b'f' => digit - b'a' + 10,
                    _ => {
                        return Err(bad(
                            "64 hex digits, a to f in lower case",
                            "another character".to_owned(),
                        ));
                    }
                };
                *byte = *byte << 4 | value;
            }
        }
        Ok(Self(key))
    }
}

impl std::fmt::Debug for StoreKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoreKey(…)")
    }
}

/// A key in the folder it opens protects nothing: whoever copies the one copies the other.
fn refuse_inside(path: &Path, state: &Path) -> Result<(), StoreError> {
    if files::lies_in(path, state)? {
        return Err(StoreError::NotPermitted {
            path: path.to_owned(),
            expected: "a key file outside the state folder",
            found: format!("one inside {}", state.display()),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(bytes: [u8; KEY]) -> StoreKey {
        StoreKey::from_bytes(Zeroizing::new(bytes))
    }

    proptest! {
        #[test]
        fn a_key_reads_back_as_it_was_written(bytes: [u8; KEY]) {
            let text = key(bytes).to_text();
            let read = StoreKey::from_text(&*text, Path::new("key")).unwrap();
            prop_assert_eq!(read.as_bytes(), &bytes);
        }

        #[test]
        fn no_text_makes_the_key_reader_panic_and_no_other_text_is_a_key(text in prop::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(StoreKey::from_text(&text, Path::new("key")).is_err());
        }

        #[test]
        fn a_key_file_with_one_byte_changed_is_another_key_or_refused(bytes: [u8; KEY], at in 0..FILE, flip in 1..=255_u8) {
            let mut text = key(bytes).to_text();
            text[at] ^= flip;
            match StoreKey::from_text(&*text, Path::new("key")) {
                Ok(other) => prop_assert_ne!(other.as_bytes(), &bytes),
                Err(error) => prop_assert_eq!(error.code(), "bad_key"),
            }
        }
    }

    #[test]
    fn a_key_is_never_printed() {
        assert_eq!(format!("{:?}", key([0xab; KEY])), "StoreKey(…)");
        let mut text = key([0xab; KEY]).to_text().to_vec();
        text.push(b'x');
        let error = StoreKey::from_text(&text, Path::new("key")).unwrap_err();
        assert!(!error.to_string().contains("abab"), "{error}");
    }
}
