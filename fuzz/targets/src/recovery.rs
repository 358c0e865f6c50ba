//! The recovery key: its shares as they are typed from paper, and what a store knows of it.

use mabataki_engine::keys::{RecoveryKey, RecoveryRecord, Share};

/// A share that was read is shown so that it reads as the same again, and shares that do not belong together give no key.
pub fn recovery(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(record) = serde_json::from_str::<RecoveryRecord>(text) {
        let again = serde_json::to_string(&record).expect("what was read can be written");
        assert_eq!(serde_json::from_str::<RecoveryRecord>(&again).ok(), Some(record));
    }
    let shares: Vec<Share> = text.lines().filter_map(|line| Share::read(line).ok()).collect();
    for share in &shares {
        assert!(*Share::read(&share.to_text()).expect("what is shown can be read").to_text() == *share.to_text());
    }
    if let (Ok(key), Some(first)) = (RecoveryKey::from_shares(&shares), shares.first()) {
        assert!(key.set() == first.set() && shares.len() >= usize::from(first.needed()));
    }
}
