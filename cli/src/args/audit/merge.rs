//! `mabataki audit merge`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Archives, or logs that were merged before
    #[arg(required = true)]
    pub(crate) files: Vec<PathBuf>,
    /// The new file
    #[arg(long, value_name = "FILE")]
    pub(crate) out: PathBuf,
}
