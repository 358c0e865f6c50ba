//! The root: one sealed row that says which sealed records there are and at which revisions.
//!
//! A seal tells that a record was changed; it does not tell that one is missing, or that an older one was put back in the
//! place of its successor together with its old revision. The root does: it is the sum (XOR) of HMAC(table, key, revision)
//! over all sealed records but itself. Records come and go without the others being read again. XOR does for a sum because
//! whoever has not the key knows none of the terms, and no term is in it twice: the store draws revisions from one counter
//! that never goes back (its high bits are the generation, which a restored backup makes anew), and whatever is found
//! twice is refused, as twice the same adds nothing.
//!
//! The sum is over what a scan finds. Records are read by what an index finds: see [`trees`](super::trees).

use std::collections::{HashMap, HashSet};

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

use super::{
    StoreError, check, mirror,
    rows::{self, Rows},
    seal::{Keys, Place},
    trees,
};

const TABLE: &str = "root";

/// How many of a revision's bits count within a generation: more changes than a terminal sees in a thousand years.
const COUNTER_BITS: u32 = 40;

/// Every sealed record but the root. The columns stand before the sealed one in their rows: none of that is read.
const RECORDS: &str = "SELECT 'store', '', revision FROM store \
    UNION ALL SELECT 'key_slot', name, revision FROM key_slot \
    UNION ALL SELECT 'person', id, revision FROM person \
    UNION ALL SELECT 'card', handle, revision FROM card \
    UNION ALL SELECT 'template', person, revision FROM template \
    UNION ALL SELECT kind, key, revision FROM document";

/// What is sealed of the root.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealed {
    sum: [u8; 32],
}

/// The root as a transaction has it.
pub(super) struct Root {
    /// What it is sealed as.
    name: &'static str,
    /// The last revision that was drawn.
    revision: u64,
    sum: [u8; 32],
    moved: bool,
    /// The places of the records that came, changed or went since it was read, as far as the mirror has them too.
    touched: Vec<(String, String)>,
}

impl Root {
    /// The root of a store that has no record yet, in its first generation.
    pub(super) fn new(generation: u64) -> Root {
        Root::empty(TABLE, generation << COUNTER_BITS)
    }

    /// The root of no record at all, under a name of its own.
    pub(super) fn empty(name: &'static str, revision: u64) -> Root {
        Root { name, revision, sum: [0; 32], moved: true, touched: Vec::new() }
    }

    /// Reads the root's row.
    pub(super) fn read(rows: &Rows<'_>) -> Result<Root, StoreError> {
        Root::read_as(TABLE, rows)
    }

    /// As [`Root::read`], of one that was sealed under this name.
    pub(super) fn read_as(name: &'static str, rows: &Rows<'_>) -> Result<Root, StoreError> {
        let content = rows
            .conn
            .prepare_cached("SELECT revision, sealed FROM root WHERE one = 1")
            .and_then(|mut statement| {
                statement.query_row([], |row| Ok(rows.open::<Sealed>(name, "", row, [0, 1]))).optional()
            })
            .map_err(|error| rows.failed(error))?
            .ok_or_else(|| rows.damaged(name, "", "expected one row, found none"))??;
        let (revision, sum) = (content.revision, content.meta.sum);
        Ok(Root { name, revision, sum, moved: false, touched: Vec::new() })
    }

    /// Begins the generation after the one that `latest` is of: no revision of another future is drawn a second time.
    pub(super) fn begin_generation_after(&mut self, latest: u64) {
        self.revision = ((latest >> COUNTER_BITS) + 1) << COUNTER_BITS;
        self.moved = true;
    }

    /// The last revision that was drawn.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// How often the store was put back from a copy.
    pub(super) fn generation(&self) -> u64 {
        self.revision >> COUNTER_BITS
    }

    /// Whether anything was written since it was read.
    pub(super) fn has_moved(&self) -> bool {
        self.moved
    }

    /// The places that the mirror has to look at again.
    pub(super) fn touched(&self) -> &[(String, String)] {
        &self.touched
    }

    /// The sum of the records but these, which are all in it.
    pub(super) fn sum_without(
        &self,
        keys: &Keys,
        records: impl IntoIterator<Item = (String, String, u64)>,
    ) -> [u8; 32] {
        let mut sum = self.sum;
        for (table, key, revision) in records {
            add(&mut sum, keys.root_term(&table, &key, revision));
        }
        sum
    }

    /// Whether it is the root of the records that have this sum.
    pub(super) fn is_of(&self, sum: &[u8; 32]) -> bool {
        self.sum.ct_eq(sum).into()
    }

    /// Makes it the root of the records that have this sum.
    pub(super) fn set_sum(&mut self, sum: [u8; 32]) {
        self.sum = sum;
    }

    /// Draws a revision for the record at this place, in the place of the one it had, if it had one.
    pub(super) fn revise(&mut self, keys: &Keys, table: &str, key: &str, old: Option<u64>) -> u64 {
        self.revision = self.revision.saturating_add(1);
        self.take(keys, table, key, old, self.revision);
        self.revision
    }

    /// Takes a record in as another copy of this store has it, under the revision that was drawn there.
    pub(super) fn take(&mut self, keys: &Keys, table: &str, key: &str, old: Option<u64>, revision: u64) {
        if let Some(old) = old {
            self.toggle(keys, table, key, old);
        }
        self.toggle(keys, table, key, revision);
        self.touch(table, key);
    }

    /// Takes the record at this place out.
    pub(super) fn strike(&mut self, keys: &Keys, table: &str, key: &str, revision: u64) {
        self.revision = self.revision.saturating_add(1);
        self.toggle(keys, table, key, revision);
        self.touch(table, key);
    }

    /// Writes the root's row.
    pub(super) fn write(&mut self, rows: &Rows<'_>) -> Result<(), StoreError> {
        // The row's own revision is drawn as well: it never has two contents under one.
        self.write_at(rows, self.revision.saturating_add(1))
    }

    /// Writes the row of a root that draws no revisions of its own, under this one.
    pub(super) fn write_at(&mut self, rows: &Rows<'_>, revision: u64) -> Result<(), StoreError> {
        self.revision = revision;
        let place = Place { table: self.name, key: "", revision };
        let sealed = rows.seal(place, &Sealed { sum: self.sum }, &[])?;
        rows.execute(
            "INSERT OR REPLACE INTO root (one, revision, sealed) VALUES (1, ?1, ?2)",
            params![rows::column(self.revision), sealed],
        )?;
        self.moved = false;
        Ok(())
    }

    /// Compares the root with the records that are there, and the indexes with the records.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] when a record is missing, is one too many, or is not of the revision it should be, or is not
    /// found by its index.
    pub(super) fn verify(&self, rows: &Rows<'_>) -> Result<(), StoreError> {
        let wrap = |error| rows.failed(error);
        trees::check(rows)?;
        let mut sum = [0; 32];
        let mut terms = HashSet::new();
        let mut statement = rows.conn.prepare_cached(RECORDS).map_err(wrap)?;
        let mut records = statement.query([]).map_err(wrap)?;
        while let Some(row) = records.next().map_err(wrap)? {
            let text = |at| row.get_ref(at).and_then(|value| Ok(value.as_str()?)).map_err(wrap);
            let revision: i64 = row.get(2).map_err(wrap)?;
            let (table, key) = (text(0)?, text(1)?);
            let term = rows.keys.root_term(table, key, u64::try_from(revision).unwrap_or(0));
            if !terms.insert(term) {
                return Err(rows.damaged(table, key, "it is there twice"));
            }
            add(&mut sum, term);
        }
        if bool::from(sum.ct_eq(&self.sum)) {
            return Ok(());
        }
        // Where a record was changed it can be named.
        check::open_all(rows)?;
        Err(StoreError::corrupt(
            rows.path,
            "expected the records that were written last, found some missing, added, or put back from an older copy",
        ))
    }

    fn touch(&mut self, table: &str, key: &str) {
        if mirror::keeps(table, key) {
            self.touched.push((table.to_owned(), key.to_owned()));
        }
    }

    fn toggle(&mut self, keys: &Keys, table: &str, key: &str, revision: u64) {
        self.moved = true;
        add(&mut self.sum, keys.root_term(table, key, revision));
    }
}

fn add(sum: &mut [u8; 32], term: [u8; 32]) {
    sum.iter_mut().zip(term).for_each(|(byte, term)| *byte ^= term);
}

/// The revision of every sealed record but the root, by table and key.
pub(super) fn revisions(rows: &Rows<'_>) -> Result<HashMap<(String, String), u64>, StoreError> {
    let wrap = |error| rows.failed(error);
    let mut statement = rows.conn.prepare(RECORDS).map_err(wrap)?;
    let revision = |row: &Row<'_>| {
        let revision: i64 = row.get(2)?;
        Ok(((row.get(0)?, row.get(1)?), u64::try_from(revision).unwrap_or(0)))
    };
    let records = statement.query_map([], revision).map_err(wrap)?;
    records.collect::<Result<_, _>>().map_err(wrap)
}
