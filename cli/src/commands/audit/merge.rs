//! `mabataki audit merge`: logs of several terminals in one file.

use mabataki_engine::engine::Error;
use mabataki_engine::store::merge_logs;
use serde_json::json;

use crate::args::audit::Merge;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(args: &Merge, out: &Output) -> Result<Exit, Failure> {
    let lines = merge_logs(&args.files, &args.out).map_err(Error::from)?;
    out.result(&json!({ "file": args.out, "lines": lines }), || args.out.display().to_string())?;
    Ok(Exit::Done)
}
