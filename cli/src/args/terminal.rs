//! `mabataki terminal`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub(crate) enum Terminal {
    /// Who this terminal is to others: its name, and the fingerprint that people compare
    Show {
        /// Write the introduction for the other terminal into this new file
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Pair this terminal with the one whose introduction this is. The other one has to do the same for what goes the
    /// other way
    Pair(Pair),
    /// The terminals that this one is paired with
    List,
    /// End the pairing with this terminal: nothing is sent to it or taken from it any more
    Unpair {
        /// Its name
        name: String,
    },
    /// Put new keys in the place of this terminal's. Its peers take them by the introduction: terminal renew FILE
    Rotate {
        /// Write the introduction into this new file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Take the new keys of a terminal that rotated its own: the keys before signed them
    Renew {
        /// Its introduction
        file: PathBuf,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Pair {
    /// The other terminal's introduction
    pub(crate) file: PathBuf,
    /// The fingerprint, as somebody read it out from the other terminal's own screen; without it, it is asked for
    #[arg(long, value_name = "FINGERPRINT")]
    pub(crate) fingerprint: Option<String>,
    /// People of this ward may be sent there (repeatable; er-* for all that begin so, * for everybody)
    #[arg(long, value_name = "WARD")]
    send_ward: Vec<String>,
    /// Logins for this application may be sent there, for people who may (repeatable)
    #[arg(long, value_name = "NAME")]
    send_application: Vec<String>,
    /// The policy may be sent there
    #[arg(long)]
    send_policy: bool,
    /// People who administer may be sent there
    #[arg(long)]
    send_administrators: bool,
    /// People of this ward may be taken from there (repeatable)
    #[arg(long, value_name = "WARD")]
    take_ward: Vec<String>,
    /// Logins for this application may be taken from there (repeatable)
    #[arg(long, value_name = "NAME")]
    take_application: Vec<String>,
    /// The policy may be taken from there
    #[arg(long)]
    take_policy: bool,
    /// People who administer may be taken from there: that takes every right
    #[arg(long)]
    take_administrators: bool,
}

/// What was said of one direction.
pub(crate) struct Scoped {
    pub(crate) wards: Vec<String>,
    pub(crate) applications: Vec<String>,
    pub(crate) policy: bool,
    pub(crate) administrators: bool,
}

impl Pair {
    /// What may be sent there, if anything was said of it.
    pub(crate) fn sends(&self) -> Option<Scoped> {
        Scoped {
            wards: self.send_ward.clone(),
            applications: self.send_application.clone(),
            policy: self.send_policy,
            administrators: self.send_administrators,
        }
        .said()
    }

    /// What may be taken from there, if anything was said of it.
    pub(crate) fn takes(&self) -> Option<Scoped> {
        Scoped {
            wards: self.take_ward.clone(),
            applications: self.take_application.clone(),
            policy: self.take_policy,
            administrators: self.take_administrators,
        }
        .said()
    }
}

impl Scoped {
    fn said(self) -> Option<Scoped> {
        let nothing = self.wards.is_empty() && self.applications.is_empty();
        Some(self).filter(|scoped| !nothing || scoped.policy || scoped.administrators)
    }
}
