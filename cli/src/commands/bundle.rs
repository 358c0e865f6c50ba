//! `mabataki bundle`: what terminals carry to each other.

use std::path::Path;

use mabataki_engine::bundle::{Header, Party};
use mabataki_engine::engine::{Asked, BundleReport, BundleRequest, Error, ImportOptions};
use mabataki_engine::terminal::Scope;
use serde_json::{Value, json};

use crate::args::{Bundle, Export};
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(command: Bundle, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    match command {
        Bundle::Export(args) => export(args, console, out),
        Bundle::Import { file, check: true, .. } => {
            let mut progress = out.progress(phrases::bundle::importing(out.lang));
            let tried = console.acting().try_bundle(&file, &mut progress)?;
            tell(&tried, true, out)
        }
        Bundle::Import { file, skip_rejected, .. } => {
            import(&file, ImportOptions { skip_rejected }, console, out)
        }
        Bundle::Show { file } => show(&file, console, out),
    }
}

fn export(args: Export, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let Export { peer, out: file, ward, application, policy, valid_for } = args;
    let named = !ward.is_empty() || !application.is_empty() || policy;
    let asked = named.then_some(Asked { wards: ward, applications: application, policy });
    let mut progress = out.progress(phrases::bundle::exporting(out.lang));
    let request = BundleRequest { asked, valid_for };
    let made = console.acting().export_bundle(&peer, &request, &file, &mut progress)?;
    let mut json = describe(&made.header);
    json["file"] = json!(file);
    json["sha256"] = json!(made.digest.to_string());
    out.result(&json, || phrases::bundle::exported(out.lang, &file, &made.header))?;
    Ok(Exit::Done)
}

fn import(file: &Path, options: ImportOptions, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let mut progress = out.progress(phrases::bundle::importing(out.lang));
    match console.acting().import_bundle(file, options, &mut progress) {
        Ok(report) => tell(&report, false, out),
        Err(Error::BundleRejected { report }) => tell(&report, false, out),
        Err(error) => Err(error.into()),
    }
}

/// Every record that is rejected, and how many of each there are.
fn tell(report: &BundleReport, check: bool, out: &Output) -> Result<Exit, Failure> {
    for rejected in &report.rejected {
        let json = json!({
            "what": rejected.key.what(), "id": rejected.key.id(), "key": rejected.key.to_string(),
            "why": rejected.why.code(), "detail": rejected.detail,
        });
        out.result(&json, || phrases::bundle::rejected(out.lang, rejected))?;
    }
    let json = json!({
        "sender": report.sender,
        "revision": report.revision,
        "taken": report.taken,
        "already": report.already,
        "check": check,
        "added": report.added,
        "changed": report.changed,
        "removed": report.removed,
        "unchanged": report.unchanged,
        "held": report.held,
        "rejected": report.rejections(),
    });
    out.result(&json, || phrases::bundle::imported(out.lang, report, check))?;
    let is_refused = !report.rejected.is_empty() && !report.taken;
    Ok(if is_refused { Exit::DataRefused } else { Exit::Done })
}

fn show(file: &Path, console: &Console, out: &Output) -> Result<Exit, Failure> {
    let seen = console.engine.look_at_bundle(file)?;
    let mut json = describe(&seen.header);
    json["sha256"] = json!(seen.digest.to_string());
    json["signer"] = json!(seen.signer.code());
    json["for_this_terminal"] = json!(seen.is_ours);
    out.result(&json, || phrases::bundle::shown(out.lang, &seen))?;
    Ok(Exit::Done)
}

fn describe(header: &Header) -> Value {
    let Header { sender, recipient, revision, made, not_after, scope, whole, models, counts, .. } = header;
    json!({
        "sender": party(sender),
        "recipient": party(recipient),
        "revision": revision,
        "made": made.to_string(),
        "not_after": not_after.to_string(),
        "scope": of_scope(scope),
        "whole": whole,
        "models": models.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "counts": counts,
    })
}

fn party(party: &Party) -> Value {
    json!({ "terminal": party.terminal, "number": party.number })
}

fn of_scope(scope: &Scope) -> Value {
    json!({
        "wards": scope.wards, "applications": scope.applications, "policy": scope.policy,
        "administrators": scope.administrators,
    })
}
