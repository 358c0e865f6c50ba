//! `mabataki clock`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Clock {
    /// What the clock shows, the latest time it ever showed, and whether it stands before that
    Show,
    /// The clock is right again after it had shown a later time: count by it from now on
    Accept,
}
