//! Makes a store for trials with a log of so many records, to be verified: `big_log FOLDER [RECORDS]`.
//!
//! What verifying a long log takes is measured with the command itself, its memory included:
//! ```text
//! cargo run --release -p mabataki-benches --example big_log -- /tmp/log 1000000
//! /usr/bin/time -v target/release/mabataki --state /tmp/log/state audit verify --public-key KEY
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench that cannot run must stop, and says what it made"
)]

use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use mabataki_engine::audit::{Entry, Operation, Outcome};
use mabataki_engine::keys::StoreKey;
use mabataki_engine::store::{Location, Settings, Store};
use zeroize::Zeroizing;

/// Records that are written in one transaction.
const AT_ONCE: u64 = 10_000;

fn main() {
    let mut arguments = std::env::args_os().skip(1);
    let folder = PathBuf::from(arguments.next().unwrap());
    let records = arguments.next().map_or(1_000_000, |records| records.to_str().unwrap().parse().unwrap());
    let location = Location::beside(&folder.join("state"));
    let key = StoreKey::from_bytes(Zeroizing::new([7; 32]));
    let settings = Settings { terminal: "bench".to_owned(), open: true };
    let mut store = Store::create(&location, &key, settings).unwrap();
    let begin = Timestamp::from_second(1_800_000_000).unwrap();
    let mut written = 0;
    while written < records {
        let next = records.min(written + AT_ONCE);
        let append = |n: u64| Entry {
            subject: Some(format!("person{:05}", n % 10_000)),
            name: Some(format!("Person {}", n % 10_000)),
            session: Some("0123456789abcdef0123456789abcdef".to_owned()),
            duration_ms: Some(1800),
            ..Entry::new(
                begin + SignedDuration::from_secs(n as i64),
                Operation::Authenticate,
                Outcome::Granted,
            )
        };
        store.write(|w| (written..next).try_for_each(|n| w.append(&append(n)).map(|_| ()))).unwrap();
        written = next;
    }
    println!("{}", store.log_key().unwrap());
}
