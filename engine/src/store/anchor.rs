//! The anchor: a small file in the witness folder that says how far the store had come.
//!
//! It is written after every change of the store, in this order: first the database, then the anchor. After a power cut
//! between the two the anchor is behind, and catches up. A database that is behind its anchor was put back from an older
//! copy, or cut.
//!
//! Two slots are written in turn, each on a sector of its own, so that a power cut in the middle of a write leaves the
//! other. A slot, 64 bytes: `mbtkanc1`, the store's id (16 bytes), the revision (u64 LE), HMAC-SHA256 over the three. From
//! when the store had its first administrator on, a slot begins with `mbtkanc2` instead: no backup from before makes this
//! terminal a new one again. Who reads `mbtkanc1` alone is told nothing: it may be older than that word.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use rustix::fs::{StatVfsMountFlags, fstatvfs};
use subtle::ConstantTimeEq;

use super::{
    Location, StoreError,
    files::{self, Temporary},
    lock::{For, locked},
    seal::Keys,
};

const MAGIC: &[u8; 8] = b"mbtkanc1";
/// Of a store that had an administrator.
const SET_UP_MAGIC: &[u8; 8] = b"mbtkanc2";
/// What is authenticated of a slot, bytes.
const BODY: usize = 32;
/// A slot, bytes.
const SLOT: usize = 64;
/// From one slot to the other, bytes: disks write sectors of at most 4096 bytes whole or not at all.
const SECTOR: usize = 4096;
const SLOTS: [u64; 2] = [0, SECTOR as u64];

/// What an anchor says of its store. Of two, the later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Reached {
    /// The revision that the store had reached at the least.
    pub(super) revision: u64,
    /// Whether it is known to have had an administrator.
    pub(super) set_up: bool,
}

impl Reached {
    /// Of a store of which nobody knows yet whether it was set up. It says so itself as soon as it is opened.
    pub(super) fn unknown(revision: u64) -> Reached {
        Reached { revision, set_up: false }
    }
}

/// The open anchor of a store.
pub(super) struct Anchor {
    file: File,
    path: PathBuf,
    store: [u8; 16],
}

impl Anchor {
    /// Whether there is one: then this terminal was set up.
    pub(super) fn exists(location: &Location) -> Result<bool, StoreError> {
        files::check_file(&location.anchor())
    }

    /// Makes the first anchor of a store under a temporary name: it gets its own when the store has.
    pub(super) fn prepare(
        location: &Location,
        keys: &Keys,
        store: [u8; 16],
        reached: Reached,
    ) -> Result<Temporary, StoreError> {
        files::make_private_folder(&location.witness)?;
        let mut content = [0; 2 * SECTOR];
        let (first, _) = content.split_at_mut(SLOT);
        first.copy_from_slice(&slot(keys, store, reached));
        files::prepare_new(&location.anchor(), &content)
    }

    /// Opens the anchor of the store of this id.
    ///
    /// # Errors
    /// [`StoreError::NoWitness`] when there is none; [`StoreError::BadWitness`] when it is not this store's.
    pub(super) fn open(location: &Location, keys: &Keys, store: [u8; 16]) -> Result<Anchor, StoreError> {
        let path = location.anchor();
        let missing = || StoreError::NoWitness { path: path.clone() };
        if !files::exists(&location.witness)? {
            return Err(missing());
        }
        files::check_folder(&location.witness)?;
        if !files::check_file(&path)? {
            publish_left(&path, keys, store)?;
        }
        let file = files::open_private_to_write(&path)?.ok_or_else(missing)?;
        let anchor = Anchor { file, path, store };
        anchor.reached(keys)?;
        Ok(anchor)
    }

    /// How far the store had come at the least. That it was set up is said by either slot.
    ///
    /// # Errors
    /// [`StoreError::BadWitness`] when neither slot is this store's.
    pub(super) fn reached(&self, keys: &Keys) -> Result<Reached, StoreError> {
        self.locked(For::Reading, || {
            let slots = self.read(keys)?;
            newest(&slots).ok_or_else(|| StoreError::BadWitness { path: self.path.clone() })
        })
    }

    /// Refuses where the witness cannot follow: nothing is done that it would not hear of.
    ///
    /// # Errors
    /// [`StoreError::ReadOnly`] when its disk can only be read.
    pub(super) fn check_writable(&self) -> Result<(), StoreError> {
        let disk = fstatvfs(&self.file).map_err(|error| self.failed("look at")(error.into()))?;
        if disk.f_flag.contains(StatVfsMountFlags::RDONLY) {
            return Err(StoreError::ReadOnly { path: self.path.clone() });
        }
        Ok(())
    }

    /// Says that the store has come this far. An anchor that says more already is left as it is: another process was
    /// faster. That the store was set up is never taken back.
    pub(super) fn advance(&self, keys: &Keys, reached: Reached) -> Result<(), StoreError> {
        self.locked(For::Writing, || {
            let slots = self.read(keys)?;
            let said = newest(&slots);
            let next = said.map_or(reached, |said| Reached {
                revision: said.revision.max(reached.revision),
                set_up: said.set_up || reached.set_up,
            });
            if said == Some(next) {
                return Ok(());
            }
            // The older of the two; one that is no slot is older than any.
            let at = if slots[0] <= slots[1] { SLOTS[0] } else { SLOTS[1] };
            let written = self.file.write_all_at(&slot(keys, self.store, next), at);
            written.and_then(|()| self.file.sync_data()).map_err(self.failed("write"))
        })
    }

    /// What both slots say; `None` for one that is not this store's.
    fn read(&self, keys: &Keys) -> Result<[Option<Reached>; 2], StoreError> {
        let read = |at: u64| -> Result<Option<Reached>, StoreError> {
            let mut found = [0; SLOT];
            match self.file.read_exact_at(&mut found, at) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
                Err(error) => return Err(self.failed("read")(error)),
            }
            let revision = found.get(24..BODY).and_then(|bytes| bytes.try_into().ok());
            let said = Reached {
                revision: revision.map_or(0, u64::from_le_bytes),
                set_up: found.starts_with(SET_UP_MAGIC),
            };
            let expected = slot(keys, self.store, said);
            Ok(bool::from(expected.ct_eq(&found)).then_some(said))
        };
        Ok([read(SLOTS[0])?, read(SLOTS[1])?])
    }

    fn locked<T>(
        &self,
        what_for: For,
        work: impl FnOnce() -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        locked(&self.file, &self.path, what_for, work)
    }

    fn failed(&self, doing: &'static str) -> impl FnOnce(io::Error) -> StoreError {
        StoreError::io(doing, &self.path)
    }
}

/// Gives the anchor its name if the power went between the store's getting its own and this.
fn publish_left(path: &Path, keys: &Keys, store: [u8; 16]) -> Result<(), StoreError> {
    for left in files::unpublished(path)? {
        let Some(file) = files::open_private_to_write(&left)? else { continue };
        if (Anchor { file, path: left.clone(), store }).reached(keys).is_ok() {
            return files::rename_new(&left, path);
        }
    }
    Ok(())
}

/// What the two slots say together; `None` when neither is this store's.
fn newest(slots: &[Option<Reached>; 2]) -> Option<Reached> {
    let set_up = slots.iter().flatten().any(|said| said.set_up);
    slots.iter().flatten().max().map(|said| Reached { set_up, ..*said })
}

fn slot(keys: &Keys, store: [u8; 16], reached: Reached) -> [u8; SLOT] {
    let mut slot = [0; SLOT];
    let (body, mac) = slot.split_at_mut(BODY);
    let magic = if reached.set_up { SET_UP_MAGIC } else { MAGIC };
    let fields = magic.iter().chain(&store).copied().chain(reached.revision.to_le_bytes());
    for (byte, value) in body.iter_mut().zip(fields) {
        *byte = value;
    }
    mac.copy_from_slice(&keys.witness_mac(body));
    slot
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORE: [u8; 16] = [3; 16];

    fn at(revision: u64) -> Reached {
        Reached::unknown(revision)
    }

    struct Trial {
        keys: Keys,
        location: Location,
        _folder: tempfile::TempDir,
    }

    fn trial() -> Trial {
        let folder = tempfile::tempdir().unwrap();
        let location = Location::beside(&folder.path().join("state"));
        Trial { keys: Keys::derive(&[7; 32], &STORE), location, _folder: folder }
    }

    impl Trial {
        fn create(&self, revision: u64) -> Anchor {
            let anchor = Anchor::prepare(&self.location, &self.keys, STORE, at(revision)).unwrap();
            anchor.publish(&self.location.anchor()).unwrap();
            self.open().unwrap()
        }

        fn open(&self) -> Result<Anchor, StoreError> {
            Anchor::open(&self.location, &self.keys, STORE)
        }

        fn bytes(&self) -> Vec<u8> {
            std::fs::read(self.location.anchor()).unwrap()
        }

        fn put(&self, bytes: &[u8]) {
            std::fs::write(self.location.anchor(), bytes).unwrap();
        }
    }

    #[test]
    fn an_anchor_only_moves_forward() {
        let trial = trial();
        let anchor = trial.create(5);
        for (said, expected) in [(6, 6), (9, 9), (7, 9), (9, 9), (10, 10)] {
            anchor.advance(&trial.keys, at(said)).unwrap();
            assert_eq!(anchor.reached(&trial.keys).unwrap(), at(expected));
        }
    }

    #[test]
    fn whatever_a_power_cut_leaves_of_the_slot_being_written_the_other_holds() {
        let trial = trial();
        let anchor = trial.create(5);
        for revision in 6..10 {
            let before = trial.bytes();
            anchor.advance(&trial.keys, at(revision)).unwrap();
            let after = trial.bytes();
            let written: Vec<usize> = (0..after.len()).filter(|at| before[*at] != after[*at]).collect();
            for torn in 0..written.len() {
                let mut half = before.clone();
                for at in &written[..torn] {
                    half[*at] = after[*at];
                }
                trial.put(&half);
                assert_eq!(anchor.reached(&trial.keys).unwrap(), at(revision - 1));
            }
            trial.put(&after);
        }
    }

    #[test]
    fn that_a_store_was_set_up_is_never_taken_back_and_outlives_either_slot() {
        let trial = trial();
        let anchor = trial.create(5);
        let set_up = |revision| Reached { revision, set_up: true };
        assert!(!anchor.reached(&trial.keys).unwrap().set_up, "an anchor from before says nothing");
        // At the same revision, as of a store that was made before anchors had the word.
        anchor.advance(&trial.keys, set_up(5)).unwrap();
        assert_eq!(anchor.reached(&trial.keys).unwrap(), set_up(5));
        for revision in 6..9 {
            anchor.advance(&trial.keys, at(revision)).unwrap();
            assert_eq!(anchor.reached(&trial.keys).unwrap(), set_up(revision));
        }
        let whole = trial.bytes();
        for slot in SLOTS {
            let mut torn = whole.clone();
            torn[usize::try_from(slot).unwrap() + 30] ^= 1;
            trial.put(&torn);
            assert!(anchor.reached(&trial.keys).unwrap().set_up, "slot at {slot}");
        }
        // The word is authenticated: neither taken out nor put in by whoever has not the key.
        let without = [MAGIC.as_slice(), &whole[8..SECTOR], MAGIC, &whole[SECTOR + 8..]].concat();
        trial.put(&without);
        assert_eq!(anchor.reached(&trial.keys).unwrap_err().code(), "bad_witness");
    }

    #[test]
    fn an_anchor_of_another_store_or_with_both_slots_damaged_says_nothing() {
        let trial = trial();
        let anchor = trial.create(5);
        let other = Anchor::open(&trial.location, &trial.keys, [4; 16]);
        assert_eq!(other.err().unwrap().code(), "bad_witness");
        assert_eq!(anchor.reached(&Keys::derive(&[8; 32], &STORE)).unwrap_err().code(), "bad_witness");
        for bytes in [vec![], vec![0; 64], trial.bytes().iter().map(|byte| byte ^ 1).collect()] {
            trial.put(&bytes);
            assert_eq!(anchor.reached(&trial.keys).unwrap_err().code(), "bad_witness");
        }
    }

    #[test]
    fn a_missing_anchor_is_missing() {
        let trial = trial();
        assert!(!Anchor::exists(&trial.location).unwrap());
        assert_eq!(trial.open().err().unwrap().code(), "no_witness");
        trial.create(1);
        assert!(Anchor::exists(&trial.location).unwrap());
    }

    #[test]
    fn an_anchor_whose_store_got_its_name_just_before_the_power_went_gets_its_own() {
        let trial = trial();
        let anchor = Anchor::prepare(&trial.location, &trial.keys, STORE, at(3)).unwrap();
        let foreign = Anchor::prepare(&trial.location, &trial.keys, [4; 16], at(9)).unwrap();
        for prepared in [anchor, foreign] {
            // As a process leaves it that was killed.
            let (path, bytes) = (prepared.path.clone(), std::fs::read(&prepared.path).unwrap());
            drop(prepared);
            files::write_new(&path, &bytes).unwrap();
        }
        assert_eq!(trial.open().unwrap().reached(&trial.keys).unwrap(), at(3));
        assert!(Anchor::exists(&trial.location).unwrap());
    }
}
