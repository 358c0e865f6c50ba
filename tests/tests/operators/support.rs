//! A terminal for these tests.

use mabataki_test_support::{Mabataki, Run};

/// The card of `nurse01`.
pub(crate) const CARD: &str = "felica:0114B34C1A2B3C4D";

/// The password of `nurse01`.
pub(crate) const PASSWORD: &str = "Kobe-4711-harbour";

/// A store for trials with `nurse01`, who has a card and a password. Without a camera both together let in.
pub(crate) fn ward() -> Mabataki {
    let command = Mabataki::new();
    ends(&command.json(&["init", "--open", "--terminal", "ward3-a"]), 0);
    ends(&command.json(&["person", "add", "nurse01", "--name", "山田 花子"]), 0);
    ends(&command.json(&["card", "bind", "nurse01", "--card", CARD]), 0);
    ends(&command.json_fed(&["password", "set", "nurse01"], &[PASSWORD]), 0);
    command
}

/// Lets the nurse in, with more arguments.
pub(crate) fn authenticate(command: &Mabataki, more: &[&str]) -> Run {
    let args = [&["authenticate", "--card", CARD, "--password"], more].concat();
    command.json_fed(&args, &[PASSWORD])
}

/// The policy in force, with `from` replaced by `to`, in a file.
pub(crate) fn changed_policy(command: &Mabataki, changes: &[(&str, &str)]) -> String {
    let mut text = command.json(&["policy", "show"]).word("policy").to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "the policy does not have {from}");
        text = text.replacen(from, to, 1);
    }
    let path = command.folder().join("site.toml");
    std::fs::write(&path, text).unwrap();
    path.display().to_string()
}

/// Checks that a run ended with this exit status.
pub(crate) fn ends(run: &Run, exit: i32) {
    assert_eq!(run.exit, exit, "{}\n{}", run.stdout, run.stderr);
}

/// Checks that a run failed with this exit status and word.
pub(crate) fn fails(run: &Run, exit: i32, code: &str) {
    ends(run, exit);
    assert_eq!(run.last()["error"]["code"], code, "{}", run.stdout);
}
