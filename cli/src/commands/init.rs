//! `mabataki init`: the store, its key, and the first administrator.

use mabataki_engine::engine::{ADMINISTRATOR, Engine};
use mabataki_engine::store::{Profile, Settings};
use serde_json::json;

use super::Context;
use super::password::explain;
use crate::args::Init;
use crate::console::config;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::{phrases, secret_input};

pub(super) fn run(args: Init, context: Context, out: &Output) -> Result<Exit, Failure> {
    let Context { places, administrator } = context;
    let terminal = args.terminal.unwrap_or_else(host_name);
    // Asked for before anything is made: who gives up at the prompt leaves nothing behind.
    let first = match administrator.admin {
        Some(id) => Some((secret_input::read_new(&phrases::secret::new_password(out.lang, &id), out)?, id)),
        None => None,
    };
    if let Some((password, id)) = &first {
        let name = args.name.as_deref().unwrap_or(id);
        let judged = Engine::judge_first_password(id, name, password, args.open);
        judged.inspect_err(|error| explain(error, out))?;
    }
    let mut report = json!({
        "state": places.state, "key": places.key.path(), "terminal": terminal, "open": args.open,
        "administrator": first.as_ref().map(|(_, id)| id),
    });
    let text = format!("{}\n{}\n", places.state.display(), places.key.path().display());
    let mut engine = Engine::create(config(places), Settings { open: args.open, terminal })?;
    let token = engine.take_set_up_token().filter(|_| first.is_none()).map(|token| token.to_text());
    report["set_up_token"] = json!(token.as_deref());
    if let Some((password, id)) = first {
        let mut profile = Profile::named(args.name.as_deref().unwrap_or(&id));
        profile.role = Some(ADMINISTRATOR.to_owned());
        engine.acting().add_person(&id, &profile)?;
        engine.acting().set_password(&id, &password, false)?;
    }
    let (log, public_key) = engine.log_identity()?;
    (report["log"], report["public_key"]) = (json!(log), json!(public_key));
    let key = phrases::audit::log_key(out.lang, &public_key.to_string());
    out.result(&report, || {
        format!(
            "{text}{}\n{key}",
            phrases::store::made(out.lang, args.open, token.as_deref().map(String::as_str))
        )
    })?;
    Ok(Exit::Done)
}

fn host_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}
