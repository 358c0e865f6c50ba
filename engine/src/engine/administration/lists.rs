//! Lists of people, taken in: all of one, or nothing of it.

use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::people;
use super::revocation::{Revoked, revoke};
use crate::audit::{Entry, Operation, Outcome};
use crate::engine::acting::Authority;
use crate::engine::clock::Now;
use crate::engine::{Acting, Error, administrators, standing};
use crate::policy::Right;
use crate::roster::{Fault, Roster, Row};
use crate::store::{Person, PersonStatus, StoreError, Write};
use crate::text::vocabulary;

/// What is done with the people of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListUse {
    /// Who is new is added, who is known is changed to what the list says of them.
    TakeIn,
    /// They are let in no more. What the list says of them beside their ids is not looked at.
    Disable,
}

vocabulary! {
    /// What became of a row.
    pub enum RowResult, "what became of a row" {
        /// A person was added.
        Added = "added", "added", "追加";
        /// A person was changed.
        Changed = "changed", "changed", "変更";
        /// A person was disabled.
        Disabled = "disabled", "disabled", "無効化";
        /// The person was like that already.
        Unchanged = "unchanged", "unchanged", "変更なし";
        /// It was not taken in.
        Refused = "refused", "refused", "拒否";
    }
}

/// What became of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListReport {
    /// Whether it was taken in. If not, the rows tell what would have become of them.
    pub taken: bool,
    /// Every row, in the list's order.
    pub rows: Vec<ListedRow>,
}

/// What became of a row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRow {
    /// The line it begins on.
    pub line: u64,
    /// The person's id, as it stands there.
    pub id: String,
    /// What became of it.
    pub result: RowResult,
    /// Why it was refused.
    pub why: Option<String>,
}

impl ListReport {
    /// How many rows came to this result.
    #[must_use]
    pub fn count(&self, result: RowResult) -> usize {
        self.rows.iter().filter(|row| row.result == result).count()
    }

    /// How many rows were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.count(RowResult::Refused)
    }
}

impl<'e> Acting<'e> {
    /// Takes a list in, all of it or nothing. In the log each person has a record, and the list one with its digest.
    ///
    /// # Errors
    /// [`Error::ListRefused`] when any row is refused; without the right, or when the store fails.
    pub fn take_list(&mut self, list: &Roster, what: ListUse) -> Result<ListReport, Error> {
        let mut work = self.work(what);
        let mut entry = self.entry(Operation::PersonList, Outcome::Done, &list.digest().to_string());
        entry.reason = Some(what.code().to_owned());
        let (report, _) = self.act_as(Right::People, entry, |store, now| {
            let rows = work.take(store, now, list)?;
            let report = ListReport { taken: true, rows };
            match report.refused() {
                0 => Ok(report),
                _ => Err(Error::ListRefused { report: ListReport { taken: false, ..report } }),
            }
        })?;
        Ok(report)
    }

    /// Tells what would become of a list, and changes nothing.
    ///
    /// # Errors
    /// Without the right, or when the store fails.
    pub fn try_list(&mut self, list: &Roster, what: ListUse) -> Result<ListReport, Error> {
        self.require(Right::People)?;
        let (now, mut work) = (self.engine.now()?, self.work(what));
        let tried = self.engine.store.write(|store| match work.take(store, now, list) {
            Ok(rows) => Err::<(), _>(Tried::Through(rows)),
            Err(error) => Err(Tried::Failed(error)),
        });
        match tried {
            Err(Tried::Failed(error)) => Err(error),
            Err(Tried::Through(rows)) => Ok(ListReport { taken: false, rows }),
            Ok(()) => Ok(ListReport { taken: false, rows: Vec::new() }),
        }
    }

    fn work(&self, what: ListUse) -> Work<'e> {
        Work {
            by: self.authority(),
            actor: self.actor().map(str::to_owned),
            entry: self.entry(Operation::PersonAdd, Outcome::Done, ""),
            what,
            roles: BTreeMap::new(),
            revoked: BTreeSet::new(),
        }
    }
}

/// How a trial ends: never with a transaction that is kept.
enum Tried {
    Through(Vec<ListedRow>),
    Failed(Error),
}

impl From<StoreError> for Tried {
    fn from(error: StoreError) -> Tried {
        Tried::Failed(error.into())
    }
}

/// A list on its way in, row by row.
struct Work<'e> {
    by: Authority<'e>,
    actor: Option<String>,
    /// What the record of each person begins with.
    entry: Entry,
    what: ListUse,
    /// Why the role may not be given by who acts, for each one met; nothing where it may.
    roles: BTreeMap<Option<String>, Option<String>>,
    /// Who may not be let in any more.
    revoked: BTreeSet<String>,
}

impl Work<'_> {
    fn take(&mut self, store: &Write<'_>, now: Now, list: &Roster) -> Result<Vec<ListedRow>, Error> {
        self.entry.time = now.wall;
        let had = administrators::any(store, now)?;
        let mut rows = Vec::with_capacity(list.rows().len());
        // Who answers for a vendor may stand in the list below them.
        let (vendors, others): (Vec<&Row>, Vec<&Row>) = list.rows().iter().partition(|row| row.has_sponsor());
        for row in others.into_iter().chain(vendors) {
            let (result, why) = match self.take_row(store, now, row) {
                Ok(result) => (result, None),
                Err(RowError::Refused(why)) => (RowResult::Refused, Some(why)),
                Err(RowError::Failed(error)) => return Err(error),
            };
            rows.push(ListedRow { line: row.line(), id: row.id().to_owned(), result, why });
        }
        rows.sort_by_key(|row| row.line);
        if had {
            administrators::require_one(store, now)?;
        }
        revoke(store, now, Revoked::People(&self.revoked))?;
        Ok(rows)
    }

    fn take_row(&mut self, store: &Write<'_>, now: Now, row: &Row) -> Result<RowResult, RowError> {
        let id = row.person()?;
        let known = store.person(id)?;
        let done = match (self.what, known) {
            (ListUse::Disable, None) => return Err(Error::NoPerson { id: id.to_owned() }.into()),
            (ListUse::Disable, Some(known)) => self.disable(store, &known)?,
            (ListUse::TakeIn, None) => Some(self.add(store, now, row)?),
            (ListUse::TakeIn, Some(known)) => self.change(store, now, row, &known)?,
        };
        let Some((result, operation)) = done else { return Ok(RowResult::Unchanged) };
        store.append(&Entry { operation, object: Some(id.to_owned()), ..self.entry.clone() })?;
        Ok(result)
    }

    fn disable(&mut self, store: &Write<'_>, known: &Person) -> Result<Option<Done>, RowError> {
        if matches!(known.status, PersonStatus::Disabled | PersonStatus::Retired) {
            return Ok(None);
        }
        if self.actor.as_deref() == Some(&known.id) {
            return Err(Error::Oneself { what: "a change of status" }.into());
        }
        store.set_status(&known.id, PersonStatus::Disabled)?;
        self.revoked.insert(known.id.clone());
        Ok(Some((RowResult::Disabled, Operation::PersonDisable)))
    }

    fn add(&mut self, store: &Write<'_>, now: Now, row: &Row) -> Result<Done, RowError> {
        let profile = row.profile(None)?;
        store.add_person(row.id(), &profile, now.wall)?;
        if let Some(consent) = row.consent(None) {
            store.set_consent(row.id(), Some(&consent))?;
        }
        self.may_give(store, now, profile.role)?;
        Ok((RowResult::Added, Operation::PersonAdd))
    }

    fn change(
        &mut self,
        store: &Write<'_>,
        now: Now,
        row: &Row,
        known: &Person,
    ) -> Result<Option<Done>, RowError> {
        let (id, profile) = (row.id(), row.profile(Some(&known.profile))?);
        let consent = row.consent(known.consent.as_ref());
        if profile == known.profile && consent == known.consent {
            return Ok(None);
        }
        people::change(store, id, &profile, self.actor.as_deref() == Some(id))?;
        if consent != known.consent {
            store.set_consent(id, consent.as_ref())?;
        }
        let good = people::is_good(store, now, id)?;
        if profile.role != known.profile.role || (good && !standing::person_is_good(known, now)) {
            self.may_give(store, now, profile.role)?;
        }
        if !good {
            self.revoked.insert(id.to_owned());
        }
        Ok(Some((RowResult::Changed, Operation::PersonChange)))
    }

    fn may_give(&mut self, store: &Write<'_>, now: Now, role: Option<String>) -> Result<(), RowError> {
        let why = match self.roles.entry(role) {
            btree_map::Entry::Occupied(known) => known.into_mut(),
            btree_map::Entry::Vacant(new) => {
                let allowed = self.by.require_rights_of(store, now, new.key().as_deref());
                let why = match allowed.map_err(RowError::from) {
                    Ok(()) => None,
                    Err(RowError::Refused(why)) => Some(why),
                    Err(failed) => return Err(failed),
                };
                new.insert(why)
            }
        };
        why.clone().map_or(Ok(()), |why| Err(RowError::Refused(why)))
    }
}

/// What was done, and what the log calls it.
type Done = (RowResult, Operation);

impl ListUse {
    fn code(self) -> &'static str {
        match self {
            ListUse::TakeIn => "take_in",
            ListUse::Disable => "disable",
        }
    }
}

/// Why a row is not taken in: it is at fault, or nothing can be taken in at all.
enum RowError {
    Refused(String),
    Failed(Error),
}

impl From<Fault> for RowError {
    fn from(fault: Fault) -> RowError {
        RowError::Refused(fault.to_string())
    }
}

impl From<StoreError> for RowError {
    fn from(error: StoreError) -> RowError {
        Error::from(error).into()
    }
}

impl From<Error> for RowError {
    fn from(error: Error) -> RowError {
        match error.code() {
            "invalid" | "retired" | "exists" | "not_found" | "not_for_oneself" | "no_right" => {
                RowError::Refused(error.to_string())
            }
            _ => RowError::Failed(error),
        }
    }
}
