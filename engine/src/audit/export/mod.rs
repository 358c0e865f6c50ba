//! The log as other programs read it: a table in the checklist's own columns, and lines of JSON. Record by record, so that
//! a log of any length takes the same memory.

mod cell;
mod columns;
mod lines;
mod table;

pub use cell::{guarded, unguarded};
pub use columns::{AccessColumn, RecordColumn};
pub use lines::Lines;
pub use table::Table;
