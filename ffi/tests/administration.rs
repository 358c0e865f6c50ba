//! Administration as a host in C does it: a day of it, and the right that each call takes.

#![cfg(test)]

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;

use common::ward::Ward;
use common::{header, linked, root};
use mabataki_engine::policy::Right;
use mabataki_engine::store::Backup;

#[test]
fn a_day_of_administration_goes_through_the_library_alone() {
    let (ward, (other, token)) = (Ward::empty(""), Ward::closed());
    let folder = tempfile::tempdir().unwrap();
    let backup = folder.path().join("backup");
    let mut day = Command::new(program("day"));
    day.args(ward.places()).args(other.places()).arg(&token).arg(&backup);
    run(&mut day);
    let read = Backup::read(&backup).unwrap();
    assert_eq!(read.header().terminal, "ward3-a");
}

#[test]
fn each_call_takes_the_right_that_the_header_says_and_no_other() {
    let rights: Vec<&str> = Right::ALL.iter().map(|right| right.code()).collect();
    let role = |right: &&str| format!("[roles.only_{right}]\nrights = [\"{right}\"]\n");
    let ward = Ward::empty(&rights.iter().map(role).collect::<String>());
    for (number, right) in (0x10..).zip(&rights) {
        ward.take_in(right, Some(&format!("only_{right}")), number);
    }
    ward.take_in("nurse01", None, 1);
    let said = run(Command::new(program("rights")).args(ward.places()).args(&rights));
    let found: BTreeMap<String, BTreeSet<String>> = said
        .lines()
        .map(|line| {
            let mut words = line.split(' ').map(str::to_owned);
            (words.next().unwrap(), words.collect())
        })
        .collect();
    let table = table(&rights);
    pretty_assertions::assert_eq!(found, table);

    let header = header();
    for declared in header.split("\nMBT_API ").skip(1) {
        let (before, arguments) = declared.split(");").next().unwrap().split_once('(').unwrap();
        let name = &before[before.rfind("mbt_").unwrap()..];
        let listed = name == "mbt_job_begin" || table.contains_key(name);
        assert!(listed || !arguments.contains("mbt_grant *by"), "{name} has no line in the table");
    }
}

/// The table of rights in the header: each call with its right.
fn table(rights: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let header = header();
    let part = header.split(" * Rights ").nth(1).unwrap().split(" * Unloading ").next().unwrap();
    let mut table: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut right = None;
    for line in part.lines() {
        let mut words =
            line.trim_start_matches(" *").split([' ', ',']).filter(|word| !word.is_empty()).peekable();
        let of = words.next_if(|word| line.starts_with(" *   ") && rights.contains(word));
        right = of.or(right);
        let (Some(right), true) = (right, line.starts_with(" *   ")) else { continue };
        for name in words.filter(|word| word.starts_with("mbt_") || word.starts_with("MBT_JOB_")) {
            if name != "mbt_job_begin" {
                table.entry(name.to_owned()).or_default().insert(right.to_owned());
            }
        }
    }
    assert!(table.len() > 40, "{table:?}");
    table
}

/// One of the programs, compiled. Each test makes its own, so that none runs what another is still writing.
fn program(name: &str) -> PathBuf {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    let program = folder.join(name);
    let sources = root().join("tests/administration");
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-Wno-unused-variable", "-g", "-I"]);
    cc.arg(root().join("include")).arg("-o").arg(&program);
    cc.arg(sources.join("desk.c")).arg(sources.join(format!("{name}.c")));
    let output = cc.arg("-L").arg(linked()).arg("-lmabataki").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

fn run(program: &mut Command) -> String {
    let output = program.env("LD_LIBRARY_PATH", linked()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", output.status);
    String::from_utf8(output.stdout).unwrap()
}
