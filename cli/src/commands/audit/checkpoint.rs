//! `mabataki audit checkpoint` and `mabataki audit code`: the last checkpoint, and its code for paper.

use mabataki_engine::audit::{Checkpoint, ShortCode};
use serde_json::json;

use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn make(console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let last = console.acting().sign_log()?;
    print(last.as_ref(), out)
}

pub(super) fn show(console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let last = console.acting().last_checkpoint()?;
    print(last.as_ref(), out)
}

fn print(last: Option<&Checkpoint>, out: &Output) -> Result<Exit, Failure> {
    let Some(checkpoint) = last else { return Ok(Exit::Undecided) };
    let code = ShortCode::of(checkpoint).to_string();
    let head = &checkpoint.head;
    let json = json!({
        "code": code, "checkpoint": head.number, "last": head.last, "time": head.time.to_string(), "log": head.log,
    });
    out.result(&json, || code.clone())?;
    Ok(Exit::Done)
}
