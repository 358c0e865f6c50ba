//! Lines of archives, of merged logs and of the file of checkpoints, one after the other, into the verifier.

use jiff::Timestamp;
use mabataki_engine::audit::{Line, Trust, Verifier};

/// A line that is one is written as it was read, and no lines make the verifier stop.
pub fn log_line(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut verifier = Verifier::new(Trust { whole: true, ..Trust::default() });
    for line in text.lines() {
        match Line::parse(line) {
            Ok(Line::Record(record)) => {
                assert_eq!(Line::parse(&record.to_line()), Ok(Line::Record(record.clone())));
                verifier.record(&record);
            }
            Ok(Line::Checkpoint(checkpoint)) => {
                assert_eq!(Line::parse(&checkpoint.to_line()), Ok(Line::Checkpoint(checkpoint.clone())));
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
}
