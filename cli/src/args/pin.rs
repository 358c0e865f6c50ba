//! `mabataki pin`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Pin {
    /// The model pack and the runtime that are pinned, and those that are installed
    Show,
    /// Trust the pack and the runtime that are installed now, and no others
    Set,
}
