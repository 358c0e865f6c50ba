//! A backup: its header, and the sealed stream behind it.

use mabataki_engine::store::{Backup, Staged, Store};

use crate::place::{self, Place};

/// What unpacks is a whole store, and what does not leaves nothing behind.
pub fn backup(bytes: &[u8]) {
    thread_local!(static PLACE: Place = Place::new());
    PLACE.with(|place| {
        let path = place.root().join("backup");
        place::write_private(&path, bytes);
        let Ok(backup) = Backup::read(&path) else { return };
        if let Ok(staged) = Staged::unpack(&place.location(), &backup, &place::key(), None) {
            let store = Store::open(staged.location(), &place::key()).expect("what was unpacked opens");
            store.check().expect("what was unpacked is whole");
        }
        place.assert_holds_only("backup");
    });
}
