//! Backups: the whole store at one moment, sealed into one file, and the way back.
//!
//! A backup is text to its first line break, then a length, then a header in JSON, then the database as one sealed stream:
//! ```text
//! mabataki backup 1 ⏎ | length of the header, u32 LE | header | stream
//! ```
//! The header holds the store's key slots, so that whatever opens the store opens its backup; it tells whose backup it is
//! and of when. What is sealed is bound to it. The key that signs the log's next checkpoint is not in it: whoever has
//! last week's backup and the store's key must not be able to write last week's log anew.

mod header;
mod log;
mod merge;
mod remains;
mod restore;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, TransactionBehavior};

pub use self::header::BackupHeader;
pub use self::merge::Merged;
pub use self::restore::Staged;

use super::{
    Store, StoreError, Write,
    files::{self, Temporary},
    leftovers,
    root::Root,
    rows::Rows,
    schema, seal,
    slots::DataKey,
};
use crate::sealing::{self, StreamError};

const MAGIC: &[u8] = b"mabataki backup 1\n";

/// Most bytes of a header.
const HEADER: usize = 64 * 1024;

impl Store {
    /// Writes a backup of the store as it stands at one moment into a new file of mode 0600. Other processes may go on
    /// writing meanwhile. `taken` is when this is.
    ///
    /// # Errors
    /// [`StoreError::FileExists`] when there is a file; [`StoreError::NotPermitted`] when it is to lie in the state or the
    /// witness folder, with which it would be lost. Nothing is left behind.
    pub fn back_up(&self, to: &Path, taken: Timestamp) -> Result<BackupHeader, StoreError> {
        for folder in [&self.location.state, &self.location.witness] {
            if files::lies_in(to, folder)? {
                return Err(StoreError::NotPermitted {
                    path: to.to_owned(),
                    expected: "a place outside the folders of the store",
                    found: format!("one inside {}", folder.display()),
                });
            }
        }
        if files::exists(to)? {
            return Err(StoreError::FileExists { path: to.to_owned() });
        }
        leftovers::remove(&self.location);
        let (copy, header) = self.copy_for_backup(taken)?;
        let text = header.to_text()?;
        let target = files::prepare_new(to, &preamble(&text)?)?;
        self.seal_backup(&copy, &header, &text, &mut target.handle()?, to)?;
        target.publish(to)?;
        Ok(header)
    }

    /// As [`Store::back_up`], into something that is open and empty.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn back_up_into(
        &self,
        mut to: &mut dyn io::Write,
        taken: Timestamp,
    ) -> Result<BackupHeader, StoreError> {
        let (copy, header) = self.copy_for_backup(taken)?;
        let text = header.to_text()?;
        // It has no name that whoever reads the error could do something with.
        let nameless = Path::new("the backup");
        to.write_all(&preamble(&text)?).map_err(StoreError::io("write", nameless))?;
        self.seal_backup(&copy, &header, &text, &mut to, nameless)?;
        Ok(header)
    }

    /// The database as it stands at one moment, without what would let whoever has it sign in the name of the log.
    fn copy_for_backup(&self, taken: Timestamp) -> Result<(Temporary, BackupHeader), StoreError> {
        let copy = self.copy()?;
        let conn = schema::connect(&copy.path)?;
        let header = BackupHeader::of(self, &conn, taken)?;
        self.forget_signer(&conn, &copy.path)?;
        conn.close().map_err(|(_, error)| StoreError::database(&self.path, error))?;
        Ok((copy, header))
    }

    fn seal_backup(
        &self,
        copy: &Temporary,
        header: &BackupHeader,
        text: &[u8],
        to: &mut impl io::Write,
        name: &Path,
    ) -> Result<(), StoreError> {
        let key = seal::backup_key(&self.held().data_key, header.salt());
        let mut from = File::open(&copy.path).map_err(StoreError::io("read", &copy.path))?;
        sealing::seal(&key, text, &mut from, to).map_err(failed(&copy.path, name, name))
    }

    /// The database as it stands at one moment, in a file of its own without what was deleted.
    fn copy(&self) -> Result<Temporary, StoreError> {
        let copy = Temporary::create(&self.path)?;
        let name = copy.path.to_str().ok_or_else(|| StoreError::Invalid {
            what: "the state folder's path",
            expected: "UTF-8",
            found: self.path.display().to_string(),
        })?;
        self.held()
            .conn
            .execute("VACUUM INTO ?1", [name])
            .map_err(|error| StoreError::database(&self.path, error))?;
        Ok(copy)
    }

    /// Takes out of a copy what would let whoever has it sign in the name of the log.
    fn forget_signer(&self, copy: &Connection, path: &Path) -> Result<(), StoreError> {
        let wrap = |error| StoreError::database(path, error);
        let transaction = Transaction::new_unchecked(copy, TransactionBehavior::Immediate).map_err(wrap)?;
        let held = self.held();
        let rows = Rows::untold(&transaction, &held.keys, path);
        let store = Write::new(rows, &held.settings, &held.id, &held.data_key, Root::read(&rows)?);
        store.forget_signer()?;
        store.keep_chain()?;
        store.root.into_inner().write(&rows)?;
        transaction.commit().map_err(wrap)
    }
}

/// A backup file, its header read. What is in the header counts when the backup is unpacked: then it is authenticated.
pub struct Backup {
    path: PathBuf,
    header: BackupHeader,
    text: Vec<u8>,
    file: File,
}

impl Backup {
    /// Reads the header of a backup.
    ///
    /// # Errors
    /// [`StoreError::NotABackup`] when it has none.
    pub fn read(path: &Path) -> Result<Backup, StoreError> {
        let not_one = |found: &str| StoreError::NotABackup { path: path.to_owned(), found: found.to_owned() };
        let mut file = File::open(path).map_err(StoreError::io("open", path))?;
        let mut start = [0; MAGIC.len() + 4];
        file.read_exact(&mut start).map_err(|_| not_one("a file too short for one"))?;
        let length = start
            .strip_prefix(MAGIC)
            .and_then(|length| length.try_into().ok())
            .map(u32::from_le_bytes)
            .ok_or_else(|| not_one("another first line"))?;
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        if length > HEADER {
            return Err(not_one("a header longer than 64 KiB"));
        }
        let mut text = vec![0; length];
        file.read_exact(&mut text).map_err(|_| not_one("a header that is cut"))?;
        let header = BackupHeader::from_text(&text).ok_or_else(|| not_one("another version's header"))?;
        Ok(Backup { path: path.to_owned(), header, text, file })
    }

    /// Whose backup it is, and of when.
    pub fn header(&self) -> &BackupHeader {
        &self.header
    }

    /// Writes the database into `to`.
    fn unpack(&self, data_key: &DataKey, to: &Temporary) -> Result<(), StoreError> {
        let key = seal::backup_key(data_key, self.header.salt());
        let mut from = &self.file;
        let start = MAGIC.len() + 4 + self.text.len();
        from.seek(SeekFrom::Start(start as u64)).map_err(StoreError::io("read", &self.path))?;
        let mut file = to.handle()?;
        sealing::open(&key, &self.text, &mut from, &mut file)
            .map_err(failed(&self.path, &to.path, &self.path))
    }
}

/// What went wrong between these two files; `backup` is the one of them that holds the stream.
fn failed(from: &Path, to: &Path, backup: &Path) -> impl FnOnce(StreamError) -> StoreError {
    move |error| match error {
        StreamError::Read(error) => StoreError::io("read", from)(error),
        StreamError::Write(error) => StoreError::io("write", to)(error),
        other => StoreError::corrupt(backup, other.to_string()),
    }
}

fn preamble(header: &[u8]) -> Result<Vec<u8>, StoreError> {
    let length = u32::try_from(header.len()).ok().filter(|_| header.len() <= HEADER);
    let length = length.ok_or(StoreError::Invalid {
        what: "a backup's header",
        expected: "at most 64 KiB",
        found: format!("{} bytes", header.len()),
    })?;
    Ok([MAGIC, &length.to_le_bytes(), header].concat())
}
