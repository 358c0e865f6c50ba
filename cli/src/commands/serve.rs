//! `mabataki serve`: the service of a terminal. It keeps the log as well.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mabataki_engine::engine::{Error, Installation};
use mabataki_engine::service::{SOCKET, Server};
use serde_json::json;
use signal_hook::consts::TERM_SIGNALS;
use signal_hook::flag;

use super::Context;
use super::audit::send::told;
use crate::args::Serve;
use crate::console::config;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

/// How long to wait for the next event before looking whether to end.
const EVENT: Duration = Duration::from_millis(500);

/// Serves until it is ended, by a signal or because nobody hears it any more. Says so once it is ready.
pub(super) fn run(args: &Serve, context: Context, out: &Output) -> Result<Exit, Failure> {
    let ended = Arc::new(AtomicBool::new(false));
    for signal in TERM_SIGNALS {
        flag::register(*signal, Arc::clone(&ended))
            .map_err(|error| Failure::internal("waiting for a signal", &error))?;
    }
    let (config, said) = match &args.config {
        Some(file) => {
            let Installation { config, socket } = Installation::read(file).map_err(Error::from)?;
            (config, socket)
        }
        None => (config(context.places), None),
    };
    let socket = args.socket.clone().or(said).unwrap_or_else(|| PathBuf::from(SOCKET));
    let mut server = Server::start(config, &socket)?;
    out.result(&json!({ "event": "ready", "socket": socket, "process": std::process::id() }), || {
        phrases::serve::ready(out.lang, &socket)
    })?;
    while !out.is_unheard() && !ended.load(Ordering::Relaxed) {
        if let Some(event) = server.next_event(EVENT)? {
            out.result(&told(&event), || phrases::outlet::event(out.lang, &event))?;
        }
    }
    Ok(Exit::Done)
}
