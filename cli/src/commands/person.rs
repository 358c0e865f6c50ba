//! `mabataki person`: who there is.

use mabataki_engine::store::{Person as Record, PersonStatus, Profile};
use serde_json::{Value, json};

use crate::args::Person;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Person, mut console: Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Person::Add { id, name, account, role } => {
            let profile = Profile { role, accounts: account, ..Profile::named(&name) };
            console.acting().add_person(&id, &profile)?;
            show(&mut console, &id, out)?;
        }
        Person::List => {
            for person in console.acting().people()? {
                print(&mut console, &person, out)?;
            }
        }
        Person::Show { id } => show(&mut console, &id, out)?,
        Person::Disable { id, undo } => {
            let status = if undo { PersonStatus::Active } else { PersonStatus::Disabled };
            console.acting().set_status(&id, status)?;
            show(&mut console, &id, out)?;
        }
        Person::Remove { id } => {
            console.acting().remove_person(&id)?;
            out.result(&json!({ "id": id, "removed": true }), || phrases::removed(out.lang, &id))?;
        }
    }
    Ok(Exit::Done)
}

fn show(console: &mut Console, id: &str, out: &Output) -> Result<(), Failure> {
    let person = console.acting().person(id)?;
    print(console, &person, out)
}

fn print(console: &mut Console, person: &Record, out: &Output) -> Result<(), Failure> {
    let json = describe(console, person)?;
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

fn describe(console: &mut Console, person: &Record) -> Result<Value, Failure> {
    Ok(json!({
        "id": person.id,
        "name": person.profile.name,
        "account": person.profile.accounts.first(),
        "accounts": person.profile.accounts,
        "role": person.profile.role,
        "status": person.status.code(),
        "disabled": person.status == PersonStatus::Disabled,
        "templates": u8::from(console.acting().is_enrolled(&person.id)?),
        "cards": console.acting().cards(Some(&person.id))?.len(),
    }))
}
