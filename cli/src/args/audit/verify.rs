//! `mabataki audit verify`.

use std::path::PathBuf;

use clap::Args;
use mabataki_engine::audit::{PublicKey, ShortCode};

#[derive(Debug, Default, Args)]
pub(crate) struct Verify {
    /// State folders, databases, archives or merged logs; without one, this terminal's store
    pub(crate) files: Vec<PathBuf>,
    /// The public key that a log began with, as `mabataki init` showed it; one for each log
    #[arg(long, value_name = "KEY")]
    pub(crate) public_key: Vec<PublicKey>,
    /// The checkpoints of a store as they lie outside it; without one, those beside this terminal's store
    #[arg(long, value_name = "FILE")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// A checkpoint's code that was written down, such as 12-768-7KQM-3W9X-HT4C-NARD
    #[arg(long, value_name = "CODE")]
    pub(crate) code: Vec<ShortCode>,
}
