//! A task made of parts: each is run whatever became of the others, timed, and summed up at the end.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::command;
use crate::error::Error;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone, spoken};

/// What became of the parts so far.
pub(crate) struct Parts<'a> {
    narrator: &'a Narrator,
    done: Vec<Part>,
}

struct Part {
    name: &'static str,
    took: Duration,
    outcome: Outcome,
}

enum Outcome {
    Passed,
    Failed(Error),
    Skipped(&'static str),
}

impl<'a> Parts<'a> {
    pub(crate) fn new(narrator: &'a Narrator) -> Self {
        Self { narrator, done: Vec::new() }
    }

    /// Runs a part.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<(), Error>) {
        self.narrator.heading(name);
        let started = Instant::now();
        let outcome = work().map_or_else(Outcome::Failed, |()| Outcome::Passed);
        self.done.push(Part { name, took: started.elapsed(), outcome });
    }

    /// Leaves a part out, saying why.
    pub(crate) fn skip(&mut self, name: &'static str, reason: &'static str) {
        self.done.push(Part { name, took: Duration::ZERO, outcome: Outcome::Skipped(reason) });
    }

    /// Tells what became of each; fails when one failed.
    pub(crate) fn sum_up(&self) -> ExitCode {
        self.narrator.heading("summary");
        for part in &self.done {
            let took = spoken(part.took);
            match &part.outcome {
                Outcome::Passed => self.narrator.item(Tone::Good, part.name, &took),
                Outcome::Failed(error) => {
                    self.narrator.item(Tone::Bad, part.name, &format!("{took}: {error}"));
                }
                Outcome::Skipped(reason) => {
                    self.narrator.item(Tone::Note, part.name, &format!("skipped: {reason}"));
                }
            }
        }
        if self.done.iter().any(|part| matches!(part.outcome, Outcome::Failed(_))) {
            return ExitCode::FAILURE;
        }
        ExitCode::SUCCESS
    }
}

/// The cargo that runs this xtask, in the workspace.
pub(crate) fn cargo(layout: &Layout, arguments: &[&str]) -> Command {
    // As tests call it too: what the one has built is then as fresh for the other.
    let mut cargo = mabataki_test_support::cargo();
    cargo.current_dir(layout.root()).args(arguments);
    cargo
}

/// Runs cargo, its output for the reader to see.
pub(crate) fn run_cargo(layout: &Layout, arguments: &[&str]) -> Result<(), Error> {
    command::openly(&mut cargo(layout, arguments), "install Rust")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(outcomes: &[bool]) -> ExitCode {
        let narrator = Narrator::new(true);
        let mut parts = Parts::new(&narrator);
        for passes in outcomes {
            parts.run("part", || if *passes { Ok(()) } else { Err(Error::NoWorkspace) });
        }
        parts.skip("other", "not here");
        parts.sum_up()
    }

    #[test]
    fn one_failed_part_fails_the_whole_and_the_others_still_run() {
        assert_eq!(sum(&[true, true]), ExitCode::SUCCESS);
        assert_eq!(sum(&[false, true]), ExitCode::FAILURE);
    }
}
