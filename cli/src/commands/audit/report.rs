//! `mabataki audit report`: the monthly review.

use jiff::Zoned;
use mabataki_engine::audit::PublicKey;
use mabataki_engine::audit::report::{Month, Verification};
use serde_json::json;

use super::{Context, verify};
use crate::args::audit::{Report, ReportFormat};
use crate::commands::file;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(args: &Report, context: Context, out: &Output) -> Result<Exit, Failure> {
    let keys: Vec<PublicKey> = args.public_key.into_iter().collect();
    let verdict = verify::here(&keys, &context.places, out)?;
    let mut console = context.open(out)?;
    let month = args.month.unwrap_or_else(|| Month::of(Zoned::now().date()).before());
    let mut progress = out.progress(phrases::audit::reviewing(out.lang));
    let review = console.acting().monthly_review(
        month,
        args.hours,
        verdict.as_ref().map(Verification::from),
        &mut progress,
    )?;
    let shown = match args.format {
        ReportFormat::Text => review.text(out.lang),
        ReportFormat::Html => review.html(out.lang),
    };
    let Some(path) = &args.out else {
        out.result(&review, || shown.trim_end().to_owned())?;
        return Ok(Exit::Done);
    };
    let failed = |error: std::io::Error| Failure::internal("writing the review", &error);
    file::with(Some(path), |sink| sink.write_all(shown.as_bytes()).map_err(failed))?;
    let json = json!({ "file": path, "month": month, "unreviewed": review.unreviewed() });
    out.result(&json, || phrases::audit::reviewed(out.lang, &path.display(), month))?;
    Ok(Exit::Done)
}
