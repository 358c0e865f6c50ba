//! `cargo xtask demo`: a person is added, their card bound, their face enrolled, and they are let in; then the
//! refusals. Everything is done by the real command, on a store that goes with the demo.

mod attempt;
mod cast;
mod clip;
mod live;
mod terminal;
mod warp;

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use mabataki_test_support::{PrivatePcscd, VirtualReader, persona};
use serde_json::Value;

use crate::command;
use crate::error::Error;
use crate::layout::Layout;
use crate::narrate::{Narrator, Tone, spoken};
use crate::parts::cargo;
use crate::setup;
use attempt::Expected;
use cast::Cast;
pub(crate) use live::Devices;
use terminal::{Terminal, argument, text};

/// How the demo is run.
pub(crate) struct Options {
    /// One JSON line for each attempt on stdout, prose on stderr.
    pub(crate) json: bool,
    /// The camera and the reader that are there, in place of recordings and a virtual reader.
    pub(crate) live: Option<Devices>,
    pub(crate) profile: Profile,
}

/// Which build of the command the demo runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Profile {
    /// What is shown to people.
    Release,
    /// What the tests have built already.
    Dev,
}

/// The virtual reader's name.
const READER: &str = "Counter";

/// The ids of the two people in the demo's store.
const FIRST: &str = "recorded";
const PHOTOGRAPHED: &str = "photographed";

/// Sets up, builds, and runs the demo. Fails when an outcome is not the expected one.
pub(crate) fn run(layout: &Layout, options: &Options) -> Result<(), Error> {
    let started = Instant::now();
    let narrator = Narrator::new(options.json);
    setup::run(layout, &narrator)?;
    let program = build(layout, options.profile, &narrator)?;
    let folder = tempfile::tempdir().map_err(Error::io("make a folder in", &std::env::temp_dir()))?;
    let terminal =
        Terminal { program, root: layout.root().to_owned(), state: folder.path().join("state"), pcscd: None };
    if let Some(devices) = &options.live {
        return live::run(&terminal, devices, &narrator);
    }
    let results = recorded(layout, terminal, folder.path(), options.json, &narrator)?;
    narrator.heading("outcomes");
    for result in &results {
        let (tone, note) = match (result.expected, result.outcome.as_str()) {
            (Expected::Open, "granted") => (Tone::Bad, ". It got in: a known weakness, see README.md"),
            (Expected::Open, _) => (Tone::Note, ". Refused today; nothing is claimed"),
            _ if result.is_as_expected() => (Tone::Good, ""),
            _ => (Tone::Bad, ". NOT AS EXPECTED"),
        };
        narrator.item(tone, &result.outcome, &format!("{}: {}{note}", result.title, result.why));
    }
    narrator.aside(&spoken(started.elapsed()));
    where_to_go(&narrator);
    let names = results.iter().filter(|result| !result.is_as_expected()).map(|result| result.name);
    match names.collect::<Vec<_>>().join(", ") {
        names if names.is_empty() => Ok(()),
        names => Err(Error::Outcomes { names }),
    }
}

/// Builds the command, which takes minutes the first time and nothing after that.
fn build(layout: &Layout, profile: Profile, narrator: &Narrator) -> Result<PathBuf, Error> {
    let started = Instant::now();
    let mut build = match profile {
        Profile::Release => cargo(layout, &["build", "--locked", "--package", "mabataki-cli", "--release"]),
        // By itself the package would have other features than the tests have built it with, and be built once more.
        Profile::Dev => cargo(layout, &["build", "--locked", "--workspace"]),
    };
    // Cargo's own progress goes to stderr: a first build is long, and a person wants to see it move.
    command::openly(&mut build, "install Rust")?;
    narrator.item(Tone::Good, "build", &format!("the mabataki command · {}", spoken(started.elapsed())));
    let target = target_folder()?;
    Ok(target.join(if profile == Profile::Release { "release" } else { "debug" }).join("mabataki"))
}

/// Cargo's target folder: this very program lies in one of its profiles.
fn target_folder() -> Result<PathBuf, Error> {
    let xtask = std::env::current_exe().map_err(Error::io("find", Path::new("xtask")))?;
    xtask.ancestors().nth(2).map(Path::to_owned).ok_or(Error::NoWorkspace)
}

/// The demo without devices: recordings, and a virtual reader on a pcscd of its own.
fn recorded(
    layout: &Layout,
    mut terminal: Terminal,
    folder: &Path,
    json: bool,
    narrator: &Narrator,
) -> Result<Vec<attempt::Result>, Error> {
    let pcscd = PrivatePcscd::start(&[READER])?;
    let mut reader = pcscd.reader(READER)?;
    terminal.pcscd = Some(pcscd.socket());
    let cast = Cast::prepare(layout, &terminal, folder)?;

    narrator.heading("a terminal, a person, a card, a face");
    terminal.tell(&["init", "--open"])?;
    narrator.item(Tone::Good, "store", "made, open for trials, gone when the demo ends");
    add(&terminal, FIRST, "Person in the first recording", narrator)?;
    read_and_bind(&terminal, &mut reader, FIRST, cast::CARD, narrator)?;
    enrol(&terminal, FIRST, &cast.enrolment, cast::FIRST_FPS, narrator)?;

    let mut results = Vec::new();
    let mut tell = |result: attempt::Result| -> Result<(), Error> {
        if json {
            let line = result.json();
            writeln!(io::stdout().lock(), "{line}").map_err(Error::io("write to", Path::new("stdout")))?;
        }
        results.push(result);
        Ok(())
    };
    for attempt in cast.attempts() {
        narrator.heading(attempt.title);
        tell(attempt.run(&terminal, &mut reader, narrator)?)?;
    }

    let attack = cast.attack();
    narrator.heading(attack.title);
    add(&terminal, PHOTOGRAPHED, "Person in the photographs", narrator)?;
    read_and_bind(&terminal, &mut reader, PHOTOGRAPHED, cast::PHOTOGRAPHED_CARD, narrator)?;
    // A picture a second: each counts as a moment of its own.
    enrol(&terminal, PHOTOGRAPHED, &cast.photographs, 1.0, narrator)?;
    tell(attack.run(&terminal, &mut reader, narrator)?)?;
    Ok(results)
}

fn add(terminal: &Terminal, id: &str, name: &str, narrator: &Narrator) -> Result<(), Error> {
    terminal.tell(&["person", "add", id, "--name", name])?;
    narrator.item(Tone::Good, "person added", &format!("{id}, “{name}”"));
    Ok(())
}

fn read_and_bind(
    terminal: &Terminal,
    reader: &mut VirtualReader,
    id: &str,
    card: &str,
    narrator: &Narrator,
) -> Result<(), Error> {
    reader.insert(persona::by_name(card)?)?;
    let read = terminal.tell(&["card", "read", "--reader"])?;
    let what = format!("{} on {}, {}", text(&read, "kind"), text(&read, "reader"), text(&read, "assurance"));
    narrator.item(Tone::Good, "card read", &what);
    terminal.tell(&["card", "bind", id, "--reader", "--label", card])?;
    narrator.item(Tone::Good, "card bound", &format!("to {id}"));
    reader.remove()?;
    Ok(())
}

fn enrol(terminal: &Terminal, id: &str, frames: &Path, fps: f64, narrator: &Narrator) -> Result<(), Error> {
    let (frames, fps) = (argument(frames), fps.to_string());
    let done = terminal.tell(&["enrol", id, "--frames", &frames, "--fps", &fps])?;
    if done.get("enrolled").and_then(Value::as_bool) != Some(true) {
        let (command, detail) = (format!("mabataki enrol {id}"), format!("not enrolled: {done}"));
        return Err(Error::Terminal { command, detail, fix: String::new() });
    }
    let (samples, quality) = (&done["samples"], &done["quality"]);
    narrator.item(Tone::Good, "face enrolled", &format!("from {samples} pictures, quality {quality}"));
    Ok(())
}

fn where_to_go(narrator: &Narrator) {
    narrator.heading("where to go next");
    for (command, what) in [
        ("cargo xtask demo --live", "the same with the camera and the reader that are there"),
        ("target/release/mabataki doctor", "what works on this machine"),
        ("target/release/mabataki --help", "every command"),
        ("cargo xtask test", "every test"),
    ] {
        narrator.text(&format!("{command:32}  {what}"));
    }
}
