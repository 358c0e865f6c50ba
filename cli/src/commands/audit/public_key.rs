//! `mabataki audit public-key`: the log's identity.

use mabataki_engine::engine::Error;
use mabataki_engine::store::LogFile;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

pub(super) fn run(places: &Places, out: &Output) -> Result<Exit, Failure> {
    let file = LogFile::open(&places.state).map_err(Error::from)?;
    let keys = file.keys().map_err(Error::from)?;
    let json = json!({ "log": file.id(), "public_key": keys.first(), "public_keys": keys });
    out.result(&json, || keys.iter().map(|key| format!("{key}\n")).collect())?;
    Ok(if keys.is_empty() { Exit::Undecided } else { Exit::Done })
}
