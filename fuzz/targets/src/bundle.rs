//! Bundles as they are carried from one terminal to another: the file from outside, and the body that it would hold.

use std::io::Cursor;

use mabataki_engine::bundle::{Bundle, Header, Record, Records};

/// What is read of a header is within its limits and is written as it was read, and so is every record.
pub fn bundle(bytes: &[u8]) {
    if let Ok(bundle) = Bundle::read(Cursor::new(bytes)) {
        let header = bundle.header();
        assert!(header.revision > 0 && header.made < header.not_after);
        let again = serde_json::to_vec(header).unwrap();
        assert_eq!(serde_json::from_slice::<Header>(&again).unwrap(), *header);
    }
    for record in Records::new(bytes) {
        let Ok(record) = record else { break };
        let again = serde_json::to_vec(&record).unwrap();
        // A face's quality beyond all numbers is refused when it is kept, and is written as none.
        let Ok(read) = serde_json::from_slice::<Record>(&again) else { continue };
        assert_eq!((read.key(), read.digest()), (record.key(), record.digest()));
    }
}
