//! `cargo xtask`: set-up, demo, tests and what is shipped of mabataki, each one command.

#![forbid(unsafe_code)]

mod archive;
mod command;
mod demo;
mod dist;
mod error;
mod hash;
mod keepers;
mod layout;
mod machine;
mod narrate;
mod parts;
mod pins;
mod registry;
mod samples;
mod setup;
mod soak;
mod system;
mod test;

use std::error::Error as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::demo::{Devices, Options, Profile};
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
    /// Shows the main job from beginning to end; needs neither camera nor reader.
    Demo {
        /// One JSON line for each attempt on stdout: `name`, `outcome`, `why`.
        #[arg(long)]
        json: bool,
        /// Use the camera and the reader that are there.
        #[arg(long, conflicts_with = "json")]
        live: bool,
        /// The camera for --live, by number or name.
        #[arg(long, requires = "live", value_name = "INDEX|NAME")]
        camera: Option<String>,
        /// The PC/SC reader for --live, by name.
        #[arg(long, requires = "live", value_name = "NAME")]
        reader: Option<String>,
    },
    /// Lays out a prefix: header, libraries, pkg-config and CMake files, the command, its unit, licences.
    Dist {
        /// Where; below target/dist where nothing is said.
        #[arg(long)]
        prefix: Option<PathBuf>,
        /// Cargo's dev profile, for tests.
        #[arg(long)]
        dev: bool,
    },
    /// Runs every test, after setting up what they need.
    Test,
    /// Runs what takes too long for every change.
    Soak {
        /// How often the demo is run.
        #[arg(long, default_value_t = 20)]
        rounds: u32,
        /// Seconds for each fuzz target.
        #[arg(long, default_value_t = 60)]
        fuzz_seconds: u32,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match run(arguments.task) {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode, Error> {
    let layout = Layout::find()?;
    let narrator = Narrator::new(false);
    match task {
        Task::Setup => setup::run(&layout, &narrator).map(|()| ExitCode::SUCCESS),
        Task::Demo { json, live, camera, reader } => {
            let live = live.then_some(Devices { camera, reader });
            demo::run(&layout, &Options { json, live, profile: Profile::Release }).map(|()| ExitCode::SUCCESS)
        }
        Task::Dist { prefix, dev } => {
            dist::run(&layout, &dist::Options { prefix, dev }, &narrator).map(|()| ExitCode::SUCCESS)
        }
        Task::Test => test::run(&layout, &narrator),
        Task::Soak { rounds, fuzz_seconds } => soak::run(&layout, rounds, fuzz_seconds, &narrator),
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
