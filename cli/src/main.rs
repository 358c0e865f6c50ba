//! The `mabataki` command. It holds no logic of its own: it reads the command line, calls the engine, and prints.

mod args;
mod commands;
mod failure;
mod output;
mod place;

use std::process::ExitCode;

use clap::Parser;
use mabataki_engine::text::Lang;

use crate::args::{Cli, Global, Language};
use crate::failure::Exit;
use crate::output::Output;
use crate::place::Places;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let output = Output { json: cli.global.json, lang: language(&cli.global) };
    let done = Places::find(&cli.global).and_then(|places| commands::run(cli.command, places, &output));
    let exit = match done {
        Ok(exit) => exit,
        Err(failure) => {
            output.failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
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
