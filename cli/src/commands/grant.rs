//! `mabataki grant`: who is let in at the moment.

use jiff::Timestamp;
use mabataki_engine::engine::LiveGrant;
use serde_json::json;

use crate::args::Grant;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: &Grant, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Grant::List => {
            for grant in console.acting().grants()? {
                print(&grant, out)?;
            }
        }
        Grant::End { session } => {
            console.acting().revoke_grant(session)?;
            let done = json!({ "session": session, "ended": true });
            out.result(&done, || phrases::grant::ended(out.lang, session))?;
        }
        Grant::Keys => {
            let keys = console.engine.verifying_keys()?;
            out.result(&keys, || serde_json::to_string_pretty(&keys).unwrap_or_default())?;
        }
        Grant::RotateKey => {
            console.acting().rotate_signing_key()?;
            out.result(&json!({ "rotated": true }), || phrases::grant::rotated(out.lang).to_owned())?;
        }
    }
    Ok(Exit::Done)
}

fn print(live: &LiveGrant, out: &Output) -> Result<(), Failure> {
    let LiveGrant { session, record: grant, left } = live;
    // On the clock of whoever reads it: the grant itself runs on one that cannot be set.
    let until = Timestamp::now().checked_add(*left).ok();
    let json = json!({
        "session": session,
        "subject": grant.subject,
        "name": grant.name,
        "account": grant.account,
        "purpose": grant.purpose.code(),
        "policy": grant.policy,
        "factors": grant.factors,
        "terminal": grant.terminal,
        "origin": grant.origin,
        "host": grant.host,
        "issued": grant.issued.to_string(),
        "life_s": grant.life().as_secs(),
        "left_s": left.as_secs(),
        "provisional": grant.provisional.is_some(),
    });
    out.result(&json, || {
        let account = grant.account.as_deref().unwrap_or("-");
        format!(
            "{session}  {:<16} {:<24} {:<12} {account:<16} {}",
            grant.subject,
            grant.name,
            grant.purpose.text(out.lang),
            phrases::grant::span(out.lang, grant.issued, until)
        )
    })
}
