//! What can go wrong in setting up a test.

use std::path::PathBuf;

/// Why the private pcscd, a virtual reader or a persona cannot be had.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SupportError {
    /// This machine cannot run a private pcscd; the test or demo should say so and go on without.
    #[error("a private pcscd cannot run here: {0}")]
    Unavailable(String),
    /// A program or library that tests need could not be built.
    #[error("{path} is not there and could not be built: {why}")]
    Build {
        /// Where it belongs.
        path: PathBuf,
        /// What cargo said.
        why: String,
    },
    /// pcscd was started but did not come up.
    #[error("pcscd did not come up within {seconds} s; its last words: {log}")]
    NotReady {
        /// How long it was given.
        seconds: u64,
        /// The end of its log.
        log: String,
    },
    /// The private pcscd was started without this reader.
    #[error("the private pcscd has no reader {name:?}")]
    UnknownReader {
        /// What was asked for.
        name: String,
    },
    /// The reader did what was asked of it neither at once nor later.
    #[error("the virtual reader {reader:?} did not answer within {seconds} s")]
    ReaderSilent {
        /// Its name.
        reader: String,
        /// How long it was given.
        seconds: u64,
    },
    /// No persona has this name.
    #[error("no persona is called {name:?}; there are: {known}")]
    UnknownPersona {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The identifier in a persona's name is not one such a card can have.
    #[error("the identifier of persona {name:?} must be {expected} bytes in hex, found {found:?}")]
    BadIdentifier {
        /// The persona.
        name: String,
        /// The length it must have, in bytes.
        expected: usize,
        /// What was given.
        found: String,
    },
    /// A file, a folder, a socket or a process failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: std::io::Error,
    },
}

impl SupportError {
    /// For `map_err`: what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> SupportError {
        let what = what.into();
        move |source| SupportError::Io { what, source }
    }
}
