//! `cargo xtask test`: every check there is, one after the other.

use std::path::Path;
use std::process::{Command, ExitCode};

use crate::command;
use crate::demo::{self, Options, Profile};
use crate::error::Error;
use crate::keepers::{KEEPERS, Keeper};
use crate::layout::Layout;
use crate::machine;
use crate::narrate::{Narrator, Tone};
use crate::parts::{Parts, cargo, run_cargo};
use crate::setup;
use crate::system;

/// Sets up, then runs every part.
///
/// All of them share cargo's dev profile, so that nothing is compiled twice for want of a flag.
pub(crate) fn run(layout: &Layout, narrator: &Narrator) -> Result<ExitCode, Error> {
    setup::run(layout, narrator)?;
    let mut parts = Parts::new(narrator);
    let has = |tool| command::succeeds(&mut cargo(layout, &[tool, "--version"]));
    if has("fmt") {
        parts.run("format", || run_cargo(layout, &["fmt", "--all", "--check"]));
    } else {
        parts.skip("format", "no rustfmt: `rustup component add rustfmt`");
    }
    if has("clippy") {
        let lints =
            ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "--deny", "warnings"];
        parts.run("lints", || run_cargo(layout, &lints));
    } else {
        parts.skip("lints", "no clippy: `rustup component add clippy`");
    }
    parts.run("documentation", || {
        let mut doc = cargo(layout, &["doc", "--workspace", "--no-deps", "--locked", "--quiet"]);
        command::openly(doc.env("RUSTDOCFLAGS", "--deny warnings"), "install Rust")
    });
    // The tests load the reader's driver and the C library and start the command: cargo builds none of these for
    // a test by itself.
    parts.run("build", || run_cargo(layout, &["build", "--workspace", "--locked"]));
    let machine = machine::is_here(layout, narrator);
    offer_tools(narrator);
    parts.run("tests", || run_cargo(layout, &["test", "--workspace", "--locked", "--no-fail-fast"]));
    let (here, missing): (Vec<&Keeper>, Vec<&Keeper>) =
        KEEPERS.iter().partition(|keeper| keeper.is_here(narrator));
    if !here.is_empty() {
        parts.run("keys in other keepers", || run_cargo(layout, &Keeper::test(&here)));
    }
    for keeper in missing {
        parts.skip(keeper.part, keeper.otherwise);
    }
    parts.run("demo", || demo::run(layout, &Options { json: false, live: None, profile: Profile::Dev }));
    let code = parts.sum_up();
    tell_what_was_there(layout, machine, narrator);
    Ok(code)
}

/// What the tests of the C library compare, build and log in with, what those of the package for Python need, what takes our
/// My Number card for one, and what plays a USB bus: without it they skip themselves.
fn offer_tools(narrator: &Narrator) {
    const PROGRAMS: [(&str, &str); 6] = [
        ("valgrind", "valgrind"),
        ("abidiff", "abigail-tools"),
        ("cmake", "cmake"),
        ("pamtester", "pamtester"),
        ("pkcs15-tool", "opensc"),
        ("umockdev-wrapper", "umockdev"),
    ];
    let programs = PROGRAMS.iter().filter(|(program, _)| command::find(program).is_none());
    let mut missing: Vec<&str> = programs.map(|(_, package)| *package).collect();
    if !Path::new("/usr/include/security/pam_ext.h").is_file() {
        missing.push("libpam0g-dev");
    }
    // A library that is loaded before others: no program has its name.
    if !command::succeeds(Command::new("pkg-config").args(["--exists", "pam_wrapper"])) {
        missing.push("libpam-wrapper");
    }
    for (module, package) in [("numpy", "python3-numpy"), ("mypy", "python3-mypy")] {
        if !python_has(module) {
            missing.push(package);
        }
    }
    if !missing.is_empty() {
        system::offer(&missing, narrator);
    }
}

/// Whether some Python has this module: the first there is, or the system's, for which Debian packages it.
fn python_has(module: &str) -> bool {
    let import = format!("import {module}");
    ["python3", "/usr/bin/python3"]
        .iter()
        .any(|python| command::succeeds(Command::new(python).args(["-c", &import])))
}

/// What some tests need and not every machine has: without it they skip themselves.
fn tell_what_was_there(layout: &Layout, machine: bool, narrator: &Narrator) {
    for (what, there) in [
        ("recorded material", layout.root().join("../shared/data").is_dir()),
        ("a private pcscd", private_pcscd_is_possible()),
        ("a USB bus to plug readers into", command::find("umockdev-wrapper").is_some()),
        ("a virtual machine", machine),
    ] {
        let text = if there { "there: its tests ran" } else { "not to be had here: its tests were skipped" };
        narrator.item(Tone::Note, what, text);
    }
}

/// A pcscd beside the system's needs a mount namespace: root's, or one of an ordinary user.
fn private_pcscd_is_possible() -> bool {
    [&["--mount", "true"][..], &["--mount", "--map-root-user", "true"][..]]
        .iter()
        .any(|arguments| command::succeeds(Command::new("unshare").args(*arguments)))
}
