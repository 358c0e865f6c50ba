//! `mabataki init`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Init {
    /// A store for trials: frames and cards may come from files, and diagnosis is allowed. Never for real people
    #[arg(long)]
    pub(crate) open: bool,
    /// Name of this terminal in the log; without it, the host name
    #[arg(long, value_name = "NAME")]
    pub(crate) terminal: Option<String>,
    /// Name of the first administrator, whose id is said with --admin; without it, the id
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}
