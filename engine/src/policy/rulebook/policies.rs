//! `[policies.NAME]`: what lets somebody in, and what stands in for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::time::Duration;

use super::groups::NONE;
use super::read::{Section, Value, entries, quoted};
use super::texts;
use crate::card::Assurance;
use crate::policy::{Cause, Challenge, Factor, Factors, Fallback, Kind, Policy, Purpose};

/// The highest false-match rate that may be asked for. Above NIST's ceiling of 1e-4, for trials of a pack.
const MOST_FMR: f64 = 1e-3;

/// Time for one attempt. The longest leaves time to type a password with care.
const TIMEOUT: RangeInclusive<Duration> = Duration::from_secs(5)..=Duration::from_secs(120);

/// Life of a grant. The longest is a day: who works longer shows themselves again.
const GRANT_LIFE: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(24 * 3600);

/// The causes for which the face is not to be had.
const WITHOUT_FACE: [Cause; 5] =
    [Cause::CameraLost, Cause::Mask, Cause::EyesHidden, Cause::Exception, Cause::FaceLocked];

/// A policy as read; whether it may be as it is depends on what it is used for.
pub(super) struct Draft<'s> {
    pub(super) policy: Policy,
    /// All combinations with those that stand in, each where it stands.
    combinations: Vec<(Value<'s>, Factors)>,
}

/// Reads them all.
pub(super) fn read<'s>(section: Section<'s>) -> BTreeMap<String, Draft<'s>> {
    let drafts = section.named_sections().into_iter();
    drafts.map(|(name, section)| (name.to_owned(), Draft::read(name, section))).collect()
}

impl<'s> Draft<'s> {
    fn read(name: &str, mut section: Section<'s>) -> Draft<'s> {
        if name == NONE {
            section.place.fault("expected another name: \"none\" in [purposes] forbids a purpose");
        }
        let ordinary = section.require("combinations").map(|value| combinations(&value)).unwrap_or_default();
        let mut all = ordinary.clone();
        let mut fallbacks = Vec::new();
        let mut causes = BTreeSet::new();
        for value in entries(section.take("fallbacks").as_ref()) {
            let Some(fallback) = value.section() else { continue };
            let (fallback, combinations) = read_fallback(fallback, &ordinary, &mut causes);
            fallbacks.push(fallback);
            all.extend(combinations);
        }
        let department_cards = read_department_cards(section.take("department_cards"), &ordinary);
        let any = |factor| all.iter().any(|(_, factors)| factors.contains(factor));
        let standard = Policy::ordinary();
        let policy = Policy {
            name: name.to_owned(),
            combinations: ordinary.into_iter().map(|(_, factors)| factors).collect(),
            fallbacks,
            least_assurance: needing(any(Factor::Card), Factor::Card, section.take("least_assurance"))
                .and_then(|value| assurance(&value))
                .unwrap_or(standard.least_assurance),
            fmr: needing(any(Factor::Face), Factor::Face, section.take("fmr"))
                .and_then(|value| value.fraction(0.0, MOST_FMR))
                .unwrap_or(standard.fmr),
            challenge: needing(any(Factor::Face), Factor::Face, section.take("challenge"))
                .and_then(|value| value.word::<Challenge>())
                .unwrap_or(standard.challenge),
            timeout: section
                .take("timeout")
                .and_then(|value| value.time(TIMEOUT))
                .unwrap_or(standard.timeout),
            grant_life: section
                .take("grant_life")
                .and_then(|value| value.time(GRANT_LIFE))
                .unwrap_or(standard.grant_life),
            applications: section
                .take("applications")
                .map(|value| texts::patterns(&value, texts::is_name))
                .unwrap_or_default(),
            department_cards,
            card_stays: needing(any(Factor::Card), Factor::Card, section.take("card_stays"))
                .and_then(|value| value.truth())
                .unwrap_or(standard.card_stays),
            remote: standard.remote,
            stage: standard.stage,
        };
        section.finish();
        Draft { policy, combinations: all }
    }

    /// Whether this factor lets in with no other kind beside it.
    pub(super) fn lets_in_with_one_kind_and(&self, factor: Factor) -> bool {
        self.combinations.iter().any(|(_, factors)| factors.contains(factor) && factors.kinds() < 2)
    }

    /// Checks what is allowed for some purposes only, given those this policy is used for.
    pub(super) fn check_use(&self, purposes: Option<&BTreeSet<Purpose>>) {
        let only = |allowed: &[Purpose]| {
            purposes.is_some_and(|purposes| purposes.iter().all(|purpose| allowed.contains(purpose)))
        };
        for (value, factors) in &self.combinations {
            if factors.kinds() < 2 && !only(&[Purpose::Emergency]) {
                value.fault(&format!(
                    "\"{factors}\" is {}, expected two different kinds of factor (knowledge, biometric, possession), \
                     unless the policy is used for emergency and nothing else",
                    kinds(*factors)
                ));
            }
            for (factor, allowed) in [
                (Factor::EmergencyCode, &[Purpose::Emergency][..]),
                (Factor::StoreKey, &[Purpose::Admin]),
                (Factor::HostPassword, &[Purpose::Login, Purpose::Unlock]),
            ] {
                if factors.contains(factor) && !only(allowed) {
                    let allowed: Vec<&str> = allowed.iter().map(|purpose| purpose.code()).collect();
                    value.fault(&format!(
                        "{factor} in \"{factors}\": expected in a policy that is used for {} and nothing else",
                        allowed.join(" or ")
                    ));
                }
            }
        }
    }
}

/// A list of combinations; what cannot be read is left out.
fn combinations<'s>(value: &Value<'s>) -> Vec<(Value<'s>, Factors)> {
    let mut found: Vec<(Value<'s>, Factors)> = Vec::new();
    let Some(entries) = value.list() else { return found };
    if entries.is_empty() {
        value.fault("expected at least one combination such as \"card+face\", found none");
    }
    for entry in entries {
        let Some(factors) = entry.word::<Factors>() else { continue };
        if factors.is_empty() {
            entry.fault("expected a combination such as \"card+face\", found \"\"");
        } else if found.iter().any(|(_, known)| *known == factors) {
            entry.fault(&format!("\"{factors}\" stands there already"));
        } else {
            if factors.contains(Factor::Pin) && !factors.contains(Factor::Card) {
                entry.fault(&format!("pin in \"{factors}\": expected with the card that judges it"));
            }
            found.push((entry, factors));
        }
    }
    found
}

fn read_fallback<'s>(
    mut section: Section<'s>,
    ordinary: &[(Value<'s>, Factors)],
    causes: &mut BTreeSet<Cause>,
) -> (Fallback, Vec<(Value<'s>, Factors)>) {
    let standing_in = section.require("combinations").map(|value| combinations(&value)).unwrap_or_default();
    let mut when = Vec::new();
    let listed = section.require("when").and_then(|value| value.list());
    if listed.as_ref().is_some_and(Vec::is_empty) {
        section.place.fault("a fallback without a cause: expected when = [\"camera_lost\"] or the like");
    }
    for value in listed.unwrap_or_default() {
        let Some(cause) = value.word::<Cause>() else { continue };
        if !causes.insert(cause) {
            value.fault(&format!("{cause} opens a fallback of this policy already"));
        }
        let missing = missing(cause);
        if !ordinary.iter().any(|(_, factors)| factors.contains_any(missing)) {
            value.fault(&format!("{cause} opens nothing: no combination of this policy asks for {missing}"));
        }
        for (combination, factors) in standing_in.iter().filter(|(_, factors)| factors.contains_any(missing))
        {
            combination.fault(&format!("\"{factors}\" stands in for {cause}, when there is no {missing}"));
        }
        when.push(cause);
    }
    section.finish();
    let combinations = standing_in.iter().map(|(_, factors)| *factors).collect();
    (Fallback { when, combinations }, standing_in)
}

/// What is not to be had when this happens.
fn missing(cause: Cause) -> Factors {
    if WITHOUT_FACE.contains(&cause) {
        Factors::of(&[Factor::Face])
    } else {
        Factors::of(&[Factor::Card, Factor::Pin])
    }
}

/// A value that means nothing where no combination asks for `factor`.
fn needing<'s>(has: bool, factor: Factor, value: Option<Value<'s>>) -> Option<Value<'s>> {
    if let Some(value) = value.as_ref().filter(|_| !has) {
        value.fault(&format!("it has no meaning where no combination asks for the {factor}"));
    }
    value
}

/// Which of its people shows a card, only the face can tell: a password says who somebody wants to be. A fallback without
/// the face may stand in for the others, and opens nothing to whoever shows such a card.
fn read_department_cards(value: Option<Value<'_>>, ordinary: &[(Value<'_>, Factors)]) -> bool {
    let allowed = value.and_then(|value| value.truth()).unwrap_or(false);
    let faceless = |factors: &Factors| factors.contains(Factor::Card) && !factors.contains(Factor::Face);
    for (value, factors) in ordinary.iter().filter(|(_, factors)| allowed && faceless(factors)) {
        value.fault(&format!(
            "\"{factors}\" in a policy with department_cards: expected the face with every card, since it alone tells \
             the people of one card apart"
        ));
    }
    allowed
}

fn assurance(value: &Value<'_>) -> Option<Assurance> {
    let text = value.text()?;
    let known = [Assurance::IdentifierOnly, Assurance::Proved];
    let found = known.into_iter().find(|assurance| assurance.code() == text);
    if found.is_none() {
        value.fault(&format!("expected identifier_only or proved, found {}", quoted(text)));
    }
    found
}

fn kinds(factors: Factors) -> String {
    let kind = factors.iter().find_map(Factor::kind);
    kind.map_or_else(|| "no proof at all".to_owned(), |kind: Kind| format!("{kind} alone"))
}
