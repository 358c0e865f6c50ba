//! The library as a C host meets it.

#![cfg(test)]

mod common;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use common::{cc, exports_of, has, header, library, root, skipped};

#[test]
fn a_c_host_can_load_the_library_and_keep_using_it_after_dlclose() {
    let host = Path::new(env!("CARGO_TARGET_TMPDIR")).join("host");
    cc(&["-std=c99"], &root().join("tests/host.c"), &host, &["-ldl"]);
    let output = Command::new(&host).arg(library()).output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("abi-as-declared {version} MBT_OK MBT_E_NO_CAMERA MBT_E_UNKNOWN\n")
    );
}

#[test]
fn exactly_what_the_header_declares_is_exported() {
    if !has("nm") {
        return skipped("the list of exports", "no nm (binutils)");
    }
    let output =
        Command::new("nm").args(["-D", "--defined-only", "--format=posix"]).arg(library()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let exported: BTreeSet<&str> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    let declared = exports_of(&header());
    let declared: BTreeSet<&str> = declared.iter().map(String::as_str).collect();
    pretty_assertions::assert_eq!(exported, declared);

    let committed = root().join("abi/exports.txt");
    let list: String = exported.iter().map(|name| format!("{name}\n")).collect();
    if std::env::var_os("MABATAKI_BLESS").is_some() {
        fs::write(&committed, &list).unwrap();
    }
    pretty_assertions::assert_eq!(
        fs::read_to_string(&committed).unwrap(),
        list,
        "MABATAKI_BLESS=1 writes it anew"
    );
}

#[test]
fn the_library_names_its_abi_and_stays_in_memory() {
    if !has("readelf") {
        return skipped("soname and flags of the library", "no readelf (binutils)");
    }
    let output = Command::new("readelf").arg("-dW").arg(library()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.contains("Library soname: [libmabataki.so.0]"), "{text}");
    assert!(text.lines().any(|line| line.contains("FLAGS_1") && line.contains("NODELETE")), "{text}");
}

#[test]
fn the_abi_is_the_one_that_was_written_down() {
    if !has("abidiff") {
        return skipped("comparing the ABI with its baseline", "no abidiff (abigail-tools)");
    }
    let baseline = root().join("abi/baseline.xml");
    if std::env::var_os("MABATAKI_BLESS").is_some() {
        fs::write(&baseline, described(&library())).unwrap();
    }
    let mut command = Command::new("abidiff");
    command.args(["--no-added-syms", "--no-architecture"]).arg(&baseline).arg(library());
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    // More than one bit may be set; 0 is what changes nothing for a host that is compiled already.
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}\nMABATAKI_BLESS=1 writes it anew while the major number is 0"
    );
}

#[test]
fn a_struct_that_grew_is_seen_in_the_abi() {
    if !has("abidiff") {
        return skipped("whether abidiff sees a change", "no abidiff (abigail-tools)");
    }
    let folder = tempfile::tempdir().unwrap();
    let baseline = described(&library());
    let (from, to) = ("name='mbt_error' size-in-bits='6464'", "name='mbt_error' size-in-bits='6432'");
    assert!(baseline.contains(from), "{from}");
    let other = folder.path().join("other.xml");
    fs::write(&other, baseline.replace(from, to)).unwrap();
    let output = Command::new("abidiff").arg("--no-added-syms").arg(&other).arg(library()).output().unwrap();
    assert_ne!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

/// What `abidw` says of a library's exports: nothing of where it was built, and nothing of what is linked into it.
fn described(library: &Path) -> String {
    let mut command = Command::new("abidw");
    command.args(["--no-comp-dir-path", "--no-corpus-path", "--no-show-locs"]).arg(library);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let mut kept = String::new();
    let mut units = 0;
    let mut of_rust = true;
    for line in text.lines() {
        let word = line.trim_start();
        if word.starts_with("<abi-instr") {
            of_rust = !line.contains("LANG_C11");
            units += 1;
        }
        match word {
            _ if !of_rust => of_rust = word == "</abi-instr>",
            // The path would be the one of this machine.
            _ if word.starts_with("<abi-instr") => {
                writeln!(kept, "  <abi-instr address-size='64' path='unit {units}' language='LANG_Rust'>")
                    .unwrap();
            }
            _ => writeln!(kept, "{line}").unwrap(),
        }
    }
    kept
}

#[test]
fn a_static_link_takes_these_libraries_and_no_others() {
    let mut cargo = mabataki_test_support::cargo();
    cargo.args(["rustc", "--quiet", "--package", "mabataki-ffi", "--lib", "--crate-type", "staticlib"]);
    cargo.arg("--target-dir").arg(library().ancestors().nth(2).unwrap());
    let output = cargo.args(["--", "--print", "native-static-libs"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.split_once("native-static-libs: ")).unwrap().1;
    let mut libraries: Vec<&str> = Vec::new();
    for library in line.split_whitespace().filter(|library| library.starts_with("-l")) {
        if !libraries.contains(&library) {
            libraries.push(library);
        }
    }
    let found = libraries.join(" ") + "\n";
    let committed = root().join("abi/native-libs.txt");
    if std::env::var_os("MABATAKI_BLESS").is_some() {
        fs::write(&committed, &found).unwrap();
    }
    pretty_assertions::assert_eq!(fs::read_to_string(&committed).unwrap(), found);
}
