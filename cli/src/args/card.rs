//! `mabataki card`.

use clap::Subcommand;
use jiff::Timestamp;

use super::{CardSource, ReaderSource, dates};

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
        /// From the beginning of this day, such as 2026-04-01, or from a time
        #[arg(long, value_name = "DAY", value_parser = dates::from)]
        valid_from: Option<Timestamp>,
        /// Until the end of this day, such as 2026-12-31, or until a time
        #[arg(long, value_name = "DAY", value_parser = dates::until, required_if_eq("temporary", "true"))]
        until: Option<Timestamp>,
        /// It stands in for a card that was forgotten or lost: needs --until
        #[arg(long)]
        temporary: bool,
    },
    /// Give a card to one more person: a department card, which lets in only where the policy knows such cards
    Share {
        handle: String,
        /// The person
        id: String,
    },
    /// Take a department card from one of its people
    Unshare {
        handle: String,
        /// The person
        id: String,
    },
    /// List the cards of a person, or of all
    List { id: Option<String> },
    /// Stop a card for now
    Suspend { handle: String },
    /// Stop a card that was lost
    Lost { handle: String },
    /// Note that a card was given back: it is for nobody until it is removed and bound again
    Return { handle: String },
    /// Let a card be used again that was suspended or lost
    Restore { handle: String },
    /// Remove a card for good
    Remove { handle: String },
    /// Set, list and remove the site's keys for cards that prove themselves
    #[command(subcommand)]
    Key(CardKeys),
}

/// KIND is lite_s (24 bytes), desfire (16 bytes) or mifare (6 bytes)
#[derive(Debug, Subcommand)]
pub(crate) enum CardKeys {
    /// Set a key: hexadecimal digits, typed twice at the prompt, or a line of standard input
    Set {
        /// lite_s, desfire or mifare
        kind: String,
    },
    /// List the kinds that have a key, each with a check value to compare terminals by; never the key itself
    List,
    /// Remove a key: cards that have to prove it are not taken any more
    Remove {
        /// lite_s, desfire or mifare
        kind: String,
    },
}
