//! The package for Python is of this ABI, and lets somebody in.

#![cfg(test)]

#[path = "../common/mod.rs"]
mod common;
mod declarations;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use common::served::Served;
use common::ward::{CHART, NURSE, Ward, recording};
use common::{cc, exports_of, has, header, library, root, skipped, unused_by};
use mabataki_engine::frame::{Decoder, Frame};
use mabataki_test_support::clip::frames;

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
    is_in_the_package("_constants.py", &made);
}

#[test]
fn it_knows_every_function_and_lays_out_every_struct_as_c_does() {
    if !has("python3") {
        return skipped("the package for Python", "no python3");
    }
    is_in_the_package("_declarations.py", &declarations::of(&header()));
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
fn it_has_a_way_to_each_function() {
    // What Python says itself, or asks of the thread instead of the handle.
    const LEFT: [&str; 6] = [
        "mbt_abi_version",
        "mbt_engine_error",
        "mbt_grant_error",
        "mbt_job_error",
        "mbt_session_error",
        "mbt_status_name",
    ];
    let files = fs::read_dir(package().join("mabataki")).unwrap().map(|entry| entry.unwrap().path());
    let sources = files.filter(|file| file.extension().is_some_and(|end| end == "py"));
    // No docstring speaks of a function of C, and no comment.
    let code: String = sources
        .filter(|file| !file.ends_with("_declarations.py"))
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    assert_eq!(unused_by(&code), LEFT);
}

#[test]
fn a_day_of_administration_goes_through_it_alone() {
    if !has("python3") {
        return skipped("the package for Python", "no python3");
    }
    let (ward, (other, token)) = (Ward::empty(""), Ward::closed());
    let mut day = Command::new("python3");
    day.arg("-B").arg(root().join("tests/python/day.py")).arg(library());
    day.args(ward.places()).args(other.places()).arg(token).env("PYTHONPATH", package());
    day.env("PCSCLITE_CSOCK_NAME", "/nowhere/pcscd.comm");
    let output = day.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
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

#[test]
fn real_pictures_come_as_numpy_arrays_and_a_loop_waits_without_leaving_anything() {
    let Some(python) = python_with("numpy") else {
        return skipped("pictures as numpy arrays", "no numpy (Debian: python3-numpy)");
    };
    let folder = tempfile::tempdir().unwrap();
    let (raw, width, height) = in_rgb(&recording(), folder.path());
    let served = Served::new(Ward::with_face());
    let mut script = Command::new(python);
    script.arg("-B").arg(root().join("tests/python/pictures.py")).arg(library()).arg(served.socket());
    script.arg(NURSE[1]).arg(raw).args([width.to_string(), height.to_string()]);
    let output = script.env("PYTHONPATH", package()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn its_type_hints_hold() {
    let Some(python) = python_with("mypy") else {
        return skipped("the type hints of the package for Python", "no mypy (Debian: python3-mypy)");
    };
    let mut mypy = Command::new(python);
    mypy.args(["-m", "mypy", "--strict", "--cache-dir=/dev/null", "mabataki"]);
    let output = mypy.current_dir(package()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// The first pictures of a recording as bytes, red first: a file, and how wide and high they are.
fn in_rgb(recording: &Path, folder: &Path) -> (PathBuf, u32, u32) {
    let clip = fs::read(recording).unwrap();
    let (mut bytes, mut size, mut decoder) = (Vec::new(), (0, 0), Decoder::new());
    for jpeg in &frames(&clip)[..40] {
        let frame = Frame::jpeg(jpeg, Duration::ZERO).unwrap();
        let pixels = decoder.decode(&frame).unwrap();
        assert_eq!(pixels.colour().channels(), 3);
        size = (pixels.width(), pixels.height());
        (0..pixels.height()).for_each(|row| bytes.extend_from_slice(pixels.row(row)));
    }
    let raw = folder.join("pictures.rgb");
    fs::write(&raw, bytes).unwrap();
    (raw, size.0, size.1)
}

/// Checks that this is what a file of the package says, or writes it.
fn is_in_the_package(file: &str, made: &str) {
    let path = package().join("mabataki").join(file);
    if std::env::var_os("MABATAKI_BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let found = fs::read_to_string(&path).unwrap_or_default();
    pretty_assertions::assert_eq!(found, made, "MABATAKI_BLESS=1 writes it anew");
}

/// The Python that has this module: the first there is, or the system's.
fn python_with(module: &str) -> Option<&'static str> {
    let import = format!("import {module}");
    ["python3", "/usr/bin/python3"]
        .into_iter()
        .find(|python| succeeds(Command::new(python).args(["-c", &import])))
}

fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn package() -> PathBuf {
    root().join("../bindings/python")
}
