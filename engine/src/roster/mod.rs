//! Lists of people from elsewhere: a CSV file of the personnel office, read into rows that can be taken in.
//!
//! Nothing here opens a file or the store: bytes go in, and out come rows, each well formed or with the reason why not.
//!
//! The first line names the columns (see [`Column`]), in any order. A column that is not there leaves what is known as it
//! is; an empty cell clears it.

mod read;
mod row;
#[cfg(test)]
mod tests;

pub use read::{Roster, RosterError};
pub use row::{Column, Fault, Row};
