//! `mabataki authenticate`.

use clap::Args;

use super::{CardSource, FrameSource};

#[derive(Debug, Args)]
pub(crate) struct Authenticate {
    /// One of the policies that the site offers for this purpose; without it, the first of them
    #[arg(long, value_name = "NAME")]
    pub(crate) policy: Option<String>,
    /// What for: login, unlock, application, switch, admin, enrolment or emergency
    #[arg(long, default_value = "login")]
    pub(crate) purpose: String,
    /// The application to be opened, with --purpose application
    #[arg(long, value_name = "APP")]
    pub(crate) application: Option<String>,
    /// The host account to be opened
    #[arg(long)]
    pub(crate) account: Option<String>,
    /// The person's id, where no card tells it
    #[arg(long, value_name = "ID")]
    pub(crate) claim: Option<String>,
    /// The person knows their password: it is read from standard input, or asked for, when it would help
    #[arg(long)]
    pub(crate) password: bool,
    /// The person knows the PIN of their card: it is read from standard input, or asked for, when it would help
    #[arg(long)]
    pub(crate) pin: bool,
    /// Try the PIN even where it is the card's last try: if it is wrong the card is blocked
    #[arg(long, requires = "pin")]
    pub(crate) last_try: bool,
    /// The person has an emergency code: it is read from standard input, or asked for. Needs --reason
    #[arg(long, requires = "reason")]
    pub(crate) code: bool,
    /// Why an emergency code is used, or claimed without one in a disaster, for the log and the review
    #[arg(long, value_name = "TEXT")]
    pub(crate) reason: Option<String>,
    #[command(flatten)]
    pub(crate) card: CardSource,
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Show scores (trial stores only)
    #[arg(long)]
    pub(crate) diagnose: bool,
}
