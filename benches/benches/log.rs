//! The log: a record on the disk with its place in the chain, now and then with a checkpoint, and a log verified.
//!
//! The store lies in the folder for temporary files: set `TMPDIR` to the disk that is to be measured. A memory disk makes
//! `append` look better than any terminal is.
#![allow(clippy::unwrap_used, reason = "a bench that cannot run must stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use jiff::Timestamp;
use mabataki_engine::audit::{Entry, Operation, Outcome, Trust, Verifier};
use mabataki_engine::keys::StoreKey;
use mabataki_engine::store::{Location, LogFile, LogLines, Settings, Store};
use zeroize::Zeroizing;

/// Records of the log that is verified.
const RECORDS: u64 = 100_000;

fn log(c: &mut Criterion) {
    let root = tempfile::tempdir().unwrap();
    let location = Location::beside(&root.path().join("state"));
    let key = StoreKey::from_bytes(Zeroizing::new([7; 32]));
    let settings = Settings { terminal: "bench".to_owned(), open: true };
    let mut store = Store::create(&location, &key, settings).unwrap();
    let entry = Entry {
        subject: Some("person00500".to_owned()),
        name: Some("Person 500".to_owned()),
        session: Some("0123456789abcdef0123456789abcdef".to_owned()),
        duration_ms: Some(1800),
        ..Entry::new(Timestamp::now(), Operation::Authenticate, Outcome::Granted)
    };
    c.bench_function("log/append", |b| b.iter(|| store.write(|w| w.append(&entry)).unwrap()));

    let missing = RECORDS.saturating_sub(store.last_seq().unwrap());
    store.write(|w| (0..missing).try_for_each(|_| w.append(&entry).map(|_| ()))).unwrap();
    let public = store.log_key().unwrap();
    let mut group = c.benchmark_group("log/verify");
    group.throughput(Throughput::Elements(store.last_seq().unwrap())).sample_size(10);
    group.bench_function("100000", |b| {
        b.iter(|| {
            let mut verifier = Verifier::new(Trust { keys: vec![public], whole: true, ..Trust::default() });
            let file = LogFile::open(&location.state).unwrap();
            let outside = LogLines::open(&location.checkpoints()).unwrap().checkpoints_of(file.id());
            file.feed(&mut verifier, outside, || {}).unwrap();
            assert!(verifier.finish(Timestamp::now()).iter().all(|verdict| verdict.finding.is_none()));
        });
    });
}

criterion_group!(benches, log);
criterion_main!(benches);
