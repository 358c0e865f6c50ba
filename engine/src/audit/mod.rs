//! What happened: the record of an attempt or an act, its vocabulary, and its form for people and for JSON.
//!
//! No IO here: the store appends and reads these records, the command prints them. A record has no field
//! for a card's identifier, a score or a sample, so an unknown card leaves nothing that names it.

mod access;
pub mod export;
mod format;
mod limits;
mod record;
pub mod report;
pub mod wording;
mod zone;

pub use access::{Access, AccessTimes};
pub use limits::InvalidEntry;
pub(crate) use limits::{is_id, is_line, to_line};
pub use record::{Category, Entry, Factor, HostSupplied, Operation, Outcome, Record, Source, Standing};
pub use zone::LocalOffset;
