//! Why a service could not be used, or not be started.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::limits::MOST_MESSAGE;
use crate::engine::{self, Class};

/// What the service answers where it does not do what it is asked for: all that travels of an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Error)]
#[error("{text}")]
pub struct Refusal {
    /// What kind of trouble it is.
    pub class: Class,
    /// The stable word that programs rely on.
    pub code: String,
    /// What was expected and what was found.
    pub text: String,
    /// What to do about it; empty where the text says it all.
    pub fix: String,
}

impl Refusal {
    pub(super) fn new(class: Class, code: &str, text: impl Into<String>, fix: &str) -> Refusal {
        Refusal { class, code: code.to_owned(), text: text.into(), fix: fix.to_owned() }
    }

    /// An error of the engine, as a client may read it. Whose template is of no use is not told: nobody knows yet who asks.
    pub(super) fn of(error: &engine::Error) -> Refusal {
        let text = match error {
            engine::Error::Template { cause, .. } => format!("a template cannot be used: {cause}"),
            other => chain(other),
        };
        Refusal::new(error.class(), error.code(), text, error.fix())
    }

    pub(super) fn busy() -> Refusal {
        Refusal::new(Class::Unavailable, "busy", "the service has too much to do", "try again in a moment")
    }

    pub(super) fn too_many(what: &str, most: usize) -> Refusal {
        let text = format!("{what}: at most {most} at a time");
        Refusal::new(Class::Unavailable, "too_many", text, "close what is not needed any more")
    }

    pub(super) fn too_fast(at_once: u32, every: Duration) -> Refusal {
        let text = format!(
            "this user begins too much: at most {at_once} sessions, set-ups and changes of a password at once, and one more \
             each {} s",
            every.as_secs_f32()
        );
        Refusal::new(Class::Unavailable, "too_fast", text, "try again in a moment")
    }

    /// No grant of this number here: which of the reasons it is, is not told.
    pub(super) fn no_grant() -> Refusal {
        let text =
            "no grant of this number is this program's: expected one that it was given over this connection";
        Refusal::new(Class::Usage, "no_grant", text, "authenticate again")
    }

    /// No card of this number here: it has begun an attempt already, or another was tapped since.
    pub(super) fn no_tap() -> Refusal {
        let text = "no card of this number was tapped last: expected the newest that a watch of this connection told of, once";
        Refusal::new(Class::Usage, "no_tap", text, "begin with the reader, and have the card tapped again")
    }

    /// A session of a connection that is not there, as after the service was started anew, or is another program's.
    pub(super) fn no_handle() -> Refusal {
        let text = "the connection that this session would belong to is not there any more: expected one of this program's";
        Refusal::new(Class::Unavailable, "no_service", text, "connect anew")
    }

    /// Only root and the service's own user do without a grant what needs none in a store that has no administrator.
    pub(super) fn unnamed() -> Refusal {
        let text = "this takes a grant for administration, and none was named";
        Refusal::new(Class::Refused, "no_right", text, "authenticate for administration first")
    }

    /// The answer would be longer than a message: there is no cursor for it.
    pub(super) fn too_long() -> Refusal {
        let text = format!("the answer is longer than the {MOST_MESSAGE} bytes of a message");
        Refusal::new(Class::Usage, "too_long", text, "ask for it on the terminal itself: mabataki --help")
    }

    /// A session, a grant or a source that takes no more.
    pub(super) fn over(text: &str) -> Refusal {
        Refusal::new(Class::Usage, "over", text, "")
    }

    pub(super) fn called_off() -> Refusal {
        Refusal::new(Class::Usage, "cancelled", "the job was called off", "")
    }

    pub(super) fn misuse(text: &str) -> Refusal {
        Refusal::new(Class::Usage, "misuse", text, "")
    }
}

/// The causes of an error in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if !line.contains(&text) {
            line = format!("{line}: {text}");
        }
        cause = error.source();
    }
    line
}

/// Why a call failed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServiceError {
    /// The service answered that it does not do this, and why.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The engine, in the process that serves.
    #[error(transparent)]
    Engine(#[from] engine::Error),
    /// Nobody listens there.
    #[error("no service answers at {path}", path = path.display())]
    NoService {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// The connection has ended.
    #[error("the service closed the connection")]
    Lost,
    /// No answer came in time.
    #[error("the service did not answer within {} ms", after.as_millis())]
    TimedOut {
        /// How long the answer was waited for.
        after: Duration,
    },
    /// A child of the process that connected: its parent's connections are not its own.
    #[error("this process was forked from the one that connected: expected a connection of its own")]
    Forked,
    /// What came is no message of this protocol.
    #[error("what came over the connection is no message of this protocol: {what}")]
    Malformed {
        /// What is wrong with it.
        what: &'static str,
    },
    /// A message, a text or a picture longer than is taken.
    #[error("{what} may be {most} bytes long, found {found}")]
    TooLong {
        /// What.
        what: &'static str,
        /// The most, bytes.
        most: u64,
        /// What was found, bytes.
        found: u64,
    },
    /// The system refused something.
    #[error("cannot {doing}")]
    Io {
        /// What was to be done.
        doing: &'static str,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// Another service has this socket.
    #[error("another service serves here already: it holds {lock}", lock = lock.display())]
    Served {
        /// The lock file.
        lock: PathBuf,
    },
    /// Others could put their own socket there.
    #[error("the folder {path} is not safe for a socket: expected one that only its owner, root or the service, may write to", path = path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
    },
}

impl ServiceError {
    pub(super) fn io(doing: &'static str) -> impl Fn(io::Error) -> ServiceError {
        move |cause| ServiceError::Io { doing, cause }
    }

    pub(super) fn too_long(found: usize) -> ServiceError {
        let found = u64::try_from(found).unwrap_or(u64::MAX);
        ServiceError::TooLong { what: "a message", most: MOST_MESSAGE as u64, found }
    }

    /// What kind of trouble it is.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            ServiceError::Refused(refusal) => refusal.class,
            ServiceError::Engine(error) => error.class(),
            ServiceError::Forked | ServiceError::TooLong { .. } | ServiceError::Folder { .. } => Class::Usage,
            ServiceError::NoService { .. }
            | ServiceError::Lost
            | ServiceError::TimedOut { .. }
            | ServiceError::Malformed { .. }
            | ServiceError::Io { .. }
            | ServiceError::Served { .. } => Class::Unavailable,
        }
    }

    /// The stable word that programs rely on.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            ServiceError::Refused(refusal) => &refusal.code,
            ServiceError::Engine(error) => error.code(),
            ServiceError::NoService { .. } | ServiceError::Lost => "no_service",
            ServiceError::TimedOut { .. } => "timed_out",
            ServiceError::Forked => "forked",
            ServiceError::Malformed { .. } => "other_protocol",
            ServiceError::TooLong { .. } => "too_long",
            ServiceError::Io { .. } => "io",
            ServiceError::Served { .. } => "already_served",
            ServiceError::Folder { .. } => "unsafe_folder",
        }
    }

    /// What to do about it; empty where the message says it all.
    #[must_use]
    pub fn fix(&self) -> &str {
        match self {
            ServiceError::Refused(refusal) => &refusal.fix,
            ServiceError::Engine(error) => error.fix(),
            ServiceError::NoService { .. } | ServiceError::Lost => "start it: systemctl start mabataki",
            ServiceError::TimedOut { .. } => "try again in a moment",
            ServiceError::Malformed { .. } => "install the library and the service of one version",
            ServiceError::Forked => "connect in the child",
            ServiceError::Served { .. } => "use that one: a terminal has one service",
            ServiceError::Folder { .. } => "name a folder of the service's own with --socket",
            ServiceError::TooLong { .. } | ServiceError::Io { .. } => "",
        }
    }
}
