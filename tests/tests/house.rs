//! The house's own rules: which room may name what, and what the repository must never hold.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

/// A rule about the engine's rooms: none of `rooms` may name any of `forbidden`.
struct Rule {
    rooms: &'static [&'static str],
    forbidden: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        rooms: &[
            "audit",
            "bundle",
            "camera",
            "card",
            "face",
            "frame",
            "grant",
            "inference",
            "keys",
            "liveness",
            "matching",
            "outlet",
            "policy",
            "roster",
            "sealing",
            "secret",
            "session",
            "store",
            "terminal",
            "text",
        ],
        forbidden: &["crate::engine", "crate::service"],
    },
    Rule { rooms: &["engine"], forbidden: &["crate::service"] },
    Rule {
        rooms: &["service"],
        forbidden: &[
            "crate::face",
            "crate::inference",
            "crate::matching",
            "crate::liveness",
            "SystemTime::now",
        ],
    },
    Rule {
        rooms: &["outlet"],
        forbidden: &[
            "crate::store",
            "crate::keys",
            "crate::secret",
            "crate::session",
            "crate::policy",
            "crate::face",
            "crate::camera",
            "crate::card",
            "SystemTime::now",
            "Timestamp::now",
        ],
    },
    Rule {
        rooms: &["bundle", "grant", "keys", "roster", "sealing", "secret", "terminal"],
        forbidden: &[
            "crate::session",
            "crate::face",
            "crate::camera",
            "crate::card::reader",
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
        ],
    },
    Rule {
        rooms: &["audit"],
        forbidden: &[
            "crate::store",
            "crate::camera",
            "crate::card::reader",
            "std::fs",
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
        ],
    },
    Rule { rooms: &["card"], forbidden: &["crate::face"] },
    Rule { rooms: &["face"], forbidden: &["crate::card"] },
    Rule {
        rooms: &["face", "liveness", "matching", "frame"],
        forbidden: &[
            "crate::store",
            "crate::session",
            "crate::policy",
            "crate::camera",
            "crate::card::reader",
        ],
    },
    Rule {
        rooms: &["session"],
        forbidden: &[
            "crate::store",
            "crate::camera",
            "crate::card::reader",
            "std::time::Instant",
            "std::time::SystemTime",
            "Instant::now",
            "SystemTime::now",
            "std::thread",
            "jiff",
        ],
    },
    Rule {
        rooms: &["policy"],
        forbidden: &[
            "crate::store",
            "crate::session",
            "crate::camera",
            "crate::card::reader",
            "std::fs",
            "Instant::now",
            "SystemTime::now",
            "Timestamp::now",
        ],
    },
];

/// Crates that only one place in the product may name.
const OWNERS: &[(&str, &str)] = &[
    ("ort", "engine/src/inference"),
    ("nokhwa", "engine/src/camera"),
    ("v4l", "engine/src/camera"),
    ("pcsc", "engine/src/card/reader"),
    ("rusqlite", "engine/src/store"),
    ("rustls", "engine/src/outlet"),
    ("keyring_core", "engine/src/keys/keystore"),
    ("tss_esapi", "engine/src/keys/tpm"),
    ("x25519_dalek", "engine/src/keys/agreement"),
];

/// The folders that make up the product, where the rules on crates hold.
const PRODUCT: &[&str] = &["engine/src", "cli/src", "ffi/src", "models/src"];

/// The folders that hosts link to: whoever opens the engine says where everything is.
const LIBRARY: &[&str] = &["engine/src", "ffi/src", "models/src"];

/// Longer than this and a file is several rooms.
const MOST_LINES: usize = 500;

#[test]
fn no_room_of_the_engine_reaches_into_one_it_must_not_know() {
    let engine = root().join("engine/src");
    let mut offences = Vec::new();
    for rule in RULES {
        for room in rule.rooms {
            for file in files_under(&engine.join(room)) {
                offences.extend(names_in(&file, &read(&file), rule.forbidden));
            }
        }
    }
    assert_none(&offences);
}

#[test]
fn the_library_reads_no_environment() {
    let mut offences = Vec::new();
    for folder in LIBRARY {
        for file in files_under(&root().join(folder)) {
            offences.extend(names_in(&file, &read(&file), &["std::env", "env::"]));
        }
    }
    assert_none(&offences);
}

#[test]
fn each_device_and_the_runtime_is_named_in_one_room_only() {
    let mut offences = Vec::new();
    for folder in PRODUCT {
        for file in files_under(&root().join(folder)) {
            let name = relative(&file);
            for (krate, owner) in OWNERS.iter().filter(|(_, owner)| !name.starts_with(owner)) {
                let path = format!("{krate}::");
                let import = format!("use {krate}");
                offences.extend(
                    names_in(&file, &read(&file), &[&path, &import])
                        .into_iter()
                        .map(|offence| format!("{offence} (only {owner} may)")),
                );
            }
        }
    }
    assert_none(&offences);
}

#[test]
fn no_file_names_a_package_registry_or_a_path_of_one_machine() {
    // Put together here, or this file would name them itself.
    let hosts =
        [["registry.npm", "js.org"], ["pypi", ".org"], ["python", "hosted.org"], ["deb.", "debian.org"]];
    let mut needles: Vec<String> = hosts.iter().map(|halves| halves.concat()).collect();
    needles.push(["/wo", "rk/"].concat());
    needles.push(["/tm", "p/w/"].concat());
    let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
    let mut offences = Vec::new();
    for file in files_under(root()).iter().filter(|file| !file.ends_with("Cargo.lock")) {
        let Ok(text) = fs::read_to_string(file) else { continue };
        for (index, line) in text.lines().enumerate() {
            for needle in needles.iter().filter(|needle| contains_apart(line, needle)) {
                offences.push(format!("{}:{} names {needle}", relative(file), index + 1));
            }
        }
    }
    assert_none(&offences);
}

#[test]
fn no_source_file_is_longer_than_a_room() {
    let too_long = |file: &PathBuf| {
        let lines = read(file).lines().count();
        (lines > MOST_LINES).then(|| format!("{} has {lines} lines", relative(file)))
    };
    let sources = files_under(root()).into_iter().filter(|file| {
        file.extension()
            .is_some_and(|extension| ["rs", "c", "h", "md", "toml"].iter().any(|e| extension == *e))
    });
    // Made from a dozen files, and read from its top: hosts want all of it in one.
    let sources = sources.filter(|file| !file.ends_with("ffi/include/mabataki.h"));
    let offences: Vec<String> = sources.filter_map(|file| too_long(&file)).collect();
    assert_none(&offences);
}

#[test]
fn no_picture_recording_or_model_is_in_the_repository() {
    const DATA: [&str; 8] = ["jpg", "jpeg", "png", "mp4", "mjpeg", "y4m", "onnx", "so"];
    /// Made by hand as a beginning for a fuzzer; no face fits in so little.
    const A_SEED: u64 = 1024;
    let offences: Vec<String> = files_under(root())
        .iter()
        .filter(|file| file.extension().is_some_and(|extension| DATA.iter().any(|data| extension == *data)))
        .filter(|file| file.metadata().unwrap().len() > A_SEED)
        .map(|file| relative(file))
        .collect();
    assert_none(&offences);
}

#[test]
fn these_checks_see_what_they_look_for() {
    let file = root().join("engine/src/session/planted.rs");
    let found = names_in(&file, "use crate::store::Store;\nlet x = report::ort;", &["crate::store", "ort::"]);
    assert_eq!(found, ["engine/src/session/planted.rs:1 names crate::store"]);
    assert_eq!(names_in(&file, "let e = ort::init();", &["ort::"]).len(), 1);
    assert!(names_in(&file, "let e = report::init(); // ort::init", &["ort::"]).is_empty());
    assert_eq!(names_in(&file, "let key = env::var(name);", &["env::"]).len(), 1);
    assert!(names_in(&file, "use crate::store_front;", &["crate::store"]).is_empty());
    assert!(contains_apart("see /opt/x", "/opt/"));
    assert!(!contains_apart("adopt/opt/x", "/opt/"));
    assert!(files_under(root()).iter().any(|file| file.ends_with("engine/src/lib.rs")));
}

fn assert_none(offences: &[String]) {
    assert!(offences.is_empty(), "\n  {}\n", offences.join("\n  "));
}

/// Lines of code (comments aside) that contain one of the names as whole words.
fn names_in(file: &Path, text: &str, names: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let code = line.split("//").next().unwrap_or_default();
        for name in names.iter().filter(|name| contains_word(code, name)) {
            found.push(format!("{}:{} names {name}", relative(file), index + 1));
        }
    }
    found
}

/// Whether `name` stands in `code` with no identifier running on at either end.
fn contains_word(code: &str, name: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(name).any(|(start, _)| {
        let before = code[..start].chars().next_back();
        let after = code[start + name.len()..].chars().next();
        let ends_open = name.ends_with(':') || !after.is_some_and(is_word);
        !before.is_some_and(|c| is_word(c) || c == ':') && ends_open
    })
}

/// Whether `needle` stands in `line` and is not the tail of a longer word or path.
fn contains_apart(line: &str, needle: &str) -> bool {
    line.match_indices(needle).any(|(start, _)| {
        !line[..start].chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '.')
    })
}

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn relative(file: &Path) -> String {
    file.strip_prefix(root()).unwrap_or(file).display().to_string()
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Every file below a folder, without what is built, fetched or git's own.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    const LEFT_OUT: [&str; 3] = ["target", ".mabataki", ".git"];
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries.map(Result::unwrap) {
            if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file() {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    found
}
