//! The machine's disks. They lie in this process, and everything that is done to them is remembered, in the one order in
//! which it was done: so it can be told later what would have been on each of them, had the power gone at any moment.

mod history;
mod nbd;

use std::fs;
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub use self::history::{Chance, Event, History};
pub(crate) use self::nbd::Server;
use crate::{MachineError, program};

/// What is on a disk, from its first byte to its last.
pub type Disk = Vec<u8>;

/// A new disk of so many MiB, with an empty ext4 on it.
///
/// # Errors
/// What mke2fs says.
pub fn format(mebibytes: u64) -> Result<Disk, MachineError> {
    let folder = tempfile::tempdir().map_err(MachineError::io("making a folder"))?;
    let path = folder.path().join("disk");
    let made = fs::File::create(&path).and_then(|file| file.set_len(mebibytes << 20));
    made.map_err(MachineError::io("making a disk"))?;
    let mut mke2fs = Command::new(program::find("mke2fs")?);
    // All of it now: what is left to be done lazily would be written beside what the test writes.
    mke2fs.args(["-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0"]);
    mke2fs.args(["-E", "root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0"]).arg(&path);
    program::run("mke2fs", &mut mke2fs)?;
    fs::read(&path).map_err(MachineError::io("reading a disk"))
}

/// The disks that are in the machine.
#[derive(Clone)]
pub struct Rack(Arc<Mutex<Inside>>);

struct Inside {
    disks: Vec<Disk>,
    history: History,
}

impl Rack {
    /// A rack with these disks.
    #[must_use]
    pub fn of(disks: Vec<Disk>) -> Rack {
        Rack(Arc::new(Mutex::new(Inside { disks, history: History::default() })))
    }

    /// How many disks are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.inside().disks.len()
    }

    /// Whether it is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts other disks of the same sizes in, while the machine has none of them in use. What was done to those before is
    /// forgotten.
    pub fn put_in(&self, disks: Vec<Disk>) {
        *self.inside() = Inside { disks, history: History::default() };
    }

    /// Notes among what is done to the disks that the program has said a number.
    pub fn note(&self, number: u64) {
        self.inside().history.push(Event::Noted(number));
    }

    /// What was done so far.
    #[must_use]
    pub fn history(&self) -> History {
        self.inside().history.clone()
    }

    fn size(&self, disk: usize) -> Option<usize> {
        self.inside().disks.get(disk).map(Vec::len)
    }

    /// Reads from a disk; `None` beyond its end.
    fn read(&self, disk: usize, at: usize, length: usize) -> Option<Vec<u8>> {
        self.inside().disks.get(disk)?.get(at..at.checked_add(length)?).map(<[u8]>::to_vec)
    }

    /// Writes to a disk; `None` beyond its end.
    fn write(&self, disk: usize, at: usize, bytes: Vec<u8>) -> Option<()> {
        let mut inside = self.inside();
        inside.disks.get_mut(disk)?.get_mut(at..at.checked_add(bytes.len())?)?.copy_from_slice(&bytes);
        inside.history.push(Event::Written { disk, at, bytes });
        Some(())
    }

    fn flush(&self, disk: usize) {
        self.inside().history.push(Event::Flushed { disk });
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        // Nothing is half done in it when a thread that held it fails.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
