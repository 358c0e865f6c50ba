//! The headers for C++ compile as C++17 and C++20 without a warning, let somebody in over a service, and administer.

#![cfg(test)]

mod common;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use common::served::Served;
use common::ward::{NURSE, Ward, recording};
use common::{has, linked, root, skipped, unused_by};
use mabataki_test_support::clip::cut;

/// Compilers and standards.
const COMPILERS: [&str; 2] = ["g++", "clang++"];
const STANDARDS: [&str; 2] = ["-std=c++17", "-std=c++20"];

#[test]
fn its_owners_move_and_close_as_it_says() {
    let programs = programs(&root().join("tests/cpp/owners.cpp"));
    if programs.is_empty() {
        return;
    }
    let served = Served::new(Ward::new());
    for program in programs {
        let [_, card, password] = NURSE;
        let output = run(Command::new(&program).arg(served.socket()).args([card, password]));
        assert!(output.status.success(), "{}: {}", program.display(), said(&output));
    }
}

#[test]
fn its_example_lets_somebody_in_by_her_face_and_nobody_without_one() {
    let programs = programs(&root().join("../bindings/cpp/authenticate.cpp"));
    if programs.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let face = cut(&recording(), 0..=39, folder.path());
    let served = Served::new(Ward::with_face());
    let [id, card, _] = NURSE;
    for program in programs {
        let let_in = |card: &str| {
            let mut host = Command::new(&program);
            run(host.arg(served.socket()).args(["--card", card, "--frames"]).arg(&face).arg("--ja"))
        };
        let output = let_in(card);
        assert_eq!(output.status.code(), Some(0), "{}: {}", program.display(), said(&output));
        assert!(said(&output).contains(&format!("{id} 看護師 花子")), "{}", said(&output));
        let output = let_in("felica:0114B34C1A2B3CFF");
        assert_eq!(output.status.code(), Some(1), "{}", said(&output));
        assert!(!said(&output).contains(id), "{}", said(&output));
        let output = run(Command::new(&program).arg("/nowhere/mabataki.sock"));
        assert_eq!(output.status.code(), Some(3), "{}", said(&output));
    }
}

#[test]
fn a_day_of_administration_goes_through_it_alone() {
    for program in programs(&root().join("tests/cpp/day.cpp")) {
        let (ward, (other, token)) = (Ward::empty(""), Ward::closed());
        let output = run(Command::new(&program).args(ward.places()).args(other.places()).arg(token));
        assert!(output.status.success(), "{}: {}", program.display(), said(&output));
    }
}

#[test]
fn it_has_a_way_to_each_function() {
    // Errors are asked of the thread, and these are as plain in C.
    const LEFT: [&str; 7] = [
        "mbt_abi_version",
        "mbt_clock_us",
        "mbt_engine_error",
        "mbt_grant_error",
        "mbt_job_error",
        "mbt_session_error",
        "mbt_version",
    ];
    let code: String = ["mabataki.hpp", "mabataki_administration.hpp"]
        .iter()
        .flat_map(|header| {
            let text = std::fs::read_to_string(root().join("../bindings/cpp").join(header)).unwrap();
            text.lines().map(|line| line.split("//").next().unwrap().to_owned() + "\n").collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(unused_by(&code), LEFT);
}

/// The program by each compiler that is there, for each standard, with every warning an error.
fn programs(source: &Path) -> Vec<PathBuf> {
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep();
    let mut programs = Vec::new();
    for compiler in COMPILERS {
        if !has(compiler) {
            skipped("the header for C++ by one compiler", compiler);
            continue;
        }
        for standard in STANDARDS {
            let program = folder.join(format!("{compiler}{standard}"));
            let mut compile = Command::new(compiler);
            compile.args([standard, "-Wall", "-Wextra", "-pedantic", "-Werror", "-g"]);
            compile.arg("-I").arg(root().join("include")).arg("-I").arg(root().join("../bindings/cpp"));
            compile.arg(source).arg("-o").arg(&program).arg("-L").arg(linked()).arg("-lmabataki");
            let output = compile.output().unwrap();
            assert!(output.status.success(), "{compiler} {standard}: {}", said(&output));
            programs.push(program);
        }
    }
    programs
}

fn run(program: &mut Command) -> Output {
    program.env("LD_LIBRARY_PATH", linked()).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}
