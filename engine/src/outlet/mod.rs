//! What leaves the terminal's log: checkpoints, alarms and, where the site wants them, records without their names.
//!
//! ```text
//!   Item ─► message: what is told of it ─► rfc5424: one safe message ─► socket   the machine's own collector
//!     │                                                               └► tls      a collector elsewhere (RFC 5425)
//!     └► the checkpoint's line ─► folder: appended to a file on another disk
//! ```
//!
//! A delivery blocks, with deadlines: whoever drives it gives it a thread of its own. Nothing here knows the store, decides
//! what is to be sent, or remembers what was.

mod address;
mod error;
mod folder;
mod message;
mod pace;
mod rfc5424;
mod socket;
mod tls;

use std::path::PathBuf;
use std::time::Duration;

pub use address::Address;
pub use error::{OutletError, Unanswered};
pub use message::Item;
pub(crate) use pace::delay;
pub use rfc5424::Facility;

use self::message::Sender;

/// How long a connection may take, and each wait for the other side.
pub(crate) const DEADLINE: Duration = Duration::from_secs(5);

/// Where a copy of the log goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outlet {
    /// A folder, best on another disk: each checkpoint is appended to a file in it.
    Copy(PathBuf),
    /// A collector of system logs.
    Syslog(Syslog),
}

/// A collector of system logs, and how it is spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Syslog {
    /// Where it listens.
    pub to: Address,
    /// The certificates in PEM that its own must be signed by, or itself if nobody signed it. Only with TLS.
    pub ca: Option<PathBuf>,
    /// What this terminal shows it. Only with TLS.
    pub client: Option<ClientFiles>,
    /// Whether nothing counts as accepted without the collector's own `close_notify`. Else the end of the connection does,
    /// which anybody on the way can bring about. Only with TLS.
    pub require_close_notify: bool,
    /// Under which facility the messages go out.
    pub facility: Facility,
    /// Whether every record goes out, without its name; else checkpoints and alarms only.
    pub records: bool,
}

/// The files of this terminal's own certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFiles {
    /// The certificate and those between it and the collector's authority, in PEM.
    pub certificate: PathBuf,
    /// Its key in PEM: nobody else may read the file.
    pub key: PathBuf,
}

impl Outlet {
    /// The stable word by which it is known: `copy` or `syslog`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Copy(_) => "copy",
            Self::Syslog(_) => "syslog",
        }
    }

    /// Where it goes, as the policy has it.
    #[must_use]
    pub fn destination(&self) -> String {
        match self {
            Self::Copy(folder) => folder.display().to_string(),
            Self::Syslog(syslog) => syslog.to.to_string(),
        }
    }

    /// Whether what it accepted is taken from a word that anybody on the way can give.
    #[must_use]
    pub const fn is_unconfirmed(&self) -> bool {
        matches!(self, Self::Syslog(Syslog { to: Address::Tls { .. }, require_close_notify: false, .. }))
    }

    /// Whether it takes every record.
    #[must_use]
    pub const fn takes_records(&self) -> bool {
        matches!(self, Self::Syslog(Syslog { records: true, .. }))
    }

    /// Whether it takes alarms: a file of checkpoints does not.
    #[must_use]
    pub const fn takes_alarms(&self) -> bool {
        matches!(self, Self::Syslog(_))
    }

    /// Delivers these in their order. It blocks, 5 s at each step at most.
    ///
    /// # Errors
    /// [`OutletError`]: then any of them may have arrived, and all of them are to be delivered again.
    pub fn deliver(&self, items: &[Item]) -> Result<(), OutletError> {
        match self {
            Self::Copy(folder) => folder::append(folder, items),
            Self::Syslog(syslog) => {
                let sender = Sender::of_machine(syslog.facility);
                let messages: Vec<Vec<u8>> = items.iter().map(|item| item.to_message(&sender)).collect();
                match &syslog.to {
                    Address::Unix(path) => socket::send(path, &messages),
                    Address::Tls { name, port } => tls::send(name, *port, syslog, &messages),
                }
            }
        }
    }
}
