//! Whether a person and their card may be used at this moment.

use super::Error;
use super::clock::Now;
use crate::grant::{Ending, GrantRecord};
use crate::policy::Rulebook;
use crate::session::Standing;
use crate::store::{Card, CardStatus, Person, PersonStatus, Write};

/// How a person stands at `now`.
pub(super) fn of_person(person: &Person, rules: &Rulebook, now: Now) -> Standing {
    match person.status {
        PersonStatus::Active => {}
        PersonStatus::OnLeave => return Standing::OnLeave,
        PersonStatus::Retired => return Standing::Retired,
        _ => return Standing::Disabled,
    }
    let profile = &person.profile;
    if profile.valid_from.is_some_and(|from| now.wall < from) {
        Standing::NotYetValid
    } else if now.is_past(profile.valid_until) {
        Standing::Expired
    } else if !rules.in_hours(profile.role.as_deref(), now.wall) {
        Standing::OutOfHours
    } else {
        Standing::Good
    }
}

/// Whether a person may be let in at `now`, at whatever hour.
pub(super) fn person_is_good(person: &Person, now: Now) -> bool {
    person.status == PersonStatus::Active
        && person.profile.valid_from.is_none_or(|from| from <= now.wall)
        && !now.is_past(person.profile.valid_until)
}

/// Whether a card may be used at `now`.
pub(super) fn card_is_good(card: &Card, now: Now) -> bool {
    matches!(card.status, CardStatus::Active | CardStatus::Temporary)
        && card.valid_from.is_none_or(|from| from <= now.wall)
        && !now.is_past(card.valid_until)
}

/// Why a grant must end although its time is not over: its person or its card was revoked since. Working hours end no
/// grant: who is at work when they are over finishes.
pub(super) fn grant_revoked(
    store: &Write<'_>,
    now: Now,
    grant: &GrantRecord,
) -> Result<Option<Ending>, Error> {
    let person = store.person(&grant.subject)?;
    if !person.is_some_and(|person| person_is_good(&person, now)) {
        return Ok(Some(Ending::PersonRevoked));
    }
    let Some(handle) = &grant.card else { return Ok(None) };
    let good = store.card(handle)?.is_some_and(|card| {
        card_is_good(&card, now) && card.people.iter().any(|person| *person == grant.subject)
    });
    Ok((!good).then_some(Ending::CardRevoked))
}
