//! `[roles.NAME]`: what its people may do, which shared accounts they may open, and when they may come in.

use std::collections::BTreeMap;

use super::hours::Hours;
use super::read::{Section, Value, entries, quoted};
use super::texts;
use crate::policy::{Patterns, Right, Rights};

/// The role of everybody who has none, or one that the policy does not name.
pub(super) const OTHERS: &str = "others";

/// Somebody must have all of these, or nobody could ever be made able to administer again.
const INDISPENSABLE: [Right; 3] = [Right::People, Right::Policy, Right::Passwords];

/// What a role may do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Role {
    pub(super) rights: Rights,
    pub(super) accounts: Patterns,
    /// At any time where there are none.
    pub(super) hours: Option<Hours>,
}

/// All roles: those named, and the one of all others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Roles {
    named: BTreeMap<String, Role>,
    others: Role,
}

impl Roles {
    pub(super) fn read(section: Section<'_>, hours: &BTreeMap<String, Hours>) -> Roles {
        let place = section.place;
        let mut named = BTreeMap::new();
        for (name, section) in section.named_sections() {
            named.insert(name.to_owned(), Role::read(name, section, hours));
        }
        if !named.values().any(Role::administers) {
            place.fault(
                "expected a role with the rights people, policy and passwords and without hours, found none: nobody could \
                 administer",
            );
        }
        let others = named.remove(OTHERS);
        if others.is_none() {
            place.fault(
                "expected [roles.others], the role of everybody who has none of the others, found nothing",
            );
        }
        Roles { named, others: others.unwrap_or_default() }
    }

    /// The role of this name, or that of all others.
    pub(super) fn of(&self, role: Option<&str>) -> &Role {
        role.and_then(|role| self.named.get(role)).unwrap_or(&self.others)
    }

    /// The roles that could administer: a policy without any is refused.
    #[cfg(test)]
    pub(super) fn administering(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter(|(_, role)| role.administers()).map(|(name, _)| name.as_str())
    }
}

impl Role {
    fn read(name: &str, mut section: Section<'_>, known: &BTreeMap<String, Hours>) -> Role {
        let rights = section.take("rights");
        let rights: Rights = entries(rights.as_ref()).iter().filter_map(Value::word::<Right>).collect();
        if name == OTHERS && !rights.is_empty() {
            section.place.fault("roles.others has rights, expected none: nobody was given this role by name");
        }
        let accounts = section.take("accounts");
        let accounts = accounts.map(|value| texts::patterns(&value, texts::is_name)).unwrap_or_default();
        let hours = section.take("hours").and_then(|value| {
            let name = value.text()?;
            if !known.contains_key(name) {
                value.fault(&format!(
                    "hours {} are not known: expected a table [hours.NAME] of that name",
                    quoted(name)
                ));
            }
            known.get(name).cloned()
        });
        section.finish();
        Role { rights, accounts, hours }
    }

    /// Hours are kept by a clock, and somebody must be able to come in when the clock is wrong.
    fn administers(&self) -> bool {
        self.hours.is_none() && INDISPENSABLE.iter().all(|right| self.rights.contains(*right))
    }
}
