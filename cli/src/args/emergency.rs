//! `mabataki emergency`.

use clap::Subcommand;

/// Ways in when the ordinary ones are closed. Every use is a claim, stands in the log as one, and waits for review.
#[derive(Debug, Subcommand)]
pub(crate) enum Emergency {
    /// Issue a code for somebody else. It is shown this once
    Issue {
        /// The person it is good for
        #[arg(required_unless_present = "anybody", conflicts_with = "anybody")]
        id: Option<String>,
        /// Good for anybody in the store
        #[arg(long)]
        anybody: bool,
        /// The terminal it is good at; without it, this one
        #[arg(long, value_name = "NAME")]
        terminal: Option<String>,
        /// Minutes that it lets somebody work
        #[arg(long, value_name = "N")]
        minutes: u32,
        /// Hours that it may wait to be used
        #[arg(long, value_name = "HOURS")]
        valid: u32,
    },
    /// List the codes, and what has become of them
    List,
    /// Take back a code that nobody has used
    Revoke {
        /// The code's handle
        handle: String,
    },
    /// List the uses that wait for review
    Reviews {
        /// Those that were reviewed too
        #[arg(long)]
        all: bool,
    },
    /// Say what was found of a use; not for whoever used or issued it
    Review {
        /// The use's handle
        handle: String,
        /// What was found, on one line
        #[arg(long, value_name = "TEXT")]
        note: String,
    },
    /// A disaster: for its time a claim and a reason are enough for an emergency
    #[command(subcommand)]
    Disaster(Disaster),
}

#[derive(Debug, Subcommand)]
pub(crate) enum Disaster {
    /// Whether one is in force
    Show,
    /// Declare one, two administrators together
    Declare {
        /// How long it lasts, hours
        #[arg(long, value_name = "N")]
        hours: u32,
        /// Why, on one line
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The second administrator. Their password is the line of standard input after the first one's, or asked for
        #[arg(long, value_name = "ID")]
        second: Option<String>,
    },
    /// End it before its time
    End,
}
