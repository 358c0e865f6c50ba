//! Files and folders that only their owner may touch.
//!
//! The rule: the folder is ours and 0700, each file in it is ours, 0600 and no link. Nobody else can then put
//! anything in the place of what was checked. What is made is made exclusively and complete: under a
//! temporary name, written through to the disk, then renamed to a name that must be free.
//!
//! Archives and exports go where the site wants them, which may be somebody else's folder: see [`Temporary`].

use std::{
    ffi::{OsStr, OsString},
    fs::{self, DirBuilder, File, Metadata, OpenOptions, Permissions},
    io::{self, Seek, Write},
    os::{
        fd::AsFd,
        unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
    },
    path::{Path, PathBuf},
};

use rustix::{
    fs::{
        Access, AtFlags, CWD, FlockOperation, Mode, OFlags, RenameFlags, access, flock, fstat, linkat,
        openat, renameat_with, statat, unlinkat,
    },
    io::Errno,
    path::Arg,
    process::geteuid,
};

use super::{StoreError, seal};

/// A database and what SQLite keeps in files beside it: what is added to its name.
const BESIDE: [&str; 4] = ["", "-journal", "-wal", "-shm"];

/// Makes the folder, or accepts one that is ours alone. Says which folders it made, outermost first.
pub(super) fn make_private_folder(path: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let missing: Vec<PathBuf> = path
        .ancestors()
        .filter(|folder| !folder.as_os_str().is_empty())
        .take_while(|folder| matches!(fs::symlink_metadata(folder), Err(error) if error.kind() == io::ErrorKind::NotFound))
        .map(Path::to_owned)
        .collect();
    let mut made = Vec::new();
    for folder in missing.into_iter().rev() {
        let result = DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            // The umask may have taken from the mode what we need ourselves.
            .and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o700)));
        match result {
            Ok(()) => made.push(folder),
            // Another process was faster: then the check below decides.
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => {
                remove_folders(&made);
                return Err(StoreError::io("make the folder", &folder)(error));
            }
        }
    }
    check_folder(path).inspect_err(|_| remove_folders(&made))?;
    Ok(made)
}

/// Takes back what [`make_private_folder`] made, where it is still empty.
pub(super) fn remove_folders(made: &[PathBuf]) {
    for folder in made.iter().rev() {
        // One that something else has been put into stays.
        let _ = fs::remove_dir(folder);
    }
}

/// Takes back a database that was made a moment ago, with what SQLite may have put beside it.
pub(crate) fn remove_new(database: &Path) {
    for suffix in BESIDE {
        // What is not there need not be removed.
        let _ = fs::remove_file(beside(database, suffix));
    }
}

/// Removes what SQLite keeps beside a database, and not the database.
pub(super) fn remove_beside(database: &Path) -> Result<(), StoreError> {
    for suffix in BESIDE.into_iter().filter(|suffix| !suffix.is_empty()) {
        let file = beside(database, suffix);
        if exists(&file)? {
            fs::remove_file(&file).map_err(StoreError::io("remove", &file))?;
        }
    }
    Ok(())
}

/// Checks that the folder is ours alone.
///
/// # Errors
/// [`StoreError::NoStore`] when there is none.
pub(super) fn check_folder(path: &Path) -> Result<(), StoreError> {
    let found = inspect(path)?
        .ok_or_else(|| StoreError::NoStore { path: path.to_owned(), found: "nothing".to_owned() })?;
    check(path, &found, Kind::Folder)
}

/// Checks that the disk of this folder takes what is written: the database says no more than that it does not open.
///
/// # Errors
/// [`StoreError::ReadOnly`] when it does not.
pub(super) fn check_writable(path: &Path) -> Result<(), StoreError> {
    access(path, Access::WRITE_OK).map_err(|error| StoreError::io("write to", path)(error.into()))
}

/// Checks that the file, if there is one, is ours alone. Says whether there is one.
pub(crate) fn check_file(path: &Path) -> Result<bool, StoreError> {
    match inspect(path)? {
        Some(found) => check(path, &found, Kind::File).map(|()| true),
        None => Ok(false),
    }
}

/// Whether there is anything at `path`.
pub(super) fn exists(path: &Path) -> Result<bool, StoreError> {
    inspect(path).map(|found| found.is_some())
}

/// Opens a file of ours for reading; `None` when there is none. What is checked is what is opened.
pub(crate) fn open_private(path: &Path) -> Result<Option<File>, StoreError> {
    open_checked(path, OpenOptions::new().read(true))
}

/// As [`open_private`], for reading and writing what is in it.
pub(super) fn open_private_to_write(path: &Path) -> Result<Option<File>, StoreError> {
    open_checked(path, OpenOptions::new().read(true).write(true))
}

fn open_checked(path: &Path, options: &mut OpenOptions) -> Result<Option<File>, StoreError> {
    // Without NONBLOCK a named pipe in its place would hold us for ever.
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC).bits().cast_signed();
    match options.custom_flags(flags).open(path) {
        Ok(file) => {
            let found = file.metadata().map_err(StoreError::io("look at", path))?;
            check(path, &found, Kind::File)?;
            Ok(Some(file))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        // A link, or not ours to read: the check says it better than the system does.
        Err(error) => {
            check_file(path)?;
            Err(StoreError::io("open", path)(error))
        }
    }
}

/// Writes a new file of mode 0600, complete and on the disk, or leaves nothing.
pub(crate) fn write_new(path: &Path, content: &[u8]) -> Result<(), StoreError> {
    let made = match path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        Some(parent) if !parent.exists() => make_private_folder(parent)?,
        _ => Vec::new(),
    };
    let write = || prepare_new(path, content)?.publish(path);
    write().inspect_err(|_| remove_folders(&made))
}

/// A new file of mode 0600 with this content, on the disk, under a temporary name in the folder of `target`.
pub(super) fn prepare_new(target: &Path, content: &[u8]) -> Result<Temporary, StoreError> {
    let temporary = Temporary::create(target)?;
    let mut file = &temporary.file;
    file.write_all(content).and_then(|()| file.sync_all()).map_err(StoreError::io("write", target))?;
    temporary.sync_folder().map_err(StoreError::io("write the folder of", target))?;
    Ok(temporary)
}

/// Gives the file at `from` the name of `to` in its place, on the disk. Both are on one file system.
pub(crate) fn replace(from: &Path, to: &Path) -> Result<(), StoreError> {
    fs::rename(from, to)
        .and_then(|()| File::open(parent(to))?.sync_all())
        .map_err(StoreError::io("replace", to))
}

/// Whether `path` lies in `folder`, with the links on the way resolved as far as the way exists.
pub(crate) fn lies_in(path: &Path, folder: &Path) -> Result<bool, StoreError> {
    Ok(resolve(path)?.starts_with(resolve(folder)?))
}

/// The file that SQLite keeps beside a database: its name with a suffix.
pub(crate) fn beside(database: &Path, suffix: &str) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The files in `target`'s folder under which [`Temporary`] may have been on its way to `target`.
pub(super) fn unpublished(target: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let folder = parent(target);
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).map_err(StoreError::io("read the folder", folder))? {
        let entry = entry.map_err(StoreError::io("read the folder", folder))?;
        let other = entry.file_name();
        let other = other.to_string_lossy();
        if other.strip_prefix(&*name).is_some_and(|rest| rest.starts_with('.') && rest.ends_with(".new")) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Which file it is, whatever it is called.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    pub(super) fn of(path: &Path) -> Result<Identity, StoreError> {
        let found = fs::symlink_metadata(path).map_err(StoreError::io("look at", path))?;
        Ok(Identity { device: found.dev(), inode: found.ino() })
    }

    /// Refuses to go on with a file that has another's name now, or none: what is written to it would be lost.
    pub(super) fn check(&self, path: &Path) -> Result<(), StoreError> {
        match inspect(path)? {
            Some(found) if (found.dev(), found.ino()) == (self.device, self.inode) => Ok(()),
            _ => Err(StoreError::Replaced { path: path.to_owned() }),
        }
    }
}

/// A file under a temporary name: removed on drop, with what SQLite may have put beside it, unless published. It is locked
/// as long as there is somebody who is at work on it.
///
/// The folder may be somebody else's, who can give the name to another file or to a link at any moment, and the folder's
/// own name to another folder. What is written through [`Temporary::handle`] is in the file that was made here all the
/// same, which is ours and 0600: nobody else reads it, and no other file is touched. Nor is any folder but the one that the
/// file was made in. What is published is that file, or whoever publishes it gets [`StoreError::Exchanged`]. What the
/// folder's owner does with the published name afterwards nobody can hinder; they have nothing of its content.
pub(super) struct Temporary {
    /// For SQLite, which wants a name: only in folders that are ours alone.
    pub(super) path: PathBuf,
    name: OsString,
    folder: File,
    file: File,
}

impl Temporary {
    /// Makes an empty file of mode 0600 in the folder of `target`, under a name nobody has.
    pub(super) fn create(target: &Path) -> Result<Self, StoreError> {
        let mut random = [0; 8];
        seal::fill_random(&mut random)?;
        let mut name = target.file_name().unwrap_or_default().to_owned();
        name.push(format!(".{:016x}.new", u64::from_le_bytes(random)));
        let path = target.with_file_name(&name);
        let folder = File::open(parent(target)).map_err(StoreError::io("open the folder of", &path))?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&folder, &name, flags, Mode::RUSR | Mode::WUSR)
            .map_err(|error| StoreError::io("make", &path)(error.into()))?;
        let temporary = Self { path, name, folder, file: file.into() };
        flock(&temporary.file, FlockOperation::NonBlockingLockExclusive)
            .map_err(io::Error::from)
            .and_then(|()| temporary.file.set_permissions(Permissions::from_mode(0o600)))
            .map_err(StoreError::io("make", &temporary.path))?;
        Ok(temporary)
    }

    /// The file itself, for reading and writing from where it was left, whatever has its name meanwhile.
    pub(super) fn handle(&self) -> Result<File, StoreError> {
        self.file.try_clone().map_err(StoreError::io("open", &self.path))
    }

    /// As [`Temporary::handle`], from its beginning.
    pub(super) fn rewound(&self) -> Result<File, StoreError> {
        let mut file = self.handle()?;
        file.rewind().map_err(StoreError::io("read", &self.path))?;
        Ok(file)
    }

    /// Writes it through to the disk and gives it its name, which must be free.
    ///
    /// # Errors
    /// [`StoreError::Exchanged`] when its temporary name or its new one was given to something else meanwhile; the system's
    /// own.
    pub(super) fn publish(self, target: &Path) -> Result<(), StoreError> {
        self.file.sync_all().map_err(StoreError::io("write", target))?;
        let name = target.file_name().unwrap_or_default();
        self.require(&self.name, target)?;
        rename_new_in(&self.folder, self.name.as_os_str(), name).map_err(StoreError::io("make", target))?;
        // Whoever may write to the folder was faster: what has the name now is theirs, and stays.
        self.require(name, target)?;
        self.sync_folder()
            .inspect_err(|_| self.remove(name))
            .map_err(StoreError::io("write the folder of", target))
    }

    /// Refuses to go on when this name in the folder is not this file's.
    fn require(&self, name: &OsStr, target: &Path) -> Result<(), StoreError> {
        let failed = |error: Errno| StoreError::io("look at", target)(error.into());
        let ours = fstat(&self.file).map_err(failed)?;
        match statat(&self.folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(found) if (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino) => Ok(()),
            Ok(_) | Err(Errno::NOENT) => Err(StoreError::Exchanged { path: target.to_owned() }),
            Err(error) => Err(failed(error)),
        }
    }

    fn sync_folder(&self) -> io::Result<()> {
        self.folder.sync_all()
    }

    fn remove(&self, name: &OsStr) {
        for suffix in BESIDE {
            let mut beside = name.to_owned();
            beside.push(suffix);
            // What is not there need not be removed.
            let _ = unlinkat(&self.folder, &beside, AtFlags::empty());
        }
    }
}

/// Gives a file another name, which must be free.
pub(super) fn rename_new(from: &Path, to: &Path) -> Result<(), StoreError> {
    rename_new_in(CWD, from, to).map_err(StoreError::io("make", to))
}

fn rename_new_in(folder: impl AsFd, from: impl Arg + Copy, to: impl Arg + Copy) -> io::Result<()> {
    let folder = folder.as_fd();
    let renamed = match renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
        // Network shares know no such renaming. A second name for the file must be free as well.
        Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {
            linkat(folder, from, folder, to, AtFlags::empty())
                .and_then(|()| unlinkat(folder, from, AtFlags::empty()))
        }
        done => done,
    };
    Ok(renamed?)
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // When published, nothing has this name any more.
        self.remove(&self.name);
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Folder,
    File,
}

/// What is at `path`, not what a link there leads to.
fn inspect(path: &Path) -> Result<Option<Metadata>, StoreError> {
    match fs::symlink_metadata(path) {
        Ok(found) => Ok(Some(found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(StoreError::io("look at", path)(error)),
    }
}

fn check(path: &Path, found: &Metadata, kind: Kind) -> Result<(), StoreError> {
    let refuse =
        |expected, found: String| Err(StoreError::NotPermitted { path: path.to_owned(), expected, found });
    let file_type = found.file_type();
    match kind {
        _ if file_type.is_symlink() => return refuse("no symbolic link", "a symbolic link".to_owned()),
        Kind::Folder if !file_type.is_dir() => return refuse("a folder", "something else".to_owned()),
        Kind::File if !file_type.is_file() => return refuse("an ordinary file", "something else".to_owned()),
        Kind::Folder | Kind::File => {}
    }
    if found.uid() != geteuid().as_raw() {
        return refuse("the user who runs this as its owner", format!("user {} as its owner", found.uid()));
    }
    let mode = found.mode() & 0o7777;
    match kind {
        Kind::Folder if mode & 0o077 != 0 => refuse("mode 0700", format!("mode {mode:04o}")),
        Kind::File if mode & 0o177 != 0 => refuse("mode 0600", format!("mode {mode:04o}")),
        Kind::Folder | Kind::File => Ok(()),
    }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn resolve(path: &Path) -> Result<PathBuf, StoreError> {
    let path = std::path::absolute(path).map_err(StoreError::io("find", path))?;
    for known in path.ancestors() {
        match fs::canonicalize(known) {
            Ok(real) => return Ok(real.join(path.strip_prefix(known).unwrap_or(Path::new("")))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(StoreError::io("find", known)(error)),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests;
