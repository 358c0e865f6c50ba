//! What `docs/threat-model.md` says is tested is tested.

#![cfg(test)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// The rows of the page's tables, cell by cell, without headers.
fn rows() -> Vec<Vec<String>> {
    let page = fs::read_to_string(root().join("docs/threat-model.md")).unwrap();
    let lines = page.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| attack"));
    lines
        .map(|line| line.trim_matches('|').split(" | ").map(|cell| cell.trim().to_owned()).collect())
        .collect()
}

/// The functions that are tests, in every crate: attribute first, then the name, also within `proptest!`.
fn tests() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for crate_folder in ["engine", "models", "tests", "fuzz/targets"] {
        collect(&root().join(crate_folder), &mut found);
    }
    found
}

fn collect(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            collect(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            for after in text.split("#[test]").skip(1) {
                let name =
                    after.split_once("fn ").map(|(_, rest)| rest.split('(').next().unwrap_or_default());
                found.extend(name.map(str::to_owned));
            }
        }
    }
}

#[test]
fn every_test_that_the_threat_model_names_exists() {
    let (rows, tests) = (rows(), tests());
    assert!(rows.len() >= 25 && tests.contains("every_test_that_the_threat_model_names_exists"));
    let missing: Vec<String> = rows
        .iter()
        .flat_map(|row| row[2].split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>())
        .filter(|name| !tests.contains(name))
        .collect();
    assert!(missing.is_empty(), "no such tests: {missing:#?}");
}

#[test]
fn an_attack_without_a_test_says_that_its_answer_is_to_come() {
    for row in rows() {
        assert_eq!(row.len(), 3, "{row:?}");
        assert!(row[2].contains('`') || row[1].contains("**to come**"), "{row:?}");
    }
}
