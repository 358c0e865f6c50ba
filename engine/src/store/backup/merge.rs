//! What a backup does not know: whatever the store that it takes the place of has newer, or its mirror where that store
//! cannot be read.
//!
//! Of each record the newer one counts, by its revision. So a card that was reported lost since, a person who was disabled,
//! and every counted failure stay as they were, whichever way the store came to be unusable.

use std::collections::{HashMap, HashSet};

use rusqlite::{Row, params};
use serde::Serialize;
use zeroize::Zeroizing;

use super::super::{
    Document, OutletProgress, Store, StoreError, Write, cards, root,
    rows::{self, Rows},
    seal::Place,
    slots,
};
use super::log;
use super::remains::{Copy, Remains, Spot};
use crate::audit::{LogState, PublicKey};

/// The sealed tables but the cards: name under the seal, key, revision, seal, and the person whose record it is.
const PEOPLE: &str = "SELECT 'person', id, revision, sealed, NULL FROM person";
const TEMPLATES: &str = "SELECT 'template', person, revision, sealed, person FROM template";
const DOCUMENTS: &str = "SELECT kind, key, revision, sealed, person FROM document";

/// What became of the records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Merged {
    /// Records taken from the store that was in place or from its mirror, which had them newer than the backup.
    pub newer: u64,
    /// Records of the backup that were removed since.
    pub removed: u64,
    /// Faces of the backup that were enrolled anew since, in a store that is gone: nobody has the new one, and the old one
    /// counts no more.
    pub outdated_faces: u64,
    /// Records of the store that was in place that could not be read.
    pub unreadable: u64,
    /// There were changes that nothing has any more, or nothing is left that could tell: what was revoked since the backup
    /// has to be revoked again.
    pub lost: bool,
    /// The records that the log had since the backup are in no file that could be read.
    pub log_lost: bool,
    /// The log goes on from the backup, and with this key: whoever verifies it must know it beside the one that it began
    /// with. None where the log of the store that was in place goes on.
    pub log_key: Option<PublicKey>,
}

impl Store {
    /// Begins a new generation in a store that was just unpacked, and brings it up to what remains of the one in place has
    /// newer. `taken` is the revision at which the backup was taken.
    pub(super) fn merge(&mut self, taken: u64, remains: &Remains<'_>) -> Result<Merged, StoreError> {
        self.write(|staged| {
            staged.root.borrow_mut().begin_generation_after(taken.max(remains.reached()));
            let log = match &remains.store {
                Some(store) => log::take_over(staged, &store.rows)?,
                None => false,
            };
            let log_key = if log { None } else { staged.renew_signer()? };
            let known = root::revisions(&staged.rows)?;
            let authority = remains.authority(&known);
            // With neither a witness nor a store, nobody can tell what came after the backup.
            let last = remains.last_known();
            let changed = last == 0 || last > taken;
            let merged = Merged {
                lost: changed && authority.is_none(),
                log_lost: changed && !log,
                log_key,
                ..Merged::default()
            };
            Merge {
                staged,
                remains,
                taken,
                log,
                newest: remains.newest(),
                known,
                found: HashSet::new(),
                read: HashSet::new(),
                unreadable: HashSet::new(),
                merged,
            }
            .run(authority)
        })
    }
}

/// A record of a copy, opened.
struct Found {
    spot: Spot,
    revision: u64,
    /// None of a face that the mirror only knows of.
    content: Option<Zeroizing<Vec<u8>>>,
    /// Whose it is.
    person: Option<String>,
}

struct Merge<'m> {
    staged: &'m Write<'m>,
    remains: &'m Remains<'m>,
    /// The revision at which the backup was taken.
    taken: u64,
    /// Whether the log of the store in place goes on.
    log: bool,
    /// What the backup has, and at which revisions.
    known: HashMap<Spot, u64>,
    /// The newest revisions that are left.
    newest: HashMap<Spot, u64>,
    /// What is there in a copy that counts, and what of it could be read, and could not.
    found: HashSet<Spot>,
    read: HashSet<Spot>,
    unreadable: HashSet<Spot>,
    merged: Merged,
}

impl Merge<'_> {
    /// Merges the copy that alone counts, or all there are.
    fn run(mut self, authority: Option<&Copy<'_>>) -> Result<Merged, StoreError> {
        let remains = self.remains;
        for copy in remains.copies() {
            if authority.is_none_or(|authority| std::ptr::eq(authority, copy)) {
                self.take_all(copy, authority.is_some())?;
            }
        }
        self.merged.unreadable += self.unreadable.difference(&self.read).count() as u64;
        // Only a copy in which no record is missing can tell that one was removed; and in one in which one is, it may be the
        // one that says who was shut out.
        if let Some(authority) = authority {
            self.remove_missing(authority.reached())?;
        }
        Ok(self.merged)
    }

    fn take_all(&mut self, copy: &Copy<'_>, whole: bool) -> Result<(), StoreError> {
        // Whose a record is comes before the record.
        self.take(&copy.rows, PEOPLE)?;
        self.take_cards(&copy.rows)?;
        self.take(&copy.rows, TEMPLATES)?;
        self.take(&copy.rows, DOCUMENTS)?;
        self.take_key_slots(&copy.rows, whole)
    }

    /// Whether a copy's record counts, and has not been taken. One that the backup does not know and that is older than it
    /// was removed before it was taken.
    fn is_newer(&mut self, spot: &Spot, revision: u64) -> bool {
        let is_newest = self.newest.get(spot).is_none_or(|newest| revision >= *newest);
        let is_first = is_newest && self.read.insert(spot.clone());
        is_first && revision > self.known.get(spot).copied().unwrap_or(self.taken)
    }

    /// Whether a record is of the log, and stays as it is in the backup: where the log stands was taken over with the records
    /// or not at all, and how far it was sent counts only where it goes on.
    fn stays_with_log(&self, table: &str) -> bool {
        table == LogState::KIND || (table == OutletProgress::KIND && !self.log)
    }

    fn take(&mut self, copy: &Rows<'_>, list: &str) -> Result<(), StoreError> {
        let Ok(mut statement) = copy.conn.prepare(list) else { return Ok(()) };
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
            let spot = row.get(0).and_then(|table| Ok((table, row.get(1)?)));
            let Some(Found { spot, revision, content, person }) = self.read(copy, row) else {
                // It cannot be read, but it was not removed.
                match spot {
                    Ok(spot) => {
                        self.found.insert(spot.clone());
                        self.unreadable.insert(spot);
                    }
                    Err(_) => self.merged.unreadable += 1,
                }
                continue;
            };
            self.found.insert(spot.clone());
            if self.stays_with_log(&spot.0) {
                continue;
            }
            let has_person = match &person {
                Some(person) => self.staged.person(person)?.is_some(),
                None => true,
            };
            if has_person && self.is_newer(&spot, revision) {
                match content {
                    Some(content) => {
                        self.put(&spot, person.as_deref(), &content)?;
                        self.merged.newer += 1;
                    }
                    None => self.forget_face(&spot)?,
                }
            }
        }
        Ok(())
    }

    fn read(&self, copy: &Rows<'_>, row: &Row<'_>) -> Option<Found> {
        let spot: Spot = (row.get(0).ok()?, row.get(1).ok()?);
        let revision = u64::try_from(row.get::<_, i64>(2).ok()?).ok()?;
        let sealed: Vec<u8> = row.get(3).ok()?;
        let content = if sealed.is_empty() && spot.0 == "template" {
            self.remains.template(&spot.1, revision)
        } else {
            let place = Place { table: &spot.0, key: &spot.1, revision };
            Some(copy.keys.open(place, &sealed)?)
        };
        Some(Found { spot, revision, content, person: row.get(4).ok()? })
    }

    /// Takes a face that is not the person's last one out of the backup, where it has one.
    fn forget_face(&mut self, (_, person): &Spot) -> Result<(), StoreError> {
        let forget = "DELETE FROM template WHERE person = ?1 RETURNING 'template', person, revision";
        self.staged.strike(forget, [person])?;
        self.merged.outdated_faces += 1;
        Ok(())
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
    fn take_cards(&mut self, copy: &Rows<'_>) -> Result<(), StoreError> {
        let handles: Vec<(String, i64)> = copy
            .conn
            .prepare("SELECT handle, revision FROM card")
            .and_then(|mut found| {
                Ok(found.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.flatten().collect())
            })
            .unwrap_or_default();
        for (handle, revision) in handles {
            let found = cards::find_by(copy, cards::BY_HANDLE, &handle);
            let spot = (cards::TABLE.to_owned(), handle);
            let Ok(Some((card, content))) = found else {
                self.found.insert(spot.clone());
                self.unreadable.insert(spot);
                continue;
            };
            self.found.insert(spot.clone());
            let mut holders_here = true;
            for person in &card.people {
                holders_here &= self.staged.person(person)?.is_some();
            }
            if holders_here && self.is_newer(&spot, u64::try_from(revision).unwrap_or(0)) {
                let known = self.known.get(&spot).copied();
                self.staged.put_card(&card.handle, &content, known)?;
                self.merged.newer += 1;
            }
        }
        Ok(())
    }

    /// What opens the store beside the store key: a slot that was replaced since does not come back, nor one that was taken
    /// away from a copy that is whole.
    fn take_key_slots(&mut self, copy: &Rows<'_>, whole: bool) -> Result<(), StoreError> {
        let known = slots::all(self.staged.rows.conn, self.staged.rows.path)?;
        let current = slots::all(copy.conn, copy.path).unwrap_or_default();
        for slot in known.iter().filter(|slot| slot.name != slots::STORE) {
            if whole && !current.iter().any(|other| other.name == slot.name) {
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

    /// Removes what the backup has and the copy that counts had no more when it had reached this revision.
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
