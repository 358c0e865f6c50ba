//! `mabataki password`.

use clap::Subcommand;

/// A password comes as a line of standard input, or from a prompt; never as an argument. The administrator's own, where
/// one is asked for, is the first line.
#[derive(Debug, Subcommand)]
pub(crate) enum Password {
    /// Set a person's password
    Set {
        /// The person
        id: String,
        /// Good for nothing but to be changed by the person
        #[arg(long)]
        must_change: bool,
    },
    /// Change one's own password: the present one, then the new one
    Change {
        /// The person
        id: String,
    },
    /// Take a person's password away
    Remove {
        /// The person
        id: String,
    },
}
