//! `mabataki audit merge`: logs of several terminals in one file.

use mabataki_engine::engine::Error;
use mabataki_engine::store::{LogLines, StoreError, merge_logs};
use serde_json::json;

use crate::args::audit::Merge;
use crate::failure::{Exit, Failure};
use crate::output::Output;

pub(super) fn run(args: &Merge, out: &Output) -> Result<Exit, Failure> {
    let lines = merge(args, out).map_err(Error::from)?;
    out.result(&json!({ "file": args.out, "lines": lines }), || args.out.display().to_string())?;
    Ok(Exit::Done)
}

fn merge(args: &Merge, out: &Output) -> Result<u64, StoreError> {
    let mut total = 0;
    for file in &args.files {
        total += LogLines::count(file)?;
    }
    merge_logs(&args.files, &args.out, out.steps("audit merge", total))
}
