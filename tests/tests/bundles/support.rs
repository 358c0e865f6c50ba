//! Two terminals that are paired.

use std::path::PathBuf;

use mabataki_test_support::{Mabataki, Run};

pub(crate) const CARD: &str = "felica:0114B34C1A2B3C4D";

/// A store for trials at the terminal of this name.
pub(crate) fn terminal(name: &str) -> Mabataki {
    let command = Mabataki::new();
    done(&command.json(&["init", "--open", "--terminal", name]));
    command
}

/// `ward3` and `er-1`: the first may send the second the people of wards er-* with their logins to chart, and the policy.
pub(crate) fn two() -> (Mabataki, Mabataki) {
    let (ward, er) = (terminal("ward3"), terminal("er-1"));
    let passing = |way: &str| {
        [format!("--{way}-ward"), "er-*".to_owned(), format!("--{way}-application"), "chart".to_owned()]
            .into_iter()
            .chain([format!("--{way}-policy")])
            .collect::<Vec<_>>()
    };
    pair(&ward, &er, &passing("send"));
    pair(&er, &ward, &passing("take"));
    (ward, er)
}

/// Pairs `here` with `there`, whose fingerprint somebody read out.
fn pair(here: &Mabataki, there: &Mabataki, passing: &[String]) {
    let introduction = path(there, "introduction.json");
    let shown = there.json(&["terminal", "show", "--out", &introduction]);
    done(&shown);
    let mut args = vec!["terminal", "pair", &introduction, "--fingerprint", shown.word("fingerprint")];
    args.extend(passing.iter().map(String::as_str));
    done(&here.json(&args));
}

pub(crate) fn path(command: &Mabataki, name: &str) -> String {
    command.folder().join(name).display().to_string()
}

/// A nurse of this ward, with a card of her own.
pub(crate) fn add(command: &Mabataki, id: &str, ward: &str, card: &str) {
    done(&command.json(&["person", "add", id, "--name", "山田 花子", "--ward", ward]));
    done(&command.json(&["card", "bind", id, "--card", card]));
}

/// A bundle for `er-1`.
pub(crate) fn export(ward: &Mabataki, name: &str) -> PathBuf {
    let file = path(ward, name);
    done(&ward.json(&["bundle", "export", "er-1", "--out", &file]));
    file.into()
}

pub(crate) fn import(er: &Mabataki, file: &std::path::Path) -> Run {
    er.json(&["bundle", "import", &file.display().to_string()])
}

/// The ids of everybody there.
pub(crate) fn people(command: &Mabataki) -> Vec<String> {
    let list = command.json(&["person", "list"]);
    list.lines.iter().map(|line| line["id"].as_str().unwrap().to_owned()).collect()
}

pub(crate) fn done(run: &Run) {
    assert_eq!(run.exit, 0, "{}\n{}", run.stdout, run.stderr);
}

pub(crate) fn fails(run: &Run, exit: i32, code: &str) {
    assert_eq!((run.exit, run.last()["error"]["code"].as_str()), (exit, Some(code)), "{}", run.stdout);
}
