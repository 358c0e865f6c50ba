//! `mabataki face`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Face {
    /// Find the faces in pictures
    Detect {
        #[arg(required = true, value_name = "IMG")]
        images: Vec<PathBuf>,
    },
    /// Compare the widest faces of two pictures
    Compare { a: PathBuf, b: PathBuf },
}
