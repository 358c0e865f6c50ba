//! Records held against the digests that a checkpoint has of them: which is the first that differs, and how.

use std::collections::HashSet;

use super::{Finding, Tampering};
use crate::audit::RecordDigest;

/// A record that waits for its checkpoint.
#[derive(Debug, Clone, Copy)]
pub(super) struct Waiting {
    pub(super) seq: u64,
    /// None for one that could not be read.
    pub(super) digest: Option<RecordDigest>,
}

/// The first of the records that is not as the digests say; none if all are. The digests are those of the records from
/// `first` on.
pub(super) fn first_difference(found: &[Waiting], expected: &[RecordDigest], first: u64) -> Option<Finding> {
    let seq_at = |place: usize| first.saturating_add(place as u64);
    let fits = |place: usize| {
        let (found, expected) = (found.get(place), expected.get(place));
        let same = |found: &Waiting| found.digest.as_ref() == expected && found.seq == seq_at(place);
        found.is_some_and(same)
    };
    let place = (0..found.len().max(expected.len())).find(|place| !fits(*place))?;
    let seq = seq_at(place);
    let (here, there) = (found.get(place), expected.get(place));
    let later_expected: HashSet<_> = expected.iter().skip(place + 1).collect();
    let mut later_found = found.iter().skip(place + 1).filter_map(|record| record.digest);
    let (record, what) = match (here, there) {
        (None, _) => (seq, Tampering::Removed),
        (Some(here), None) => (here.seq, Tampering::Added),
        // Its content is right: only the number is not.
        (Some(here), Some(there)) if here.digest.as_ref() == Some(there) => (seq, Tampering::Changed),
        (Some(here), Some(there)) => {
            let belongs_later = here.digest.is_some_and(|digest| later_expected.contains(&digest));
            let comes_later = later_found.any(|digest| digest == *there);
            match (belongs_later, comes_later) {
                (true, true) => (seq, Tampering::Reordered),
                (true, false) => (seq, Tampering::Removed),
                (false, true) => (here.seq, Tampering::Added),
                // Somebody numbered the rest anew: how many there are tells.
                (false, false) if found.len() < expected.len() => (seq, Tampering::Removed),
                (false, false) if found.len() > expected.len() => (here.seq, Tampering::Added),
                (false, false) => (seq, Tampering::Changed),
            }
        }
    };
    Some(Finding { record, what })
}
