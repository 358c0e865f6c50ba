//! What `cargo xtask dist` lays out is all that a host in C needs: the examples are built against it and let somebody in.

#![cfg(test)]

mod common;

use std::path::{Path, PathBuf};
use std::process::Command;

use common::ward::{NURSE, Ward};
use common::{has, library, root, skipped};

#[test]
fn the_examples_are_built_with_pkg_config_and_cmake_shared_and_static_and_let_somebody_in() {
    let prefix = laid_out();
    for file in ["include/mabataki.h", "lib/pkgconfig/mabataki.pc", "bin/mabataki"] {
        assert!(prefix.join(file).is_file(), "{file}");
    }
    let licences = std::fs::read_to_string(prefix.join("share/licenses/mabataki/LICENCES.txt")).unwrap();
    assert!(licences.contains("\nrusqlite ") && !licences.contains("\ncbindgen "), "{licences}");

    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let mut programs = Vec::new();
    if has("pkg-config") {
        for linked in ["shared", "static"] {
            programs.push(with_pkg_config(&prefix, linked, folder.path()));
        }
    } else {
        skipped("the examples with pkg-config", "no pkg-config");
    }
    if has("cmake") {
        programs.extend(with_cmake(&prefix, folder.path()));
    } else {
        skipped("the examples with CMake", "no cmake");
    }
    let ward = Ward::new();
    for program in programs {
        let [id, card, password] = NURSE;
        let run = |typed: &str| {
            let mut host = Command::new(&program);
            host.env("LD_LIBRARY_PATH", prefix.join("lib")).args(["--account", "ward3", "--lang", "ja"]);
            for (option, place) in
                ["--state", "--key", "--witness", "--pack", "--runtime"].iter().zip(ward.places())
            {
                host.arg(option).arg(place);
            }
            let output = host.args(["--card", card, "--password", typed]).output().unwrap();
            let said = [output.stdout, output.stderr].concat();
            (output.status.code(), String::from_utf8_lossy(&said).into_owned())
        };
        let (exit, said) = run(password);
        assert_eq!(exit, Some(0), "{}: {said}", program.display());
        assert!(said.contains("許可") && said.contains(&format!("{id} 看護師 花子")), "{said}");
        let (exit, said) = run("not-her-Word-7");
        assert_eq!(exit, Some(1), "{}: {said}", program.display());
        assert!(!said.contains(id), "{said}");
    }
}

fn examples() -> PathBuf {
    root().join("../bindings/c")
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

fn with_pkg_config(prefix: &Path, linked: &str, folder: &Path) -> PathBuf {
    let program = folder.join(format!("authenticate-{linked}"));
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
    cc.args(["-std=c99", "-Wall", "-Wextra", "-Werror"]).arg(examples().join("authenticate.c"));
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

fn with_cmake(prefix: &Path, folder: &Path) -> [PathBuf; 2] {
    let build = folder.join("cmake");
    let mut configure = Command::new("cmake");
    configure.arg("-S").arg(examples()).arg("-B").arg(&build);
    configure.arg(format!("-DCMAKE_PREFIX_PATH={}", prefix.display()));
    for command in [&mut configure, Command::new("cmake").arg("--build").arg(&build)] {
        let output = command.output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
    }
    ["authenticate", "authenticate_static"].map(|name| build.join(name))
}
