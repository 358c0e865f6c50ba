//! The C ABI of mabataki, declared in `include/mabataki.h`, which is made from this source.
//!
//! It holds no logic: it turns C's types into the engine's and keeps every panic on this side of the boundary.
//!
//! ```text
//!   boundary   the line that no panic crosses           failure   why a call failed, and where its text is kept
//!   sized      structs that know their own size         strings   text on its way in and out
//!   handles    the table of what is open                buffer    memory that is handed out and wiped
//! ```

// The names are C's: the header is made from them, letter for letter.
#![allow(non_camel_case_types)]
// The contract is in the header; a number or field has a line of its own where its name does not say it all.
#![allow(missing_docs)]
// In tests each call passes what its function asks for, one line above.
#![cfg_attr(test, allow(clippy::undocumented_unsafe_blocks))]
// Structs, texts and handles on their way in are ready for the calls over the service's client, which follow.
#![expect(dead_code)]

mod boundary;
pub mod buffer;
pub mod clock;
pub mod codes;
pub mod error;
mod failure;
mod handles;
mod sized;
pub mod status;
mod strings;
pub mod text;
pub mod version;
