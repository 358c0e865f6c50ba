//! What a backup does not know: whatever the store that it takes the place of holds newer, and still readable.
//!
//! Of each record the newer one counts, by its revision. So a card that was reported lost since, a person who was disabled,
//! and every counted failure stay as they were, whichever way the store came to be unusable.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, params};
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::{
    Document, OutletProgress, Store, StoreError, Write, cards,
    root::{self, Root},
    rows::{self, Rows},
    seal::Place,
    slots,
};

use super::log;
use crate::audit::{LogState, PublicKey};

/// The sealed tables but the cards: name under the seal, key, revision, seal, and the person whose record it is.
const PEOPLE: &str = "SELECT 'person', id, revision, sealed, NULL FROM person";
const TEMPLATES: &str = "SELECT 'template', person, revision, sealed, person FROM template";
const DOCUMENTS: &str = "SELECT kind, key, revision, sealed, person FROM document";

/// What became of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Merged {
    /// Records taken from the store that was in place, which had them newer than the backup.
    pub newer: u64,
    /// Records of the backup that were removed since.
    pub removed: u64,
    /// Records of the store that was in place that could not be read.
    pub unreadable: u64,
    /// There were changes that neither of the two has, or nothing is left that could tell: what was revoked since the
    /// backup has to be revoked again.
    pub lost: bool,
    /// The log goes on from the backup, and with this key: whoever verifies it must know it beside the one that it began
    /// with. None where the log of the store that was in place goes on.
    pub log_key: Option<PublicKey>,
}

/// The store that is to be replaced, as far as it can be read.
pub(super) struct Current<'c> {
    pub(super) rows: Rows<'c>,
    pub(super) root: Option<Root>,
}

impl Store {
    /// Begins a new generation in a store that was just unpacked, and brings it up to what `current` has newer. `taken` is
    /// the revision at which the backup was taken, `witnessed` the one that the store had reached at the least.
    pub(super) fn merge(
        &mut self,
        taken: u64,
        current: Option<&Current<'_>>,
        witnessed: Option<u64>,
    ) -> Result<Merged, StoreError> {
        self.write(|staged| {
            let reached = current.and_then(|current| current.root.as_ref()).map_or(0, Root::revision);
            let known = taken.max(reached);
            staged.root.borrow_mut().begin_generation_after(known.max(witnessed.unwrap_or(0)));
            // With neither a witness nor a store, nobody can tell what came after the backup.
            let lost = witnessed.map_or(reached == 0, |witnessed| witnessed > known);
            let merged = Merged { lost, ..Merged::default() };
            let Some(current) = current else {
                return Ok(Merged { log_key: staged.renew_signer()?, ..merged });
            };
            let log = log::take_over(staged, &current.rows)?;
            let log_key = if log { None } else { staged.renew_signer()? };
            let merged = Merged { log_key, ..merged };
            // Only a store in which no record is missing can tell that one was removed; and in one in which one is, it may be
            // the one that says who was shut out.
            let whole = current.root.as_ref().filter(|root| root.verify(&current.rows).is_ok());
            let merged = Merge::begin(staged, &current.rows, taken, log, merged)?.run(whole)?;
            let newer = witnessed.unwrap_or(reached).max(reached) > taken;
            // The records that its log had since the backup are in the files that are set aside, and nowhere else.
            Ok(Merged { lost: merged.lost || (newer && (!log || whole.is_none())), ..merged })
        })
    }
}

/// A record's table and key.
type Spot = (String, String);

/// A record of the current store, opened.
struct Found {
    spot: Spot,
    revision: u64,
    content: Zeroizing<Vec<u8>>,
    /// Whose it is.
    person: Option<String>,
}

struct Merge<'m> {
    staged: &'m Write<'m>,
    current: &'m Rows<'m>,
    /// The revision at which the backup was taken.
    taken: u64,
    /// Whether the current store's log goes on.
    log: bool,
    /// What the backup has, and at which revisions.
    known: HashMap<Spot, u64>,
    /// What the current store has.
    found: HashSet<Spot>,
    merged: Merged,
}

impl<'m> Merge<'m> {
    fn begin(
        staged: &'m Write<'m>,
        current: &'m Rows<'m>,
        taken: u64,
        log: bool,
        merged: Merged,
    ) -> Result<Merge<'m>, StoreError> {
        let known = root::revisions(&staged.rows)?;
        Ok(Merge { staged, current, taken, log, known, found: HashSet::new(), merged })
    }

    /// Merges; `whole` is the current store's root, if no record of it is missing.
    fn run(mut self, whole: Option<&Root>) -> Result<Merged, StoreError> {
        // Whose a record is comes before the record.
        self.take(PEOPLE)?;
        self.take_cards()?;
        self.take(TEMPLATES)?;
        self.take(DOCUMENTS)?;
        self.take_key_slots(whole)?;
        if let Some(root) = whole {
            self.remove_missing(root.revision())?;
        }
        Ok(self.merged)
    }

    /// Whether the current store's record counts. One that the backup does not know and that is older than it was removed
    /// before it was taken.
    fn is_newer(&self, spot: &Spot, revision: u64) -> bool {
        revision > self.known.get(spot).copied().unwrap_or(self.taken)
    }

    /// Whether a record is of the log, and stays as it is in the backup: where the log stands was taken over with the records
    /// or not at all, and how far it was sent counts only where it goes on.
    fn stays_with_log(&self, table: &str) -> bool {
        table == LogState::KIND || (table == OutletProgress::KIND && !self.log)
    }

    fn take(&mut self, list: &str) -> Result<(), StoreError> {
        let Ok(mut statement) = self.current.conn.prepare(list) else { return Ok(()) };
        let Ok(mut records) = statement.query([]) else { return Ok(()) };
        loop {
            let row = match records.next() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                // What SQLite cannot read any further is lost; what came before it is not.
                Err(_) => {
                    self.merged.unreadable += 1;
                    self.merged.lost = true;
                    break;
                }
            };
            let Some(Found { spot, revision, content, person }) = self.read(row) else {
                self.merged.unreadable += 1;
                // It cannot be read, but it was not removed.
                self.found.extend(row.get(0).and_then(|table| Ok((table, row.get(1)?))));
                continue;
            };
            if self.stays_with_log(&spot.0) {
                self.found.insert(spot);
                continue;
            }
            let has_person = match &person {
                Some(person) => self.staged.person(person)?.is_some(),
                None => true,
            };
            if has_person && self.is_newer(&spot, revision) {
                self.put(&spot, person.as_deref(), &content)?;
                self.merged.newer += 1;
            }
            self.found.insert(spot);
        }
        Ok(())
    }

    fn read(&self, row: &Row<'_>) -> Option<Found> {
        let spot: Spot = (row.get(0).ok()?, row.get(1).ok()?);
        let revision = u64::try_from(row.get::<_, i64>(2).ok()?).ok()?;
        let sealed: Vec<u8> = row.get(3).ok()?;
        let place = Place { table: &spot.0, key: &spot.1, revision };
        let content = self.current.keys.open(place, &sealed)?;
        Some(Found { spot, revision, content, person: row.get(4).ok()? })
    }

    fn put(&self, spot: &Spot, person: Option<&str>, content: &[u8]) -> Result<(), StoreError> {
        let (table, key) = (spot.0.as_str(), spot.1.as_str());
        let revision = self.staged.revise(table, key, self.known.get(spot).copied());
        let rows = &self.staged.rows;
        let sealed = rows.keys.seal(Place { table, key, revision }, content)?;
        let revision = rows::column(revision);
        match table {
            "person" => rows.execute(
                "INSERT INTO person (id, revision, sealed) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (id) DO UPDATE SET revision = ?2, sealed = ?3",
                params![key, revision, sealed],
            ),
            "template" => rows.execute(
                "INSERT INTO template (person, revision, sealed) VALUES (?1, ?2, ?3) \
                 ON CONFLICT (person) DO UPDATE SET revision = ?2, sealed = ?3",
                params![key, revision, sealed],
            ),
            _ => rows.execute(
                "INSERT INTO document (kind, key, person, revision, sealed) VALUES (?1, ?2, ?3, ?4, ?5) \
                 ON CONFLICT (kind, key) DO UPDATE SET person = ?3, revision = ?4, sealed = ?5",
                params![table, key, person, revision, sealed],
            ),
        }
        .map(|_| ())
    }

    /// Cards come with what they are found by and whose they are.
    fn take_cards(&mut self) -> Result<(), StoreError> {
        let handles: Vec<(String, i64)> = self
            .current
            .conn
            .prepare("SELECT handle, revision FROM card")
            .and_then(|mut found| {
                Ok(found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.flatten().collect())
            })
            .unwrap_or_default();
        for (handle, revision) in handles {
            let found = cards::find_by(self.current, cards::BY_HANDLE, &handle);
            let spot = (cards::TABLE.to_owned(), handle);
            let Ok(Some((card, content))) = found else {
                self.merged.unreadable += 1;
                self.found.insert(spot);
                continue;
            };
            let mut holders_here = true;
            for person in &card.people {
                holders_here &= self.staged.person(person)?.is_some();
            }
            if holders_here && self.is_newer(&spot, u64::try_from(revision).unwrap_or(0)) {
                let known = self.known.get(&spot).copied();
                self.staged.put_card(&card.handle, &content, known)?;
                self.merged.newer += 1;
            }
            self.found.insert(spot);
        }
        Ok(())
    }

    /// What opens the store beside the store key: a slot that was replaced or taken away since does not come back.
    fn take_key_slots(&mut self, whole: Option<&Root>) -> Result<(), StoreError> {
        let known = slots::all(self.staged.rows.conn, self.staged.rows.path)?;
        let current = slots::all(self.current.conn, self.current.path).unwrap_or_default();
        for slot in known.iter().filter(|slot| slot.name != slots::STORE) {
            if whole.is_some() && !current.iter().any(|other| other.name == slot.name) {
                self.staged.remove_slot(&slot.name)?;
                self.merged.removed += 1;
            }
        }
        for slot in current.iter().filter(|slot| slot.name != slots::STORE) {
            let revision = known.iter().find(|other| other.name == slot.name).map(slots::Slot::revision);
            if slot.revision() > revision.unwrap_or(self.taken) {
                self.staged.take_slot(slot, revision)?;
                self.merged.newer += 1;
            }
        }
        Ok(())
    }

    /// Removes what the backup has and the current store had no more when it had reached this revision.
    fn remove_missing(&mut self, reached: u64) -> Result<(), StoreError> {
        let gone = |(spot, revision): &(&Spot, &u64)| !self.found.contains(*spot) && **revision <= reached;
        let mut gone: Vec<&Spot> = self.known.iter().filter(gone).map(|(spot, _)| spot).collect();
        // Records before those whose they are.
        gone.sort_by_key(|(table, _)| match table.as_str() {
            "person" => 2,
            "card" => 1,
            _ => 0,
        });
        for (table, key) in gone {
            let removed = match table.as_str() {
                "store" | "key_slot" => continue,
                kind if self.stays_with_log(kind) => continue,
                "card" => {
                    self.staged.rows.execute("DELETE FROM holder WHERE card = ?1", [key])?;
                    self.staged.strike(
                        "DELETE FROM card WHERE handle = ?1 RETURNING 'card', handle, revision",
                        [key],
                    )
                }
                "person" => self
                    .staged
                    .strike("DELETE FROM person WHERE id = ?1 RETURNING 'person', id, revision", [key]),
                "template" => self.staged.strike(
                    "DELETE FROM template WHERE person = ?1 RETURNING 'template', person, revision",
                    [key],
                ),
                kind => self.staged.strike(
                    "DELETE FROM document WHERE kind = ?1 AND key = ?2 RETURNING kind, key, revision",
                    [kind, key],
                ),
            };
            self.merged.removed += removed? as u64;
        }
        Ok(())
    }
}
