//! `cargo xtask`: set-up, demo and tests of mabataki, each one command.

#![forbid(unsafe_code)]

mod archive;
mod command;
mod error;
mod hash;
mod layout;
mod narrate;
mod pins;
mod registry;
mod samples;
mod setup;
mod system;
mod test;

use std::error::Error as _;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Error;
use crate::layout::Layout;
use crate::narrate::Narrator;

/// Set-up, demo and tests of mabataki.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Installs everything the build, the demo and the tests need. A second run does nothing.
    Setup,
    /// Runs every test, after setting up what they need.
    Test,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(&arguments.task) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(task: &Task) -> Result<ExitCode, Error> {
    let layout = Layout::find()?;
    let narrator = Narrator::new(false);
    match task {
        Task::Setup => setup::run(&layout, &narrator).map(|()| ExitCode::SUCCESS),
        Task::Test => test::run(&layout, &narrator),
    }
}

/// The error and its causes, each on its line.
fn report(error: &Error) {
    eprintln!("\nerror: {error}");
    let mut cause = error.source();
    while let Some(error) = cause {
        eprintln!("  because: {error}");
        cause = error.source();
    }
}
