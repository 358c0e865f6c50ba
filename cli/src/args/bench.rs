//! `mabataki bench`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// Write the report here too
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}
