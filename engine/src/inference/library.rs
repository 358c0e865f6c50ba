//! A runtime library in memory, so that what is loaded is what was hashed: whatever becomes of the file meanwhile.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use mabataki_models::Digest;
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::io::Errno;
use sha2::{Digest as _, Sha256};

use super::InferenceError;

/// The largest library that is read, bytes: ONNX Runtime for processors has 25 MB, with the largest accelerator 400 MB.
const MOST: u64 = 1 << 30;

/// What the maker's client for telemetry is called in a library that has it.
const TELEMETRY: &[u8] = b"Microsoft12Applications6Events";

/// Bytes of a library that are looked at at a time.
const PART: usize = 1 << 16;

/// How long a page may be held before the library is refused. The system waits for about 0.1 s before it says so; on a busy
/// machine that was not enough.
const SEALED_WITHIN: Duration = Duration::from_secs(3);

/// How often it is tried.
const SEAL_AGAIN: Duration = Duration::from_millis(5);

/// A library that was read and hashed and cannot change any more.
#[derive(Debug)]
pub(super) struct Library {
    /// The file it was read from, links resolved.
    pub(super) path: PathBuf,
    /// SHA-256 of its bytes.
    pub(super) digest: Digest,
    memory: File,
}

impl Library {
    /// Reads the file at this path, links resolved.
    pub(super) fn read(path: PathBuf) -> Result<Library, InferenceError> {
        let missing = |cause| InferenceError::LibraryMissing { path: path.clone(), cause };
        // To open a pipe would wait for whoever holds its other end.
        if !std::fs::metadata(&path).map_err(missing)?.is_file() {
            let cause = "expected a file, found a folder, pipe or device".into();
            return Err(InferenceError::NotALibrary { path, cause });
        }
        let (memory, digest) = copy(&path).map_err(missing)?;
        Ok(Library { path, digest, memory })
    }

    /// Whether the maker's telemetry is built in.
    pub(super) fn has_telemetry(&self) -> io::Result<bool> {
        let mut from = File::open(self.place())?;
        // A name that two parts share is found too.
        let mut part = Vec::with_capacity(PART + TELEMETRY.len());
        loop {
            let read = Read::by_ref(&mut from).take(PART as u64).read_to_end(&mut part)?;
            if part.windows(TELEMETRY.len()).any(|found| found == TELEMETRY) {
                return Ok(true);
            }
            if read == 0 {
                return Ok(false);
            }
            part.drain(..part.len().saturating_sub(TELEMETRY.len()));
        }
    }

    /// Where the loader finds it. Good as long as this lives.
    pub(super) fn place(&self) -> PathBuf {
        Path::new("/proc/self/fd").join(self.memory.as_raw_fd().to_string())
    }
}

/// Copies a file into memory that nobody can write to, and hashes what is copied.
fn copy(path: &Path) -> io::Result<(File, Digest)> {
    let mut from = File::open(path)?;
    let mut memory = File::from(executable_memory()?);
    let mut hash = Sha256::new();
    let mut part = vec![0; PART];
    let mut length = 0_u64;
    loop {
        let read = from.read(&mut part)?;
        let Some(part) = part.get(..read).filter(|part| !part.is_empty()) else { break };
        length = length.saturating_add(read as u64);
        if length > MOST {
            let text = format!("expected a library of at most {MOST} bytes, found more");
            return Err(io::Error::new(io::ErrorKind::InvalidData, text));
        }
        hash.update(part);
        memory.write_all(part)?;
    }
    seal(&memory)?;
    Ok((memory, Digest::from_bytes(hash.finalize().into())))
}

/// Nothing can write to it from then on. The system refuses that (`EBUSY`) as long as anything holds a page of it: for a
/// moment the system itself does, when it moves memory about; for longer only what could still write to it.
fn seal(memory: &File) -> io::Result<()> {
    let end = Instant::now() + SEALED_WITHIN;
    loop {
        match fcntl_add_seals(
            memory,
            SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL,
        ) {
            Err(Errno::BUSY) if Instant::now() < end => thread::sleep(SEAL_AGAIN),
            sealed => return Ok(sealed?),
        }
    }
}

/// Where `vm.memfd_noexec` is set, memory must be asked for that code may run in; kernels before 6.3 know no such word.
fn executable_memory() -> rustix::io::Result<std::os::fd::OwnedFd> {
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    match memfd_create("mabataki-runtime", flags | MemfdFlags::EXEC) {
        Err(Errno::INVAL) => memfd_create("mabataki-runtime", flags),
        made => made,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::fs::OpenOptions;

    use super::*;

    #[test]
    fn what_is_loaded_is_what_was_hashed_though_the_file_changes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("library.so");
        fs::write(&path, b"what was hashed").unwrap();
        let library = Library::read(path.clone()).unwrap();
        fs::write(&path, b"something else!").unwrap();
        assert_eq!(library.digest, Digest::of(b"what was hashed"));
        assert_eq!(fs::read(library.place()).unwrap(), b"what was hashed");
        let write = OpenOptions::new().write(true).open(library.place());
        assert!(write.and_then(|mut file| file.write_all(b"x")).is_err(), "nobody can write to it");
    }

    #[test]
    fn a_page_that_is_held_for_a_while_is_waited_for() {
        let memory = File::from(executable_memory().unwrap());
        (&memory).write_all(&[0; 4096]).unwrap();
        let (read, write) = rustix::pipe::pipe().unwrap();
        let mut from = 0;
        // What lies in a pipe without a copy holds its page.
        let flags = rustix::pipe::SpliceFlags::empty();
        let spliced = rustix::pipe::splice(&memory, Some(&mut from), &write, None, 4096, flags);
        assert_eq!(spliced.unwrap(), 4096);
        let seals = SealFlags::WRITE;
        assert_eq!(fcntl_add_seals(&memory, seals).unwrap_err(), Errno::BUSY, "the system refuses at once");
        let holder = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            File::from(read).read_exact(&mut [0; 4096]).unwrap();
        });
        seal(&memory).unwrap();
        holder.join().unwrap();
        assert!((&memory).write_all(b"x").is_err(), "nothing can write to it");
    }

    #[test]
    fn telemetry_that_is_built_in_is_found_wherever_it_stands() {
        let folder = tempfile::tempdir().unwrap();
        let has = |before: usize, name: &[u8]| {
            let path = folder.path().join("library.so");
            fs::write(&path, [&vec![b'O'; before], name, &[0; 100]].concat()).unwrap();
            Library::read(path).unwrap().has_telemetry().unwrap()
        };
        for before in [0, 7, PART - TELEMETRY.len(), PART - 5, PART, 3 * PART + 1] {
            assert!(has(before, TELEMETRY), "{before}");
            assert!(!has(before, &TELEMETRY[1..]), "{before}");
        }
    }

    #[test]
    fn a_folder_or_nothing_is_no_library() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Library::read(folder.path().to_owned()), Err(InferenceError::NotALibrary { .. })));
        let nothing = folder.path().join("nothing");
        assert!(matches!(Library::read(nothing), Err(InferenceError::LibraryMissing { .. })));
    }
}
