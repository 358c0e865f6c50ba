//! `mabataki rotation`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Rotation {
    /// Draw a new one and turn every template to it: what leaked before is then of no use here
    Renew,
}
