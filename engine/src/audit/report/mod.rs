//! The monthly review: what an administrator looks through and signs, as text and as one page of HTML.
//!
//! [`Tally`] takes the log record by record and holds counts and bounded lists, whatever the log's length.
//! [`MonthlyReview`] is what came of it. It is laid out once, as sections of sentences, tables and charts, and shown by
//! [`MonthlyReview::text`] and [`MonthlyReview::html`].

mod chart;
mod count;
mod document;
#[cfg(test)]
pub(crate) mod fixture;
mod html;
mod month;
mod phrases;
mod plain;
mod review;
mod sections;
mod tally;
#[cfg(test)]
mod tests;

pub use count::{Counted, Listed, Ranking};
pub use month::{BadMonth, DayHours, Month};
pub use review::{
    AccessSummary, ActsOf, Attempts, DormantPerson, EmergencyAccess, Happening, MonthlyReview, Verification,
};
pub use tally::Tally;
