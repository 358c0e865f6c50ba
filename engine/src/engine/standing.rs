//! Whether a person and their card may be used at this moment.

use super::Error;
use super::clock::Now;
use super::site_policy::rulebook_in;
use crate::audit::Factor;
use crate::card::CardIdentity;
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
    } else if out_of_hours(profile.role.as_deref(), rules, now) {
        Standing::OutOfHours
    } else {
        Standing::Good
    }
}

/// A clock that was set back tells no hour: else it would open the day's roles at night.
fn out_of_hours(role: Option<&str>, rules: &Rulebook, now: Now) -> bool {
    !rules.in_hours(role, now.wall) || (now.behind && rules.keeps_hours(role))
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

/// How a card stands at `now` that was bound as `bound` and is shown as `shown`. One that was bound as proving itself must
/// prove itself each time, whatever the policy asks: what it tells without proof, anybody can copy.
pub(super) fn of_card(bound: &Card, shown: &CardIdentity, now: Now) -> Standing {
    match card_is_good(bound, now) {
        false => Standing::CardRevoked,
        true if !proves_enough(bound, shown) => Standing::CardUnproved,
        true => Standing::Good,
    }
}

/// Whether what is shown is worth no less than what was bound.
pub(super) fn proves_enough(bound: &Card, shown: &CardIdentity) -> bool {
    shown.assurance >= bound.assurance
}

/// Why a grant must end although its time is not over: its person or its card was revoked since, or the face it rests on
/// was forgotten. Working hours end no grant: who is at work when they are over finishes.
pub(super) fn grant_revoked(
    store: &Write<'_>,
    now: Now,
    grant: &GrantRecord,
) -> Result<Option<Ending>, Error> {
    let Some(person) = store.person(&grant.subject)?.filter(|person| person_is_good(person, now)) else {
        return Ok(Some(Ending::PersonRevoked));
    };
    if let Some(account) = &grant.account
        && !opens(store, &person, account)?
    {
        return Ok(Some(Ending::PersonRevoked));
    }
    if grant.factors.contains(&Factor::Face) && !store.has_template(&grant.subject)? {
        return Ok(Some(Ending::FaceRemoved));
    }
    let Some(handle) = &grant.card else { return Ok(None) };
    let good = store
        .card(handle)?
        .is_some_and(|card| card_is_good(&card, now) && card.people.contains(&grant.subject));
    Ok((!good).then_some(Ending::CardRevoked))
}

/// Whether a person may open this account: their own, or one that their role shares.
fn opens(store: &Write<'_>, person: &Person, account: &str) -> Result<bool, Error> {
    let own = person.profile.accounts.iter().any(|own| own == account);
    Ok(own || rulebook_in(store)?.accounts(person.profile.role.as_deref()).fits(account))
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::card::{Assurance, CardKind, IdKind};
    use crate::engine::trial;
    use crate::policy::STANDARD;
    use crate::store::Profile;

    const FROM: &str = "2026-04-01T00:00:00Z";
    const UNTIL: &str = "2026-05-01T00:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn now(text: &str) -> Now {
        trial::at(time(text), 1, 0)
    }

    fn person(status: PersonStatus) -> Person {
        Person {
            id: "nurse01".to_owned(),
            profile: Profile {
                valid_from: Some(time(FROM)),
                valid_until: Some(time(UNTIL)),
                ..Profile::named("Nurse")
            },
            status,
            face_exception: None,
            consent: None,
            created: time(FROM),
        }
    }

    fn card(status: CardStatus) -> Card {
        Card {
            handle: "k7mq-2w9x".parse().unwrap(),
            people: vec!["nurse01".to_owned()],
            label: "card".to_owned(),
            kind: CardKind::Felica,
            id_kind: IdKind::Idm,
            assurance: Assurance::IdentifierOnly,
            status,
            valid_from: Some(time(FROM)),
            valid_until: Some(time(UNTIL)),
            bound: time(FROM),
        }
    }

    #[test]
    fn person_and_card_are_good_from_their_beginning_until_before_their_end() {
        for (at, good) in [
            ("2026-03-31T23:59:59.999999Z", false),
            (FROM, true),
            ("2026-04-30T23:59:59.999999Z", true),
            (UNTIL, false),
        ] {
            assert_eq!(person_is_good(&person(PersonStatus::Active), now(at)), good, "person {at}");
            assert_eq!(card_is_good(&card(CardStatus::Active), now(at)), good, "card {at}");
        }
    }

    #[test]
    fn whoever_is_kept_out_and_whatever_is_stopped_is_not_good_at_any_time() {
        for status in PersonStatus::ALL {
            let good = *status == PersonStatus::Active;
            assert_eq!(person_is_good(&person(*status), now(FROM)), good, "{status}");
        }
        for status in CardStatus::ALL {
            let good = matches!(status, CardStatus::Active | CardStatus::Temporary);
            assert_eq!(card_is_good(&card(*status), now(FROM)), good, "{status}");
        }
    }

    #[test]
    fn while_the_clock_is_behind_it_is_no_hour_for_whoever_keeps_hours() {
        let policy = STANDARD.replacen(
            "[roles.others]",
            "[roles.day]\nhours = \"day\"\n[roles.others]\n[hours.day]\nevery_day = [\"07:00-20:00\"]",
            1,
        );
        let rules = Rulebook::parse(&policy).unwrap();
        let of = |role: &str, now: Now| {
            let profile = Profile { role: Some(role.to_owned()), ..Profile::named("Nurse") };
            of_person(&Person { profile, ..person(PersonStatus::Active) }, &rules, now)
        };
        // In Japan: ten in the evening, and ten in the morning of the same day.
        let (late, morning) = (now("2026-04-10T13:00:00Z"), now("2026-04-10T01:00:00Z"));
        assert_eq!((of("day", late), of("day", morning)), (Standing::OutOfHours, Standing::Good));
        let set_back = Now { behind: true, ..morning };
        assert_eq!((of("day", set_back), of("any", set_back)), (Standing::OutOfHours, Standing::Good));
    }

    #[test]
    fn while_the_clock_is_behind_whatever_has_an_end_is_over() {
        let behind = Now { behind: true, ..now(FROM) };
        assert!(!person_is_good(&person(PersonStatus::Active), behind));
        assert!(!card_is_good(&card(CardStatus::Active), behind));
        let endless = Card { valid_until: None, ..card(CardStatus::Active) };
        assert!(card_is_good(&endless, behind));
    }
}
