//! A person, as programs and people read it.

use mabataki_engine::engine::PersonSummary;
use mabataki_engine::store::PersonStatus;
use serde_json::{Value, json};

use crate::console::Console;
use crate::failure::Failure;
use crate::output::Output;
use crate::phrases;

pub(super) fn show(console: &mut Console, id: &str, out: &Output) -> Result<(), Failure> {
    let summary = console.acting().summary(id)?;
    out.result(&describe(&summary), || {
        line(&summary, out) + &phrases::person::details(out.lang, &summary.person)
    })
}

pub(super) fn list(console: &mut Console, out: &Output) -> Result<(), Failure> {
    console
        .acting()
        .summaries()?
        .iter()
        .try_for_each(|summary| out.result(&describe(summary), || line(summary, out)))
}

fn line(summary: &PersonSummary, out: &Output) -> String {
    let person = &summary.person;
    let counts = phrases::person::counts(out.lang, summary);
    format!("{:<16} {:<24} {counts}", person.id, person.profile.name)
}

fn describe(summary: &PersonSummary) -> Value {
    let PersonSummary { person, enrolled, cards } = summary;
    let profile = &person.profile;
    json!({
        "id": person.id,
        "name": profile.name,
        "reading": profile.reading,
        "account": profile.accounts.first(),
        "accounts": profile.accounts,
        "wards": profile.wards,
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
        "templates": u8::from(*enrolled),
        "cards": cards,
    })
}
