//! `mabataki enrolment`: what waits for a second pair of eyes.

use serde_json::json;

use crate::args::Enrolment;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: &Enrolment, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Enrolment::List => {
            for pending in console.acting().pending_enrolments()? {
                let json = json!({
                    "id": pending.person,
                    "new": pending.profile.is_some(),
                    "why": pending.reason.code(),
                    "resembles": pending.resembles,
                    "by": pending.by,
                    "at": pending.at.to_string(),
                    "until": pending.until.to_string(),
                });
                out.result(&json, || {
                    let by = pending.by.as_deref().unwrap_or("-");
                    let why = pending.reason.text(out.lang);
                    let like = pending.resembles.as_deref().unwrap_or("");
                    format!("{:<16} {by:<16} {:.0}  {why} {like}", pending.person, pending.at)
                })?;
            }
        }
        Enrolment::Approve { id } => {
            console.acting().approve_enrolment(id)?;
            out.result(&json!({ "id": id, "approved": true }), || {
                phrases::enrolment::approved(out.lang, id)
            })?;
        }
        Enrolment::Refuse { id } => {
            console.acting().refuse_enrolment(id)?;
            out.result(&json!({ "id": id, "refused": true }), || phrases::enrolment::refused(out.lang, id))?;
        }
    }
    Ok(Exit::Done)
}
