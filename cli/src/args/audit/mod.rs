//! `mabataki audit`: one file for each command that takes more than a word.

mod list;

use clap::Subcommand;

pub(crate) use list::List;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the log, newest last
    List(List),
}
