//! The header is what the source says, and every C and C++ that hosts are written in takes it.

#![cfg(test)]

mod common;

use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use common::{has, root, skipped};

/// What the header has that no Rust says.
const PREAMBLE: &str = r#"#ifndef MABATAKI_H
#define MABATAKI_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(_WIN32) && !defined(MBT_STATIC)
#  define MBT_API __declspec(dllimport)
#elif defined(__GNUC__)
#  define MBT_API __attribute__((visibility("default")))
#else
#  define MBT_API
#endif

/* To be passed to mbt_engine_open, which compares it with the library's. */
#define MBT_ABI ((MBT_ABI_MAJOR << 16) | MBT_ABI_MINOR)

/* Cannot be judged here and now. */
#define MBT_UNAVAILABLE(status) ((status) <= -40 && (status) > -60)
"#;

/// The files of the source in the order in which a reader meets what they declare.
const SOURCES: &[&str] = &[
    "version",
    "status",
    "error",
    "text",
    "codes",
    "clock",
    "buffer",
    "engine",
    "begin",
    "frame",
    "session",
    "event",
    "grant",
    "people",
    "cards",
    "secrets",
    "live",
    "log",
    "policy",
    "emergency",
    "terminals",
    "job",
];

#[test]
fn the_header_is_what_the_source_declares() {
    let made = header();
    let path = root().join("include/mabataki.h");
    if std::env::var_os("MABATAKI_BLESS").is_some() {
        fs::write(&path, &made).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap();
    pretty_assertions::assert_eq!(
        committed,
        made,
        "the header is behind its source: MABATAKI_BLESS=1 cargo test -p mabataki-ffi --test header"
    );
}

#[test]
fn every_source_with_an_export_is_in_the_header() {
    for file in fs::read_dir(root().join("src")).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() && fs::read_to_string(&path).unwrap().contains("\n#[unsafe(no_mangle)]") {
            let name = path.file_stem().unwrap().to_str().unwrap();
            assert!(SOURCES.contains(&name), "{name}.rs exports and is not among the header's sources");
        }
    }
}

#[test]
fn hosts_compile_without_a_warning_as_c99_c11_c17_and_cxx17() {
    const STRICT: [&str; 6] = ["-Wall", "-Wextra", "-pedantic", "-Werror", "-Wconversion", "-c"];
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("user.c");
    fs::write(&source, user()).unwrap();
    fs::write(folder.path().join("mabataki.h"), header()).unwrap();
    let mut ran = 0;
    for (compilers, language, standards) in [
        (&["gcc", "clang", "cc"], "c", &["c99", "c11", "c17"][..]),
        (&["g++", "clang++", "c++"], "c++", &["c++17"][..]),
    ] {
        for compiler in compilers {
            if !has(compiler) {
                skipped(&format!("users of the header with {compiler}"), "it is not installed");
                continue;
            }
            for standard in standards {
                let mut command = Command::new(compiler);
                command.args(["-x", language]).arg(format!("-std={standard}")).args(STRICT);
                command.arg("-I").arg(folder.path()).arg(&source);
                command.arg("-o").arg(folder.path().join("user.o"));
                let output = command.output().unwrap();
                let said = String::from_utf8_lossy(&output.stderr);
                assert!(output.status.success(), "{compiler} -std={standard}: {said}");
                ran += 1;
            }
        }
    }
    assert!(ran >= 3, "no C compiler here");
}

#[test]
fn every_struct_with_a_size_can_be_begun_with_and_holds_no_other() {
    let header = header();
    let sized = sized_structs(&header);
    assert!(sized.contains(&"mbt_error".to_owned()));
    for name in &sized {
        assert!(header.contains(&format!("static inline {name} {name}_init(void)")), "{name}");
        let inside = [format!("\n  struct {name} "), format!("\n  const struct {name} ")];
        let held = |line: &str| {
            inside.iter().any(|start| format!("\n{line}").starts_with(start)) && !line.contains('*')
        };
        assert!(!header.lines().any(held), "{name} is inside another struct, which freezes it");
    }
}

/// The header as the source has it now.
fn header() -> String {
    let config = cbindgen::Config::from_file(root().join("cbindgen.toml")).unwrap();
    let contract = fs::read_to_string(root().join("abi/contract.h")).unwrap();
    let mut builder = cbindgen::Builder::new()
        .with_config(config)
        .with_header(format!("{contract}{PREAMBLE}"))
        .with_trailer("#endif /* MABATAKI_H */");
    for source in SOURCES {
        builder = builder.with_src(root().join("src").join(format!("{source}.rs")));
    }
    let mut made = Vec::new();
    builder.generate().unwrap().write(&mut made);
    with_inits(&for_c(&String::from_utf8(made).unwrap()))
}

/// What cbindgen made, as somebody who writes C would have put it: no advice on Rust's `unsafe`, a function on the line
/// of its comment, negative numbers in brackets, and constants close together.
fn for_c(header: &str) -> String {
    let lines: Vec<&str> = header.lines().collect();
    let mut text = String::new();
    let mut advice = false;
    for (index, line) in lines.iter().enumerate() {
        let next = lines.get(index + 1).copied().unwrap_or_default();
        let comment = line.starts_with("//");
        advice = comment && (advice || *line == "// # Safety");
        let before_advice = *line == "//" && next == "// # Safety";
        let constant = |line: &str| line.starts_with("#define MBT_");
        let between = line.is_empty()
            && index.checked_sub(1).is_some_and(|before| constant(lines[before]))
            && lines[index + 1..]
                .iter()
                .find(|line| !line.starts_with("//"))
                .is_some_and(|line| constant(line));
        if advice || before_advice || between {
            continue;
        }
        if *line == "MBT_API" {
            text.push_str("MBT_API ");
            continue;
        }
        match line.rsplit_once(" -") {
            Some((name, number)) if constant(line) && number.parse::<i32>().is_ok() => {
                writeln!(text, "{name} (-{number})").unwrap()
            }
            _ => writeln!(text, "{line}").unwrap(),
        }
    }
    text
}

/// The header with a function after each sized struct that makes one.
fn with_inits(header: &str) -> String {
    let mut text = header.to_owned();
    for name in sized_structs(header) {
        let end = format!("}} {name};\n");
        let mut with = end.clone();
        write!(
            with,
            "\nstatic inline {name} {name}_init(void) {{\n  {name} made;\n  memset(&made, 0, sizeof made);\n  \
             made.size = (uint32_t)sizeof made;\n  return made;\n}}\n"
        )
        .unwrap();
        text = text.replacen(&end, &with, 1);
    }
    text
}

/// The structs that begin with `uint32_t size`.
fn sized_structs(header: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut first = false;
    let mut sized = false;
    for line in header.lines() {
        if line == "typedef struct {" || line.starts_with("typedef struct mbt_") && line.ends_with('{') {
            (first, sized) = (true, false);
        } else if first && !line.trim_start().starts_with("//") {
            sized = line.trim() == "uint32_t size;";
            first = false;
        } else if let Some(name) = line.strip_prefix("} ").and_then(|rest| rest.strip_suffix(';'))
            && sized
        {
            found.push(name.to_owned());
            sized = false;
        }
    }
    found
}

/// A host that uses every init function and takes the address of every export.
fn user() -> String {
    let header = header();
    let mut text =
        String::from("#include \"mabataki.h\"\n#include \"mabataki.h\"\ntypedef void (*any)(void);\n");
    text.push_str("extern any all[];\nany all[] = {\n");
    for name in common::exports_of(&header) {
        writeln!(text, "  (any){name},").unwrap();
    }
    text.push_str("};\n");
    for name in sized_structs(&header) {
        writeln!(text, "uint32_t size_of_{name}(void);").unwrap();
        writeln!(text, "uint32_t size_of_{name}(void) {{ {name} made = {name}_init(); return made.size; }}")
            .unwrap();
    }
    text.push_str("int unavailable(mbt_status status);\n");
    text.push_str("int unavailable(mbt_status status) { return MBT_UNAVAILABLE(status) || MBT_ABI == 0; }\n");
    text
}
