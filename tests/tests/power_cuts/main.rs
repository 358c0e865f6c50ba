//! Power cuts: whatever moment the power goes at, what was promised is there, and nothing is half there.
//!
//! A virtual machine writes to a store; every write and every flush of its two disks is remembered. From that the disks are
//! made as they would be had the power gone at some moment, and each such pair is put into a machine that opens the store.

#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod check;
mod guest;
mod ward;

use std::path::Path;
use std::time::Duration;

use mabataki_test_machine::{Chance, Devices, Disk, History, Machine, MachineError, Rack, format};
use mabataki_test_support::installed;

/// How many cuts: more of them in `cargo xtask soak`.
const CUTS: &str = "MABATAKI_POWER_CUTS";
const CUTS_OTHERWISE: usize = 24;

/// Transactions that are written, one after the other.
const TRANSACTIONS: u64 = 90;

/// The disks, in this order: the store's and its witness's.
const STATE: usize = 0;
const WITNESS: usize = 1;

/// Longer than any machine took, emulated on two cores that others use too.
const TO_WRITE: Duration = Duration::from_secs(300);
const TO_CHECK: Duration = Duration::from_secs(60);

/// A moment for each disk: after so much was done, its power went.
struct Cut {
    state: usize,
    witness: usize,
}

#[test]
fn whenever_the_power_goes_what_was_promised_is_there_and_nothing_is_half_there() {
    let machine = match Machine::find(&installed::folder().join("machine")) {
        Ok(machine) => machine,
        Err(MachineError::Unavailable(why)) => return eprintln!("skipped: no virtual machine: {why}"),
        Err(error) => panic!("{error}"),
    };
    let start = [32, 16].map(|size| format(size).unwrap());
    let history = record(&machine, &start);
    let mut cuts = cuts(&history);
    cuts.push(a_disk_that_lied(&history));
    let mut verdicts = check(&machine, &start, &history, &cuts);
    cuts.pop();
    let noticed = verdicts.pop().unwrap();
    assert!(noticed.contains("store_rolled_back"), "a disk lost what it had said it had, and: {noticed}");
    let broken: Vec<String> = verdicts
        .iter()
        .zip(&cuts)
        .filter(|(verdict, _)| !verdict.starts_with("held"))
        .map(|(verdict, cut)| format!("\n  state at {}, witness at {}: {verdict}", cut.state, cut.witness))
        .collect();
    eprintln!("{} power cuts in {} steps, {} broken", cuts.len(), history.len(), broken.len());
    assert!(broken.is_empty(), "{}", broken.concat());
}

/// What a machine does to its disks while it writes, until it is switched off in the middle.
fn record(machine: &Machine, start: &[Disk; 2]) -> History {
    let rack = Rack::of(start.to_vec());
    let mut last = 0;
    let ran = run(machine, &rack, TO_WRITE, |said| {
        let Some(number) = said.strip_prefix("written ") else { return Some("write".to_owned()) };
        last = number.parse().unwrap();
        rack.note(last);
        (last < TRANSACTIONS).then(|| "go on".to_owned())
    });
    assert_eq!(last, TRANSACTIONS, "{ran}");
    rack.history()
}

/// Cuts at moments all over the history. Of every two, the witness's disk goes a little earlier in one.
fn cuts(history: &History) -> Vec<Cut> {
    let count = std::env::var(CUTS).map_or(CUTS_OTHERWISE, |count| count.parse().unwrap());
    let mut chance = Chance::new(1);
    let cut = |number| {
        let state = chance.below(history.len() + 1);
        let promised = history.noted(state).map_or(state, |(_, when)| when);
        let earlier = if number % 2 == 0 { 0 } else { chance.below(state - promised + 1) };
        Cut { state, witness: state - earlier }
    };
    (0..count).map(cut).collect()
}

/// No cut: the store's disk lost ten transactions that it had said were on it, and its witness did not.
fn a_disk_that_lied(history: &History) -> Cut {
    let moment =
        |number| (0..=history.len()).find(|at| history.noted(*at).is_some_and(|(last, _)| last == number));
    Cut { state: moment(TRANSACTIONS / 2).unwrap(), witness: moment(TRANSACTIONS / 2 + 10).unwrap() }
}

/// What a machine finds on the disks after each cut.
fn check(machine: &Machine, start: &[Disk; 2], history: &History, cuts: &[Cut]) -> Vec<String> {
    let rack = Rack::of(start.to_vec());
    let mut chance = Chance::new(2);
    let time = TO_WRITE + TO_CHECK * u32::try_from(cuts.len()).unwrap();
    let (mut left_to_check, mut verdicts) = (cuts.iter(), Vec::new());
    let ran = run(machine, &rack, time, |said| match said {
        "ready" => Some("check".to_owned()),
        "next" => {
            let cut = left_to_check.next()?;
            let left = |disk: usize, at, chance: &mut Chance| history.cut(disk, &start[disk], at, chance);
            rack.put_in(vec![left(STATE, cut.state, &mut chance), left(WITNESS, cut.witness, &mut chance)]);
            Some(history.noted(cut.state).map_or("nothing".to_owned(), |(promised, _)| promised.to_string()))
        }
        verdict => {
            verdicts.push(verdict.to_owned());
            Some("go on".to_owned())
        }
    });
    assert_eq!(verdicts.len(), cuts.len(), "{ran}");
    verdicts
}

/// Runs this program in the machine, and gives what the console showed.
fn run(machine: &Machine, rack: &Rack, time: Duration, answer: impl FnMut(&str) -> Option<String>) -> String {
    let program = std::env::current_exe().unwrap();
    let arguments = ["--exact", "guest::in_the_machine", "--ignored", "--nocapture"];
    let program: (&Path, &[&str]) = (&program, &arguments);
    machine.run(Devices::Disks(rack), program, time, answer).unwrap().console
}
