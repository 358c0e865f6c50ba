//! `mabataki calibrate`: what threshold the false-match rate takes among the people enrolled here.

use mabataki_engine::engine::{Calibrated, SiteCalibration};
use serde_json::json;

use crate::args::Calibrate;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases::matching as phrases;

pub(super) fn run(args: &Calibrate, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    if args.show {
        let last = console.acting().calibration()?;
        let text = || last.as_ref().map_or_else(|| phrases::never(out.lang).to_owned(), |c| prose(c, out));
        let json = last.as_ref().map_or_else(|| json!({ "calibration": null }), fields);
        out.result(&json, text)?;
        return Ok(Exit::Done);
    }
    let fmr = match args.fmr {
        Some(fmr) => fmr,
        None => console.engine.default_fmr()?,
    };
    let mut bar = out.progress("pairs");
    let Calibrated { calibration, alike } = console.acting().calibrate(fmr, &mut |done, of| bar(done, of))?;
    let mut json = fields(&calibration);
    json["alike"] = json!(alike);
    out.result(&json, || {
        let pairs = alike.iter().map(|[a, b]| format!("\n{}", phrases::alike(out.lang, a, b)));
        prose(&calibration, out) + &pairs.collect::<String>()
    })?;
    Ok(Exit::Done)
}

fn fields(found: &SiteCalibration) -> serde_json::Value {
    json!({
        "impostor_pairs": found.impostor_pairs, "threshold": found.threshold, "fmr_target": found.fmr_target,
        "pack_threshold": found.pack_threshold, "basis": found.basis.code(), "people": found.people,
        "left_out": found.left_out, "reached": found.reached, "fmr_high": found.fmr_high,
        "least_shown": found.least_shown, "one_person": found.one_person, "date": found.date.to_string(),
        "by": found.by,
    })
}

fn prose(found: &SiteCalibration, out: &Output) -> String {
    format!(
        "{}\n{}\n{}",
        phrases::threshold(out.lang, found.threshold, found.fmr_target, found.basis.text(out.lang)),
        phrases::compared(out.lang, found.people, found.impostor_pairs, found.left_out),
        phrases::shown(out.lang, found.reached, found.fmr_high, found.least_shown),
    )
}
