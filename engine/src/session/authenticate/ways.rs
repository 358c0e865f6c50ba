//! The ways in: which combinations of factors are open, and what is still missing of each.

use super::request::Need;
use crate::policy::{Cause, Factor, Factors, Fallback, Policy};

/// The combinations that the policy lists, and what opened and closed in this attempt. Nothing opens but what the policy
/// lists for a cause that occurred.
#[derive(Debug)]
pub(super) struct Ways {
    combinations: Vec<Factors>,
    fallbacks: Vec<Fallback>,
    occurred: Vec<Cause>,
    /// What cannot be given any more. What was given before that still counts.
    lost: Factors,
    /// What counts for nothing, given or not.
    barred: Factors,
    /// The card is worth enough only with its PIN.
    pin_demanded: bool,
    /// The combination that the host chose.
    chosen: Option<Factors>,
}

impl Ways {
    pub(super) fn of(policy: &Policy) -> Ways {
        Ways {
            combinations: policy.combinations.clone(),
            fallbacks: policy.fallbacks.clone(),
            occurred: Vec::new(),
            lost: Factors::NONE,
            barred: Factors::NONE,
            pin_demanded: false,
            chosen: None,
        }
    }

    /// Whether the policy lists anything for this cause.
    pub(super) fn lists(&self, cause: Cause) -> bool {
        self.fallbacks.iter().any(|fallback| fallback.when.contains(&cause))
    }

    /// A cause occurred; says whether the attempt turns to something by it, which is so once.
    pub(super) fn occurs(&mut self, cause: Cause) -> bool {
        let turns = self.lists(cause) && !self.occurred.contains(&cause);
        if turns {
            self.occurred.push(cause);
        }
        turns
    }

    /// These cannot be given from here on.
    pub(super) fn lose(&mut self, factors: Factors) {
        self.lost = self.lost.union(factors);
    }

    /// These can be given again.
    pub(super) fn regain(&mut self, factors: Factors) {
        self.lost = self.lost.minus(factors);
    }

    /// This one is good for nothing in this attempt.
    pub(super) fn bar(&mut self, factor: Factor) {
        self.barred = self.barred.with(factor);
    }

    /// From here on the card counts for nothing without its PIN.
    pub(super) fn demand_pin(&mut self) {
        self.pin_demanded = true;
    }

    /// Follows only the open combination of which exactly `choice` is missing; nothing at all takes the choice back.
    pub(super) fn choose(&mut self, choice: Factors, given: Factors) {
        let chosen = self.open(given).find(|combination| combination.minus(given) == choice);
        if choice.is_empty() {
            self.chosen = None;
        } else if chosen.is_some() {
            self.chosen = chosen;
        }
    }

    /// Every open combination, the preferred first.
    pub(super) fn open(&self, given: Factors) -> impl Iterator<Item = Factors> + '_ {
        let opened = self.fallbacks.iter().filter(|fallback| self.is_opened(fallback, None));
        let stand_ins = opened.flat_map(|fallback| &fallback.combinations);
        self.combinations.iter().chain(stand_ins).copied().filter(move |combination| {
            let unproved = combination.contains(Factor::Card) && !combination.contains(Factor::Pin);
            let closed = combination.contains_any(self.barred) || (self.pin_demanded && unproved);
            !closed && !combination.minus(given).contains_any(self.lost)
        })
    }

    /// The combinations that are followed: the chosen one while it is open, else all.
    pub(super) fn followed(&self, given: Factors) -> impl Iterator<Item = Factors> + '_ {
        let chosen = self.chosen.filter(|chosen| self.open(given).any(|open| open == *chosen));
        self.open(given).filter(move |open| chosen.is_none_or(|chosen| chosen == *open))
    }

    /// Whether this factor is part of anything that is followed.
    pub(super) fn follow(&self, factor: Factor, given: Factors) -> bool {
        self.followed(given).any(|combination| combination.contains(factor))
    }

    /// The preferred combination of which nothing is missing.
    pub(super) fn complete(&self, given: Factors, identified: bool) -> Option<Factors> {
        self.followed(given).find(|combination| identified && given.contains_all(*combination))
    }

    /// What would help now.
    pub(super) fn needs(&self, given: Factors, identified: bool) -> Vec<Need> {
        let mut needs = Vec::with_capacity(4);
        for combination in self.followed(given) {
            let claim = !identified && !combination.contains(Factor::Card);
            let need = Need { factors: combination.minus(given), claim };
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        needs
    }

    /// Whether this combination would be closed if `cause` had not occurred.
    pub(super) fn rests_on(&self, combination: Factors, cause: Cause) -> bool {
        let without = |fallback: &&Fallback| self.is_opened(fallback, Some(cause));
        let mut others = self.fallbacks.iter().filter(without).flat_map(|fallback| &fallback.combinations);
        !self.combinations.contains(&combination) && !others.any(|other| *other == combination)
    }

    fn is_opened(&self, fallback: &Fallback, but_for: Option<Cause>) -> bool {
        fallback.when.iter().any(|cause| Some(*cause) != but_for && self.occurred.contains(cause))
    }
}
