//! `mabataki init`: the store and its key.

use mabataki_engine::engine::Engine;
use mabataki_engine::store::Settings;
use serde_json::json;

use super::config;
use crate::args::Init;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

pub(super) fn run(args: Init, places: Places, out: &Output) -> Result<Exit, Failure> {
    let terminal = args.terminal.unwrap_or_else(host_name);
    let report = json!({
        "state": places.state, "key": places.key, "terminal": terminal, "open": args.open,
    });
    let text = format!("store {}\nkey   {}\n", places.state.display(), places.key.display());
    Engine::create(config(places), Settings { open: args.open, terminal })?;
    out.result(&report, || {
        let note = if args.open {
            "A store for trials: anybody may feed it pictures and card numbers. Never use it for real people."
        } else {
            "Keep a copy of the key apart from copies of the store: without it the store cannot be read."
        };
        format!("{text}{note}")
    })?;
    Ok(Exit::Done)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
