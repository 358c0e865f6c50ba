//! What the log says of its archives.

use std::fmt;

use mabataki_models::Digest;

use super::{Entry, Operation, Outcome};

/// Between the numbers and the digest.
const DIGEST: &str = " sha256 ";

/// A part of a log that was moved into an archive, as the record of it has it: `1-500 sha256 9f86…`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArchivedPart {
    /// The first record in it.
    pub first: u64,
    /// The last record in it.
    pub last: u64,
    /// The SHA-256 of the archive; none in records of before it was noted.
    pub sha256: Option<Digest>,
}

impl ArchivedPart {
    /// The part that an entry tells of; none where it tells of something else.
    pub(super) fn told_by(entry: &Entry) -> Option<ArchivedPart> {
        let told = entry.operation == Operation::LogArchive && entry.outcome == Outcome::Done;
        entry.object.as_deref().filter(|_| told).and_then(ArchivedPart::parse)
    }

    fn parse(text: &str) -> Option<ArchivedPart> {
        let (range, sha256) = match text.split_once(DIGEST) {
            Some((range, digest)) => (range, Some(digest.parse().ok()?)),
            None => (text, None),
        };
        let (first, last) = range.split_once('-')?;
        Some(ArchivedPart { first: first.parse().ok()?, last: last.parse().ok()?, sha256 })
    }
}

impl fmt::Display for ArchivedPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)?;
        self.sha256.map_or(Ok(()), |sha256| write!(f, "{DIGEST}{sha256}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::is_line;

    #[test]
    fn what_the_log_says_of_an_archive_fits_into_a_record_and_reads_back_with_a_digest_or_without() {
        for sha256 in [None, Some(Digest::of(b"an archive"))] {
            let part = ArchivedPart { first: 1, last: u64::MAX, sha256 };
            let text = part.to_string();
            assert!(is_line(&text, 128), "{text}");
            assert_eq!(ArchivedPart::parse(&text), Some(part));
        }
        for other in ["log", "1-", "1-5 sha256 ", "1-5 sha256 00", "1-5 and more"] {
            assert_eq!(ArchivedPart::parse(other), None, "{other}");
        }
    }
}
