//! The C ABI of mabataki, declared in `include/mabataki.h`, which is made from this source.
//!
//! It holds no logic: it turns C's types into the engine's and keeps every panic on this side of the boundary.
//!
//! ```text
//!   boundary   the line that no panic crosses           failure   why a call failed, and where its text is kept
//!   sized      structs that know their own size         strings   text on its way in and out
//!   handles    the table of what is open                buffer    memory that is handed out and wiped
//!   slot       what a handle holds until it is closed   trouble   the status of each of the service's errors
//!   codes      the numbers of the engine's words        text      what people read, by number
//!   frame      pictures from the host's memory
//!   acting     what calls for administrators share      task      what a job's parameters stand for
//!   engine, begin, session, event, grant                the exports over the service's client, one file a family
//!   people, cards, secrets, live, log, policy,          administration: each call takes the grant of whoever administers
//!   emergency, terminals, job
//! ```

// The names are C's: the header is made from them, letter for letter.
#![allow(non_camel_case_types)]
// The contract is in the header; a number or field has a line of its own where its name does not say it all.
#![allow(missing_docs)]
// In tests each call passes what its function asks for, one line above.
#![cfg_attr(test, allow(clippy::undocumented_unsafe_blocks))]
mod acting;
pub mod begin;
mod boundary;
pub mod buffer;
pub mod cards;
pub mod clock;
pub mod codes;
pub mod emergency;
pub mod engine;
pub mod error;
pub mod event;
mod failure;
pub mod frame;
pub mod grant;
mod handles;
pub mod job;
pub mod live;
pub mod log;
pub mod people;
pub mod policy;
pub mod secrets;
pub mod session;
mod sized;
mod slot;
pub mod status;
mod strings;
mod task;
pub mod terminals;
pub mod text;
mod trouble;
pub mod version;
