//! `mabataki login`.

use clap::{Args, Subcommand};

use super::{CardSource, FrameSource};

#[derive(Debug, Subcommand)]
pub(crate) enum Login {
    /// Put a person's login to an application, in place of the one before. The secret comes from standard input or a prompt
    Put {
        /// The person
        id: String,
        /// The application: letters, digits and . _ @ -, at most 64
        app: String,
        #[command(flatten)]
        typed: Typed,
    },
    /// Change one's own login to an application: the person authenticates for it, then the new secret is asked for
    Change {
        /// The person
        id: String,
        /// The application
        app: String,
        #[command(flatten)]
        typed: Typed,
        /// The person knows their password: it is read from standard input, or asked for, before the login's secret
        #[arg(long)]
        password: bool,
        #[command(flatten)]
        card: CardSource,
        #[command(flatten)]
        frames: FrameSource,
    },
    /// List the logins of a person, or of all, without their secrets
    List {
        /// The person
        id: Option<String>,
    },
    /// Remove a login
    Remove {
        /// The person
        id: String,
        /// The application
        app: String,
    },
}

/// What is typed into the application; its secret is none of this.
#[derive(Debug, Args)]
pub(crate) struct Typed {
    /// Who the person is there
    #[arg(long, value_name = "U")]
    pub(crate) user: String,
    /// What else the application asks for and anybody may see; may be given several times
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) field: Vec<String>,
    /// What else it asks for and nobody may see: its value comes after the secret, each on a line
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_field: Vec<String>,
}
