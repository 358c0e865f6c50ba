//! What can go wrong with a machine.

use std::io;

/// Why a machine cannot be had, or did not do what was asked of it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MachineError {
    /// This computer has not what a virtual machine takes; the test should say so and go on without.
    #[error("a virtual machine cannot run here: {0}")]
    Unavailable(String),
    /// A module that the kernel should have.
    #[error("the kernel has no module {name:?}")]
    NoModule {
        /// Its name.
        name: String,
    },
    /// A program that helps to make the machine failed.
    #[error("`{program}` failed: {said}")]
    Helper {
        /// The program.
        program: &'static str,
        /// What it said.
        said: String,
    },
    /// The machine took longer than it was given.
    #[error("the machine was not done after {seconds} s; its console:\n{console}")]
    TooLong {
        /// How long it was given.
        seconds: u64,
        /// The end of what its console showed.
        console: String,
    },
    /// A file, a socket or a process failed.
    #[error("{what}: {source}")]
    Io {
        /// What was tried.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl MachineError {
    /// For `map_err`: what was tried.
    pub(crate) fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> MachineError {
        let what = what.into();
        move |source| MachineError::Io { what, source }
    }
}
