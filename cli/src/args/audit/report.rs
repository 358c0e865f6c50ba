//! `mabataki audit report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use mabataki_engine::audit::PublicKey;
use mabataki_engine::audit::report::{DayHours, Month};

#[derive(Debug, Args)]
pub(crate) struct Report {
    /// The month, such as 2026-10; without it, the last one that is over
    #[arg(long, value_name = "MONTH")]
    pub(crate) month: Option<Month>,
    /// Text, or one HTML file to be looked at and printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The hours of an ordinary day, Monday to Friday: who is let in outside of them is listed
    #[arg(long, value_name = "HH:MM-HH:MM", default_value_t)]
    pub(crate) hours: DayHours,
    /// The public key that the log began with, as `mabataki init` showed it: the review then tells whether the log is as it was
    /// written. Without it, it is verified by the key in the store, which whoever changed the log could have changed too
    #[arg(long, value_name = "KEY")]
    pub(crate) public_key: Option<PublicKey>,
    /// Write to this new file, which nobody else may read, and not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Text,
    Html,
}
