//! The library used for long, by many threads and at bad moments: it answers every time, and nothing of it is left.
//!
//! `MABATAKI_ROUNDS` says how often each thing is done, and `MABATAKI_SEED` with which random numbers: a failure names both.

#![cfg(test)]

mod common;

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant, SystemTime};

use common::served::Served;
use common::ward::Ward;
use common::{has, linked, program_of, skipped, under_valgrind};

/// How often each thing is done where the environment says nothing.
const ROUNDS: u64 = 100;

/// The same under valgrind, where everything takes thirty times as long.
const FEW: u64 = 4;

/// How often the service is killed, for each of the rounds.
const KILLS: u64 = 8;

/// Descriptors of the engines that a service keeps open, far less than one for each session there was.
const KEPT: usize = 40;

/// Threads of sessions that a service keeps waiting for the next one.
const WAITING: usize = 2;

/// Threads of the host that let somebody in.
const WORKERS: u32 = 3;

/// Within this time a client hears that the service has been killed.
const HEARD: Duration = Duration::from_secs(1);

/// Within this time it has let somebody in again.
const BACK: Duration = Duration::from_secs(30);

#[test]
fn in_process_nothing_is_left_of_sessions_threads_and_engines() {
    let ward = Ward::with_team();
    endure(Command::new(program_of("endurance")), rounds(), "all", &ward.places());
}

#[test]
fn over_the_socket_nothing_is_left_of_them_either_nor_in_the_service() {
    let served = Served::new(Ward::with_team());
    let before = served.held();
    endure(Command::new(program_of("endurance")), rounds(), "all", &[served.socket()]);
    let after = served.settled(before.threads + WAITING);
    assert!(after.threads <= before.threads + WAITING, "{before:?}, {after:?}");
    // Engines that are kept for the next session have their files open.
    assert!(after.descriptors <= before.descriptors + KEPT, "{before:?}, {after:?}");
}

#[test]
fn no_memory_is_lost_and_none_touched_that_is_not_its_own() {
    if !has("valgrind") {
        return skipped("endurance under valgrind", "no valgrind");
    }
    let (ward, program) = (Ward::with_team(), program_of("endurance"));
    endure(under_valgrind(&program), FEW, "rounds", &ward.places());
}

#[test]
fn a_service_that_is_killed_at_any_moment_is_noticed_within_a_second_and_works_again_when_it_is_back() {
    let mut served = Served::new(Ward::with_team());
    let mut host = Host::start(&served);
    let mut slowest = Duration::ZERO;
    for round in 0..KILLS * rounds() / ROUNDS {
        host.hear_that_all_is_well();
        std::thread::sleep(Duration::from_millis(scatter(host.seed, round) % 300));
        served.kill();
        slowest = slowest.max(host.hear("gone", HEARD));
        served.start();
    }
    host.hear_that_all_is_well();
    host.end();
    eprintln!("a killed service was noticed within {slowest:?}");
}

/// Runs trials to their end.
fn endure(mut program: Command, rounds: u64, trials: &str, place: &[PathBuf]) {
    let seed = seed();
    program.args([seed.to_string(), rounds.to_string()]).arg(trials).args(place);
    let output = program.env("LD_LIBRARY_PATH", linked()).output().unwrap();
    let (said, why) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "seed {seed}, {rounds} rounds: {}\n{said}{why}", output.status);
    eprint!("{said}");
}

/// A host whose threads use the service whatever becomes of it.
struct Host {
    process: Child,
    orders: ChildStdin,
    words: Receiver<String>,
    seed: u64,
}

impl Host {
    fn start(served: &Served) -> Host {
        let seed = seed();
        let mut program = Command::new(program_of("endurance"));
        program.args([seed.to_string().as_str(), "1", "outlive"]).arg(served.socket());
        program.env("LD_LIBRARY_PATH", linked()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = program.spawn().unwrap();
        let (orders, answers) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        let (tell, words) = channel();
        std::thread::spawn(move || {
            let lines = BufReader::new(answers).lines().map_while(Result::ok);
            lines.take_while(|line| tell.send(line.clone()).is_ok()).for_each(drop);
        });
        Host { process, orders, words, seed }
    }

    fn hear_that_all_is_well(&mut self) {
        self.hear("waiting", BACK);
        for worker in 1..=WORKERS {
            self.hear(&format!("granted {worker}"), BACK);
        }
    }

    /// Waits for a word, and says how long that took.
    fn hear(&mut self, wanted: &str, within: Duration) -> Duration {
        let begun = Instant::now();
        loop {
            match self.words.recv_timeout(within.saturating_sub(begun.elapsed())) {
                Ok(word) if word == wanted => return begun.elapsed(),
                Ok(_) => {}
                Err(RecvTimeoutError::Timeout) => {
                    self.process.kill().unwrap();
                    panic!("seed {}: not {wanted} within {within:?}", self.seed);
                }
                Err(RecvTimeoutError::Disconnected) => panic!("seed {}: the host has ended", self.seed),
            }
        }
    }

    fn end(mut self) {
        drop(self.orders);
        let status = self.process.wait().unwrap();
        assert!(status.success(), "seed {}: {status}", self.seed);
    }
}

fn rounds() -> u64 {
    from_environment("MABATAKI_ROUNDS").unwrap_or(ROUNDS)
}

fn seed() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    from_environment("MABATAKI_SEED").unwrap_or_else(|| u64::from(now.subsec_nanos()) + 1)
}

fn from_environment(name: &str) -> Option<u64> {
    std::env::var(name)
        .ok()
        .map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}: expected a number")))
}

/// A random number for each round (Steele and others, "Fast splittable pseudorandom number generators", 2014).
fn scatter(seed: u64, round: u64) -> u64 {
    let mut mixed = seed.wrapping_add(round.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed ^ (mixed >> 27)
}
