//! What the tests of the C library share: the library itself, compilers, and what the header declares.

#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod ward;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The folder of this package.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The committed header.
pub(crate) fn header() -> String {
    std::fs::read_to_string(root().join("include/mabataki.h")).unwrap()
}

/// The names of the functions that a header declares, in its order.
pub(crate) fn exports_of(header: &str) -> Vec<String> {
    let mut found = Vec::new();
    for line in header.lines().filter(|line| line.starts_with("MBT_API ")) {
        let name = line.split('(').next().unwrap();
        let start = name.rfind("mbt_").unwrap();
        found.push(name[start..].to_owned());
    }
    found
}

/// Whether a program is there.
pub(crate) fn has(program: &str) -> bool {
    let mut command = Command::new(program);
    command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Says in one line what was left out and why.
pub(crate) fn skipped(what: &str, why: &str) {
    eprintln!("skipped: {what}: {why}");
}

/// Compiles one C file into a program, with every warning an error.
pub(crate) fn cc(flags: &[&str], source: &Path, program: &Path, link: &[&str]) {
    let mut command = Command::new("cc");
    command.args(["-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-I"]).arg(root().join("include"));
    command.args(flags).arg(source).arg("-o").arg(program).args(link);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}: {}", source.display(), String::from_utf8_lossy(&output.stderr));
}

/// The C library beside this test in cargo's target folder. Cargo builds no cdylib for a test by itself, so it is
/// built here when it is missing or older than its source.
pub(crate) fn library() -> PathBuf {
    let program = std::env::current_exe().unwrap();
    let folder = program.ancestors().nth(2).unwrap();
    let library = folder.join("libmabataki.so");
    if !is_current(&library) {
        let mut cargo = mabataki_test_support::cargo();
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
    let sources = std::fs::read_dir(root().join("src")).unwrap();
    sources.map(|file| file.unwrap().metadata().unwrap().modified().unwrap()).all(|changed| changed <= built)
}

/// A folder in which the library lies under the names that linkers and loaders look for.
pub(crate) fn linked() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("linked");
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["libmabataki.so", "libmabataki.so.0"] {
        let link = folder.join(name);
        if std::fs::read_link(&link).ok() != Some(library()) {
            let _ = std::fs::remove_file(&link);
            // Another test may have made it in between.
            let _ = std::os::unix::fs::symlink(library(), &link);
        }
    }
    folder
}
