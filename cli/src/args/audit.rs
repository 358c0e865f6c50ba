//! `mabataki audit`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the log, newest last
    List {
        /// Only records after this number
        #[arg(long, default_value_t = 0)]
        after: u64,
        /// At most so many
        #[arg(long)]
        limit: Option<u64>,
    },
}
