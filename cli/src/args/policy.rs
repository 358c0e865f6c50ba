//! `mabataki policy`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Policy {
    /// Print the policy in force, as a file that can be edited
    Show,
    /// Say what is wrong with a policy file, line by line; needs no store
    Check {
        /// The file, or - for standard input
        file: PathBuf,
    },
    /// Put the policy of a file in force, if nothing is wrong with it
    Set {
        /// The file, or - for standard input
        file: PathBuf,
    },
}
