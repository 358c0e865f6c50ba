//! `mabataki audit archive`.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;

use crate::args::dates;

#[derive(Debug, Args)]
pub(crate) struct Archive {
    /// The new file, outside the state folder
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
    /// Until the end of this day, such as 2026-12-31, or until a time; without it, what the policy does not keep
    #[arg(long, value_name = "DAY", value_parser = dates::until)]
    pub(crate) until: Option<Timestamp>,
}
