//! `mabataki audit list`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only records after this number
    #[arg(long, default_value_t = 0)]
    pub(crate) after: u64,
    /// At most so many
    #[arg(long)]
    pub(crate) limit: Option<u64>,
}
