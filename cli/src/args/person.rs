//! `mabataki person`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Person {
    /// Add a person
    Add {
        /// Letters, digits and . _ @ -, at most 64
        id: String,
        /// Name as it shall stand in the log
        #[arg(long)]
        name: String,
        /// Host account this person may open; may be given several times
        #[arg(long)]
        account: Vec<String>,
        /// Role
        #[arg(long)]
        role: Option<String>,
    },
    /// List all
    List,
    /// Show one
    Show { id: String },
    /// Let a person in no more (and undo it with --undo)
    Disable {
        id: String,
        #[arg(long)]
        undo: bool,
    },
    /// Remove a person with cards and templates; the log keeps the name
    Remove { id: String },
}
