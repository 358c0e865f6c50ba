//! What terminals know of each other: who they are, by which keys, and what one may send the other.
//!
//! ```text
//!   TerminalKeys ─► Identity ─► Introduction: a file, signed by itself, carried to the other terminal
//!                      └──────► Fingerprint: read out by one person, typed in by another
//!   Introduction + Fingerprint + Scope ─► PeerRecord: the other terminal, pinned
//! ```
//!
//! Rules only: nothing here draws a number, reads a clock or opens a store; keys and peers are kept as documents.

mod error;
mod fingerprint;
#[cfg(test)]
mod fixture;
mod identity;
mod introduction;
mod keys;
mod peer;
mod ring;
mod scope;
mod succession;

pub use error::TerminalError;
pub use fingerprint::Fingerprint;
pub use identity::Identity;
pub use introduction::{Introduction, MOST_BYTES as MOST_INTRODUCTION};
pub use keys::TerminalKeys;
pub use peer::{Pairing, PeerRecord, Taken};
pub use ring::KeyRing;
pub use scope::Scope;
pub use succession::{MOST_STEPS, Step};
