//! `mabataki init`: the store and its key.

use mabataki_engine::engine::Engine;
use mabataki_engine::store::Settings;
use serde_json::json;

use super::config;
use crate::args::Init;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;
use crate::place::Places;

pub(super) fn run(args: Init, places: Places, out: &Output) -> Result<Exit, Failure> {
    let terminal = args.terminal.unwrap_or_else(host_name);
    let report = json!({
        "state": places.state, "key": places.key, "terminal": terminal, "open": args.open,
    });
    let text = format!("{}\n{}\n", places.state.display(), places.key.display());
    Engine::create(config(places), Settings { open: args.open, terminal })?;
    out.result(&report, || text + phrases::store::made(out.lang, args.open))?;
    Ok(Exit::Done)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
