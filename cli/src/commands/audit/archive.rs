//! `mabataki audit archive`: the older part of the log, moved into a file.

use serde_json::json;

use crate::args::audit::Archive;
use crate::console::Console;
use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::phrases;

pub(super) fn run(args: &Archive, console: &mut Console, out: &Output) -> Result<Exit, Failure> {
    let mut progress = out.progress(phrases::audit::archiving(out.lang));
    let archived = console.acting().archive_log(&args.out, args.until, &mut progress)?;
    let json = json!({ "archived": archived, "file": archived.as_ref().map(|_| &args.out) });
    out.result(&json, || phrases::audit::archived(out.lang, archived.as_ref(), &args.out))?;
    Ok(Exit::Done)
}
