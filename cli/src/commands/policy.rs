//! `mabataki policy`: the rules of the site.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use mabataki_engine::engine::Engine;
use mabataki_engine::policy::Faults;
use serde_json::json;

use super::Context;
use crate::args::Policy;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

/// A policy is a page or two; what is longer than this is something else.
const MOST_BYTES: u64 = 64 * 1024;

pub(super) fn run(command: Policy, context: Context, out: &Output) -> Result<Exit, Failure> {
    match command {
        Policy::Show => {
            let policy = context.open(out)?.acting().policy()?;
            let json = json!({ "policy": policy.text, "set": policy.set.map(|time| time.to_string()) });
            out.result(&json, || policy.text.trim_end().to_owned())?;
            Ok(Exit::Done)
        }
        Policy::Check { file } => match Engine::check_policy(&read(&file)?) {
            Ok(()) => {
                out.result(&json!({ "ok": true, "faults": [] }), || {
                    phrases::policy::in_order(out.lang).to_owned()
                })?;
                Ok(Exit::Done)
            }
            Err(faults) => {
                tell(&file, &faults, out)?;
                Ok(Exit::DataRefused)
            }
        },
        Policy::Set { file } => {
            let text = read(&file)?;
            if let Err(faults) = Engine::check_policy(&text) {
                tell(&file, &faults, out)?;
                return Ok(Exit::DataRefused);
            }
            let mut console = context.open(out)?;
            let warnings = console.acting().set_policy(&text)?;
            let keyless = console.engine.card_ways_without_key()?;
            let list: Vec<_> = warnings
                .iter()
                .map(|warning| json!({ "warning": warning.code(), "text": warning.text(out.lang) }))
                .collect();
            let ways: Vec<_> = keyless.iter().map(|way| way.code()).collect();
            out.result(&json!({ "set": true, "warnings": list, "card_keys_missing": ways }), || {
                phrases::policy::set(out.lang).to_owned()
            })?;
            for warning in warnings {
                out.note(warning.text(out.lang));
            }
            for way in keyless {
                out.note(&phrases::card::key_missing(out.lang, way));
            }
            Ok(Exit::Done)
        }
    }
}

/// All faults, one a line, as compilers tell them: file, line, what is wrong.
fn tell(file: &Path, faults: &Faults, out: &Output) -> Result<(), Failure> {
    let list: Vec<_> = faults.iter().map(|fault| json!({ "line": fault.line, "what": fault.what })).collect();
    out.result(&json!({ "ok": false, "faults": list }), || {
        let line = |fault: &mabataki_engine::policy::Fault| {
            format!("{}:{}: {}", file.display(), fault.line, fault.what)
        };
        faults.iter().map(line).collect::<Vec<_>>().join("\n")
    })
}

fn read(file: &Path) -> Result<String, Failure> {
    let stdin = file == Path::new("-");
    let unreadable = |error: io::Error| {
        Failure::usage(format!("{}: {error}", file.display()), "name a policy file, or - for standard input")
    };
    let source: Box<dyn Read> =
        if stdin { Box::new(io::stdin()) } else { Box::new(File::open(file).map_err(unreadable)?) };
    let mut text = String::new();
    source.take(MOST_BYTES + 1).read_to_string(&mut text).map_err(unreadable)?;
    Ok(text)
}
