//! `mabataki models`: the pack.

use mabataki_engine::engine::Error;
use mabataki_models::{FileCheck, Pack, install_from};
use serde_json::json;

use crate::args::Models;
use crate::failure::{Exit, Failure, chain};
use crate::output::Output;
use crate::place::Places;

pub(super) fn run(command: &Models, places: &Places, out: &Output) -> Result<Exit, Failure> {
    if let Models::Install { from } = command {
        install_from(from, &places.pack).map_err(Error::from)?;
    }
    let pack = Pack::open(&places.pack).map_err(Error::from)?;
    if matches!(command, Models::List) {
        return list(&pack, out);
    }
    let mut exit = Exit::Done;
    for check in pack.verify() {
        if check.outcome.is_err() {
            exit = Exit::DataRefused;
        }
        print(&check, out)?;
    }
    Ok(exit)
}

fn list(pack: &Pack, out: &Output) -> Result<Exit, Failure> {
    for model in &pack.manifest().model {
        let row = json!({
            "role": model.role.to_string(), "file": model.file, "sha256": model.sha256.to_string(), "licence": model.licence,
        });
        out.result(&row, || {
            format!("{:<10} {:<20} {}  {}", model.role.to_string(), model.file, model.sha256, model.licence)
        })?;
    }
    Ok(Exit::Done)
}

fn print(check: &FileCheck, out: &Output) -> Result<(), Failure> {
    let spec = &check.spec;
    let error = check.outcome.as_ref().err().map(|error| chain(error));
    let row = json!({
        "role": spec.role.to_string(),
        "file": spec.file,
        "sha256": spec.sha256.to_string(),
        "licence": spec.licence,
        "ok": check.outcome.is_ok(),
        "detail": error,
    });
    out.result(&row, || match &error {
        None => format!("ok   {:<10} {}", spec.role.to_string(), spec.file),
        Some(error) => format!("BAD  {:<10} {}: {error}", spec.role.to_string(), spec.file),
    })
}
