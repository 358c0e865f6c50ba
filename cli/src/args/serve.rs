//! `mabataki serve`.

use std::path::PathBuf;

use clap::Args;
use mabataki_engine::service::SOCKET;

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// Where hosts connect. Its folder is made if it is missing, and must be nobody else's to write to
    #[arg(long, value_name = "PATH", default_value = SOCKET)]
    pub(crate) socket: PathBuf,
}
