//! What `cargo xtask dist` lays out is all that a host in C needs: the examples are built against it and let somebody in.

#![cfg(test)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::served::Served;
use common::ward::{NURSE, Ward, recording, user};
use common::{has, library, root, skipped};
use mabataki_test_support::clip::cut;

/// The examples in C, by name.
const EXAMPLES: [&str; 4] = ["authenticate", "enrol", "watch", "log"];

#[test]
fn the_examples_are_built_with_pkg_config_and_cmake_shared_and_static_and_do_what_they_say() {
    let prefix = laid_out();
    for file in [
        "include/mabataki.h",
        "include/mabataki.hpp",
        "include/mabataki_administration.hpp",
        "lib/pkgconfig/mabataki.pc",
        "bin/mabataki",
    ] {
        assert!(prefix.join(file).is_file(), "{file}");
    }
    let module = prefix.join("lib/security/pam_mabataki.so");
    assert_eq!(module.is_file(), Path::new("/usr/include/security/pam_ext.h").is_file());
    let licences = std::fs::read_to_string(prefix.join("share/licenses/mabataki/LICENCES.txt")).unwrap();
    assert!(licences.contains("\nrusqlite ") && !licences.contains("\ncbindgen "), "{licences}");

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut sets = Vec::new();
    if has("pkg-config") {
        for linked in ["shared", "static"] {
            sets.push(EXAMPLES.map(|example| with_pkg_config(&prefix, example, linked, folder.path())));
        }
    } else {
        skipped("the examples with pkg-config", "no pkg-config");
    }
    if has("cmake") {
        with_cmake(&prefix, "cpp", "CXX", folder.path());
        let build = with_cmake(&prefix, "c", "C", folder.path());
        for linked in ["", "_static"] {
            sets.push(EXAMPLES.map(|example| build.join(format!("{example}{linked}"))));
        }
    } else {
        skipped("the examples with CMake", "no cmake");
    }
    let ward = Ward::new();
    let served = Served::new(Ward::with_face());
    for [authenticate, enrol, watch, log] in &sets {
        a_password_lets_in(&prefix, &ward, authenticate);
        a_face_is_enrolled_lets_in_and_is_watched_over(&prefix, &served, [authenticate, enrol, watch]);
        the_log_is_read_and_read_on(&prefix, &served, log);
    }
    assert!(
        served.log("grant_end").iter().filter(|why| *why == "absent").count() >= sets.len(),
        "each watch has ended its grant: {:?}",
        served.log("grant_end")
    );
}

/// In process, by card and password.
fn a_password_lets_in(prefix: &Path, ward: &Ward, authenticate: &Path) {
    let [id, card, password] = NURSE;
    let run = |typed: &str| {
        let mut host = Command::new(authenticate);
        host.args(["--account", "ward3", "--lang", "ja"]);
        for (option, place) in
            ["--state", "--key", "--witness", "--pack", "--runtime"].iter().zip(ward.places())
        {
            host.arg(option).arg(place);
        }
        said(prefix, host.args(["--card", card, "--password", typed]))
    };
    let (exit, told) = run(password);
    assert_eq!(exit, Some(0), "{}: {told}", authenticate.display());
    assert!(told.contains("許可") && told.contains(&format!("{id} 看護師 花子")), "{told}");
    let (exit, told) = run("not-her-Word-7");
    assert_eq!(exit, Some(1), "{}: {told}", authenticate.display());
    assert!(!told.contains(id), "{told}");
}

/// Over the service, by recorded frames: she is let in, the agent claims her grant, and she goes away.
fn a_face_is_enrolled_lets_in_and_is_watched_over(
    prefix: &Path,
    served: &Served,
    [authenticate, enrol, watch]: [&Path; 3],
) {
    let folder = tempfile::tempdir().unwrap();
    let [face, more, rest] = [0..=39, 40..=71, 40..=60].map(|range| cut(&recording(), range, folder.path()));
    let run = |program: &Path, arguments: &[&str], frames: &Path| {
        let mut host = Command::new(program);
        host.args(arguments).arg("--frames").arg(frames).arg("--socket").arg(served.socket());
        said(prefix, host.args(["--lang", "ja"]))
    };
    let [id, card, _] = NURSE;
    let (exit, told) = run(enrol, &[id], &more);
    assert_eq!(exit, Some(0), "{}: {told}", enrol.display());
    let keep = ["--card", card, "--keep", "yes", "--account", &user()];
    let (exit, told) = run(authenticate, &keep, &face);
    assert_eq!(exit, Some(0), "{}: {told}", authenticate.display());
    let (exit, told) = run(watch, &[], &rest);
    assert_eq!(exit, Some(0), "{}: {told}", watch.display());
    assert!(told.starts_with(&format!("{id} 看護師 花子\n")) && told.contains("席"), "{told}");
    // It was handed over once.
    let (exit, told) = run(watch, &[], &rest);
    assert_eq!(exit, Some(2), "{}: {told}", watch.display());
}

/// All of it, and then only what came after that.
fn the_log_is_read_and_read_on(prefix: &Path, served: &Served, log: &Path) {
    let run = |after: &str| {
        let mut host = Command::new(log);
        let (exit, told) = said(prefix, host.args(["--after", after, "--socket"]).arg(served.socket()));
        assert_eq!(exit, Some(0), "{}: {told}", log.display());
        let last = told.lines().last().and_then(|line| line.strip_prefix("after ")).expect("where it ended");
        (told.clone(), last.to_owned())
    };
    let (told, last) = run("0");
    let granted = format!(" authenticate granted matched {}", NURSE[0]);
    assert!(told.starts_with("1 ") && told.contains(&granted) && told.contains(" grant_end "), "{told}");
    assert!(told.lines().count() > 9, "more than a page: {told}");
    let (told, _) = run(&last);
    assert!(!told.contains(&granted) && told.lines().count() < 6, "{told}");
}

/// Runs a program with the library of the prefix: its exit status and what it said.
fn said(prefix: &Path, program: &mut Command) -> (Option<i32>, String) {
    let output = program.env("LD_LIBRARY_PATH", prefix.join("lib")).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&told).into_owned())
}

fn examples(language: &str) -> PathBuf {
    root().join("../bindings").join(language)
}

fn laid_out() -> PathBuf {
    let prefix = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("dist");
    let target = library().ancestors().nth(2).unwrap().to_owned();
    let mut cargo = mabataki_test_support::cargo();
    cargo.args(["run", "--quiet", "--package", "xtask", "--target-dir"]).arg(&target);
    cargo.args(["--", "dist", "--dev", "--prefix"]).arg(&prefix);
    let output = cargo.env("CARGO_TARGET_DIR", &target).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    prefix
}

fn with_pkg_config(prefix: &Path, example: &str, linked: &str, folder: &Path) -> PathBuf {
    let program = folder.join(format!("{example}-{linked}"));
    let mut ask = Command::new("pkg-config");
    ask.env("PKG_CONFIG_PATH", prefix.join("lib/pkgconfig")).args(["--cflags", "--libs"]);
    if linked == "static" {
        ask.arg("--static");
    }
    let flags = ask.arg("mabataki").output().unwrap();
    assert!(flags.status.success(), "{}", String::from_utf8_lossy(&flags.stderr));
    let flags = String::from_utf8(flags.stdout).unwrap();
    let archive = prefix.join("lib/libmabataki.a").display().to_string();
    let mut cc = Command::new("cc");
    cc.args(["-std=c99", "-Wall", "-Wextra", "-pedantic", "-Werror"]);
    cc.arg(examples("c").join(format!("{example}.c")));
    cc.arg("-o").arg(&program);
    cc.args(flags.split_whitespace().map(|flag| match flag {
        // With both in one folder a linker prefers the shared one.
        "-lmabataki" if linked == "static" => archive.as_str(),
        other => other,
    }));
    let output = cc.output().unwrap();
    assert!(output.status.success(), "{linked}: {}", String::from_utf8_lossy(&output.stderr));
    program
}

/// Builds all examples of a language, every warning an error, and gives the folder that they are in.
fn with_cmake(prefix: &Path, folder_of: &str, language: &str, folder: &Path) -> PathBuf {
    let build = folder.join(format!("cmake-{folder_of}"));
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(examples(folder_of)).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    configure.arg(format!("-DCMAKE_{language}_FLAGS=-Wall -Wextra -pedantic -Werror"));
    for command in [&mut configure, Command::new("cmake").arg("--build").arg(&build)] {
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
    build
}
