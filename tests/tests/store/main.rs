//! What a user can rely on about the store.

#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod backups;
mod beside;
mod cards;
mod damage;
mod documents;
mod faults;
mod files;
mod formats;
mod leavers;
mod log;
mod mirror;
mod people;
mod processes;
mod profiles;
mod resolve;
mod support;
mod trees;
mod witness;
