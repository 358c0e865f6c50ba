//! Lines of archives, of merged logs and of the file of checkpoints, one after the other, into the verifier.
#![no_main]

use jiff::Timestamp;
use libfuzzer_sys::fuzz_target;
use mabataki_engine::audit::{Line, Trust, Verifier};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut verifier = Verifier::new(Trust { whole: true, ..Trust::default() });
    for line in text.lines() {
        match Line::parse(line) {
            Ok(Line::Record(record)) => {
                let again = serde_json::to_string(&record).unwrap();
                assert_eq!(Line::parse(&again), Ok(Line::Record(record.clone())));
                verifier.record(&record);
            }
            Ok(Line::Checkpoint(checkpoint)) => {
                let again = serde_json::to_string(&checkpoint).unwrap();
                assert_eq!(Line::parse(&again), Ok(Line::Checkpoint(checkpoint.clone())));
                verifier.checkpoint(&checkpoint);
            }
            Err(bad) => {
                if let (Some(log), Some(seq)) = (bad.log, bad.seq) {
                    verifier.unreadable(log, seq);
                }
            }
        }
    }
    let _ = verifier.finish(Timestamp::UNIX_EPOCH);
});
