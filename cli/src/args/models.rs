//! `mabataki models`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Models {
    /// What the pack holds
    List,
    /// Check every file against its hash
    Verify,
    /// Copy a pack's files from a folder into the pack folder, checked
    Install {
        /// Folder with the model files, and a manifest.toml if the pack is your own
        #[arg(long, value_name = "DIR")]
        from: PathBuf,
    },
}
