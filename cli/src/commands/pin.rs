//! `mabataki pin`: the model pack and the runtime that this store trusts.

use mabataki_engine::engine::{Nets, Pins};
use serde_json::{Value, json};

use crate::args::Pin;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: &Pin, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Pin::Show => {
            let (pins, installed) = (console.engine.pins()?, console.engine.installed_nets()?);
            let json = json!({
                "pinned": pins.as_ref().map(described),
                "installed": nets(&installed),
                "same": pins.is_none_or(|pins| pins.nets == installed),
            });
            out.result(&json, || phrases::pin::state(out.lang, pins.as_ref(), &installed))?;
        }
        Pin::Set => {
            let pins = console.acting().pin_nets()?;
            out.result(&described(&pins), || phrases::pin::set(out.lang, &pins))?;
        }
    }
    Ok(Exit::Done)
}

fn described(pins: &Pins) -> Value {
    let Nets { pack, runtime } = pins.nets;
    json!({ "pack": pack, "runtime": runtime, "time": pins.pinned.to_string() })
}

fn nets(nets: &Nets) -> Value {
    json!({ "pack": nets.pack, "runtime": nets.runtime })
}
