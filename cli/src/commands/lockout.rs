//! `mabataki lockout`: what too many failed tries have shut.

use mabataki_engine::engine::{Error, Lockout as Record, LockoutOf};
use mabataki_engine::store::CardHandle;
use serde_json::json;

use crate::args::Lockout;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: &Lockout, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Lockout::List => {
            for lockout in console.acting().lockouts()? {
                print(&lockout, out)?;
            }
        }
        Lockout::Clear { id, card, factor } => {
            let handle = card.as_deref().map(str::parse::<CardHandle>).transpose().map_err(Error::from)?;
            let of = match (&handle, id) {
                (Some(handle), _) => LockoutOf::Card(handle),
                (None, id) => LockoutOf::Person(id.as_deref().unwrap_or_default()),
            };
            let forgiven = console.acting().clear_lockout(of, *factor)?;
            let name = card.as_ref().or(id.as_ref()).map_or("", String::as_str);
            let done = json!({ "person": id, "card": card, "forgiven": forgiven });
            out.result(&done, || phrases::lockout::cleared(out.lang, name, forgiven))?;
        }
    }
    Ok(Exit::Done)
}

fn print(lockout: &Record, out: &Output) -> Result<(), Failure> {
    let Record { person, card, factor, failures, locked_until, stopped } = lockout;
    let json = json!({
        "person": person, "card": card, "factor": factor.code(), "failures": failures,
        "locked_until": locked_until.map(|until| until.to_string()), "stopped": stopped,
    });
    out.result(&json, || {
        let name = person.as_ref().or(card.as_ref()).map_or("", String::as_str);
        let failed = phrases::lockout::failures(out.lang, *failures);
        let state = phrases::lockout::state(out.lang, *locked_until, *stopped);
        format!("{name:<16} {:<16} {failed}  {state}", factor.text(out.lang))
    })
}
