//! `cargo xtask test`: every check there is, one after the other, and what became of each.

use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::command;
use crate::demo::{self, Options, Profile};
use crate::error::Error;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone, spoken};
use crate::setup;

/// What became of one part.
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

/// Sets up, then runs every part; a failed one does not keep the others from being run.
///
/// All parts share cargo's dev profile, so that nothing is compiled twice for want of a flag.
pub(crate) fn run(layout: &Layout, narrator: &Narrator) -> Result<ExitCode, Error> {
    setup::run(layout, narrator)?;
    let parts = vec![
        tool_part(layout, narrator, "format", "fmt", &["fmt", "--all", "--check"]),
        tool_part(
            layout,
            narrator,
            "lints",
            "clippy",
            &["clippy", "--workspace", "--all-targets", "--locked", "--", "--deny", "warnings"],
        ),
        // The tests load the reader's driver and the C library and start the command: cargo builds
        // none of these for a test by itself.
        part(narrator, "build", || cargo(layout, &["build", "--workspace", "--locked"])),
        part(narrator, "tests", || {
            let mut tests = cargo_command(layout, &["test", "--workspace", "--locked", "--no-fail-fast"]);
            if private_pcscd_is_possible() {
                // Then the tests that need one must not skip themselves.
                tests.env("MABATAKI_REQUIRE_PCSCD", "1");
            }
            command::openly(&mut tests, CARGO_FIX)
        }),
        part(narrator, "documentation", || {
            let mut doc = cargo_command(layout, &["doc", "--workspace", "--no-deps", "--locked"]);
            command::openly(doc.env("RUSTDOCFLAGS", "--deny warnings"), CARGO_FIX)
        }),
        part(narrator, "demo", || {
            demo::run(layout, &Options { json: false, live: None, profile: Profile::Dev })
        }),
    ];
    Ok(sum_up(layout, narrator, &parts))
}

const CARGO_FIX: &str = "install Rust";

/// A part that needs a component which a minimal toolchain leaves out.
fn tool_part(
    layout: &Layout,
    narrator: &Narrator,
    name: &'static str,
    tool: &str,
    arguments: &[&str],
) -> Part {
    if command::succeeds(&mut cargo_command(layout, &[tool, "--version"])) {
        return part(narrator, name, || cargo(layout, arguments));
    }
    let reason = "this toolchain lacks the component: `rustup component add rustfmt clippy`";
    Part { name, took: Duration::ZERO, outcome: Outcome::Skipped(reason) }
}

fn part(narrator: &Narrator, name: &'static str, work: impl FnOnce() -> Result<(), Error>) -> Part {
    narrator.heading(name);
    let started = Instant::now();
    let outcome = work().map_or_else(Outcome::Failed, |()| Outcome::Passed);
    Part { name, took: started.elapsed(), outcome }
}

fn cargo(layout: &Layout, arguments: &[&str]) -> Result<(), Error> {
    command::openly(&mut cargo_command(layout, arguments), CARGO_FIX)
}

/// The cargo that runs this xtask, in the workspace.
fn cargo_command(layout: &Layout, arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(layout.root()).args(arguments);
    cargo
}

fn sum_up(layout: &Layout, narrator: &Narrator, parts: &[Part]) -> ExitCode {
    narrator.heading("summary");
    for part in parts {
        let took = spoken(part.took);
        match &part.outcome {
            Outcome::Passed => narrator.item(Tone::Good, part.name, &took),
            Outcome::Failed(error) => narrator.item(Tone::Bad, part.name, &format!("{took}: {error}")),
            Outcome::Skipped(reason) => narrator.item(Tone::Note, part.name, &format!("skipped: {reason}")),
        }
    }
    for (what, there) in [
        ("recorded material", layout.root().join("../shared/data").is_dir()),
        ("a pcscd of our own", private_pcscd_is_possible()),
    ] {
        let text = if there { "there: its tests ran" } else { "not to be had here: its tests were skipped" };
        narrator.item(Tone::Note, what, text);
    }
    if parts.iter().any(|part| matches!(part.outcome, Outcome::Failed(_))) {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}

/// A pcscd beside the system's needs a mount namespace: root's, or one of an ordinary user.
fn private_pcscd_is_possible() -> bool {
    [&["--mount", "true"][..], &["--mount", "--map-root-user", "true"][..]]
        .iter()
        .any(|arguments| command::succeeds(Command::new("unshare").args(*arguments)))
}
