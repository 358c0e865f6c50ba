//! What can go wrong with a store, each with its stable word and its remedy.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::audit::InvalidEntry;

/// Why the store could not do what it was asked. Nothing was changed: a write is done wholly or not at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// There is no store where one was to be opened.
    #[error("no store at {}: expected the folder of a store that was set up, found {found}", path.display())]
    NoStore {
        /// Where it was looked for.
        path: PathBuf,
        /// What is there instead.
        found: String,
    },
    /// The store is gone, and what lies outside its folder says that there was one.
    #[error("the store at {} is gone: expected the store that this terminal was set up with, found none", path.display())]
    Emptied {
        /// Where it was.
        path: PathBuf,
    },
    /// The store is an older one than this terminal had last.
    #[error("the store at {} is an old copy: this terminal had come to {witnessed}, the copy to {found}", path.display())]
    RolledBack {
        /// The store.
        path: PathBuf,
        /// The revision that the witness knows of, or what the TPM has counted to.
        witnessed: u64,
        /// The store's own.
        found: u64,
    },
    /// Nothing outside the store's folder says how far it had come.
    #[error("no witness at {}: expected the file that was made with the store", path.display())]
    NoWitness {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// What lies outside the store's folder is not this store's.
    #[error("the witness at {} is not this store's: expected the file that was made with it, found another or a damaged one", path.display())]
    BadWitness {
        /// The file.
        path: PathBuf,
    },
    /// There is a store, or a key, where a new one was to be made.
    #[error("{} exists: expected a free place to make it in", path.display())]
    FileExists {
        /// What is in the way.
        path: PathBuf,
    },
    /// A file or folder could be read or changed by others, or is not what it seems.
    #[error("{} is not safe to use: expected {expected}, found {found}", path.display())]
    NotPermitted {
        /// The file or folder.
        path: PathBuf,
        /// What it must be.
        expected: &'static str,
        /// What it is.
        found: String,
    },
    /// The log ends earlier than a checkpoint outside says that it did.
    #[error("the log of the store at {} was cut or put back: expected checkpoint {expected} or a later one, found {found} as its last", path.display())]
    LogCut {
        /// The store.
        path: PathBuf,
        /// The last checkpoint outside.
        expected: u64,
        /// The last checkpoint in the store.
        found: u64,
    },
    /// The store's checkpoint says something else than the same one outside.
    #[error("the log of the store at {} is not the one that was written: its checkpoint {number} is not the one in {}", path.display(), outside.display())]
    LogForked {
        /// The store.
        path: PathBuf,
        /// The file of checkpoints outside.
        outside: PathBuf,
        /// The checkpoint.
        number: u64,
    },
    /// A file that is to hold a log has a line that is neither record nor checkpoint.
    #[error("{} is not a log: line {line}: {what}", path.display())]
    BadLog {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong with it, without its content.
        what: String,
    },
    /// The key is a key, but another store's.
    #[error("the key does not fit the store at {}: expected the key it was made with, found another", path.display())]
    WrongKey {
        /// The store.
        path: PathBuf,
    },
    /// The store is damaged or was changed by something else.
    #[error("the store at {} is damaged: {what}", path.display())]
    Corrupt {
        /// The store.
        path: PathBuf,
        /// Which part, what was expected and what was found.
        what: String,
    },
    /// Another file has the store's name since it was opened: it was put back from a backup, or somebody exchanged it.
    #[error("the store at {} was replaced: expected the file that was opened, found another in its place or none", path.display())]
    Replaced {
        /// The store.
        path: PathBuf,
    },
    /// Something else had the name of a file before it was finished: whoever may write to its folder put it there.
    #[error("{} was exchanged: expected the file that was written, found something else in its place or nothing", path.display())]
    Exchanged {
        /// What was to be written.
        path: PathBuf,
    },
    /// The file is a database of another program.
    #[error("{} is not a store: expected application id {expected:#010x}, found {found:#010x}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Ours.
        expected: i64,
        /// Its.
        found: i64,
    },
    /// The store has a format this version does not know.
    #[error("the store at {} has format {found}: expected {known}, the only one this version knows", path.display())]
    OtherFormat {
        /// The store.
        path: PathBuf,
        /// The format this version writes.
        known: i64,
        /// The format found.
        found: i64,
    },
    /// Another process held the store for too long.
    #[error("the store at {} is busy: expected it to be free within {waited_s} s, found another process writing", path.display())]
    Busy {
        /// The store.
        path: PathBuf,
        /// How long it was waited for, s.
        waited_s: u64,
    },
    /// The disk is full.
    #[error("no room on the disk for the store at {}", path.display())]
    DiskFull {
        /// The store.
        path: PathBuf,
    },
    /// The disk, or the folder, can only be read.
    #[error("{} cannot be written: expected a disk that takes what is decided, found one that can only be read", path.display())]
    ReadOnly {
        /// The store, or its witness.
        path: PathBuf,
    },
    /// The operating system refused something.
    #[error("could not {doing} {}: {source}", path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The database refused something.
    #[error("the database at {} failed: {source}", path.display())]
    Database {
        /// The store.
        path: PathBuf,
        /// The database's answer.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The system gave no random numbers.
    #[error("the system gave no random numbers: {0}")]
    NoRandom(io::Error),
    /// The store in place is another one than the backup is of.
    #[error("the store at {} is not the one that the backup is of: expected the same store, or none", path.display())]
    OtherStore {
        /// The store.
        path: PathBuf,
    },
    /// The file is no backup.
    #[error("{} is not a backup: expected the first line `mabataki backup 1` and its header, found {found}", path.display())]
    NotABackup {
        /// The file.
        path: PathBuf,
        /// What it is instead.
        found: String,
    },
    /// A person with this id exists.
    #[error("person {id} exists: expected an id nobody has")]
    PersonExists {
        /// The id.
        id: String,
    },
    /// Nobody has this id.
    #[error("no person {id:?} in the store")]
    NoPerson {
        /// The id asked for.
        id: String,
    },
    /// The person has left; of them only the name is kept.
    #[error("person {id} is retired: expected somebody who works here")]
    Retired {
        /// The id.
        id: String,
    },
    /// The person answers for somebody of a vendor.
    #[error("person {id} is the sponsor of {vendor}: expected nobody to depend on them")]
    Sponsor {
        /// The id.
        id: String,
        /// Whom they answer for.
        vendor: String,
    },
    /// No card has this handle.
    #[error("no card with the handle {handle} in the store")]
    NoCard {
        /// The handle asked for.
        handle: String,
    },
    /// The card is tied to somebody.
    #[error("this card is bound to person {person}: expected a card nobody has")]
    CardBound {
        /// Whose card it is.
        person: String,
    },
    /// The card was given back, and is for nobody.
    #[error("card {handle} was returned: expected one that is in somebody's hands")]
    CardReturned {
        /// The card's handle.
        handle: String,
    },
    /// A value is beyond its limits.
    #[error("{what} does not fit: expected {expected}, found {found}")]
    Invalid {
        /// Which value.
        what: &'static str,
        /// What it may be.
        expected: &'static str,
        /// What it is, without its content.
        found: String,
    },
    /// A log entry is beyond its limits.
    #[error(transparent)]
    InvalidEntry(#[from] InvalidEntry),
}

impl StoreError {
    /// The stable word for programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoStore { .. } => "no_store",
            Self::Emptied { .. } => "store_gone",
            Self::RolledBack { .. } => "store_rolled_back",
            Self::LogCut { .. } => "log_cut",
            Self::LogForked { .. } => "log_forked",
            Self::BadLog { .. } => "bad_log",
            Self::NoWitness { .. } => "no_witness",
            Self::BadWitness { .. } => "bad_witness",
            Self::FileExists { .. } | Self::PersonExists { .. } => "exists",
            Self::NotPermitted { .. } => "not_permitted",
            Self::WrongKey { .. } => "wrong_key",
            Self::Corrupt { .. } => "store_corrupt",
            Self::Replaced { .. } => "store_replaced",
            Self::Exchanged { .. } => "file_exchanged",
            Self::Foreign { .. } => "store_foreign",
            Self::OtherFormat { .. } => "store_format",
            Self::Busy { .. } => "store_busy",
            Self::DiskFull { .. } => "disk_full",
            Self::ReadOnly { .. } => "store_read_only",
            Self::Io { .. } | Self::Database { .. } | Self::NoRandom(_) => "store_failed",
            Self::OtherStore { .. } => "other_store",
            Self::NotABackup { .. } => "not_a_backup",
            Self::NoPerson { .. } | Self::NoCard { .. } => "not_found",
            Self::Retired { .. } => "retired",
            Self::Sponsor { .. } => "sponsor",
            Self::CardBound { .. } => "card_bound",
            Self::CardReturned { .. } => "card_returned",
            Self::Invalid { .. } | Self::InvalidEntry(_) => "invalid",
        }
    }

    /// What the operator can do about it.
    pub const fn fix(&self) -> &'static str {
        match self {
            Self::NoStore { .. } => "make one with `mabataki init`, or name the right folder with --state",
            Self::Emptied { .. } | Self::RolledBack { .. } | Self::LogCut { .. } | Self::LogForked { .. } => {
                "find out who did it, then put back the newest backup with `mabataki store restore`"
            }
            Self::NoWitness { .. } | Self::BadWitness { .. } => {
                "put the witness folder back, or name the right one with --witness; if it is lost, `mabataki store restore`"
            }
            Self::BadLog { .. } => "name a file that `mabataki audit` wrote, or get a whole copy of it",
            Self::FileExists { .. } => "use what is there, or choose another place",
            Self::NotPermitted { .. } => {
                "give it to the user who runs this, with mode 0700 for a folder and 0600 for a file, and no link in its place"
            }
            Self::WrongKey { .. } => "put back the key file that was made with this store",
            Self::Corrupt { .. } => "put the store back from its backup",
            Self::Replaced { .. } => {
                "start the program again: it then uses the store that is there, if that is a good one"
            }
            Self::Exchanged { .. } => {
                "write it to a folder that nobody else may write to, and find out who did this"
            }
            Self::Foreign { .. } => "name the right folder with --state",
            Self::OtherFormat { .. } => "use the version that wrote the store, or a later one",
            Self::Busy { .. } => "end the other program that uses the store, then try again",
            Self::DiskFull { .. } => "make room on the disk, then try again",
            Self::ReadOnly { .. } => {
                "look why the disk was mounted so: a failing disk often is; then mount it to be written"
            }
            Self::Io { .. } | Self::Database { .. } => {
                "look to the disk and to the folder's rights, then try again"
            }
            Self::NoRandom(_) => "try again once the system has started up",
            Self::OtherStore { .. } => {
                "name this terminal's backup; to give the place to another store, take the one in place away first"
            }
            Self::NotABackup { .. } => "name a file that `mabataki store backup` wrote",
            Self::PersonExists { .. } => "choose another id, or change the person that exists",
            Self::NoPerson { .. } => "see the ids with `mabataki person list`",
            Self::NoCard { .. } => "see the handles with `mabataki card list`",
            Self::Retired { .. } => {
                "add them under another id, or remove the old record with `mabataki person remove`"
            }
            Self::Sponsor { .. } => "give the other another sponsor, or retire them first",
            Self::CardBound { .. } => "remove the card from that person first",
            Self::CardReturned { .. } => "remove the card, then bind it anew",
            Self::Invalid { .. } | Self::InvalidEntry(_) => "keep to the limit",
        }
    }

    pub(crate) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| match source.kind() {
            io::ErrorKind::StorageFull => Self::DiskFull { path: path.to_owned() },
            io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path: path.to_owned() },
            io::ErrorKind::AlreadyExists => Self::FileExists { path: path.to_owned() },
            _ => Self::Io { doing, path: path.to_owned(), source },
        }
    }

    pub(super) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), what: what.into() }
    }

    /// What the database says, in our words.
    pub(super) fn database(path: &Path, source: rusqlite::Error) -> Self {
        use rusqlite::{Error, ErrorCode};
        let owned = path.to_owned();
        match source.sqlite_error_code() {
            Some(ErrorCode::DatabaseCorrupt) => Self::corrupt(path, "the database is malformed"),
            Some(ErrorCode::NotADatabase) => {
                Self::corrupt(path, "expected an SQLite database, found something else")
            }
            Some(ErrorCode::TooBig) => Self::corrupt(path, "a row is larger than any the store writes"),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                Self::Busy { path: owned, waited_s: super::schema::BUSY_TIMEOUT.as_secs() }
            }
            Some(ErrorCode::ReadOnly) => Self::ReadOnly { path: owned },
            Some(ErrorCode::DiskFull) => Self::DiskFull { path: owned },
            Some(_) => Self::Database { path: owned, source: source.into() },
            None => match source {
                // The tables are STRICT: another type in a column was not written by the store.
                Error::InvalidColumnType(..)
                | Error::FromSqlConversionFailure(..)
                | Error::IntegralValueOutOfRange(..)
                | Error::Utf8Error(..) => {
                    Self::corrupt(path, format!("a column does not hold what it must: {source}"))
                }
                other => Self::Database { path: owned, source: other.into() },
            },
        }
    }
}
