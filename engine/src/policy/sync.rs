//! How long a terminal may go without a bundle of those that keep it up to date: first it warns, then it restricts. Who was
//! dismissed, and which card was lost, it would not hear of.

use std::time::Duration;

use super::Purpose;
use crate::text::vocabulary;

vocabulary! {
    /// How up to date a terminal is.
    pub enum Freshness, "a freshness" {
        /// A bundle came in time.
        InTime = "in_time", "This terminal is up to date.", "この端末の情報は最新です。";
        /// One should have come by now.
        Late = "late",
            "This terminal has had no bundle for long. Carry one over before it restricts who is let in.",
            "この端末は長い間同期されていません。利用が制限される前にバンドルを取り込んでください。";
        /// None came for so long that what is known here is not relied on any more.
        Overdue = "overdue",
            "This terminal has had no bundle for too long: only what the policy lists for that lets anybody in.",
            "この端末は同期の期限を過ぎたため、ポリシーで許可された方法以外では利用できません。";
    }
}

/// Whose bundles a terminal expects, and what holds when none comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncRules {
    /// The names of the terminals; none: no bundle is expected.
    pub from: Vec<String>,
    /// So old the newest bundle may be without a word.
    pub warn_after: Duration,
    /// So old it may be at all.
    pub max_offline_age: Duration,
    /// The names of the policies that let in beyond that.
    pub offline_policies: Vec<String>,
}

impl Default for SyncRules {
    fn default() -> SyncRules {
        const DAY: u64 = 24 * 3600;
        SyncRules {
            from: Vec::new(),
            warn_after: Duration::from_secs(3 * DAY),
            max_offline_age: Duration::from_secs(14 * DAY),
            offline_policies: Vec::new(),
        }
    }
}

impl SyncRules {
    /// What a newest bundle of this age means.
    #[must_use]
    pub fn freshness(&self, age: Duration) -> Freshness {
        if age > self.max_offline_age {
            Freshness::Overdue
        } else if age > self.warn_after {
            Freshness::Late
        } else {
            Freshness::InTime
        }
    }

    /// Whether this policy lets in for this purpose. Administrators are never kept out, or nobody could take a bundle in;
    /// emergencies have rules of their own.
    #[must_use]
    pub fn lets_in(&self, freshness: Freshness, purpose: Purpose, policy: &str) -> bool {
        freshness != Freshness::Overdue
            || matches!(purpose, Purpose::Admin | Purpose::Emergency)
            || self.offline_policies.iter().any(|known| known == policy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_passed_a_moment_after_it_and_not_on_it() {
        let rules = SyncRules::default();
        let moment = Duration::from_millis(1);
        for (limit, within, beyond) in [
            (rules.warn_after, Freshness::InTime, Freshness::Late),
            (rules.max_offline_age, Freshness::Late, Freshness::Overdue),
        ] {
            assert_eq!((rules.freshness(limit), rules.freshness(limit + moment)), (within, beyond));
        }
    }

    #[test]
    fn beyond_the_limit_only_listed_policies_administrators_and_emergencies_go_on() {
        let rules = SyncRules { offline_policies: vec!["er".to_owned()], ..SyncRules::default() };
        for purpose in Purpose::ALL.iter().copied() {
            let exempt = matches!(purpose, Purpose::Admin | Purpose::Emergency);
            assert_eq!(rules.lets_in(Freshness::Overdue, purpose, "ordinary"), exempt, "{purpose}");
            assert!(rules.lets_in(Freshness::Overdue, purpose, "er"));
            assert!(rules.lets_in(Freshness::Late, purpose, "ordinary"));
        }
    }
}
