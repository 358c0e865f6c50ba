//! Whatever a host passes, it gets a status: no export crashes, hangs or writes where it must not.

#![cfg(test)]

mod common;

use std::path::PathBuf;
use std::process::Command;

use common::ward::Ward;
use common::{exports_of, has, header, linked, root, skipped};

#[test]
fn every_export_survives_its_abuse() {
    let ward = Ward::new();
    let mut abuser = Command::new(abuser());
    let output = abuser.args(ward.places()).env("LD_LIBRARY_PATH", linked()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    let mut abused: Vec<String> =
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    let mut declared = exports_of(&header());
    abused.sort();
    declared.sort();
    pretty_assertions::assert_eq!(abused, declared, "each export has one line in a table of tests/misuse/");
}

#[test]
fn abuse_touches_no_memory_that_is_not_its_own_and_leaks_none() {
    if !has("valgrind") {
        return skipped("abuse under valgrind", "no valgrind");
    }
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--quiet",
        "--error-exitcode=99",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite",
    ]);
    let ward = Ward::new();
    // A child that ends at once has all its parent's memory and frees none of it: valgrind would count that.
    valgrind.arg(abuser()).args(ward.places()).arg("--no-fork");
    let output = valgrind.env("LD_LIBRARY_PATH", linked()).output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
}

/// The compiled abuser. Each test makes its own, so that none runs what another is still writing.
fn abuser() -> PathBuf {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    let program = folder.join("abuser");
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-pthread", "-I"]);
    cc.arg(root().join("include")).arg("-o").arg(&program);
    for file in std::fs::read_dir(root().join("tests/misuse")).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "c") {
            cc.arg(path);
        }
    }
    let output = cc.arg("-L").arg(linked()).arg("-lmabataki").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}
