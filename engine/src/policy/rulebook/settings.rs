//! The tables that hold for the whole site: `[lockout]`, `[passwords]`, `[enrolment]`, `[emergency]`, `[people]`, `[sync]`,
//! `[[assertions]]`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::time::Duration;

use super::read::{Section, Value, entries};
use super::texts;
use crate::policy::{EnrolmentPolicy, LockoutRules, PasswordRules, Patterns, SyncRules};

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// What holds in an emergency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmergencyRules {
    /// The longest an emergency code may wait to be used.
    pub longest_code_life: Duration,
    /// The longest a code may let somebody work.
    pub longest_grant_life: Duration,
    /// The longest a disaster may be declared for.
    pub longest_disaster: Duration,
}

impl Default for EmergencyRules {
    fn default() -> EmergencyRules {
        EmergencyRules {
            longest_code_life: Duration::from_secs(DAY),
            longest_grant_life: Duration::from_secs(HOUR),
            longest_disaster: Duration::from_secs(3 * DAY),
        }
    }
}

/// How and where people are enrolled.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct EnrolmentRules {
    pub(super) terminals: Patterns,
    pub(super) policy: EnrolmentPolicy,
}

/// Never looser than NIST SP 800-63B-4, 3.2.3, which the standard figures are from.
pub(super) fn lockout(mut section: Section<'_>) -> LockoutRules {
    let standard = LockoutRules::default();
    let rules = LockoutRules {
        failures: number(section.take("failures"), 1..=5, standard.failures),
        failures_with_liveness: number(
            section.take("failures_with_liveness"),
            1..=10,
            standard.failures_with_liveness,
        ),
        delay: time(section.take("delay"), 30..=HOUR, standard.delay),
        longest_delay: time(section.take("longest_delay"), 30..=DAY, standard.longest_delay),
        stop: number(section.take("stop"), 10..=50, standard.stop),
        terminal_failures: number(section.take("terminal_failures"), 1..=1000, standard.terminal_failures),
        longest_terminal_delay: time(
            section.take("longest_terminal_delay"),
            0..=5,
            standard.longest_terminal_delay,
        ),
        terminal_rest: time(section.take("terminal_rest"), 3 * MINUTE..=DAY, standard.terminal_rest),
    };
    if rules.longest_delay < rules.delay {
        section.place.fault("lockout.longest_delay: expected at least lockout.delay, found less");
    }
    if rules.stop <= rules.failures.max(rules.failures_with_liveness) {
        section
            .place
            .fault("lockout.stop: expected more than the failures after which one has to wait, found fewer");
    }
    section.finish();
    rules
}

/// Never shorter than the checklist of the guideline asks.
pub(super) fn passwords(mut section: Section<'_>) -> PasswordRules {
    let standard = PasswordRules::default();
    let rules = PasswordRules {
        least_length: number(section.take("least_length"), 8..=64, standard.least_length),
        least_length_alone: number(section.take("least_length_alone"), 13..=64, standard.least_length_alone),
        remembered: number(section.take("remembered"), 0..=24, standard.remembered),
        change_at_first_use: truth(section.take("change_at_first_use"), standard.change_at_first_use),
    };
    if rules.least_length_alone < rules.least_length {
        section
            .place
            .fault("passwords.least_length_alone: expected at least passwords.least_length, found less");
    }
    section.finish();
    rules
}

pub(super) fn enrolment(mut section: Section<'_>) -> EnrolmentRules {
    let standard = EnrolmentPolicy::default();
    let samples = number(section.take("samples"), 1..=10, 5);
    let least = number(section.take("least_samples"), 1..=10, samples.min(3));
    if least > samples {
        section.place.fault("enrolment.least_samples: expected at most enrolment.samples, found more");
    }
    let rules = EnrolmentRules {
        terminals: section.take("terminals").map_or_else(
            || Patterns::new(vec!["*".to_owned()]),
            |value| texts::patterns(&value, texts::is_terminal),
        ),
        policy: EnrolmentPolicy {
            samples: samples as usize,
            least_samples: least as usize,
            timeout: time(section.take("timeout"), 10..=10 * MINUTE, standard.timeout),
            spacing: standard.spacing,
            blink: truth(section.take("blink"), standard.blink),
            card: truth(section.take("card"), standard.card),
            approvers: if number(section.take("approvers"), 1..=2, 1) == 2 { 2 } else { 1 },
            pending: time(section.take("pending"), HOUR..=30 * DAY, standard.pending),
        },
    };
    section.finish();
    rules
}

pub(super) fn emergency(mut section: Section<'_>) -> EmergencyRules {
    let standard = EmergencyRules::default();
    let rules = EmergencyRules {
        longest_code_life: time(
            section.take("longest_code_life"),
            MINUTE..=30 * DAY,
            standard.longest_code_life,
        ),
        longest_grant_life: time(
            section.take("longest_grant_life"),
            MINUTE..=DAY,
            standard.longest_grant_life,
        ),
        longest_disaster: time(section.take("longest_disaster"), HOUR..=30 * DAY, standard.longest_disaster),
    };
    section.finish();
    rules
}

/// After how long without coming in a person is listed as dormant.
pub(super) fn dormant_after(mut section: Section<'_>) -> Duration {
    let dormant_after = time(section.take("dormant_after"), DAY..=1000 * DAY, Duration::from_secs(90 * DAY));
    section.finish();
    dormant_after
}

/// Whose bundles are expected, and what holds when none comes. `is_policy` tells the names of the file's policies.
pub(super) fn sync(mut section: Section<'_>, is_policy: impl Fn(&str) -> bool) -> SyncRules {
    let standard = SyncRules::default();
    let from = entries(section.take("from").as_ref());
    let from = from.iter().filter_map(|value| value.text_that(texts::is_terminal, "the name of a terminal"));
    let from = from.map(str::to_owned).collect();
    let offline = entries(section.take("offline_policies").as_ref());
    let offline = offline.iter().filter_map(|value| value.text_that(&is_policy, "the name of a policy"));
    let rules = SyncRules {
        from,
        warn_after: time(section.take("warn_after"), HOUR..=1000 * DAY, standard.warn_after),
        max_offline_age: time(section.take("max_offline_age"), HOUR..=1000 * DAY, standard.max_offline_age),
        offline_policies: offline.map(str::to_owned).collect(),
    };
    if rules.max_offline_age < rules.warn_after {
        section.place.fault("sync.max_offline_age: expected at least sync.warn_after, found less");
    }
    section.finish();
    rules
}

/// A host that assertions are signed for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audience {
    /// How long an assertion is good.
    pub life: Duration,
    /// The application that the host is: only a grant that opens it speaks to the host. `None`: whoever was let in here.
    pub application: Option<String>,
}

/// `[[assertions]]`: the hosts that assertions are signed for.
pub(super) fn assertions(value: Option<Value<'_>>) -> BTreeMap<String, Audience> {
    let mut audiences = BTreeMap::new();
    for value in entries(value.as_ref()) {
        let Some(mut section) = value.section() else { continue };
        let name = section.require("audience");
        let name = name.and_then(|value| value.text_that(texts::is_name, "a name or an address on one line"));
        let life = time(section.take("life"), 5..=10 * MINUTE, Duration::from_secs(MINUTE));
        let application = section.take("application");
        let application =
            application.and_then(|value| value.text_that(texts::is_name, "the name of an application"));
        let audience = Audience { life, application: application.map(str::to_owned) };
        if name.is_some_and(|name| audiences.insert(name.to_owned(), audience).is_some()) {
            section.place.fault("this audience stands there already");
        }
        section.finish();
    }
    audiences
}

pub(super) fn number(value: Option<Value<'_>>, range: RangeInclusive<u32>, standard: u32) -> u32 {
    value.and_then(|value| value.number(range)).unwrap_or(standard)
}

pub(super) fn truth(value: Option<Value<'_>>, standard: bool) -> bool {
    value.and_then(|value| value.truth()).unwrap_or(standard)
}

/// A time within so many seconds.
pub(super) fn time(value: Option<Value<'_>>, seconds: RangeInclusive<u64>, standard: Duration) -> Duration {
    let range = Duration::from_secs(*seconds.start())..=Duration::from_secs(*seconds.end());
    value.and_then(|value| value.time(range)).unwrap_or(standard)
}
