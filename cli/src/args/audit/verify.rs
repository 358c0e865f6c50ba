//! `mabataki audit verify`.

use std::path::PathBuf;

use clap::Args;
use mabataki_engine::audit::{PublicKey, ShortCode};

#[derive(Debug, Default, Args)]
pub(crate) struct Verify {
    /// State folders, databases, archives, exported lines or merged logs; without one, this terminal's store
    pub(crate) files: Vec<PathBuf>,
    /// The public key that a log began with, as `mabataki init` showed it; one for each log
    #[arg(long, value_name = "KEY")]
    pub(crate) public_key: Vec<PublicKey>,
    /// The checkpoints of a store as they lie outside it: in a witness folder, in a copy, in a system log that was saved;
    /// without it, those beside this terminal's store
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// Check the records too that no checkpoint covers yet, by enough shares of the recovery key: asked for, or from files
    /// with one share a line
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-")]
    pub(crate) shares: Vec<PathBuf>,
    /// Everything must be there, from record 1 to the last that is known: give the archives before the store. With
    /// --checkpoints, those outside tell the end of files too
    #[arg(long)]
    pub(crate) whole: bool,
    /// A checkpoint's code that was written down, such as 12-768-7KQM-3W9X-HT4C-NARD
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Vec<ShortCode>,
}
