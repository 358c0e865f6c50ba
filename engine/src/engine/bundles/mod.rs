//! Bundles made for other terminals and taken from them: by right, in one transaction, written down.

mod contents;
mod export;
mod import;
mod intake;
mod ledger;
mod peers;
mod records;
mod report;
mod safety;
#[cfg(test)]
mod tests;

pub use export::{Asked, BundleRequest, MadeBundle};
pub use import::{BundleSigner, ImportOptions, SeenBundle};
pub use report::{BundleReport, RejectedRecord, Rejection};

pub(super) use safety::SKEW;
