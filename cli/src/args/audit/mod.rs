//! `mabataki audit`: one file for each command that takes more than a word.

mod archive;
mod export;
mod list;
mod merge;
mod report;
mod send;
mod verify;

use clap::Subcommand;

pub(crate) use archive::Archive;
pub(crate) use export::{Export, Format as ExportFormat, Of as ExportOf};
pub(crate) use list::List;
pub(crate) use merge::Merge;
pub(crate) use report::{Format as ReportFormat, Report};
pub(crate) use send::Send;
pub(crate) use verify::Verify;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List the log, newest last
    List(List),
    /// Take the log out: as a table in the checklist's columns, or as lines of JSON
    Export(Export),
    /// Review a month: what an administrator looks through and signs
    Report(Report),
    /// Find out whether logs are as they were written, and the first record that is not. Needs no right and no key but the
    /// public one
    Verify(Verify),
    /// The public key that this terminal's log began with: keep it elsewhere
    PublicKey,
    /// Sign the log to here, and show the code
    Checkpoint,
    /// The code of the last checkpoint, to be written down
    Code,
    /// Send what waits for the policy's outlets, once
    Send(Send),
    /// Keep the log until it is ended: sign by the clock, and send what waits
    Keep,
    /// Move the older part of the log into a file
    Archive(Archive),
    /// Merge logs of several terminals into one file, by time
    Merge(Merge),
}
