//! `mabataki audit send` and `mabataki audit keep`: the log on its way out of the terminal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mabataki_engine::engine::{Engine, LogKeeper, LogPart, OutletEvent, OutletState};
use serde_json::{Value, json};
use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

use super::Context;
use crate::args::audit::Send;
use crate::console::config;
use crate::failure::{Exit, Failure, chain};
use crate::output::Output;
use crate::phrases;

/// How long to wait for the next event before looking whether to end.
const EVENT: Duration = Duration::from_millis(500);

/// Sends what waits, and says of each outlet how far it is.
pub(super) fn once(args: &Send, context: Context, out: &Output) -> Result<Exit, Failure> {
    let mut engine = Engine::open(config(context.places))?;
    let mut hear = |event: OutletEvent| out.note(&phrases::outlet::event(out.lang, &event));
    let states = engine.send_log(args.wait, &mut hear)?;
    if states.is_empty() {
        out.note(phrases::outlet::none(out.lang));
    }
    for state in &states {
        out.result(&as_json(state), || phrases::outlet::state(out.lang, state))?;
    }
    let all = states.iter().all(|state| state.since.is_none());
    Ok(if all { Exit::Done } else { Exit::Unavailable })
}

/// Keeps the log until it is ended, by a signal or because nobody hears it any more; that it ended stands in the log then.
pub(super) fn keep(context: Context, out: &Output) -> Result<Exit, Failure> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        flag::register(*signal, Arc::clone(&ended))
            .map_err(|error| Failure::internal("waiting for a signal", &error))?;
    }
    let mut keeper = LogKeeper::start(config(context.places))?;
    while !out.is_unheard() && !ended.load(Ordering::Relaxed) {
        if let Some(event) = keeper.next_event(EVENT)? {
            out.result(&told(&event), || phrases::outlet::event(out.lang, &event))?;
        }
    }
    Ok(Exit::Done)
}

fn as_json(state: &OutletState) -> Value {
    json!({
        "outlet": state.outlet.code(),
        "to": state.outlet.destination(),
        "delivered": state.delivered,
        "waiting": state.waiting,
        "since": state.since.map(|since| since.to_string()),
        "overdue": state.overdue,
    })
}

pub(in crate::commands) fn told(event: &OutletEvent) -> Value {
    match event {
        OutletEvent::Signed { checkpoint, last } => {
            json!({ "event": "signed", "checkpoint": checkpoint, "last": last })
        }
        OutletEvent::Delivered { outlet, checkpoints, records, through } => json!({
            "event": "delivered", "outlet": outlet, "checkpoints": checkpoints, "records": records, "through": through,
        }),
        OutletEvent::Failed { outlet, error } => json!({
            "event": "failed", "outlet": outlet, "code": error.code(), "detail": chain(error), "fix": error.fix(),
        }),
        OutletEvent::Unreadable { outlet, part: LogPart::Record(number) } => {
            json!({ "event": "unreadable", "outlet": outlet, "record": number })
        }
        OutletEvent::Unreadable { outlet, part: LogPart::Checkpoint(number) } => {
            json!({ "event": "unreadable", "outlet": outlet, "checkpoint": number })
        }
        OutletEvent::Trouble { error } => json!({
            "event": "trouble", "code": error.code(), "detail": chain(error), "fix": error.fix(),
        }),
    }
}
