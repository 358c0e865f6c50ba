//! `mabataki emergency`: codes, the review of their use, and disasters.

use std::time::Duration;

use mabataki_engine::engine::{Error, NewEmergencyCode};
use mabataki_engine::policy::Purpose;
use mabataki_engine::secret::{Disaster as Record, EmergencyUse, IssuedCode, Remark};
use serde_json::{Value, json};

use crate::args::{Disaster, Emergency};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases::{self, time::clock};

pub(super) fn run(command: Emergency, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Emergency::Issue { id, terminal, minutes, valid, .. } => {
            // A policy opens nothing else by a code.
            let purposes = vec![Purpose::Emergency];
            let new = NewEmergencyCode { person: id, terminal, purposes, minutes, valid: hours(valid) };
            issue(&new, console, out)?;
        }
        Emergency::List => {
            for (handle, code) in console.acting().emergency_codes()? {
                print_code(&handle, &code, out)?;
            }
        }
        Emergency::Revoke { handle } => {
            console.acting().revoke_emergency_code(&handle)?;
            let done = json!({ "handle": handle, "revoked": true });
            out.result(&done, || phrases::emergency::revoked(out.lang, &handle))?;
        }
        Emergency::Reviews { all } => {
            for (handle, used) in console.acting().emergency_uses(all)? {
                print_use(&handle, &used, out)?;
            }
        }
        Emergency::Review { handle, note } => {
            console.acting().review_emergency(&handle, &remark(&note)?)?;
            let done = json!({ "handle": handle, "reviewed": true });
            out.result(&done, || phrases::emergency::reviewed(out.lang, &handle))?;
        }
        Emergency::Disaster(command) => disaster(command, console, out)?,
    }
    Ok(Exit::Done)
}

fn issue(new: &NewEmergencyCode, console: &mut Console, out: &Output) -> Result<(), Failure> {
    let issued = console.acting().issue_emergency_code(new)?;
    let code = issued.code.to_text();
    let mut report = describe_code(&issued.handle, &issued.issued);
    report["code"] = json!(&**code);
    out.result(&report, || {
        let until = clock(issued.issued.term.until);
        phrases::emergency::issued(out.lang, &code, new.person.as_deref(), new.minutes, &until)
    })
}

fn disaster(command: Disaster, console: &mut Console, out: &Output) -> Result<(), Failure> {
    match command {
        Disaster::Show => print_disaster(console.engine.disaster()?.as_ref(), out),
        Disaster::Declare { hours: length, reason, second } => {
            let reason = remark(&reason)?;
            let second = second.map(|id| console.let_in_second(&id, out)).transpose()?;
            let declared = console.acting().declare_disaster(second.as_ref(), hours(length), &reason);
            if let Some(second) = &second {
                console.let_out(second);
            }
            print_disaster(Some(&declared?), out)
        }
        Disaster::End => {
            console.acting().end_disaster()?;
            print_disaster(None, out)
        }
    }
}

fn print_disaster(disaster: Option<&Record>, out: &Output) -> Result<(), Failure> {
    let json = json!({
        "in_force": disaster.is_some(),
        "until": disaster.map(|disaster| disaster.term.until.to_string()),
        "declared_by": disaster.map(|disaster| &disaster.declared_by),
        "reason": disaster.map(|disaster| &disaster.reason),
    });
    out.result(&json, || {
        let until = disaster.map(|disaster| clock(disaster.term.until));
        phrases::emergency::disaster(out.lang, until.as_deref())
    })
}

fn print_code(handle: &str, code: &IssuedCode, out: &Output) -> Result<(), Failure> {
    out.result(&describe_code(handle, code), || {
        let person = code.person.as_deref().unwrap_or(phrases::emergency::anybody(out.lang));
        let purposes: Vec<&str> = code.purposes.iter().map(|purpose| purpose.text(out.lang)).collect();
        format!(
            "{handle}  {person:<16} {:<16} {}  {}  {}",
            code.terminal,
            purposes.join(", "),
            code.state.text(out.lang),
            clock(code.term.until)
        )
    })
}

fn describe_code(handle: &str, code: &IssuedCode) -> Value {
    let IssuedCode { person, terminal, purposes, minutes, term, issuer, state, .. } = code;
    json!({
        "handle": handle, "person": person, "terminal": terminal, "purposes": purposes, "minutes": minutes,
        "issued": term.from.to_string(), "valid_until": term.until.to_string(), "issuer": issuer,
        "state": state.code(),
    })
}

fn print_use(handle: &str, used: &EmergencyUse, out: &Output) -> Result<(), Failure> {
    let EmergencyUse { code, person, name, purpose, reason, terminal, at, session, allowed_by, review } =
        used;
    let json = json!({
        "handle": handle, "code": code, "disaster": code.is_none(), "person": person, "name": name,
        "purpose": purpose.code(), "reason": reason, "terminal": terminal, "at": at.to_string(),
        "session": session, "allowed_by": allowed_by,
        "review": review.as_ref().map(|review| json!({
            "by": review.by, "at": review.at.to_string(), "note": review.note,
        })),
    });
    out.result(&json, || {
        let by = review.as_ref().and_then(|review| review.by.as_deref());
        let state = phrases::emergency::review_state(out.lang, by, review.is_some());
        format!("{handle}  {}  {person:<16} {terminal:<16} {state}\n           {reason}", clock(*at))
    })
}

fn remark(text: &str) -> Result<Remark, Failure> {
    Ok(Remark::new(text).map_err(Error::from)?)
}

fn hours(hours: u32) -> Duration {
    Duration::from_secs(3600).saturating_mul(hours)
}
