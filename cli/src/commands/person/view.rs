//! A person, as programs and people read it.

use mabataki_engine::store::{Person, PersonStatus};
use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::Failure;
use crate::output::Output;
use crate::phrases;

pub(super) fn show(console: &mut Console, id: &str, out: &Output) -> Result<(), Failure> {
    let person = console.acting().person(id)?;
    let json = describe(console, &person)?;
    out.result(&json, || {
        let details = phrases::person::details(out.lang, &person);
        line(&person, &json, out) + &details
    })
}

pub(super) fn print(console: &mut Console, person: &Person, out: &Output) -> Result<(), Failure> {
    let json = describe(console, person)?;
    out.result(&json, || line(person, &json, out))
}

fn line(person: &Person, json: &Value, out: &Output) -> String {
    let counts = phrases::person::counts(out.lang, &json["templates"], &json["cards"], person.status);
    format!("{:<16} {:<24} {counts}", person.id, person.profile.name)
}

fn describe(console: &mut Console, person: &Person) -> Result<Value, Failure> {
    let (profile, acting) = (&person.profile, console.acting());
    Ok(json!({
        "id": person.id,
        "name": profile.name,
        "reading": profile.reading,
        "account": profile.accounts.first(),
        "accounts": profile.accounts,
        "role": profile.role,
        "status": person.status.code(),
        "disabled": person.status == PersonStatus::Disabled,
        "valid_from": profile.valid_from.map(|time| time.to_string()),
        "valid_until": profile.valid_until.map(|time| time.to_string()),
        "temporary": profile.temporary,
        "vendor": profile.vendor,
        "face_exception": person.face_exception,
        "consent": person.consent,
        "created": person.created.to_string(),
        "templates": u8::from(acting.is_enrolled(&person.id)?),
        "cards": acting.card_count(&person.id)?,
    }))
}
