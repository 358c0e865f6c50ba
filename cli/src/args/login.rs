//! `mabataki login`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Login {
    /// Put a person's login to an application, in place of the one before. The secret comes from standard input or a prompt
    Put {
        /// The person
        id: String,
        /// The application: letters, digits and . _ @ -, at most 64
        app: String,
        /// Who the person is there
        #[arg(long, value_name = "U")]
        user: String,
        /// What else the application asks for and anybody may see; may be given several times
        #[arg(long, value_name = "NAME=VALUE")]
        field: Vec<String>,
        /// What else it asks for and nobody may see: its value comes after the secret, each on a line
        #[arg(long, value_name = "NAME")]
        secret_field: Vec<String>,
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
