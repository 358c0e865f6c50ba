//! `mabataki key`: who keeps the store's key, and the second way in.

use mabataki_engine::engine::{Engine, KeyState};
use mabataki_engine::keys::{Keeper, RecoveryError, RecoveryRecord, Share};
use serde_json::{Value, json};

use super::Context;
use crate::args::{Key, Move, Recovery};
use crate::console::config;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::{phrases, share_input};

pub(super) fn run(command: Key, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Key::Show => show(&context.open(out)?.engine.key_state()?, out)?,
        Key::Replace => {
            let keeper = context.open(out)?.acting().replace_store_key(None)?;
            replaced(keeper, out)?;
        }
        Key::Move(to) => {
            let keeper = moving(context, &to)?.open(out)?.acting().replace_store_key(Some(to.to))?;
            replaced(keeper, out)?;
        }
        Key::Recovery(Recovery::Make { shares, needed }) => make(context, needed, shares, out)?,
        Key::Recovery(Recovery::Use { to }) => recover(context, to, out)?,
    }
    Ok(Exit::Done)
}

fn show(state: &KeyState, out: &Output) -> Result<(), Failure> {
    let KeyState { keeper, path, locked, recovery } = state;
    let json = json!({
        "keeper": keeper.code(),
        "path": path,
        "protection": keeper.protection(out.lang),
        "locked": locked,
        "recovery": recovery.as_ref().map(described),
    });
    out.result(&json, || phrases::key::state(out.lang, state))
}

fn replaced(keeper: Keeper, out: &Output) -> Result<(), Failure> {
    let json = json!({ "replaced": true, "keeper": keeper.code() });
    out.result(&json, || phrases::key::replaced(out.lang, keeper))
}

#[cfg(feature = "tpm")]
fn moving(mut context: Context, to: &Move) -> Result<Context, Failure> {
    context.places.key =
        context.places.key.sealed_to(&to.pcrs).map_err(mabataki_engine::engine::Error::from)?;
    Ok(context)
}

#[cfg(not(feature = "tpm"))]
fn moving(context: Context, _: &Move) -> Result<Context, Failure> {
    Ok(context)
}

/// Shows the shares, and lets the key come into force when enough of them can be read back from paper.
fn make(context: Context, needed: u8, count: u8, out: &Output) -> Result<(), Failure> {
    let mut console = context.open(out)?;
    let shares = console.acting().draw_recovery_key(needed, count)?;
    for share in &shares {
        let text = share.to_text();
        let json = json!({
            "share": share.number(), "of": count, "needed": needed, "set": share.set(), "text": *text,
        });
        out.result(&json, || phrases::key::share(out.lang, share, count, &text))?;
    }
    out.note(&phrases::key::read_back(out.lang, needed));
    let given = share_input::ask(out)?;
    if let Some(found) =
        given.first().map(Share::set).filter(|set| Some(*set) != shares.first().map(Share::set))
    {
        return Err(share_input::failed(RecoveryError::OtherSet { found }));
    }
    let record = console.acting().make_recovery_key(count, &given)?;
    out.result(&described(&record), || phrases::key::made(out.lang, &record))
}

fn recover(context: Context, to: Option<Keeper>, out: &Output) -> Result<(), Failure> {
    let Context { places, .. } = context;
    // What is left of the lost key may tell who kept it.
    let keeper = to.or_else(|| places.key.keeper(&places.state).ok()).unwrap_or(Keeper::File);
    let shares = share_input::ask(out)?;
    Engine::recover(config(places), &shares, keeper)?;
    let json = json!({ "recovered": true, "keeper": keeper.code() });
    out.result(&json, || phrases::key::recovered(out.lang, keeper))
}

fn described(record: &RecoveryRecord) -> Value {
    json!({
        "set": record.set, "needed": record.needed, "shares": record.shares, "made": record.made.to_string(),
    })
}
