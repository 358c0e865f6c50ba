//! `mabataki key`.

use clap::Subcommand;
use mabataki_engine::keys::Keeper;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Who keeps the store's key, what that protects, and whether there is a recovery key
    Show,
    /// Put the store under a new key: the present one opens nothing any more
    Replace,
    /// Put the store under a new key that somebody else keeps
    Move(Move),
    /// The second way in, split among administrators
    #[command(subcommand)]
    Recovery(Recovery),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Move {
    /// Who keeps it: file, kernel (memory only: gone at a restart), keystore (of a desktop session), tpm
    #[arg(long, value_name = "KEEPER")]
    pub(crate) to: Keeper,
    /// Seal it to these PCRs of the TPM as they are now, such as 0,2,7: another start of the machine does not get it
    #[cfg(feature = "tpm")]
    #[arg(long, value_name = "LIST", value_delimiter = ',')]
    pub(crate) pcrs: Vec<u8>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Recovery {
    /// Make a recovery key. Its shares are shown this once; it comes into force when enough of them are typed back in
    Make {
        /// How many shares
        #[arg(long, value_name = "N")]
        shares: u8,
        /// How many of them it takes
        #[arg(long, value_name = "K")]
        needed: u8,
    },
    /// Open a store whose key is lost, by enough shares, and give it a new key
    Use {
        /// Who keeps the new key: file, kernel, keystore, tpm; without it, who kept the one before
        #[arg(long, value_name = "KEEPER")]
        to: Option<Keeper>,
    },
}
