//! Whatever a host passes, it gets a status: no export crashes, hangs or writes where it must not.

#![cfg(test)]

mod common;

use std::process::Command;

use common::ward::Ward;
use common::{exports_of, has, header, linked, program_of, skipped, under_valgrind};

#[test]
fn every_export_survives_its_abuse() {
    let ward = Ward::new();
    let mut abuser = Command::new(program_of("misuse"));
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
    let ward = Ward::new();
    // A child that ends at once has all its parent's memory and frees none of it: valgrind would count that.
    let mut valgrind = under_valgrind(&program_of("misuse"));
    let output =
        valgrind.args(ward.places()).arg("--no-fork").env("LD_LIBRARY_PATH", linked()).output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
}
