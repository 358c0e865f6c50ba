//! A picture's bytes in memory that its host shared: sealed, or it could change or shrink while it is read.

use std::os::fd::AsFd;

use rustix::fs::{SealFlags, fcntl_get_seals, fstat};
use rustix::io::{Errno, pread};
use zeroize::Zeroizing;

use crate::engine::Class;
use crate::service::Refusal;
use crate::service::limits::MOST_PICTURE;

/// What must be sealed.
pub(in crate::service) const SEALS: SealFlags =
    SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE).union(SealFlags::SEAL);

/// Reads all of it.
pub(super) fn read(file: &impl AsFd) -> Result<Zeroizing<Vec<u8>>, Refusal> {
    // Only such memory has seals at all: what waits for another end, or lies on a slow disk, has none.
    let sealed = fcntl_get_seals(file).is_ok_and(|seals| seals.contains(SEALS));
    if !sealed {
        return Err(Refusal::misuse(
            "a picture comes in a memfd, sealed against writing, growing and shrinking",
        ));
    }
    let unreadable = |_| Refusal::misuse("the memory with the picture cannot be read");
    let length = u64::try_from(fstat(file).map_err(unreadable)?.st_size).unwrap_or(u64::MAX);
    if length > MOST_PICTURE {
        let text = format!("a picture may be {MOST_PICTURE} bytes long, found {length}");
        return Err(Refusal::new(Class::Usage, "too_long", text, ""));
    }
    let mut bytes = Zeroizing::new(vec![0; usize::try_from(length).unwrap_or_default()]);
    let mut filled = 0;
    while filled < bytes.len() {
        let offset = u64::try_from(filled).unwrap_or(u64::MAX);
        match pread(file, &mut bytes[filled..], offset) {
            Ok(0) => return Err(Refusal::misuse("the memory with the picture cannot be read")),
            Ok(read) => filled += read,
            Err(Errno::INTR) => {}
            Err(error) => return Err(unreadable(error)),
        }
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use rustix::fs::{MemfdFlags, fcntl_add_seals, memfd_create};

    use super::*;

    #[test]
    fn only_sealed_memory_is_read() {
        let memory = memfd_create("picture", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
        rustix::io::write(&memory, b"pixels").unwrap();
        assert!(read(&memory).is_err());
        fcntl_add_seals(&memory, SealFlags::SHRINK | SealFlags::GROW).unwrap();
        assert!(read(&memory).is_err());
        fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::SEAL).unwrap();
        assert_eq!(&**read(&memory).unwrap(), b"pixels");
        let file = tempfile::tempfile().unwrap();
        let (socket, _end) = std::os::unix::net::UnixStream::pair().unwrap();
        assert!(read(&file).is_err() && read(&socket).is_err());
    }

    #[test]
    fn too_long_a_picture_is_refused_before_it_is_read() {
        let memory = memfd_create("picture", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
        rustix::fs::ftruncate(&memory, MOST_PICTURE + 1).unwrap();
        fcntl_add_seals(&memory, SEALS).unwrap();
        assert_eq!(read(&memory).unwrap_err().code, "too_long");
    }
}
