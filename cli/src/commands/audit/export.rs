//! `mabataki audit export`: the log for other programs.

use std::io::ErrorKind;

use mabataki_engine::engine::{Error, ExportRequest, Exported};
use serde_json::json;

use crate::args::audit::{Export, ExportFormat as Format, ExportOf as Of};
use crate::commands::file;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(args: &Export, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let request = ExportRequest {
        of: args.of.into(),
        format: args.format.into(),
        from: args.from,
        to: args.to,
        whole: args.whole,
        lang: out.lang,
    };
    let mut progress = out.progress(phrases::audit::exporting(out.lang));
    let exported = file::with(args.out.as_deref(), |sink| {
        match console.acting().export_log(&request, sink, &mut progress) {
            // A reader that has gone away (`| head`) is no failure of ours.
            Err(Error::NotWritten { cause }) if cause.kind() == ErrorKind::BrokenPipe => Ok(None),
            done => Ok(Some(done?)),
        }
    })?;
    let Some(Exported { rows, verifiable, sha256, seq }) = exported else { return Ok(Exit::Done) };
    if !verifiable && matches!((args.format, args.of), (Format::Jsonl, Of::Records)) {
        out.note(phrases::audit::not_verifiable(out.lang));
    }
    // Beside what goes to standard output nothing else may stand there.
    if let Some(path) = &args.out {
        let json = json!({
            "file": path, "rows": rows, "verifiable": verifiable, "sha256": sha256.to_string(), "seq": seq,
        });
        out.result(&json, || phrases::audit::exported(out.lang, &path.display(), rows, &sha256))?;
    }
    Ok(Exit::Done)
}
