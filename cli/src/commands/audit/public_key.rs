//! `mabataki audit public-key`: the log's identity.

use mabataki_engine::engine::Error;
use mabataki_engine::store::LogFile;
use serde_json::json;

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::place::Places;

pub(super) fn run(places: &Places, out: &Output) -> Result<Exit, Failure> {
    let file = LogFile::open(&places.state).map_err(Error::from)?;
    let key = file.key().map_err(Error::from)?;
    let json = json!({ "log": file.id(), "public_key": key });
    out.result(&json, || key.map_or_else(String::new, |key| key.to_string()))?;
    Ok(if key.is_some() { Exit::Done } else { Exit::Undecided })
}
