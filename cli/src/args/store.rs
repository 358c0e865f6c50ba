//! `mabataki store`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Store {
    /// Write a sealed backup into a new file. Programs that have the store open go on meanwhile
    Backup {
        /// The file: outside the state and the witness folder, best on another machine
        file: PathBuf,
    },
    /// Put a backup in the place of the store. Whoever was revoked or locked out since stays so; every grant ends
    Restore {
        /// The backup
        file: PathBuf,
        /// The key file of the time when it was taken, where the store key was replaced since
        #[arg(long, value_name = "FILE")]
        old_key: Option<PathBuf>,
    },
    /// Look at the whole store, record by record
    Check,
}
