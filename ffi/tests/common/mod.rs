//! What the tests of the C library share: the library itself, compilers, and what the header declares.

#![allow(dead_code, reason = "each test takes what it needs")]

pub(crate) mod served;
pub(crate) mod ward;

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

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

/// The functions of the header of which this code, without its comments, says nothing: in the order of their names.
pub(crate) fn unused_by(code: &str) -> Vec<String> {
    let words: HashSet<&str> =
        code.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_').collect();
    let mut unused = exports_of(&header());
    unused.retain(|name| !words.contains(name.as_str()));
    unused.sort();
    unused
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

/// Compiles all C files of a folder of `tests` into a program that is linked against the library. Each call makes one of its
/// own, so that no test runs what another is still writing.
pub(crate) fn program_of(folder: &str) -> PathBuf {
    let sources = root().join("tests").join(folder);
    let program = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap().keep().join(folder);
    let mut cc = Command::new("cc");
    cc.args(["-std=c11", "-Wall", "-Wextra", "-pedantic", "-Werror", "-g", "-pthread", "-I"]);
    cc.arg(root().join("include")).arg("-o").arg(&program);
    for file in std::fs::read_dir(&sources).unwrap() {
        let path = file.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "c") {
            cc.arg(path);
        }
    }
    let output = cc.arg("-L").arg(linked()).arg("-lmabataki").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    program
}

/// A program under valgrind: memory that is not its own, and memory that is lost, fail it.
pub(crate) fn under_valgrind(program: &Path) -> Command {
    let mut valgrind = Command::new("valgrind");
    valgrind.args([
        "--quiet",
        "--error-exitcode=99",
        "--leak-check=full",
        "--errors-for-leak-kinds=definite",
    ]);
    valgrind.arg(program);
    valgrind
}

/// The C library beside this test in cargo's target folder. Cargo builds no cdylib for a test by itself, so it is asked to
/// here, once: for the whole workspace, as whoever runs all tests has before, or everything below would be built once more with
/// other features.
pub(crate) fn library() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let program = std::env::current_exe().unwrap();
        let folder = program.ancestors().nth(2).unwrap();
        let mut cargo = mabataki_test_support::cargo();
        cargo.args(["build", "--quiet", "--workspace", "--target-dir"]);
        cargo.arg(folder.parent().unwrap());
        if folder.ends_with("release") {
            cargo.arg("--release");
        }
        assert!(cargo.status().unwrap().success());
        folder.join("libmabataki.so")
    });
    built.clone()
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
