//! What keeps a card from being read.

use super::atr::AtrError;

/// What the operating system's card service said.
type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why a reader or the card on it cannot be used now. A card that was read but cannot stand for a person is not
/// among them: see [`super::Unusable`].
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The card service does not run, or ended.
    #[error("the smart card service does not answer")]
    NoService {
        /// What it said.
        source: Cause,
    },
    /// The card service refuses this process.
    #[error("the smart card service refuses access")]
    NotPermitted {
        /// What it said.
        source: Cause,
    },
    /// No reader is connected.
    #[error("no card reader is connected")]
    NoReader,
    /// The reader asked for is not among those connected.
    #[error("there is no card reader {name:?}; connected: {}", list(found))]
    UnknownReader {
        /// What was asked for.
        name: String,
        /// What there is.
        found: Vec<String>,
    },
    /// The reader was there and is gone.
    #[error("the card reader {name:?} was disconnected")]
    ReaderGone {
        /// Its name.
        name: String,
    },
    /// Another program has had the card to itself for 5 s.
    #[error("{} holds the card on {name:?} for itself", holder(holders))]
    Busy {
        /// The reader's name.
        name: String,
        /// The programs that use the card service, one of which holds it: `opensc-tool (1234)`. None where the system
        /// does not let us know.
        holders: Vec<String>,
    },
    /// The card was taken away before it was read.
    #[error("the card was taken from {name:?} before it was read")]
    Removed {
        /// The reader's name.
        name: String,
    },
    /// There is a card, but it cannot be read.
    #[error("the card on {name:?} cannot be read: {why}")]
    Unreadable {
        /// The reader's name.
        name: String,
        /// What is the matter with it.
        #[source]
        why: Unread,
    },
    /// Too many cards hang, each holding a thread; no more are tried until one comes back.
    #[error("{count} cards did not answer and have not been taken away; no other is read until they are")]
    Stuck {
        /// How many threads wait for a card.
        count: usize,
    },
    /// The card service runs, and hangs.
    #[error("the smart card service has not answered for {seconds} s")]
    Silent {
        /// How long was waited.
        seconds: u64,
    },
    /// Something else, named by the service.
    #[error("the card reader failed")]
    Other {
        /// What it said.
        source: Cause,
    },
}

/// What is the matter with a card that cannot be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unread {
    /// It does not answer when it gets power.
    #[error("it does not answer when it gets power")]
    Mute,
    /// It does not answer a command in time.
    #[error("it did not answer within {seconds} s")]
    Silent {
        /// How long it was given.
        seconds: u64,
    },
    /// Its ATR breaks the rules.
    #[error(transparent)]
    Atr(AtrError),
    /// Its answer has no status.
    #[error("an answer has at least 2 bytes, found {found}")]
    ShortAnswer {
        /// How many bytes came.
        found: usize,
    },
    /// Its answer is longer than any to a short command.
    #[error("an answer has at most {longest} bytes, it sent more")]
    LongAnswer {
        /// The most there can be.
        longest: usize,
    },
    /// The reader could not speak to it.
    #[error("the reader could not speak to it: {0}")]
    Exchange(Cause),
}

impl ReaderError {
    /// The stable word for it, in JSON.
    pub fn code(&self) -> &'static str {
        match self {
            ReaderError::NoService { .. } => "no_card_service",
            ReaderError::NotPermitted { .. } => "not_permitted",
            ReaderError::NoReader | ReaderError::UnknownReader { .. } | ReaderError::ReaderGone { .. } => {
                "no_reader"
            }
            ReaderError::Busy { .. } => "reader_busy",
            ReaderError::Removed { .. } => "card_removed",
            ReaderError::Unreadable { .. } => "card_unreadable",
            ReaderError::Stuck { .. } | ReaderError::Silent { .. } => "reader_stuck",
            ReaderError::Other { .. } => "reader_failed",
        }
    }

    /// What a person can do about it.
    pub fn fix(&self) -> &'static str {
        match self {
            ReaderError::NoService { .. } => {
                "start the service: `systemctl start pcscd.socket` on Linux (package pcscd), \"Smart Card\" on Windows"
            }
            ReaderError::NotPermitted { .. } => {
                "allow this account to use the smart card service (polkit on Linux)"
            }
            ReaderError::NoReader | ReaderError::ReaderGone { .. } => {
                "connect the card reader; if it is connected, install its driver (libccid on Linux)"
            }
            ReaderError::UnknownReader { .. } => "name one of the readers listed, or none to take the first",
            ReaderError::Busy { .. } => "close the other program that uses the card",
            ReaderError::Removed { .. } => "hold the card on the reader until it is read",
            ReaderError::Unreadable { .. } => "take the card away and lay it on the reader again, alone",
            ReaderError::Stuck { .. } => "take the card away; if that does not help, reconnect the reader",
            ReaderError::Silent { .. } => {
                "reconnect the reader; if that does not help, restart the service: `systemctl restart pcscd`"
            }
            ReaderError::Other { .. } => "reconnect the reader",
        }
    }
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".into() } else { names.join(", ") }
}

fn holder(holders: &[String]) -> String {
    match holders {
        [] => "another program".into(),
        [only] => format!("another program, {only},"),
        several => format!("one of other programs, {},", several.join(", ")),
    }
}
