//! `mabataki serve`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The file that says where everything is. Nobody but root and the user who runs this may be able to write it; with it,
    /// only --socket says anything else, and no variable of the environment does
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where hosts connect; without it /run/mabataki/mabataki.sock, or where FILE says. Its folder is made if it is missing,
    /// and must be nobody else's to write to
    #[arg(long, value_name = "PATH")]
    pub(crate) socket: Option<PathBuf>,
}
