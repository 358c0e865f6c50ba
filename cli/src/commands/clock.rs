//! `mabataki clock`: whether the terminal's clock can be believed.

use mabataki_engine::engine::ClockState;
use serde_json::json;

use crate::args::Clock;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: &Clock, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Clock::Show => {
            let state = console.engine.clock_state()?;
            print(&state, || phrases::clock::state(out.lang, &state), out)?;
        }
        Clock::Accept => {
            let state = console.acting().believe_clock()?;
            print(&state, || phrases::clock::accepted(out.lang, state.now), out)?;
        }
    }
    Ok(Exit::Done)
}

fn print(state: &ClockState, text: impl FnOnce() -> String, out: &Output) -> Result<(), Failure> {
    let ClockState { now, mark, behind } = state;
    let json = json!({
        "now": now.to_string(), "mark": mark.map(|mark| mark.to_string()), "behind": behind,
    });
    out.result(&json, text)
}
