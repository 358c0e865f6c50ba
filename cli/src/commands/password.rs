//! `mabataki password`: set, change, take away.

use mabataki_engine::engine::Error;
use mabataki_engine::secret::SecretError;
use serde_json::json;

use crate::args::Password;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::{phrases, secret_input};

pub(super) fn run(command: &Password, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let lang = out.lang;
    match command {
        Password::Set { id, must_change } => {
            let password = secret_input::read_new(&phrases::secret::new_password(lang, id), out)?;
            let set = console.acting().set_password(id, &password, *must_change);
            set.inspect_err(|error| explain(error, out))?;
            let done = json!({ "id": id, "set": true, "must_change": must_change });
            out.result(&done, || phrases::password::set(lang, id, *must_change))?;
        }
        Password::Change { id } => {
            let old = secret_input::read(&phrases::secret::present_password(lang, id), out)?;
            let new = secret_input::read_new(&phrases::secret::new_password(lang, id), out)?;
            let changed = console.engine.change_password(id, &old, &new);
            changed.inspect_err(|error| explain(error, out))?;
            out.result(&json!({ "id": id, "changed": true }), || phrases::password::changed(lang, id))?;
        }
        Password::Remove { id } => {
            let was_there = console.acting().remove_password(id)?;
            let done = json!({ "id": id, "removed": was_there });
            out.result(&done, || phrases::password::removed(lang, id, was_there))?;
        }
    }
    Ok(Exit::Done)
}

/// Says in the operator's language what is wrong with a password.
pub(super) fn explain(error: &Error, out: &Output) {
    if let Error::Secret(SecretError::Weak { faults }) = error {
        for fault in faults {
            out.note(fault.text(out.lang));
        }
    }
}
