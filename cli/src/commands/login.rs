//! `mabataki login`: what is typed into applications for people.

use mabataki_engine::engine::{AttemptRequest, Error, LoginStatus, NewLogin};
use mabataki_engine::grant::Ending;
use mabataki_engine::policy::{Factor, Factors, Purpose};
use mabataki_engine::secret::{LoginField, Secret};
use serde_json::json;

use super::{authenticate, sources};
use crate::args::{Login, Typed};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases::{self, time::clock};
use crate::secret_input;

pub(super) fn run(command: Login, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let lang = out.lang;
    match command {
        Login::Put { id, app, typed } => {
            let new = read(&id, &app, typed, out)?;
            console.acting().put_login(&id, new)?;
            tell_put(&id, &app, out)?;
        }
        Login::Change { id, app, typed, password, card, frames } => {
            let frames = sources::frames(&frames)?;
            let secrets = if password { Factors::of(&[Factor::Password]) } else { Factors::NONE };
            let request = AttemptRequest {
                application: Some(app.clone()),
                claim: Some(id.clone()),
                cards: sources::named_cards(&card)?,
                frames,
                secrets,
                ..AttemptRequest::new(Purpose::Application)
            };
            let mut attempt = console.engine.authenticate(request)?;
            let verdict =
                authenticate::follow(&mut attempt, authenticate::Asked { secrets, last_try: false }, out)?;
            let Some(grant) = attempt.take_grant() else {
                authenticate::tell(&verdict, false, out)?;
                return Ok(authenticate::exit(&verdict));
            };
            drop(attempt);
            let changed = read(&id, &app, typed, out)
                .and_then(|new| console.engine.put_own_login(&grant, new).map_err(Failure::from));
            // It was for this only. A store that cannot be written any more lets it run out by itself.
            let _ = console.engine.end_grant(&grant, Ending::LoggedOff);
            changed?;
            tell_put(&id, &app, out)?;
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

fn read(id: &str, app: &str, typed: Typed, out: &Output) -> Result<NewLogin, Failure> {
    let Typed { user, field, secret_field } = typed;
    let mut fields = field.iter().map(|field| named(field)).collect::<Result<Vec<_>, _>>()?;
    let secret = secret_input::read_new(&phrases::login::secret(out.lang, id, app), out)?;
    for name in secret_field {
        let value = secret_input::read_new(&name, out)?;
        fields.push(LoginField { name, value });
    }
    Ok(NewLogin { app: app.to_owned(), user, secret, fields })
}

fn tell_put(id: &str, app: &str, out: &Output) -> Result<(), Failure> {
    let done = json!({ "person": id, "app": app, "put": true });
    out.result(&done, || phrases::login::put(out.lang, id, app))
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
