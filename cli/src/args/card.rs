//! `mabataki card`.

use clap::Subcommand;

use super::{CardSource, ReaderSource};

#[derive(Debug, Subcommand)]
pub(crate) enum Card {
    /// Read the card that lies on the reader, or the next one
    Read {
        #[command(flatten)]
        reader: ReaderSource,
        /// Show the identifier itself
        #[arg(long)]
        reveal: bool,
        /// Seconds to wait for a card
        #[arg(long, default_value_t = 20, value_name = "S")]
        timeout: u64,
    },
    /// Say what comes and goes until interrupted
    Watch {
        #[command(flatten)]
        reader: ReaderSource,
        /// Show the identifiers themselves
        #[arg(long)]
        reveal: bool,
    },
    /// Tie a card to a person
    Bind {
        /// The person
        id: String,
        #[command(flatten)]
        card: CardSource,
        /// What is written on the card, to tell it from others; without it, its kind
        #[arg(long)]
        label: Option<String>,
    },
    /// List the cards of a person, or of all
    List { id: Option<String> },
    /// Stop a card for now
    Suspend { handle: String },
    /// Stop a card that was lost
    Lost { handle: String },
    /// Let a stopped card be used again
    Restore { handle: String },
    /// Remove a card for good
    Remove { handle: String },
}
