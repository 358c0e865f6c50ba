//! The `mabataki` command. It holds no logic of its own: it reads the command line, calls the engine, and prints.

#![forbid(unsafe_code)]

mod args;
mod commands;
mod console;
mod failure;
mod output;
mod phrases;
mod place;
mod secret_input;
mod share_input;

use std::process::ExitCode;

use clap::Parser;
use mabataki_engine::text::Lang;

use crate::args::{Cli, Global, Language};
use crate::commands::Context;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return not_understood(&error),
    };
    let output = Output::new(cli.global.json, language(&cli.global));
    let done = commands::trace(cli.global.trace_apdu.as_deref()).and_then(|()| {
        let places = Places::find(&cli.global)?;
        let context = Context { places, administrator: cli.administrator };
        commands::run(cli.command, context, &output)
    });
    let exit = match done {
        Ok(exit) => exit,
        Err(failure) => {
            output.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}

/// Help and version as they are; a usage error as `clap` words it, and for programs as one line of JSON too.
fn not_understood(error: &clap::Error) -> ExitCode {
    let asked_for_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && asked_for_json {
        let text = error.to_string();
        let (detail, fix) = text.split_once("\n\n").unwrap_or((&text, ""));
        let line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let failure = Failure::usage(line(detail.trim_start_matches("error: ")), line(fix));
        Output::new(true, Lang::En).failure(&failure);
        return ExitCode::from(failure.exit as u8);
    }
    // What cannot be printed cannot be helped; the exit status still tells.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(Exit::Usage as u8))
}

fn language(global: &Global) -> Lang {
    match global.lang {
        Some(Language::Ja) => Lang::Ja,
        Some(Language::En) => Lang::En,
        None => ["LC_ALL", "LC_MESSAGES", "LANG"]
            .iter()
            .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
            .map_or(Lang::En, |locale| Lang::of_locale(&locale)),
    }
}

const _: () = assert!(Exit::Usage as u8 == 2, "clap itself ends with 2 on a usage error");
