//! What is left of the store that a backup takes the place of, and which of it is to be believed.

use std::collections::HashMap;

use zeroize::Zeroizing;

use super::super::{
    mirror,
    root::{self, Root},
    rows::Rows,
    seal::Place,
};

/// A record's table and key.
pub(super) type Spot = (String, String);

/// Records as one database has them: the store's own, or its mirror.
pub(super) struct Copy<'c> {
    pub(super) rows: Rows<'c>,
    /// Which records it should have, if it still says so.
    pub(super) root: Option<Root>,
}

impl Copy<'_> {
    /// The revision up to which it has everything; 0 where nobody can tell.
    pub(super) fn reached(&self) -> u64 {
        self.root.as_ref().map_or(0, Root::revision)
    }

    /// Whether no record of it is missing, added or older than it should be.
    fn is_whole(&self) -> bool {
        self.root.as_ref().is_some_and(|root| root.verify(&self.rows).is_ok())
    }
}

/// What is left.
pub(super) struct Remains<'c> {
    /// The store in place, as far as it can be read.
    pub(super) store: Option<Copy<'c>>,
    /// Its mirror in the witness folder.
    pub(super) mirror: Option<Copy<'c>>,
    /// The revision that the anchor says the store had reached at the least.
    pub(super) witnessed: Option<u64>,
}

impl<'c> Remains<'c> {
    /// The one that knows all that came after the backup, which has these records: it alone counts then, also where it has
    /// a record no more.
    pub(super) fn authority(&self, known: &HashMap<Spot, u64>) -> Option<&Copy<'c>> {
        let witnessed = self.witnessed.unwrap_or(0).max(self.mirror.as_ref().map_or(0, Copy::reached));
        let store = self.store.as_ref().filter(|store| store.reached() >= witnessed && store.is_whole());
        store.or_else(|| {
            // One that has not even what the backup has was put back from an older copy itself.
            let backed_up = known
                .iter()
                .filter(|((table, key), _)| mirror::keeps(table, key))
                .map(|(_, revision)| *revision)
                .max();
            let is_up_to_date = |mirror: &&Copy<'_>| mirror.reached() >= backed_up.unwrap_or(0);
            self.mirror.as_ref().filter(is_up_to_date).filter(|mirror| mirror.is_whole())
        })
    }

    /// The last revision of which store or anchor know; 0 where nothing is left that could tell.
    pub(super) fn last_known(&self) -> u64 {
        let store = self.store.as_ref().map_or(0, Copy::reached);
        store.max(self.witnessed.unwrap_or(0))
    }

    /// The revision that the store had reached at the least, as far as anything tells.
    pub(super) fn reached(&self) -> u64 {
        let copies = self.copies().map(Copy::reached);
        copies.chain(self.witnessed).max().unwrap_or(0)
    }

    /// Every copy, the one with the most in it first.
    pub(super) fn copies(&self) -> impl Iterator<Item = &Copy<'c>> {
        self.store.iter().chain(&self.mirror)
    }

    /// The newest revision that any copy has of each record.
    pub(super) fn newest(&self) -> HashMap<Spot, u64> {
        let mut newest = HashMap::new();
        for (spot, revision) in self.copies().flat_map(|copy| root::revisions(&copy.rows).unwrap_or_default())
        {
            let best = newest.entry(spot).or_insert(revision);
            *best = revision.max(*best);
        }
        newest
    }

    /// The face of this person as it was at this revision, which the mirror does not have, if it can still be read.
    pub(super) fn template(&self, person: &str, revision: u64) -> Option<Zeroizing<Vec<u8>>> {
        let rows = &self.store.as_ref()?.rows;
        let find = "SELECT sealed FROM template WHERE person = ?1";
        let sealed: Vec<u8> = rows.conn.query_row(find, [person], |row| row.get(0)).ok()?;
        rows.keys.open(Place { table: "template", key: person, revision }, &sealed)
    }
}
