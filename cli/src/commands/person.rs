//! `mabataki person`: who there is.

use jiff::Timestamp;
use mabataki_engine::engine::Engine;
use mabataki_engine::store::{NewPerson, Person as Record};
use serde_json::{Value, json};

use crate::args::Person;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Person, mut engine: Engine, out: &Output) -> Result<Exit, Failure> {
    match command {
        Person::Add { id, name, account, role } => {
            engine.add_person(&NewPerson {
                id: id.clone(),
                name,
                account,
                role,
                created: Timestamp::now(),
            })?;
            show(&engine, &id, out)?;
        }
        Person::List => {
            for person in engine.people()? {
                print(&engine, &person, out)?;
            }
        }
        Person::Show { id } => show(&engine, &id, out)?,
        Person::Disable { id, undo } => {
            engine.set_disabled(&id, !undo)?;
            show(&engine, &id, out)?;
        }
        Person::Remove { id } => {
            engine.remove_person(&id)?;
            out.result(&json!({ "id": id, "removed": true }), || phrases::removed(out.lang, &id))?;
        }
    }
    Ok(Exit::Done)
}

fn show(engine: &Engine, id: &str, out: &Output) -> Result<(), Failure> {
    print(engine, &engine.person(id)?, out)
}

fn print(engine: &Engine, person: &Record, out: &Output) -> Result<(), Failure> {
    let json = describe(engine, person)?;
    out.result(&json, || {
        let counts = phrases::person_counts(out.lang, &json["templates"], &json["cards"], person.disabled);
        format!("{:<16} {:<24} {counts}", person.id, person.name)
    })
}

fn describe(engine: &Engine, person: &Record) -> Result<Value, Failure> {
    Ok(json!({
        "id": person.id,
        "name": person.name,
        "account": person.account,
        "role": person.role,
        "disabled": person.disabled,
        "templates": u8::from(engine.is_enrolled(&person.id)?),
        "cards": engine.cards(Some(&person.id))?.len(),
    }))
}
