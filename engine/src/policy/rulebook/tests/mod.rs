//! What a policy file says, and what is wrong with one. The standard policy is the beginning of every case.

mod answers;
mod cards;
mod faults;
mod properties;

use pretty_assertions::assert_eq;

use super::{Rulebook, STANDARD};

fn parsed(text: &str) -> Rulebook {
    Rulebook::parse(text).unwrap_or_else(|faults| panic!("{faults}"))
}

/// The standard policy with a text in it replaced.
fn with(old: &str, new: &str) -> String {
    assert!(STANDARD.contains(old), "{old}");
    STANDARD.replacen(old, new, 1)
}

/// The standard policy with more at its end.
fn and(more: &str) -> String {
    format!("{STANDARD}\n{more}")
}

/// That the text has one fault, on the line marked `# HERE`, which says `what`.
#[track_caller]
fn has_fault(text: &str, what: &str) {
    let faults = Rulebook::parse(text).expect_err("there is a fault");
    let here = 1 + text.lines().position(|line| line.contains("# HERE")).expect("a mark");
    let found: Vec<(usize, bool)> =
        faults.iter().map(|fault| (fault.line, fault.what.contains(what))).collect();
    assert_eq!(found, [(here, true)], "{faults}\nexpected line {here}: {what}");
}

/// The standard policy with one more policy, of which nothing is used.
fn own(policy: &str) -> String {
    and(&format!("[policies.own]\n{policy}"))
}
