//! `cargo xtask soak`: what takes too long for every change.

use std::fs;
use std::process::{Command, ExitCode};

use crate::command;
use crate::demo::{self, Options, Profile};
use crate::error::Error;
use crate::layout::Layout;
use crate::machine;
use crate::narrate::Narrator;
use crate::parts::{Parts, cargo};
use crate::setup;

/// Cases of each property test; the tests themselves make 256.
const CASES: &str = "20000";

/// Power cuts; the test itself makes 24.
const POWER_CUTS: &str = "200";

/// What cargo is told to run it.
const POWER_CUT_TEST: [&str; 7] =
    ["test", "--package", "mabataki-tests", "--test", "power_cuts", "--", "--nocapture"];

/// Rounds of each trial of the C library, and for each hundred eight kills of the service; the test itself makes 100.
const ENDURANCE_ROUNDS: &str = "2000";

const ENDURANCE_TEST: [&str; 7] =
    ["test", "--package", "mabataki-ffi", "--test", "endurance", "--", "--nocapture"];

/// Cameras that hang and come back, ten thousand times; the test that runs for every change has two hundred.
const CAMERA_TEST: [&str; 8] = [
    "test",
    "--package",
    "mabataki-engine",
    "--lib",
    "--locked",
    "--",
    "--ignored",
    "camera::tests::nothing_is_left_of_ten_thousand",
];

/// Cards laid on a reader and taken away; the test itself makes 1000.
const CARD_ROUNDS: &str = "20000";

const CARD_TEST: [&str; 8] =
    ["test", "--package", "mabataki-tests", "--test", "card_endurance", "--locked", "--", "--nocapture"];

/// Sets up, then runs the long parts: properties with many cases, cameras that hang, cards that come and go, many power cuts, the C library used for long,
/// the demo many times over, and the fuzzers where they are installed.
pub(crate) fn run(
    layout: &Layout,
    rounds: u32,
    fuzz_seconds: u32,
    narrator: &Narrator,
) -> Result<ExitCode, Error> {
    setup::run(layout, narrator)?;
    let mut parts = Parts::new(narrator);
    parts.run("properties", || {
        let mut test = cargo(layout, &["test", "--workspace", "--lib", "--locked", "--no-fail-fast"]);
        command::openly(test.env("PROPTEST_CASES", CASES), "install Rust")
    });
    parts.run("cameras that hang", || command::openly(&mut cargo(layout, &CAMERA_TEST), "install Rust"));
    parts.run("cards that come and go", || {
        let mut test = cargo(layout, &CARD_TEST);
        command::openly(test.env("MABATAKI_CARD_ROUNDS", CARD_ROUNDS), "install Rust")
    });
    if machine::is_here(layout, narrator) {
        parts.run("power cuts", || {
            let mut test = cargo(layout, &POWER_CUT_TEST);
            command::openly(test.env("MABATAKI_POWER_CUTS", POWER_CUTS), "install Rust")
        });
    } else {
        parts.skip("power cuts", "no virtual machine: it takes x86_64, QEMU and a kernel of Debian's");
    }
    parts.run("endurance of the C library", || {
        let mut test = cargo(layout, &ENDURANCE_TEST);
        command::openly(test.env("MABATAKI_ROUNDS", ENDURANCE_ROUNDS), "install Rust")
    });
    parts.run("demo, many rounds", || {
        let options = Options { json: false, live: None, profile: Profile::Release };
        (0..rounds).try_for_each(|_| demo::run(layout, &options))
    });
    if command::succeeds(&mut fuzzer(layout, &["--version"])) {
        parts.run("fuzzing", || fuzz(layout, fuzz_seconds));
    } else {
        parts.skip("fuzzing", "it needs a nightly Rust and cargo-fuzz: see fuzz/README.md");
    }
    Ok(parts.sum_up())
}

/// Runs every fuzz target for so many seconds.
fn fuzz(layout: &Layout, seconds: u32) -> Result<(), Error> {
    let folder = layout.root().join("fuzz").join("fuzz_targets");
    let limit = format!("-max_total_time={seconds}");
    for entry in fs::read_dir(&folder).map_err(Error::io("read the folder", &folder))? {
        let path = entry.map_err(Error::io("read the folder", &folder))?.path();
        let Some(target) = path.file_stem().and_then(|stem| stem.to_str()) else { continue };
        let (corpus, seeds) = (format!("fuzz/corpus/{target}"), format!("fuzz/seeds/{target}"));
        let corpus_folder = layout.root().join(&corpus);
        fs::create_dir_all(&corpus_folder).map_err(Error::io("make the folder", &corpus_folder))?;
        let mut run = fuzzer(layout, &["run", target, &corpus, &seeds, "--", &limit]);
        command::openly(&mut run, "install Rust by rustup")?;
    }
    Ok(())
}

/// `cargo fuzz` on nightly, by the cargo of rustup: the one that runs this xtask is of one toolchain.
fn fuzzer(layout: &Layout, arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(layout.root()).args(["+nightly", "fuzz"]).args(arguments);
    cargo
}
