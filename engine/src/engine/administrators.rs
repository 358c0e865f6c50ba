//! Who administers: there is a first one, and there is always one left.

use super::Error;
use super::clock::Now;
use super::site_policy::rulebook_in;
use super::{set_up, standing};
use crate::policy::{Right, Rights, Rulebook};
use crate::secret::PasswordRecord;
use crate::store::{Person, PersonStatus, Write};

/// What an administrator must be able to do to appoint others: without these a site could never be put right again.
const ALL_IT_TAKES: [Right; 3] = [Right::People, Right::Policy, Right::Passwords];

/// Whether an act without an administrator may be done: before there was any, and in stores made for trials.
pub(super) fn may_act_unnamed(store: &Write<'_>) -> Result<bool, Error> {
    Ok(store.settings().open || !store.is_set_up()?)
}

/// Notes the first administrator, once there is one.
pub(super) fn note_first(store: &Write<'_>, now: Now) -> Result<(), Error> {
    if any(store, now)? { note(store, now) } else { Ok(()) }
}

/// Notes that there is an administrator: one was let in, by whatever factors.
pub(super) fn note(store: &Write<'_>, now: Now) -> Result<(), Error> {
    if store.is_set_up()? { Ok(()) } else { set_up::end(store, now) }
}

/// Whether there is an administrator who can appoint others.
pub(super) fn any(store: &Write<'_>, now: Now) -> Result<bool, Error> {
    let rules = rulebook_in(store)?;
    for person in full(store, now, &rules)? {
        if store.document::<PasswordRecord>(&person.id)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether there is anybody at all whose role would let them restore a backup.
pub(super) fn may_restore(store: &Write<'_>, now: Now) -> Result<bool, Error> {
    let rules = rulebook_in(store)?;
    let may = |person: &Person| rules.rights(person.profile.role.as_deref()).contains(Right::Policy);
    Ok(store.people()?.iter().any(|person| standing::person_is_good(person, now) && may(person)))
}

/// Everybody who by role and status could appoint others, with a password or not.
pub(super) fn full(store: &Write<'_>, now: Now, rules: &Rulebook) -> Result<Vec<Person>, Error> {
    Ok(store.people()?.into_iter().filter(|person| is_full(rules, person, now)).collect())
}

/// Refuses a change after which nobody could appoint administrators.
pub(super) fn require_one(store: &Write<'_>, now: Now) -> Result<(), Error> {
    if any(store, now)? { Ok(()) } else { Err(Error::LastAdministrator) }
}

/// Does `act` to `person` in such a way that an administrator who can appoint others is left, if there was one.
pub(super) fn keep_one<T>(
    store: &Write<'_>,
    now: Now,
    person: &str,
    act: impl FnOnce() -> Result<T, Error>,
) -> Result<T, Error> {
    let known = store.person(person)?;
    let rules = rulebook_in(store)?;
    let may_be_the_last = known.is_some_and(|person| is_full(&rules, &person, now)) && any(store, now)?;
    let done = act()?;
    if may_be_the_last {
        require_one(store, now)?;
    }
    Ok(done)
}

/// One whose validity will end does not count: the store would fall into nobody's hands by itself. Neither does one who
/// keeps hours: while the clock is wrong, nobody could say that it is right again.
fn is_full(rules: &Rulebook, person: &Person, now: Now) -> bool {
    let role = person.profile.role.as_deref();
    let rights: Rights = rules.rights(role);
    person.status == PersonStatus::Active
        && !rules.keeps_hours(role)
        && person.profile.valid_until.is_none()
        && person.profile.valid_from.is_none_or(|from| from <= now.wall)
        && ALL_IT_TAKES.iter().all(|right| rights.contains(*right))
}
