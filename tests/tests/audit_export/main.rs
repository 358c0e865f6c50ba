//! The log taken out by the command, and the monthly review.

#![cfg(test)]

mod export;
mod report;
mod spreadsheet;
mod support;
