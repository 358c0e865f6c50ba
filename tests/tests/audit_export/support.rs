//! A ward whose log has something in it.

use mabataki_test_support::{Mabataki, Run};

/// A name that a spreadsheet program would run, if it could.
pub(crate) const FORMULA: &str = "=cmd|' /C calc'!A0";
/// A name with everything that parts cells from each other.
pub(crate) const SEPARATORS: &str = "山田, \"花子\"; <b>";

const CARDS: [&str; 2] = ["felica:0114B34C1A2B3C4D", "felica:0114B34C1A2B3C4E"];
const PASSWORD: &str = "Kobe-4711-harbour";

/// A store for trials with two people of odd names, each let in once; one was refused once, and a stranger too.
pub(crate) fn ward() -> Mabataki {
    let command = Mabataki::new();
    ends(&command.json(&["init", "--open", "--terminal", "ward3-a"]), 0);
    for ((id, name), card) in [("nurse01", FORMULA), ("nurse02", SEPARATORS)].into_iter().zip(CARDS) {
        ends(&command.json(&["person", "add", id, "--name", name]), 0);
        ends(&command.json(&["card", "bind", id, "--card", card]), 0);
        ends(&command.json_fed(&["password", "set", id], &[PASSWORD]), 0);
        ends(&attempt(&command, card, PASSWORD), 0);
    }
    ends(&attempt(&command, CARDS[0], "wrong"), 1);
    ends(&attempt(&command, "felica:0114B34C1A2B3C4F", "wrong"), 1);
    command
}

fn attempt(command: &Mabataki, card: &str, password: &str) -> Run {
    command.json_fed(&["authenticate", "--card", card, "--password"], &[password])
}

/// Checks that a run ended with this exit status.
pub(crate) fn ends(run: &Run, exit: i32) {
    assert_eq!(run.exit, exit, "{}\n{}", run.stdout, run.stderr);
}

/// A file of this name beside the state folder.
pub(crate) fn path(command: &Mabataki, name: &str) -> String {
    command.folder().join(name).display().to_string()
}
