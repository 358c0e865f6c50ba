//! What a user can rely on about terminals that know each other: two stores, each with its own command.

#![cfg(test)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "in a test's helper too, that is how a test fails")]

mod age;
mod pairing;
mod site;
