//! What operators do with the command, on a store on the disk: each act whole, and each refusal with its word.

#![cfg(test)]

mod backups;
mod card_keys;
mod clock;
mod faces;
mod faults;
mod grants;
mod logins;
mod policy;
mod support;
