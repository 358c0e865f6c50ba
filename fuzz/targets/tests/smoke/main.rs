//! No parser fails on what its fuzz target is begun with, nor on some thousands of changes to it.
//!
//! This is what every machine can run. libFuzzer, which follows what an input reaches, goes further: see `fuzz/README.md`.

#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod mutation;

use std::collections::BTreeSet;
use std::fs;
use std::panic::{self, AssertUnwindSafe};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use mabataki_fuzz_targets::{TARGETS, Target};

use crate::mutation::Sequence;

/// How long each target is tried.
const TIME: Duration = Duration::from_secs(2);

/// Most inputs of a target; fewer where each takes long.
const MOST: usize = 10_000;

/// Fewest inputs of a target, however long they take.
const LEAST: usize = 50;

#[test]
fn no_target_fails_on_its_seeds_and_on_thousands_of_changes_to_them() {
    let inputs: Vec<usize> = TARGETS.iter().map(|target| smoke(*target)).collect();
    assert!(inputs.iter().all(|tried| *tried >= LEAST), "{inputs:?}");
}

#[test]
fn every_target_is_a_program_of_libfuzzers_and_has_seeds() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names_in(&fuzz().join("fuzz_targets")), targets);
    assert_eq!(names_in(&fuzz().join("seeds")), targets);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let built = manifest
        .lines()
        .filter_map(|line| line.strip_prefix("path = \"fuzz_targets/")?.strip_suffix(".rs\""));
    assert_eq!(built.map(str::to_owned).collect::<BTreeSet<_>>(), targets);
    assert!(TARGETS.iter().all(|(name, _)| !seeds(name).is_empty()));
}

/// Tries a target and says on how many inputs.
fn smoke((name, run): Target) -> usize {
    let seeds = seeds(name);
    let mut sequence = Sequence::of(name);
    let (began, mut tried) = (Instant::now(), 0);
    let drawn = std::iter::repeat_with(|| sequence.mutate(&seeds));
    for input in seeds.iter().cloned().chain(drawn) {
        if tried >= MOST || (began.elapsed() > TIME && tried >= LEAST) {
            break;
        }
        tried += 1;
        if panic::catch_unwind(AssertUnwindSafe(|| run(&input))).is_err() {
            panic!("the target {name} failed on {}", keep(name, &input).display());
        }
    }
    tried
}

/// Keeps what made a target fail where libFuzzer would.
fn keep(name: &str, input: &[u8]) -> PathBuf {
    let folder = fuzz().join("artifacts").join(name);
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("smoke");
    fs::write(&path, input).unwrap();
    path
}

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(fuzz().join("seeds").join(name)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).unwrap()).collect()
}

fn names_in(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).unwrap();
    entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect()
}

fn fuzz() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}
