//! A site's policy file.

use jiff::Timestamp;
use mabataki_engine::policy::{Factor, Faults, Purpose, Rulebook};

/// A policy file that has no fault answers everything, and lets one kind of factor in in an emergency only. One that has
/// faults tells them by line.
pub fn policy(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match Rulebook::parse(text) {
        Ok(book) => follows_the_rules(&book),
        Err(faults) => {
            assert!((1..=Faults::MOST).contains(&faults.iter().count()));
            assert!(faults.iter().all(|fault| fault.line >= 1 && !fault.what.chars().any(char::is_control)));
        }
    }
}

fn follows_the_rules(book: &Rulebook) {
    for terminal in ["", "er-1", "ward3-pc7"] {
        let group = book.group(terminal);
        assert!(group.terminals.fits(terminal));
        for purpose in Purpose::ALL.iter().copied() {
            let Ok(policy) = book.policy(purpose, terminal) else { continue };
            let standing_in = policy.fallbacks.iter().flat_map(|fallback| &fallback.combinations);
            for factors in standing_in.chain(&policy.combinations) {
                assert!(factors.kinds() >= 2 || purpose == Purpose::Emergency);
                assert!(!factors.contains(Factor::StoreKey) || purpose == Purpose::Admin);
            }
        }
        let _ = book.enrolment(terminal);
    }
    for role in [None, Some("nurse"), Some("administrator")] {
        let _ = (book.rights(role), book.accounts(role).fits("ward3"));
        for now in [Timestamp::MIN, Timestamp::UNIX_EPOCH, Timestamp::MAX] {
            let _ = book.in_hours(role, now);
        }
    }
}
