//! `mabataki audit`: one file for each command that takes more than a word.

mod export;
mod list;
mod report;

use clap::Subcommand;

pub(crate) use export::Export;
pub(crate) use list::List;
pub(crate) use report::{Format as ReportFormat, Report};

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the log, newest last
    List(List),
    /// Take the log out: as a table in the checklist's columns, or as lines of JSON
    Export(Export),
    /// Review a month: what an administrator looks through and signs
    Report(Report),
}
