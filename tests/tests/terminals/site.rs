//! Terminals for these tests.

use std::path::Path;

use mabataki_test_support::{Mabataki, Run};

/// The password of `boss`.
pub(crate) const PASSWORD: &str = "Kobe-4711-harbour";

/// A terminal of this name, with a store for trials.
pub(crate) fn terminal(name: &str) -> Mabataki {
    let command = Mabataki::new();
    ends(&command.json(&["init", "--open", "--terminal", name]), 0);
    command
}

/// A terminal of this name with the administrator `boss`, who alone may change anything.
pub(crate) fn administered(name: &str) -> Mabataki {
    let command = Mabataki::new();
    ends(&command.json(&["init", "--terminal", name]), 0);
    ends(&command.json(&["person", "add", "boss", "--name", "Boss", "--role", "administrator"]), 0);
    ends(&command.json_fed(&["password", "set", "boss"], &["first-Password-9"]), 0);
    ends(&command.json_fed(&["password", "change", "boss"], &["first-Password-9", PASSWORD]), 0);
    command
}

/// The introduction of a terminal in a file, and the fingerprint on its screen.
pub(crate) fn introduction(of: &Mabataki, file: &str) -> (String, String) {
    let path = path(of, file);
    let shown = of.json(&["terminal", "show", "--out", &path]);
    ends(&shown, 0);
    (path, shown.word("fingerprint").to_owned())
}

/// A file beside this terminal's state folder.
pub(crate) fn path(of: &Mabataki, file: &str) -> String {
    of.folder().join(file).display().to_string()
}

/// Changes a file on its way from one terminal to the other.
pub(crate) fn change(path: &str, change: impl FnOnce(String) -> String) {
    let text = std::fs::read_to_string(Path::new(path)).unwrap();
    std::fs::write(path, change(text)).unwrap();
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
