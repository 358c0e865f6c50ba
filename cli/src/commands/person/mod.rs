//! `mabataki person`: who there is.

mod lists;
mod view;

use jiff::Zoned;
use mabataki_engine::engine::DeletionReceipt;
use mabataki_engine::store::{Consent, FaceException, PersonStatus, Profile, Vendor};
use mabataki_engine::text::Lang;
use serde_json::json;

use crate::args::{Clearable, Details, Person};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Person, mut console: Console, out: &Output) -> Result<Exit, Failure> {
    let console = &mut console;
    match command {
        Person::Add { id, name, details } => {
            let profile = profile(Profile::named(&name), details)?;
            console.acting().add_person(&id, &profile)?;
            view::show(console, &id, out)?;
        }
        Person::Change { id, name, details } => {
            let known = console.acting().person(&id)?.profile;
            let named = Profile { name: name.unwrap_or_else(|| known.name.clone()), ..known };
            console.acting().change_person(&id, &profile(named, details)?)?;
            view::show(console, &id, out)?;
        }
        Person::List => view::list(console, out)?,
        Person::Show { id } => view::show(console, &id, out)?,
        Person::Disable { id: Some(id), undo, .. } => {
            let status = if undo { PersonStatus::Active } else { PersonStatus::Disabled };
            set_status(console, &id, status, out)?;
        }
        Person::Disable { from, dry_run, .. } => return lists::disable(console, from, dry_run, out),
        Person::Leave { id, undo } => {
            let status = if undo { PersonStatus::Active } else { PersonStatus::OnLeave };
            set_status(console, &id, status, out)?;
        }
        Person::Retire { id } => {
            console.acting().retire_person(&id)?;
            view::show(console, &id, out)?;
        }
        Person::Remove { id } => {
            let receipt = console.acting().remove_person(&id)?;
            hand_over(&receipt, phrases::person::erased, out)?;
        }
        Person::ForgetFace { id } => {
            let receipt = console.acting().remove_face(&id)?;
            hand_over(&receipt, phrases::person::face_forgotten, out)?;
        }
        Person::Import { file, dry_run } => return lists::import(console, &file, dry_run, out),
        Person::Dormant { days } => lists::dormant(console, days, out)?,
        Person::Except { id, reason, until, .. } => {
            // The two come together, or neither: the command line saw to it.
            let exception = reason.zip(until).map(|(reason, until)| FaceException { reason, until });
            console.acting().set_face_exception(&id, exception.as_ref())?;
            view::show(console, &id, out)?;
        }
        Person::Consent { id, form, date, .. } => {
            let date = date.unwrap_or_else(|| Zoned::now().date());
            let consent = form.map(|version| Consent { date, version });
            console.acting().set_consent(&id, consent.as_ref())?;
            view::show(console, &id, out)?;
        }
    }
    Ok(Exit::Done)
}

fn set_status(console: &mut Console, id: &str, status: PersonStatus, out: &Output) -> Result<(), Failure> {
    console.acting().set_status(id, status)?;
    view::show(console, id, out)
}

/// What is known with what is said in its place. An empty text takes away.
fn profile(known: Profile, said: Details) -> Result<Profile, Failure> {
    let Details { reading, account, ward, role, valid_from, until, temporary, sponsor, scope } = said;
    let text = |said: Option<String>, known| said.map_or(known, |text| (!text.is_empty()).then_some(text));
    let time = |said: Option<Clearable>, known| said.map_or(known, |Clearable(time)| time);
    Ok(Profile {
        name: known.name,
        reading: text(reading, known.reading),
        role: text(role, known.role),
        accounts: several(account, known.accounts),
        wards: several(ward, known.wards),
        valid_from: time(valid_from, known.valid_from),
        valid_until: time(until, known.valid_until),
        temporary: temporary.unwrap_or(known.temporary),
        vendor: vendor(known.vendor, sponsor, scope)?,
    })
}

/// All that were said in the place of all that are known.
fn several(said: Vec<String>, known: Vec<String>) -> Vec<String> {
    if said.is_empty() { known } else { said.into_iter().filter(|text| !text.is_empty()).collect() }
}

fn vendor(
    known: Option<Vendor>,
    sponsor: Option<String>,
    scope: Option<String>,
) -> Result<Option<Vendor>, Failure> {
    if sponsor.as_deref() == Some("") {
        return Ok(None);
    }
    let (known_sponsor, known_scope) = known.map(|Vendor { sponsor, scope }| (sponsor, scope)).unzip();
    match (sponsor.or(known_sponsor), scope.or(known_scope)) {
        (None, None) => Ok(None),
        (Some(sponsor), Some(scope)) => Ok(Some(Vendor { sponsor, scope })),
        _ => Err(Failure::usage(
            "somebody of a vendor: expected a sponsor and a scope, found one of them",
            "say both --sponsor and --scope",
        )),
    }
}

fn hand_over(
    receipt: &DeletionReceipt,
    head: fn(Lang, &DeletionReceipt) -> String,
    out: &Output,
) -> Result<(), Failure> {
    let DeletionReceipt { time, seq, terminal, removal, wiped } = receipt;
    let json = json!({
        "id": removal.person,
        "removed": true,
        "time": time.to_string(),
        "terminal": terminal,
        "seq": seq,
        "rows": removal.rows,
        "wiped": wiped,
    });
    out.result(&json, || head(out.lang, receipt) + &phrases::person::receipt(out.lang, receipt))
}
