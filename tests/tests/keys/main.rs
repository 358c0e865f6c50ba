//! What a user can rely on about the store's key: where it is kept, how it is replaced, and what brings it back.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod command;
mod kernel;
mod pins;
mod place;
