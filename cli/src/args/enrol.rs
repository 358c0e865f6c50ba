//! `mabataki enrol` and `mabataki enrolment`.

use clap::{Args, Subcommand};

use super::{CardSource, FrameSource};

#[derive(Debug, Args)]
pub(crate) struct Enrol {
    /// The person
    pub(crate) id: String,
    /// Add the person along with card and face, by this name; without it they must be in the store
    #[arg(long)]
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) frames: FrameSource,
    #[command(flatten)]
    pub(crate) card: CardSource,
    /// What is written on the card, to tell it from others
    #[arg(long)]
    pub(crate) label: Option<String>,
    /// Pictures to take (averaging 3 to 5 lowers the misses); without it, what the policy says
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=16))]
    pub(crate) samples: Option<u8>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Enrolment {
    /// Enrolments that wait for a second administrator
    List,
    /// Let one count; whoever took the pictures cannot
    Approve {
        /// The person
        id: String,
    },
    /// Throw one away
    Refuse {
        /// The person
        id: String,
    },
}
