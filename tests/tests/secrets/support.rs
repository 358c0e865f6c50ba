//! A site for these tests, and what no output may ever hold.

use mabataki_test_support::{Mabataki, Run};

/// A store for trials with two nurses.
pub(crate) fn site() -> Mabataki {
    let command = Mabataki::new();
    assert_eq!(command.json(&["init", "--open", "--terminal", "ward3-a"]).exit, 0);
    for id in ["nurse01", "nurse02"] {
        assert_eq!(command.json(&["person", "add", id, "--name", &format!("Nurse {id}")]).exit, 0);
    }
    command
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

/// Checks that none of these is told by a run, by the log, or in the clear on the disk.
pub(crate) fn told_nowhere(command: &Mabataki, runs: &[Run], secrets: &[&str]) {
    let log = command.json(&["audit", "list"]);
    let mut places: Vec<(String, Vec<u8>)> = vec![("the log".to_owned(), log.stdout.into_bytes())];
    for run in runs {
        places.push(("standard output".to_owned(), run.stdout.clone().into_bytes()));
        places.push(("standard error".to_owned(), run.stderr.clone().into_bytes()));
    }
    for folder in [command.state(), command.witness()] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            places.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    for (place, content) in &places {
        for secret in secrets {
            let found = content.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{place} tells {secret:?}");
        }
    }
}
