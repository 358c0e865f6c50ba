//! What administrators do to people and cards, one file a job.

mod cards;
pub(super) mod erased;
mod faces;
mod history;
mod lists;
mod people;
pub(super) mod revocation;
#[cfg(test)]
mod tests;

pub use history::Dormant;
pub use lists::{ListReport, ListUse, ListedRow, RowResult};
pub use people::{DeletionReceipt, PersonSummary};
