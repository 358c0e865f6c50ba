//! The site's whole policy, as an operator writes it in one TOML file. Everything is checked when it is read: a
//! [`Rulebook`] that exists can be followed.

mod cards;
mod fault;
mod groups;
mod hours;
mod log;
mod policies;
mod read;
mod roles;
mod settings;
#[cfg(test)]
mod tests;
mod texts;
mod time;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::{TimeZone, TimeZoneDatabase};

pub use fault::{Fault, Faults};
pub use groups::Group;
pub use log::LogPolicy;
pub use settings::{Audience, EmergencyRules};

use self::groups::{Groups, Policies};
use self::hours::Hours;
use self::read::{Section, quoted};
use self::roles::{Role, Roles};
use self::settings::EnrolmentRules;
use super::{
    CardRules, EnrolmentPolicy, Factor, Factors, LockoutRules, PasswordRules, Patterns, Policy, Purpose,
    Rights, SyncRules,
};

/// The policy of a new store.
pub const STANDARD: &str = include_str!("standard.toml");

/// The policy of a new store for trials.
pub const TRIAL: &str = include_str!("trial.toml");

/// The only version of the file there is.
const FORMAT: u32 = 1;

/// The site's whole policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Rulebook {
    zone: TimeZone,
    roles: Roles,
    policies: BTreeMap<String, Policy>,
    groups: Groups,
    lockout: LockoutRules,
    passwords: PasswordRules,
    password_alone: bool,
    enrolment: EnrolmentRules,
    emergency: EmergencyRules,
    dormant_after: Duration,
    log: LogPolicy,
    sync: SyncRules,
    assertions: BTreeMap<String, Audience>,
    cards: CardRules,
}

/// Why an attempt has no policy to follow.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPolicy {
    /// Nobody may do this at this group's terminals.
    #[error("the policy lets nobody {} at the terminals of group {group}", .purpose.text(crate::text::Lang::En))]
    Purpose {
        /// What was asked for.
        purpose: Purpose,
        /// The terminal's group.
        group: String,
    },
    /// This policy was not meant for this.
    #[error("the policy {name:?} cannot be chosen to {} at the terminals of group {group}, expected one of {expected}",
        .purpose.text(crate::text::Lang::En))]
    Name {
        /// What was asked for by name.
        name: String,
        /// What it was asked for.
        purpose: Purpose,
        /// The terminal's group.
        group: String,
        /// What can be chosen.
        expected: String,
    },
}

impl Rulebook {
    /// Reads and checks a policy file.
    ///
    /// # Errors
    /// [`Faults`] tells everything that is wrong, with its line.
    pub fn parse(text: &str) -> Result<Rulebook, Faults> {
        read::read(text, Rulebook::read)
    }

    fn read(top: &mut Section<'_>) -> Option<Rulebook> {
        let format = top.require("format").and_then(|value| value.number(FORMAT..=FORMAT));
        let zone = top.require("time_zone").and_then(|value| {
            let name = value.text()?;
            let zone = TimeZoneDatabase::bundled().get(name).ok();
            if zone.is_none() {
                value.fault(&format!("expected a time zone such as \"Asia/Tokyo\", found {}", quoted(name)));
            }
            zone
        });
        let hours = top.section("hours").named_sections().into_iter();
        let hours: BTreeMap<String, Hours> =
            hours.map(|(name, section)| (name.to_owned(), Hours::read(section))).collect();
        let roles = Roles::read(top.section("roles"), &hours);
        let drafts = policies::read(top.section("policies"));
        let policies = Policies { drafts: &drafts };
        let purposes = policies.purposes(top.section("purposes"));
        let groups = Groups::read(top.section("groups"), &purposes, &policies);
        let uses = groups::uses(&purposes, groups.iter().flat_map(Groups::iter));
        for (name, draft) in &drafts {
            draft.check_use(uses.get(name.as_str()));
        }
        let password_alone = drafts.iter().any(|(name, draft)| {
            uses.contains_key(name.as_str()) && draft.lets_in_with_one_kind_and(Factor::Password)
        });
        let lockout = settings::lockout(top.section("lockout"));
        let passwords = settings::passwords(top.section("passwords"));
        let enrolment = settings::enrolment(top.section("enrolment"));
        let emergency = settings::emergency(top.section("emergency"));
        let dormant_after = settings::dormant_after(top.section("people"));
        let log = log::read(top.section("log"));
        let sync = settings::sync(top.section("sync"), |name| drafts.contains_key(name));
        let assertions = settings::assertions(top.take("assertions"));
        let cards = cards::read(top.section("cards"));
        format?;
        Some(Rulebook {
            zone: zone?,
            roles,
            policies: drafts.into_iter().map(|(name, draft)| (name, draft.policy)).collect(),
            groups: groups?,
            lockout,
            passwords,
            password_alone,
            enrolment,
            emergency,
            dormant_after,
            log,
            sync,
            assertions,
            cards,
        })
    }

    /// The rules of an attempt for this purpose at this terminal.
    ///
    /// # Errors
    /// [`NoPolicy::Purpose`] where nobody may do this.
    pub fn policy(&self, purpose: Purpose, terminal: &str) -> Result<Policy, NoPolicy> {
        let group = self.group(terminal);
        let policy = group.purposes.get(&purpose).and_then(|names| self.policies.get(names.first()?));
        policy
            .map(|policy| resolved(policy, purpose, group))
            .ok_or_else(|| NoPolicy::Purpose { purpose, group: group.name.clone() })
    }

    /// The same, where the host chooses among the policies that the site offers for this purpose there.
    ///
    /// # Errors
    /// [`NoPolicy::Name`] when this one is not among them: a host cannot choose what the site did not mean for it.
    pub fn named(&self, name: &str, purpose: Purpose, terminal: &str) -> Result<Policy, NoPolicy> {
        let group = self.group(terminal);
        let offered = group.purposes.get(&purpose).map_or(&[][..], Vec::as_slice);
        let policy = offered.iter().find(|offered| *offered == name).and_then(|name| self.policies.get(name));
        policy.map(|policy| resolved(policy, purpose, group)).ok_or_else(|| NoPolicy::Name {
            name: name.to_owned(),
            purpose,
            group: group.name.clone(),
            expected: if offered.is_empty() { "none".to_owned() } else { offered.join(", ") },
        })
    }

    /// Every policy that the site offers for this purpose at this terminal.
    pub fn offered(&self, purpose: Purpose, terminal: &str) -> impl Iterator<Item = Policy> {
        let group = self.group(terminal);
        let names = group.purposes.get(&purpose).map_or(&[][..], Vec::as_slice);
        names
            .iter()
            .filter_map(|name| self.policies.get(name))
            .map(move |policy| resolved(policy, purpose, group))
    }

    /// The terminal's group: the one with the pattern that spells out most of its name.
    #[must_use]
    pub fn group(&self, terminal: &str) -> &Group {
        self.groups.of(terminal)
    }

    /// Whether somebody can be let in for this purpose at this terminal by an emergency code.
    #[must_use]
    pub fn opens_by_code(&self, purpose: Purpose, terminal: &str) -> bool {
        let by_code = |combination: Factors| combination.contains(Factor::EmergencyCode);
        self.offered(purpose, terminal).any(|policy| policy.all_combinations().any(by_code))
    }

    /// Every policy, used or not, by name. What depends on the terminal's group is not filled in.
    pub fn policies(&self) -> impl Iterator<Item = &Policy> {
        self.policies.values()
    }

    /// What this role may do as an administrator. Whoever has no role, or one that the policy does not name, has that of
    /// all others: no right at all.
    #[must_use]
    pub fn rights(&self, role: Option<&str>) -> Rights {
        self.roles.of(role).rights
    }

    /// The shared accounts that this role may open beside a person's own.
    #[must_use]
    pub fn accounts(&self, role: Option<&str>) -> &Patterns {
        &self.roles.of(role).accounts
    }

    /// The site's time zone by its IANA name.
    #[must_use]
    pub fn zone(&self) -> Option<&str> {
        self.zone.iana_name()
    }

    /// Whether this role may come in at this time.
    #[must_use]
    pub fn in_hours(&self, role: Option<&str>, now: Timestamp) -> bool {
        let Role { hours, .. } = self.roles.of(role);
        hours.as_ref().is_none_or(|hours| hours.contain(self.zone.to_datetime(now)))
    }

    /// Whether this role may come in at some hours only.
    #[must_use]
    pub fn keeps_hours(&self, role: Option<&str>) -> bool {
        self.roles.of(role).hours.is_some()
    }

    /// How often somebody may fail.
    #[must_use]
    pub fn lockout(&self) -> &LockoutRules {
        &self.lockout
    }

    /// What a password must be.
    #[must_use]
    pub fn passwords(&self) -> &PasswordRules {
        &self.passwords
    }

    /// Whether some policy in use lets a password in with no other kind of factor beside it.
    #[must_use]
    pub fn password_alone(&self) -> bool {
        self.password_alone
    }

    /// How people are enrolled at this terminal; `None` where nobody is.
    #[must_use]
    pub fn enrolment(&self, terminal: &str) -> Option<&EnrolmentPolicy> {
        self.enrolment.terminals.fits(terminal).then_some(&self.enrolment.policy)
    }

    /// What holds in an emergency.
    #[must_use]
    pub fn emergency(&self) -> &EmergencyRules {
        &self.emergency
    }

    /// After how long without coming in a person is listed as dormant.
    #[must_use]
    pub fn dormant_after(&self) -> Duration {
        self.dormant_after
    }

    /// How the log is kept.
    #[must_use]
    pub fn log(&self) -> &LogPolicy {
        &self.log
    }

    /// Whose bundles are expected, and what holds when none comes.
    #[must_use]
    pub fn sync(&self) -> &SyncRules {
        &self.sync
    }

    /// By what the site knows its cards.
    #[must_use]
    pub fn cards(&self) -> &CardRules {
        &self.cards
    }

    /// The rules of assertions for this audience; `None` where none is signed for it.
    #[must_use]
    pub fn audience(&self, name: &str) -> Option<&Audience> {
        self.assertions.get(name)
    }
}

fn resolved(policy: &Policy, purpose: Purpose, group: &Group) -> Policy {
    Policy { remote: group.remote, stage: group.stage_of(purpose), ..policy.clone() }
}
