//! `mabataki login`: what is typed into applications for people.

use mabataki_engine::engine::{Error, LoginStatus, NewLogin};
use mabataki_engine::secret::{LoginField, Secret};
use serde_json::json;

use crate::args::Login;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases::{self, time::clock};
use crate::secret_input;

pub(super) fn run(command: Login, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let lang = out.lang;
    match command {
        Login::Put { id, app, user, field, secret_field } => {
            let mut fields = field.iter().map(|field| named(field)).collect::<Result<Vec<_>, _>>()?;
            let secret = secret_input::read_new(&phrases::login::secret(lang, &id, &app), out)?;
            for name in secret_field {
                let value = secret_input::read_new(&name, out)?;
                fields.push(LoginField { name, value });
            }
            console.acting().put_login(&id, NewLogin { app: app.clone(), user, secret, fields })?;
            let done = json!({ "person": id, "app": app, "put": true });
            out.result(&done, || phrases::login::put(lang, &id, &app))?;
        }
        Login::List { id } => {
            for login in console.acting().logins(id.as_deref())? {
                print(&login, out)?;
            }
        }
        Login::Remove { id, app } => {
            let was_there = console.acting().remove_login(&id, &app)?;
            let done = json!({ "person": id, "app": app, "removed": was_there });
            out.result(&done, || phrases::login::removed(lang, &id, &app, was_there))?;
        }
    }
    Ok(Exit::Done)
}

fn named(field: &str) -> Result<LoginField, Failure> {
    let Some((name, value)) = field.split_once('=') else {
        return Err(Failure::usage("a field does not fit: expected NAME=VALUE, found no =", ""));
    };
    let value = Secret::new(value.to_owned().into()).map_err(Error::from)?;
    Ok(LoginField { name: name.to_owned(), value })
}

fn print(login: &LoginStatus, out: &Output) -> Result<(), Failure> {
    let LoginStatus { person, app, user, fields, put, by, suspended } = login;
    let json = json!({
        "person": person, "app": app, "user": user, "fields": fields, "put": put.to_string(), "by": by,
        "suspended": suspended.map(|since| since.to_string()),
    });
    out.result(&json, || {
        let since = suspended.map(clock);
        format!("{person:<16} {app:<16} {user:<24} {}", phrases::login::suspended(out.lang, since.as_deref()))
    })
}
