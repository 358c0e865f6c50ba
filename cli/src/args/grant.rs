//! `mabataki grant`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Grant {
    /// Who is let in at the moment, and until when
    List,
    /// End somebody's grant
    End {
        /// The session number that `grant list` and the log show
        session: String,
    },
    /// Print the public keys that verify signed assertions, as a JSON Web Key Set
    Keys,
    /// Sign assertions with a new key from now on
    RotateKey,
}
