//! What holds whatever a policy file says.

use std::collections::BTreeSet;

use jiff::Timestamp;
use proptest::prelude::*;

use super::own;
use crate::policy::rulebook::{Faults, Rulebook, STANDARD};
use crate::policy::{Cause, Factor, Factors, Kind, Purpose};

/// A policy file with combinations, causes and purposes by chance. About every fourth has no fault.
fn any_book() -> impl Strategy<Value = String> {
    const SOUND: [&str; 6] =
        ["card+face", "card+password", "face+password", "card+pin", "card+face+password", "emergency_code"];
    let combination = prop_oneof![
        9 => prop::sample::select(SOUND.as_slice()).prop_map(str::to_owned),
        1 => prop::sample::subsequence(Factor::ALL, 1..=3).prop_map(|factors| Factors::of(&factors).to_string()),
    ];
    let combinations =
        prop::collection::btree_set(combination, 1..3).prop_map(|set| Vec::from_iter(set).join("\", \""));
    let fallback =
        (prop::sample::select(Cause::ALL), combinations.clone()).prop_map(|(cause, combinations)| {
            format!("{{ when = [\"{cause}\"], combinations = [\"{combinations}\"] }}")
        });
    let policy = (combinations, prop::option::of(fallback)).prop_map(|(combinations, fallback)| {
        format!("combinations = [\"{combinations}\"]\nfallbacks = [{}]\n", fallback.unwrap_or_default())
    });
    let uses = prop::collection::btree_map(
        prop::sample::select(Purpose::ALL),
        prop::sample::select(["none", "ordinary", "emergency", "own"].as_slice()),
        0..3,
    );
    (policy, uses).prop_map(|(policy, uses)| {
        let mut text = own(&policy) + "[groups.er]\nterminals = [\"er-*\"]\n[groups.er.purposes]\n";
        for (purpose, policy) in uses {
            text += &format!("{purpose} = \"{policy}\"\n");
        }
        text
    })
}

/// Asks everything there is to ask, and holds what must hold whatever the file says.
fn follows_the_rules(book: &Rulebook, terminal: &str, role: &str) -> Result<(), TestCaseError> {
    for purpose in Purpose::ALL.iter().copied() {
        let Ok(policy) = book.policy(purpose, terminal) else { continue };
        prop_assert_eq!(book.named(&policy.name, purpose, terminal), Ok(policy.clone()));
        prop_assert!(policy.fmr > 0.0 && policy.fmr <= 1e-3);
        prop_assert!(!policy.combinations.is_empty());
        let all =
            policy.fallbacks.iter().flat_map(|fallback| &fallback.combinations).chain(&policy.combinations);
        for factors in all {
            let kinds: BTreeSet<Kind> = factors.iter().filter_map(Factor::kind).collect();
            prop_assert!(kinds.len() >= 2 || purpose == Purpose::Emergency, "{} for {}", factors, purpose);
            prop_assert!(!factors.contains(Factor::EmergencyCode) || purpose == Purpose::Emergency);
            prop_assert!(!factors.contains(Factor::StoreKey) || purpose == Purpose::Admin);
        }
    }
    for role in [None, Some(role)] {
        let _ = (
            book.rights(role),
            book.accounts(role),
            book.in_hours(role, Timestamp::MIN),
            book.in_hours(role, Timestamp::MAX),
        );
    }
    let _ = (book.enrolment(terminal), book.audience(role), book.password_alone());
    let _ = (book.lockout(), book.passwords(), book.emergency(), book.dormant_after());
    prop_assert!(book.group(terminal).terminals.fits(terminal));
    prop_assert!(book.roles.administering().next().is_some());
    Ok(())
}

proptest! {
    #[test]
    fn what_has_no_fault_never_lets_one_kind_in_outside_an_emergency(text in any_book(), terminal in "(er-)?[a-z]{0,3}", role in "[a-z]{0,3}") {
        if let Ok(book) = Rulebook::parse(&text) {
            follows_the_rules(&book, &terminal, &role)?;
        }
    }

    #[test]
    fn a_file_with_a_stroke_of_the_pen_in_it_is_followed_or_refused_by_line(at in 0..STANDARD.len(), length in 0..20usize, new in "[ -~\\n]{0,6}") {
        let end = (at + length).min(STANDARD.len());
        let text = format!("{}{new}{}", &STANDARD[..at], &STANDARD[end..]);
        match Rulebook::parse(&text) {
            Ok(book) => follows_the_rules(&book, "er-1", "nurse")?,
            Err(faults) => {
                prop_assert!((1..=Faults::MOST).contains(&faults.iter().count()));
                for fault in faults.iter() {
                    prop_assert!((1..=text.lines().count() + 1).contains(&fault.line));
                    prop_assert!(!fault.what.is_empty() && !fault.what.chars().any(char::is_control), "{:?}", fault.what);
                }
            }
        }
    }
}
