//! A runtime library in memory, so that what is loaded is what was hashed: whatever becomes of the file meanwhile.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsRawFd;
use std::path::{Path, PathBuf};

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
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL)?;
    Ok((memory, Digest::from_bytes(hash.finalize().into())))
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
