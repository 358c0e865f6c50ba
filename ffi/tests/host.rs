//! The library as a C host meets it.

#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn a_c_host_can_load_the_library_and_keep_using_it_after_dlclose() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let host = folder.join("host");
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let compiled = Command::new("cc")
        .args(["-std=c99", "-Wall", "-Wextra", "-Werror", "-I"])
        .arg(source.join("include"))
        .arg(source.join("tests/host.c"))
        .arg("-o")
        .arg(&host)
        .arg("-ldl")
        .status()
        .unwrap();
    assert!(compiled.success());

    let output = Command::new(&host).arg(library()).output().unwrap();
    assert!(output.status.success(), "{}: {}", output.status, String::from_utf8_lossy(&output.stderr));
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(
        String::from_utf8_lossy(&output.stdout),
        format!("abi-as-declared {version} MBT_OK MBT_E_NO_CAMERA MBT_E_UNKNOWN\n")
    );
}

/// The C library beside this test in cargo's target folder. Cargo builds no cdylib for a test by itself, so it is
/// built here when it is missing or older than its source.
fn library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let folder = program.ancestors().nth(2).unwrap();
    let library = folder.join("libmabataki.so");
    if !is_current(&library) {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["build", "--quiet", "--package", "mabataki-ffi", "--target-dir"]);
        cargo.arg(folder.parent().unwrap());
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
    }
    library
}

fn is_current(library: &Path) -> bool {
    let Ok(built) = library.metadata().and_then(|data| data.modified()) else { return false };
    let sources = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src")).unwrap();
    sources.map(|file| file.unwrap().metadata().unwrap().modified().unwrap()).all(|changed| changed <= built)
}
