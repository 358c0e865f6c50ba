//! What administrators do to people and cards, one file a job.

mod cards;
mod faces;
mod history;
mod lists;
mod people;
mod revocation;
#[cfg(test)]
mod tests;

pub use history::Dormant;
pub use lists::{ListReport, ListUse, ListedRow, RowResult};
pub use people::{DeletionReceipt, PersonSummary};
