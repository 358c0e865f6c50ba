//! `mabataki authenticate`.

use clap::Args;

use super::{CardSource, FrameSource};

#[derive(Debug, Args)]
pub(crate) struct Authenticate {
    /// The rules: `ordinary` asks for card and face with a blink
    #[arg(long, default_value = "ordinary")]
    pub(crate) policy: String,
    /// What the grant is for, a word of a-z 0-9 _; stands in the log
    #[arg(long, default_value = "login")]
    pub(crate) purpose: String,
    /// The host account to be opened
    #[arg(long)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) card: CardSource,
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    /// Show scores (trial stores only)
    #[arg(long)]
    pub(crate) diagnose: bool,
}
