//! The order of records: what others rest on comes first, and no two are of the same thing. A bundle that took something
//! away and brought it again would let what is remembered of it here be forgotten in between.

use std::collections::BTreeSet;

use super::record::Place;
use super::{Record, RecordKey};

/// The records so far.
#[derive(Default)]
pub(super) struct Order {
    last: Option<Place>,
    keys: BTreeSet<RecordKey>,
}

impl Order {
    /// Whether this record may come next; then it has.
    pub(super) fn admits(&mut self, record: &Record) -> bool {
        let place = record.place();
        let admitted = self.last.as_ref().is_none_or(|last| *last < place) && self.keys.insert(record.key());
        self.last = Some(place);
        admitted
    }
}
