//! SHA-256 of files and streams.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use mabataki_models::Digest;
use sha2::{Digest as _, Sha256};

/// The hash of a file; `None` when there is no such file.
pub(crate) fn of_file(path: &Path) -> io::Result<Option<Digest>> {
    match File::open(path) {
        Ok(mut file) => copy(&mut file, &mut io::sink()).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Copies everything and returns the hash of what went through.
pub(crate) fn copy(from: &mut dyn Read, to: &mut dyn Write) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = from.read(&mut buffer)?;
        if count == 0 {
            return Ok(Digest::from_bytes(hasher.finalize().into()));
        }
        hasher.update(&buffer[..count]);
        to.write_all(&buffer[..count])?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_through_is_copied_and_hashed() {
        let data = vec![7; 200_000];
        let mut out = Vec::new();
        let hash = copy(&mut data.as_slice(), &mut out).unwrap();
        assert_eq!(hash, Digest::of(&data));
        assert_eq!(out, data);
    }

    #[test]
    fn a_missing_file_is_not_an_error() {
        assert_eq!(of_file(Path::new("/nonexistent/file")).unwrap(), None);
    }
}
