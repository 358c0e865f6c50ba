//! `mabataki lockout`.

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum Lockout {
    /// Who failed since their last success, and what is locked
    List,
    /// Forgive the failed tries of a person or of a department card
    Clear {
        /// The person
        #[arg(required_unless_present = "card")]
        id: Option<String>,
        /// The department card, by its handle
        #[arg(long, value_name = "HANDLE", conflicts_with = "id")]
        card: Option<String>,
        /// Only this factor: card, face, password, host_password, pin or emergency_code
        #[arg(long, value_name = "F")]
        factor: Option<mabataki_engine::policy::Factor>,
    },
}
