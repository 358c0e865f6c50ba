//! The package for Python is of this ABI, and lets somebody in.

#![cfg(test)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use common::ward::{CHART, NURSE, Ward};
use common::{cc, exports_of, has, header, library, root, skipped};

#[test]
fn its_constants_are_those_of_the_header() {
    let mut made = String::from(
        "\"\"\"The numbers of mabataki.h. Made from it: MABATAKI_BLESS=1 cargo test -p mabataki-ffi --test python\"\"\"\n\n",
    );
    let mut names = Vec::new();
    for line in header().lines().filter_map(|line| line.strip_prefix("#define MBT_")) {
        let Some((name, number)) = line.split_once(' ') else { continue };
        let number = number.trim_matches(['(', ')']);
        if number.parse::<i64>().is_ok() {
            writeln!(made, "MBT_{name} = {number}").unwrap();
            names.push(format!("MBT_{name}"));
        }
    }
    assert!(names.len() > 100, "{names:?}");
    made.push_str(
        "\nCONSTANTS = {name: value for name, value in globals().items() if name.startswith(\"MBT_\")}\n",
    );
    let path = package().join("mabataki/_constants.py");
    if std::env::var_os("MABATAKI_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    pretty_assertions::assert_eq!(
        fs::read_to_string(&path).unwrap(),
        made,
        "MABATAKI_BLESS=1 writes it anew"
    );
}

#[test]
fn it_knows_every_function_and_lays_out_every_struct_as_c_does() {
    if !has("python3") {
        return skipped("the package for Python", "no python3");
    }
    let asked = "from mabataki import _abi; import ctypes\n\
                 for name in _abi.FUNCTIONS: print(name)\n\
                 for name, struct in _abi.STRUCTS.items(): print(name, ctypes.sizeof(struct))";
    let output =
        Command::new("python3").arg("-B").args(["-c", asked]).env("PYTHONPATH", package()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let (sizes, functions): (Vec<&str>, Vec<&str>) = said.lines().partition(|line| line.contains(' '));
    let mut functions: Vec<String> = functions.iter().map(|name| (*name).to_owned()).collect();
    let mut declared = exports_of(&header());
    functions.sort();
    declared.sort();
    pretty_assertions::assert_eq!(functions, declared);

    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("sizes.c");
    let mut text = String::from("#include <stdio.h>\n#include \"mabataki.h\"\nint main(void) {\n");
    for name in sizes.iter().filter_map(|line| line.split(' ').next()) {
        writeln!(text, "  printf(\"{name} %zu\\n\", sizeof({name}));").unwrap();
    }
    fs::write(&source, text + "  return 0;\n}\n").unwrap();
    let program = folder.path().join("sizes");
    cc(&["-std=c99"], &source, &program, &[]);
    let output = Command::new(program).output().unwrap();
    let in_c = String::from_utf8(output.stdout).unwrap();
    pretty_assertions::assert_eq!(in_c.lines().collect::<Vec<_>>(), sizes);
    assert_eq!(sizes.len(), header().matches("_init(void) {").count(), "each sized struct is in STRUCTS");
}

#[test]
fn its_example_lets_somebody_in_and_nobody_by_a_wrong_password() {
    if !has("python3") {
        return skipped("the package for Python", "no python3");
    }
    let ward = Ward::new();
    let [_, card, password] = NURSE;
    for (typed, exit) in [(password, 0), ("not-her-Word-7", 1)] {
        let mut python = Command::new("python3");
        python
            .arg("-B")
            .arg(package().join("example.py"))
            .arg(library())
            .args(ward.places())
            .args([card, typed]);
        let output = python.env("PYTHONPATH", package()).env("PYTHONIOENCODING", "utf-8").output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        let why = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(exit), "{said}{why}");
        let told = format!("看護師 花子 True {}", CHART[0]);
        assert_eq!(said.contains(&told), exit == 0, "{said}");
        assert!(!said.contains(CHART[1]), "the login's password was shown");
    }
}

fn package() -> PathBuf {
    root().join("../bindings/python")
}
