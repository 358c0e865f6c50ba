//! `mabataki person`: who there is.

use mabataki_engine::engine::Engine;
use mabataki_engine::store::{Person as Record, PersonStatus, Profile};
use serde_json::{Value, json};

use crate::args::Person;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Person, mut engine: Engine, out: &Output) -> Result<Exit, Failure> {
    match command {
        Person::Add { id, name, account, role } => {
            let profile = Profile { role, accounts: account, ..Profile::named(&name) };
            engine.acting().add_person(&id, &profile)?;
            show(&mut engine, &id, out)?;
        }
        Person::List => {
            for person in engine.acting().people()? {
                print(&mut engine, &person, out)?;
            }
        }
        Person::Show { id } => show(&mut engine, &id, out)?,
        Person::Disable { id, undo } => {
            engine.acting().set_disabled(&id, !undo)?;
            show(&mut engine, &id, out)?;
        }
        Person::Remove { id } => {
            engine.acting().remove_person(&id)?;
            out.result(&json!({ "id": id, "removed": true }), || phrases::removed(out.lang, &id))?;
        }
    }
    Ok(Exit::Done)
}

fn show(engine: &mut Engine, id: &str, out: &Output) -> Result<(), Failure> {
    let person = engine.acting().person(id)?;
    print(engine, &person, out)
}

fn print(engine: &mut Engine, person: &Record, out: &Output) -> Result<(), Failure> {
    let json = describe(engine, person)?;
    out.result(&json, || {
        let counts = phrases::person::counts(
            out.lang,
            &json["templates"],
            &json["cards"],
            person.status == PersonStatus::Disabled,
        );
        format!("{:<16} {:<24} {counts}", person.id, person.profile.name)
    })
}

fn describe(engine: &mut Engine, person: &Record) -> Result<Value, Failure> {
    Ok(json!({
        "id": person.id,
        "name": person.profile.name,
        "account": person.profile.accounts.first(),
        "accounts": person.profile.accounts,
        "role": person.profile.role,
        "status": person.status.code(),
        "disabled": person.status == PersonStatus::Disabled,
        "templates": u8::from(engine.acting().is_enrolled(&person.id)?),
        "cards": engine.acting().cards(Some(&person.id))?.len(),
    }))
}
